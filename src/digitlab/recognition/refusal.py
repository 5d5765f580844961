"""Whether to believe an answer, and if not, why not, in words."""

import numpy as np
from numpy.typing import NDArray

from digitlab.data.framing import Geometry
from digitlab.recognition.ink import Ink
from digitlab.recognition.norms import Norms
from digitlab.recognition.numbers import Numbers, numbers_of
from digitlab.recognition.remarks import borders

__all__ = ["reason_against", "remarks_on"]

UNLIKE = "unlike the training digits"
# A second part with this share of the first one's ink may be a digit of its own.
EQUAL_PARTS = 0.4
# So much of its box is ink in a texture or a filled shape.
FULL = 0.45
# A shadow runs along so much of a border; within so much of the picture from it lies most of its ink.
ALONG, CLOSE, MOST = 0.7, 0.2, 0.75


def reason_against(ink: Ink, shares: NDArray[np.float64], strange: float, norms: Norms) -> str:
    """Say why the answer to a picture is not to be relied on; empty where it is.

    Parameters
    ----------
    ink
        What was found in the picture.
    shares : float64 (10,)
        The probability of each digit, at the temperature.
    strange
        The log odds of its being no digit; see `strangeness`.
    norms
        What the run's own digits are like.
    """
    if ink.nothing:
        return ink.nothing
    if _is_edge(ink):
        return "nothing drawn: only an edge of the picture differs, as a shadow makes it"
    if strange > norms.strangest:
        return f"{UNLIKE}: {_cause(ink, norms)}"
    if shares.max() < norms.least_sure:
        return _torn(shares)
    return ""


def remarks_on(ink: Ink, geometry: Geometry, norms: Norms) -> tuple[str, ...]:
    """Say what is unusual about a picture, whether its answer is believed or not."""
    if ink.nothing:
        return ()
    low, usual, high = geometry.stroke
    remarks = []
    if not low <= ink.stroke <= high:
        looks = "thin" if ink.stroke < low else "thick"
        remarks.append(f"looks {looks}: stroke {ink.stroke:.1f} px against {usual:.1f} in training")
    return (*remarks, *(_excesses(numbers_of(ink.pixels), norms).values()))


def _torn(shares: NDArray[np.float64]) -> str:
    first, second = np.argsort(-shares, kind="stable")[:2]
    return (
        f"neither {_named(first)} nor {_named(second)}: "
        f"{100 * shares[first]:.0f} % against {100 * shares[second]:.0f} %"
    )


def _named(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _cause(ink: Ink, norms: Norms) -> str:
    """Return the strongest cause that can be told in words."""
    if _fills_picture(ink):
        return "ink from border to border, and no paper around it"
    causes = _excesses(numbers_of(ink.pixels), norms)
    return next(iter(causes.values()), "its shape is none of theirs")


def _is_edge(ink: Ink) -> bool:
    """Return whether what was found runs along one border, close to it, and leaves the opposite one free."""
    up, left, down, right = borders(ink)
    if ink.box is None or (up != down) == (left != right):
        return False
    height, width = ink.stages[0].picture.shape[:2]
    top, first, bottom, last = ink.box
    high, broad = (bottom - top) / height, (last - first) / width
    level = up != down
    long, deep = (broad, high) if level else (high, broad)
    turns = (0 if up else 2) if level else (1 if right else 3)
    outside_up = np.rot90(_cropped(ink), turns)
    close = outside_up[: int(np.ceil(CLOSE / deep * len(outside_up)))]
    return long > ALONG and bool(close.sum() > MOST * outside_up.sum())


def _cropped(ink: Ink) -> NDArray[np.bool_]:
    """Return where the digit is ink, in its box."""
    digit = next((stage.picture for stage in ink.stages if stage.name == "digit"), ink.pixels) > 0
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return np.asarray(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _fills_picture(ink: Ink) -> bool:
    """Return whether ink reaches all four borders of the picture, and much of it is ink."""
    rows, columns = np.flatnonzero(ink.pixels.any(axis=1)), np.flatnonzero(ink.pixels.any(axis=0))
    inside = ink.pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return bool(all(borders(ink)) and inside.mean() > FULL * 255)


def _excesses(found: Numbers, norms: Norms) -> dict[str, str]:
    """Return what is outside of what digits have, by name, the strongest first."""
    usual = dict(zip(Numbers._fields, norms.usual, strict=True))
    excess = {
        name: max(low - value, value - high) / max(high - low, 1e-9)
        for (name, (low, _, high)), value in zip(usual.items(), found, strict=True)
    }
    outside = sorted((name for name in excess if excess[name] > 0), key=lambda name: -excess[name])
    if "second" in outside and found.second >= EQUAL_PARTS:
        outside = ["second", *(name for name in outside if name != "second")]
    return {name: _said(name, found, usual[name][1]) for name in outside}


def _said(name: str, found: Numbers, usual: float) -> str:
    value = getattr(found, name)
    if name == "ink":
        much = "much" if value > usual else "little"
        return f"too {much} ink: {100 * value:.0f} % against {100 * usual:.0f} %"
    if name == "crossings":
        return f"a tangle: a straight line crosses {value:.0f} strokes against {usual:.0f}"
    if name == "second":
        if value >= EQUAL_PARTS:
            return "two digits? A second part of about the same size stands beside it"
        return f"a part of its own has {100 * value:.0f} % of the ink that the main one has"
    shape = "broad" if value > usual else "narrow"
    return f"too {shape}: {value:.2f} times as wide as high against {usual:.2f}"
