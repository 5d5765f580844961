"""A page that `digitlab export --to html` wrote, in Chromium, beside digitlab; for `export.py`."""

import base64
import io
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pens import written
from photos import KINDS, photo
from PIL import Image
from playwright.sync_api import Page

from digitlab import predict_logits
from digitlab.evaluation import probabilities
from digitlab.export import Original
from digitlab.recognition import prepare

__all__ = ["DIGITS", "Scenes", "in_page"]

DIGITS, DRAWINGS, OTHERS = 200, 200, 8
AT_A_TIME = 20
READ_PIXELS = """images => images.map((text) =>
  digitlab.reader.probabilities(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))))"""
READ_PICTURES = """pictures => Promise.all(pictures.map(async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const begin = performance.now();
  const { pixels } = digitlab.read(image);
  return [[...pixels.data], performance.now() - begin];
}))"""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scenes:
    """Pictures as people draw, photograph and scan, the kind of each, and what digitlab makes of them."""

    kinds: list[str]
    files: list[bytes]
    pixels: list[Pixels]

    @classmethod
    def made(cls) -> "Scenes":
        """Draw digits by code, in every kind of `photos.py`."""
        rng = np.random.default_rng(0)
        drawn = [kind for kind in KINDS if KINDS[kind].group == "drawing"]
        others = OTHERS * [kind for kind in KINDS if kind not in drawn]
        kinds = [drawn[number % len(drawn)] for number in range(DRAWINGS)] + others
        pictures = [photo(written(number % 10, rng).strokes, kind, rng) for number, kind in enumerate(kinds)]
        return cls(
            ["drawings" if kind in drawn else "others" for kind in kinds],
            [_png(picture) for picture in pictures],
            [prepare(picture).pixels for picture in pictures],
        )


def _png(picture: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def in_page(
    original: Original, temperature: float, page: Page, digits: Pixels, scenes: Scenes
) -> dict[str, Any]:
    """Return how far a page in Chromium is from digitlab: its probabilities, and its pixels of pictures."""
    shares = np.array(page.evaluate(READ_PIXELS, [_text(image.tobytes()) for image in digits]))
    logits = predict_logits(original.run.config.model, original.params, digits).astype(np.float64)
    sent = [_text(file) for file in scenes.files]
    starts = range(0, len(sent), AT_A_TIME)
    answers = [
        answer for start in starts for answer in page.evaluate(READ_PICTURES, sent[start : start + AT_A_TIME])
    ]
    off = [
        np.array(pixels, np.uint8).reshape(ours.shape) != ours
        for (pixels, _), ours in zip(answers, scenes.pixels, strict=True)
    ]
    took = [milliseconds for _, milliseconds in answers]
    return {
        "digits": len(digits),
        "probabilities": float(np.abs(shares - probabilities(logits / temperature)).max()),
        "pictures": {
            group: {
                "n": len(rows),
                "that_differ": sum(bool(off[row].any()) for row in rows),
                "milliseconds_of_one": median(took[row] for row in rows),
            }
            for group in ("drawings", "others")
            if (rows := [row for row, kind in enumerate(scenes.kinds) if kind == group])
        },
    }


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
