"""Sheets to look at: pictures above, what a model sees of them below."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]

SIDE, COLUMNS, LINE, GAP = 112, 12, 16, 6
PAPER, WRONG, RIGHT = (245, 245, 245), (200, 30, 30), (60, 60, 60)


def write_sheet(
    path: Path,
    pictures: Sequence[Pixels],
    labels: NDArray[Any],
    read: tuple[Pixels, NDArray[Any]],
) -> None:
    """Write a PNG of pictures and of what was made of them, those misread marked.

    Parameters
    ----------
    path
        Where; its folder is made if it is not there.
    pictures : uint8 (h, w, 3) each
        As they were opened.
    labels : int (n,)
        What they are.
    read : uint8 (n, 28, 28) and int (n,)
        What a model saw and what it read; -1 for nothing.
    """
    cells = [_cell(*each) for each in zip(pictures, labels, *read, strict=True)]
    rows = -(-len(cells) // COLUMNS)
    width, height = SIDE + GAP, 2 * SIDE + LINE + GAP
    sheet = Image.new("RGB", (COLUMNS * width, max(1, rows) * height), PAPER)
    for number, cell in enumerate(cells):
        sheet.paste(cell, (number % COLUMNS * width, number // COLUMNS * height))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _cell(picture: Pixels, label: int, pixels: Pixels, answer: int) -> Image.Image:
    cell = Image.new("RGB", (SIDE, 2 * SIDE + LINE), PAPER)
    factor = SIDE / max(picture.shape[:2])
    size = [max(1, round(side * factor)) for side in picture.shape[1::-1]]
    how = Image.Resampling.NEAREST if factor > 2 else Image.Resampling.BOX
    cell.paste(Image.fromarray(picture).resize((size[0], size[1]), how), (0, LINE))
    below = Image.fromarray(255 - pixels).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    cell.paste(below, (0, LINE + SIDE))
    wrong = answer != label
    draw = ImageDraw.Draw(cell)
    draw.text((2, 2), f"{label} read as {answer}" if wrong else str(label), WRONG if wrong else RIGHT)
    if wrong:
        draw.rectangle((0, LINE + SIDE, SIDE - 1, LINE + 2 * SIDE - 1), outline=WRONG, width=3)
    return cell
