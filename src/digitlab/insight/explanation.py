"""One picture explained: what it is read as, and which of its ink speaks for that and against it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import probabilities
from digitlab.insight.agreement import agreement_in_sign
from digitlab.insight.saliency import (
    Attribution,
    Map,
    Occlusion,
    gradient_times_input,
    integrated_gradients,
    occlusion,
)
from digitlab.models import Model, Params, predict_logits

__all__ = ["METHODS", "Explanation", "Maps", "Region", "explain", "regions"]

METHODS = ("gradient \N{MULTIPLICATION SIGN} input", "integrated gradients", "occlusion")
NAMES = (
    ("top left", "top", "top right"),
    ("left", "middle", "right"),
    ("bottom left", "bottom", "bottom right"),
)


@dataclass(frozen=True)
class Region:
    """One ninth of a picture, and what its pixels say.

    name
        "top left", "top", ..., "bottom right".
    speaks_for, speaks_against
        Sums of the map's values above zero and below it, in logits.
    """

    name: str
    speaks_for: float
    speaks_against: float


@dataclass(frozen=True, eq=False)
class Maps:
    """Three maps of one picture for one score: the logit of `target`, or that minus the logit of `rival`."""

    target: int
    rival: int | None
    gradient: Map
    integrated: Attribution
    occluded: Occlusion

    @property
    def name(self) -> str:
        """What the maps are for."""
        return f"for {self.target}" if self.rival is None else f"for {self.target} rather than {self.rival}"

    @property
    def pictures(self) -> Map:
        """All three, float64 (3, h, w), in logits a pixel, in the order of `METHODS`."""
        return np.stack([self.gradient, self.integrated.values, self.occluded.values])

    @property
    def sentence(self) -> str:
        """Where the evidence lies, by the integrated gradients."""
        parts = regions(self.integrated.values)
        best = max(parts, key=lambda part: part.speaks_for)
        worst = min(parts, key=lambda part: part.speaks_against)
        gained = sum(part.speaks_for for part in parts)
        lost = sum(part.speaks_against for part in parts)
        if not gained and not lost:
            return f"No ink speaks {self.name} or against it."
        pro = f"no ink speaks {self.name}"
        if gained:
            pro = f"of the {gained:+.2f} logits that ink speaks {self.name}, "
            pro += f"{best.speaks_for:+.2f} lie in the {best.name} part"
        con = "none speaks against it"
        if lost:
            con = f"of the {lost:+.2f} against it, {worst.speaks_against:+.2f} in the {worst.name} part"
        return f"{pro[0].upper()}{pro[1:]}; {con}."

    @property
    def agreement(self) -> str:
        """How far the maps agree: in the windows where occlusion and gradient x input are both large."""
        sums = self.occluded.sums_of(self.gradient)
        found = agreement_in_sign(self.occluded.falls, sums)
        side = self.occluded.window
        return (
            f"Of the {found.both} windows of {side} x {side} pixels where occlusion and gradient x input are "
            f"both large, they agree in sign in {found.agree}."
        )


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a model reads in one picture, and why.

    Attributes
    ----------
    pixels : uint8 (h, w)
        The picture.
    label : int or None
        What it is, where that is known.
    probabilities : float64 (classes,)
        What the model gives each digit.
    of_target, of_rival, between : Maps
        For the digit that is explained, for the one it is set against, and for the first rather than
        the second.
    """

    pixels: NDArray[np.uint8]
    label: int | None
    probabilities: NDArray[np.float64]
    of_target: Maps
    of_rival: Maps
    between: Maps

    @property
    def answer(self) -> int:
        """The digit it is read as."""
        return int(self.probabilities.argmax())

    @property
    def maps(self) -> tuple[Maps, Maps, Maps]:
        """All maps, in the order in which they are drawn."""
        return self.of_target, self.of_rival, self.between

    @property
    def sentence(self) -> str:
        """What it is read as, and what next."""
        second = int(np.argsort(-self.probabilities, kind="stable")[1])
        said = f"Read as {self._share(self.answer)}, next {self._share(second)}"
        if self.label is None:
            return f"{said}."
        if self.label == self.answer:
            return f"{said}; that is right."
        if self.label == second:
            return f"{said}, which it is."
        return f"{said}; it is a {self._share(self.label)}."

    @property
    def sentences(self) -> list[str]:
        """All that is to be said of it."""
        maps = self.between
        return [self.sentence, maps.sentence, maps.integrated.sentence, maps.agreement]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "label": self.label,
            "answer": self.answer,
            "probabilities": self.probabilities.tolist(),
            "maps": [_as_dict(each) for each in self.maps],
        }

    def _share(self, digit: int) -> str:
        return f"{digit} ({100 * self.probabilities[digit]:.1f} %)"


def explain(
    model: Model,
    params: Params,
    pixels: NDArray[np.uint8],
    *,
    label: int | None = None,
    target: int | None = None,
) -> Explanation:
    """Explain what a model reads in one picture.

    Parameters
    ----------
    model, params
        The architecture and its weights.
    pixels : uint8 (h, w)
        0 is paper, 255 is full ink.
    label
        What it is, where that is known.
    target
        The digit to explain; by default the one it is read as. It is set against the one it is read
        as or, where it is that one, against the true digit if the reading is wrong, else the runner-up.

    Raises
    ------
    ConfigError
        If there is no such digit.
    """
    shares = probabilities(predict_logits(model, params, pixels[None]))[0]
    answer, second = (int(digit) for digit in np.argsort(-shares, kind="stable")[:2])
    explained = answer if target is None else target
    rival = answer if explained != answer else second if label in (None, answer) else label
    pairs = ((explained, None), (rival, None), (explained, rival))
    of_target, of_rival, between = (_maps(model, params, pixels, *pair) for pair in pairs)
    return Explanation(pixels, label, shares, of_target, of_rival, between)


def regions(values: Map) -> list[Region]:
    """Cut a map into nine parts, row by row, and sum what speaks for and against in each."""
    rows = zip(NAMES, np.array_split(values, 3, axis=0), strict=True)
    return [
        Region(name, float(part[part > 0].sum()), float(part[part < 0].sum()))
        for names, row in rows
        for name, part in zip(names, np.array_split(row, 3, axis=1), strict=True)
    ]


def _maps(model: Model, params: Params, pixels: NDArray[np.uint8], target: int, rival: int | None) -> Maps:
    return Maps(
        target,
        rival,
        gradient_times_input(model, params, pixels, target, rival=rival),
        integrated_gradients(model, params, pixels, target, rival=rival),
        occlusion(model, params, pixels, target, rival=rival),
    )


def _as_dict(maps: Maps) -> dict[str, Any]:
    found = maps.integrated
    return {
        "target": maps.target,
        "rival": maps.rival,
        "gain": found.gain,
        "sum": float(found.values.sum()),
        "steps": found.steps,
        "completeness_error": found.error if np.isfinite(found.error) else None,
        "regions": [
            {"name": part.name, "for": part.speaks_for, "against": part.speaks_against}
            for part in regions(found.values)
        ],
    }
