"""Clean drawings: two tones and nothing else, so that ink needs no searching."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.framing import MNIST, framed

__all__ = ["STEPS", "clean_ink", "drawn_from", "frame_drawing"]

Drawing = NDArray[np.uint8]

STEPS = (
    "which tone is paper (what there is more of, in all and along the border); ink is what lies beyond the "
    "middle of the two tones; its box; a square around it; 20x20 pixels by Pillow's box filter; stretched to "
    "255; centre of mass in the middle of 28x28"
)

# Sides of the drawings that an export is checked on: small, odd, and as large as a screen's pad.
SIDES = (28, 61, 150, 280)


def clean_ink(drawing: Drawing) -> NDArray[np.bool_]:
    """Return where the ink of a clean drawing is, bool (h, w).

    Tones are the darkest and the lightest there are. Paper is the one that more pixels are nearer to, where
    those of all and those along the border count alike; ink is what is nearer to the other.

    Parameters
    ----------
    drawing : uint8 (h, w)
        Dark on light or light on dark; both sides 8 pixels or more.
    """
    grey = drawing.astype(np.int64)
    tone = np.sign(2 * grey - grey.min() - grey.max())
    border = tone.sum() - tone[1:-1, 1:-1].sum()
    border_length = tone.size - tone[1:-1, 1:-1].size
    light_paper = tone.sum() * border_length + border * tone.size >= 0
    return np.asarray(tone < 0 if light_paper else tone > 0)


def frame_drawing(drawing: Drawing) -> Drawing:
    """Return a clean drawing as MNIST would have it, uint8 (28, 28): what an exported graph does.

    A drawing of one tone has no ink, and gives a blank.
    """
    ink = clean_ink(drawing)
    return framed(ink, MNIST) if ink.any() else np.zeros(MNIST.image_shape, np.uint8)


def drawn_from(pixels: Drawing) -> Iterator[Drawing]:
    """Make digits into clean drawings of several sizes, every other one dark on light.

    Parameters
    ----------
    pixels : uint8 (n, 28, 28)
        Digits, light on dark.

    Yields
    ------
    uint8 (m, side, side)
        Of each size, those that have it.
    """
    for number, side in enumerate(SIDES):
        part = pixels[number :: len(SIDES)]
        large = np.array([Image.fromarray(each).resize((side, side)) for each in part], np.uint8)
        large[::2] = 255 - large[::2]
        yield large
