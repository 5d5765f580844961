"""`digitlab predict`."""

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.many import COLUMNS as COLUMNS_OF_MANY, cells_of, print_several, read_several
from digitlab.cli.options import DataOptions, JsonOption, expand, named_path
from digitlab.cli.plans import STDIN, recognizer_of, run_and_paths
from digitlab.cli.reasons import reasons_told
from digitlab.errors import ConfigError, DataNotFoundError, StorageError
from digitlab.files import storage_errors

if TYPE_CHECKING:
    from digitlab.recognition import OnPicture, Prediction, Reading, Recognizer, Source

__all__ = ["predict", "reading_progress"]

DIGITS = range(10)
COLUMNS = ("file", "digit", "confidence", "rejected", "reason", "remarks", *(f"p{digit}" for digit in DIGITS))
# Fewer are read before a bar could be looked at.
MANY = 64


@expand
def predict(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="[RUN] IMAGE...",
            parser=named_path,
            help="A run, or else the newest in runs/ is taken; then pictures of one digit each, folders of "
            "them, or - for one on stdin.",
            show_default=False,
        ),
    ],
    data: DataOptions,
    explain: Annotated[
        Path | None,
        typer.Option(help="Draw into this folder, for each picture, why it was read so.", metavar="FOLDER"),
    ] = None,
    many: Annotated[
        bool,
        typer.Option(
            "--many",
            help="The pictures show several digits each: read all, line by line; ? is a refused one.",
        ),
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table, comma-separated, on stdout.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read pictures of digits: which digit, how sure, whether to rely on it, and what is unusual about it."""
    from digitlab.recognition import read_pictures

    if as_csv and as_json:
        raise ConfigError("Only one of --csv and --json can have stdout; leave one of them out.")
    run, places = run_and_paths(paths)
    sources, errors = _sources(places)
    recognizer = recognizer_of(run, data)
    if many:
        _read_many(recognizer, sources, errors, explain, as_csv=as_csv, as_json=as_json)
        return
    tell = reasons_told(recognizer, data, explain, [name for name, _ in sources]) if explain else None
    shown: list[dict[str, Any]] = []
    read = 0
    if as_csv:
        console.print_line(_row(COLUMNS))
    with reading_progress(len(sources), hidden=not as_json and sys.stdout.isatty()) as on_picture:
        for reading in read_pictures(recognizer, sources, on_picture=on_picture):
            if reading.prediction is None:
                console.error(reading.error)
                errors.append({"file": reading.name, "error": reading.error})
                continue
            read += 1
            reasons = tell(reading.name, reading.prediction) if tell else {}
            if as_json:
                shown.append({"file": reading.name} | reading.prediction.as_dict() | reasons)
            else:
                _print(reading, reading.prediction, as_csv=as_csv)
    if explain and read and not as_json:
        console.note(f"digitlab: why each was read so is drawn and told in {explain}.")
    _end(recognizer, shown, errors, read, as_json=as_json)


def _read_many(
    recognizer: "Recognizer",
    sources: "list[Source]",
    errors: list[dict[str, str]],
    explain: Path | None,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    shown: list[dict[str, Any]] = []
    read = 0
    if as_csv:
        console.print_line(_row(COLUMNS_OF_MANY))
    for name, found, files in read_several(recognizer, sources, explain):
        if isinstance(found, str):
            console.error(found)
            errors.append({"file": name, "error": found})
            continue
        read += 1
        if as_json:
            shown.append({"file": name} | found.as_dict() | files)
        elif as_csv:
            for cells in cells_of(name, found):
                console.print_line(_row(cells))
        else:
            print_several(name, found)
    if explain and read and not as_json:
        console.note(f"digitlab: the pictures, a box around each digit, are drawn in {explain}.")
    _end(recognizer, shown, errors, read, as_json=as_json)


def _end(
    recognizer: "Recognizer",
    shown: list[dict[str, Any]],
    errors: list[dict[str, str]],
    read: int,
    *,
    as_json: bool,
) -> None:
    """Print the one document of --json, and say what could not be read."""
    if as_json:
        console.print_json({"run": str(recognizer.run.folder), "predictions": shown, "errors": errors})
    if errors:
        if read:
            console.note(f"digitlab: {len(errors):,} could not be read, the other {read:,} were.")
        raise typer.Exit(1)


@contextmanager
def reading_progress(count: int, *, hidden: bool = False) -> "Iterator[OnPicture | None]":
    """Yield a callback that shows on stderr how many of many pictures are read; None for a few."""
    if hidden or count < MANY:
        yield None
        return
    with console.counting("pictures") as on_unit:
        yield lambda done: on_unit("reading", done, count)


def _sources(places: list[Path]) -> "tuple[list[Source], list[dict[str, str]]]":
    """Return what is to be read (files, all in folders, stdin), and the folders without a picture."""
    from digitlab.recognition import find_pictures

    if places.count(STDIN) > 1:
        raise ConfigError("stdin holds one picture: name - once.")
    sources: list[Source] = []
    errors = []
    for place in places:
        try:
            if place == STDIN:
                sources.append(("stdin", _stdin()))
            else:
                sources += [(str(file), file) for file in find_pictures([place])]
        except (DataNotFoundError, StorageError) as error:
            console.error(str(error))
            errors.append({"file": str(place), "error": str(error)})
    return sources, errors


def _stdin() -> bytes:
    """Return what is on stdin, and no more of it than shows that it is too large."""
    from digitlab.recognition import MAX_FILE_BYTES

    if sys.stdin is None:
        raise DataNotFoundError(
            "stdin is closed: there is no picture in it. Nothing was read; send one (< 7.png) or name a file."
        )
    with storage_errors("Cannot read stdin"):
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)


def _print(reading: "Reading", found: "Prediction", *, as_csv: bool) -> None:
    if as_csv:
        console.print_line(_row(_cells(reading.name, found)))
        return
    said = words.percent(found.confidence, 1)
    answer = f"{found.digit} ({said})"
    if found.rejected:
        tried = "" if found.digit is None else f" (else {found.digit}, {said})"
        answer = f"refused{tried}: {found.reason}"
    console.print_line(f"{reading.name}: {answer}")
    for remark in found.remarks:
        console.print_line(f"  {remark}")


def _cells(name: str, found: "Prediction") -> list[str]:
    digit = "" if found.digit is None else str(found.digit)
    rejected = "true" if found.rejected else "false"
    shares = [f"{share:.6f}" for share in found.probabilities]
    return [name, digit, f"{found.confidence:.6f}", rejected, found.reason, " ".join(found.remarks), *shares]


def _row(cells: "list[str] | tuple[str, ...]") -> str:
    line = io.StringIO()
    # What ends a line decides what is quoted, so it is written and taken off.
    csv.writer(line).writerow(cells)
    return line.getvalue().removesuffix("\r\n")
