"""What `digitlab predict --many` does: pictures of several digits each, read in the order of reading."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab import words
from digitlab.cli import console
from digitlab.cli.reasons import file_stems
from digitlab.errors import DataError, StorageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digitlab.recognition import Recognizer, Several, Source

__all__ = ["COLUMNS", "cells_of", "print_several", "read_several"]

COLUMNS = ("file", "number", "digit", "confidence", "rejected", "reason", "top", "left", "bottom", "right")


def read_several(
    recognizer: "Recognizer", sources: "Sequence[Source]", drawn_into: Path | None
) -> "Iterator[tuple[str, Several | str, dict[str, Any]]]":
    """Yield of each picture its name, its digits or why it cannot be read, and the files drawn of it."""
    from digitlab.recognition import open_picture, read_many

    stems = file_stems([name for name, _ in sources])
    for (name, content), stem in zip(sources, stems, strict=True):
        try:
            picture = open_picture(content, name=name)
            found = read_many(recognizer, picture)
        except (DataError, StorageError) as error:
            yield name, str(error), {}
            continue
        files = _draw(picture, found, drawn_into / stem, name) if drawn_into else []
        yield name, found, {"files": [str(file) for file in files]} if drawn_into else {}


def print_several(name: str, found: "Several") -> None:
    """Print what was read, line by line, and what is not to be relied on."""
    if not found.digits:
        console.print_line(f"{name}: nothing read: no digits were found")
        return
    console.print_line(f"{name}: {' / '.join(found.text.splitlines())}")
    for number, each in enumerate(found.digits, start=1):
        if each.rejected:
            said = "" if each.digit is None else f" (else {each.digit}, {words.percent(each.confidence, 1)})"
            console.print_line(f"  digit {number} is refused{said}: {each.reason}")


def cells_of(name: str, found: "Several") -> Iterator[list[str]]:
    """Yield a row of `COLUMNS` for each digit."""
    for number, each in enumerate(found.digits, start=1):
        digit = "" if each.digit is None else str(each.digit)
        rejected = "true" if each.rejected else "false"
        box = ["" if each.ink.box is None else str(side) for side in each.ink.box or ("",) * 4]
        yield [name, str(number), digit, f"{each.confidence:.6f}", rejected, each.reason, *box]


def _draw(picture: "NDArray[np.uint8]", found: "Several", path: Path, name: str) -> list[Path]:
    from digitlab.pictures import draw_several

    return draw_several(picture, found, path, title=Path(name).name)
