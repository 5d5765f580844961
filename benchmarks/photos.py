"""Pictures such as people have of digits: drawn on a screen, photographed, cut out of forms.

    python benchmarks/photos.py SHEET.png

draws a few of each kind. Everything comes from the generator that is passed in.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from papers import (
    BLACK_PENS,
    BOARDS,
    CHALKS,
    COLOURED_PAPERS,
    COLOURED_PENS,
    PENCILS,
    WHITE_PAPERS,
    Light,
)
from pens import Rng, written
from PIL import Image
from scenes import Colours, Page, Subject, bitmap, drawing, scan

from digitlab.recognition import open_picture


@dataclass(frozen=True)
class Kind:
    """A kind of picture.

    Parameters
    ----------
    group
        "drawing", "photo" or "form".
    file
        Makes one: a file's content.
    pens
        Whether it is about the pen, so that enlarged pixels, which have theirs, say nothing.
    """

    group: str
    file: Callable[[Subject, Rng], bytes]
    pens: bool = False


def photo(subject: Subject, kind: str, rng: Rng) -> NDArray[np.uint8]:
    """Return a picture of a digit, uint8 (h, w, 3), as `open_picture` opens its file."""
    return open_picture(KINDS[kind].file(subject, rng), name=kind)


DARK: Colours = ((0.0, 0.0, 0.0), (0.1, 0.1, 0.15), (0.2, 0.2, 0.2))
PALE: Colours = ((0.98, 0.85, 0.3), (0.55, 0.85, 0.95), (1.0, 0.7, 0.75), (0.65, 0.65, 0.68))

# The photos are as hard as these say, one thing at a time, and all of them at once.
KINDS: dict[str, Kind] = {
    "canvas": Kind("drawing", drawing),
    "canvas, jagged": Kind("drawing", partial(drawing, smooth=False)),
    "canvas, white on black": Kind("drawing", partial(drawing, paper=DARK, ink=((1.0,) * 3,))),
    "canvas, coloured": Kind("drawing", partial(drawing, paper=COLOURED_PAPERS, ink=COLOURED_PENS)),
    "canvas, pale ink": Kind("drawing", partial(drawing, ink=PALE)),
    "canvas, transparent": Kind("drawing", partial(drawing, ink=DARK + COLOURED_PENS, transparent=True)),
    "canvas, transparent, light": Kind("drawing", partial(drawing, ink=CHALKS, transparent=True)),
    "hairline": Kind("drawing", partial(drawing, pen=(0.004, 0.015)), pens=True),
    "marker": Kind("drawing", partial(drawing, pen=(0.15, 0.24)), pens=True),
    "photo": Kind("photo", Page()),
    "photo, coloured": Kind("photo", Page(papers=COLOURED_PAPERS, pens=COLOURED_PENS)),
    "photo, soft shadow": Kind("photo", Page(light=Light(shadow="soft", vignette=(0.2, 0.6)))),
    "photo, hard shadow": Kind("photo", Page(light=Light(shadow="hard"))),
    "photo, ruled paper": Kind("photo", Page(lines="ruled")),
    "photo, grid paper": Kind("photo", Page(lines="grid", pens=BLACK_PENS + COLOURED_PENS[:2])),
    "photo, box": Kind("photo", Page(lines="box")),
    "photo, squared paper": Kind("photo", Page(lines="squared", pens=BLACK_PENS + COLOURED_PENS[:2])),
    "photo, table": Kind("photo", Page(table=True)),
    "photo, turned": Kind("photo", Page(light=Light(tilt=0.09, turn=14))),
    "photo, blurred": Kind("photo", Page(light=Light(blur=(0.012, 0.035)))),
    "photo, noisy": Kind("photo", Page(light=Light(noise=(0.03, 0.08), quality=(40, 70)))),
    "photo, pencil": Kind("photo", Page(pens=PENCILS, pen=(0.02, 0.05), dry=0.35)),
    "photo, far away": Kind("photo", Page(height=(60, 140), room=(6, 10), light=Light(blur=(0.0, 0.02)))),
    "photo, board": Kind("photo", Page(papers=BOARDS, pens=CHALKS, dry=0.3, pen=(0.04, 0.1))),
    "photo, everything": Kind(
        "photo",
        Page(
            room=(1.5, 4),
            papers=WHITE_PAPERS + COLOURED_PAPERS,
            pens=BLACK_PENS + COLOURED_PENS,
            lines="grid",
            light=Light("soft", (0.1, 0.5), 0.05, 8, (0.0, 0.02), (0.01, 0.04), (40, 75)),
        ),
    ),
    "scan": Kind("form", scan),
    "scan, tight": Kind("form", partial(scan, margin=(0.0, 0.02))),
    "scan, faint pencil": Kind(
        "form", partial(scan, pens=((0.68,) * 3, (0.78,) * 3), pen=(0.02, 0.04), dry=0.4)
    ),
    "scan, specks": Kind("form", partial(scan, strays="specks")),
    "scan, box": Kind("form", partial(scan, margin=(0.2, 0.3), strays="box")),
    "scan, neighbours": Kind("form", partial(scan, margin=(0.12, 0.3), strays="neighbours")),
    "bitmap 16x16": Kind("form", partial(bitmap, side=16)),
    "bitmap 16x16, stretched": Kind("form", partial(bitmap, side=16, stretched=True)),
    "bitmap 32x32": Kind("form", partial(bitmap, side=32)),
    "grey 16x16": Kind("form", partial(bitmap, side=16, levels=17)),
}


def main() -> None:
    """Draw a sheet of all kinds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sheet", type=Path)
    rng = np.random.default_rng(0)
    rows = [[_tile(photo(written(digit, rng).strokes, kind, rng)) for digit in range(10)] for kind in KINDS]
    Image.fromarray(np.vstack([np.hstack(row) for row in rows])).save(parser.parse_args().sheet)


def _tile(picture: NDArray[np.uint8], side: int = 128) -> NDArray[np.uint8]:
    image = Image.fromarray(picture)
    image.thumbnail((side - 2, side - 2), Image.Resampling.BOX)
    tile = np.full((side, side, 3), 90, np.uint8)
    tile[1 : 1 + image.height, 1 : 1 + image.width] = np.asarray(image)
    return tile


if __name__ == "__main__":
    main()
