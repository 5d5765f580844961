"""Training-like digits made into pictures and back: what should come out is known to the pixel."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from papers import COLOURED_PAPERS, COLOURED_PENS, WHITE_PAPERS, encoded, laid_on, textured
from pens import Rng
from PIL import Image

from digitlab.recognition import open_picture

Pixels = NDArray[np.uint8]

# Enlarged as viewers and drawing programs do; the first shows the pixels as squares.
SMOOTHINGS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
FACTORS = (4, 11)

# A digit came back if at the best of nine shifts it is as similar as this.
SIMILAR = 0.95


@dataclass(frozen=True)
class Return:
    """How a digit came back.

    Parameters
    ----------
    correlation
        Pearson's, of its pixels with the original's, at the best shift.
    difference
        The mean absolute difference there, in grey levels of 255.
    shift
        What it was: how far down and across, in pixels.
    """

    correlation: float
    difference: float
    shift: tuple[int, int]

    @property
    def same(self) -> bool:
        """Whether it came back."""
        return self.correlation >= SIMILAR


def _plain(cover: NDArray[Any], rng: Rng) -> bytes:
    return encoded(1 - cover)


def _inverted(cover: NDArray[Any], rng: Rng) -> bytes:
    return encoded(cover)


def _coloured(cover: NDArray[Any], rng: Rng) -> bytes:
    page = np.ones((*cover.shape, 3)) * _one_of(COLOURED_PAPERS, rng)
    return encoded(laid_on(page, cover, _one_of(COLOURED_PENS, rng), (0, 0)))


def _transparent(cover: NDArray[Any], rng: Rng) -> bytes:
    ink = np.ones((*cover.shape, 3)) * _one_of((*COLOURED_PENS, (0.0,) * 3, (1.0,) * 3), rng)
    return encoded(np.concatenate([ink, cover[..., None]], axis=2))


def _textured(cover: NDArray[Any], rng: Rng) -> bytes:
    page = textured((cover.shape[0], cover.shape[1]), _one_of(WHITE_PAPERS, rng), rng)
    return encoded(laid_on(page, cover, (0.15, 0.15, 0.2), (0, 0)), "JPEG", quality=85)


def _one_of(colours: tuple[tuple[float, ...], ...], rng: Rng) -> tuple[float, ...]:
    return colours[rng.integers(len(colours))]


GROUNDS: dict[str, Callable[[NDArray[Any], Rng], bytes]] = {
    "black on white": _plain,
    "white on black": _inverted,
    "coloured": _coloured,
    "transparent": _transparent,
    "textured paper": _textured,
}


def sent(pixels: Pixels, ground: str, rng: Rng) -> tuple[Pixels, str]:
    """Return a digit as a picture, uint8 (h, w, 3), and how it was smoothed: larger, moved, on a ground."""
    factor = int(rng.integers(*FACTORS))
    smoothing = str(rng.choice(list(SMOOTHINGS)))
    side = 28 * factor
    large = np.asarray(Image.fromarray(pixels).resize((side, side), SMOOTHINGS[smoothing]), np.float32) / 255
    more = rng.integers(0, side // 2, 4)
    cover = np.pad(large, ((more[0], more[1]), (more[2], more[3])))
    return open_picture(GROUNDS[ground](cover, rng), name=ground), smoothing


def returned(original: Pixels, pixels: Pixels) -> Return:
    """Return how alike two pictures of one shape are, at the best shift by one pixel or none."""
    shifts = [(down, across) for down in (0, -1, 1) for across in (0, -1, 1)]
    return max((_at(original, pixels, shift) for shift in shifts), key=lambda each: each.correlation)


def _at(original: Pixels, pixels: Pixels, shift: tuple[int, int]) -> Return:
    moved = np.roll(pixels, shift, axis=(0, 1)).astype(float)
    difference = float(np.abs(moved - original).mean())
    spread = moved.std() * original.std()
    together = ((moved - moved.mean()) * (original - original.mean())).mean()
    return Return(float(together / spread) if spread else 0.0, difference, shift)


def broken_facts(pixels: Pixels) -> list[str]:
    """Return which of the facts about MNIST's images do not hold for this one, uint8 (28, 28), not blank.

    They are: the centre of mass has the index 14 ± 0.5 on both axes; the ink's longer side is 20 pixels
    (in 0.03 % of the test images it is 19); the peak is 254 or 255. The fourth is of all images: their mean.
    """
    share = pixels / pixels.sum(dtype=np.int64)
    centre = [float(share.sum(axis=1 - axis) @ np.arange(28)) for axis in (0, 1)]
    sides = [int(np.ptp(np.flatnonzero(pixels.any(axis=1 - axis)))) + 1 for axis in (0, 1)]
    found = {
        "centre of mass": all(13.5 - 1e-9 <= each <= 14.5 + 1e-9 for each in centre),
        "longer side": max(sides) in (19, 20),
        "peak": int(pixels.max()) >= 254,
    }
    return [name for name, holds in found.items() if not holds]


def round_trips(
    pixels: Pixels, prepared: Callable[[Pixels], Pixels], *, seed: int = 0
) -> dict[str, tuple[Pixels, list[Return], list[str]]]:
    """Send every digit on every ground; return what came back, how alike it is, and how it was smoothed.

    Parameters
    ----------
    pixels : uint8 (n, 28, 28)
        MNIST's.
    prepared
        From a picture to pixels.
    """
    return {ground: _trip(pixels, prepared, partial(sent, ground=ground), seed) for ground in GROUNDS}


def _trip(
    pixels: Pixels, prepared: Callable[[Pixels], Pixels], send: Callable[..., tuple[Pixels, str]], seed: int
) -> tuple[Pixels, list[Return], list[str]]:
    rng = np.random.default_rng(seed)
    pictures = (send(each, rng=rng) for each in pixels)
    found = [(prepared(picture), smoothing) for picture, smoothing in pictures]
    back = np.stack([each for each, _ in found])
    alike = [returned(before, after) for before, after in zip(pixels, back, strict=True)]
    return back, alike, [smoothing for _, smoothing in found]
