"""How well strings of digits are cut and read: of all lengths and spacings, on paper and in forms.

    python benchmarks/segments.py --run RUN --strings 200 --singles 2000

writes strings of MNIST's test digits, each by one writer where QMNIST's labels tell who wrote what, and reads
them with a run of MNIST in three ways: as `read_many` does; without cuts through ink; and by taking each
connected part for a digit. It prints the share of strings read entirely right, and the errors among digits
(edit distance over the number of digits). Of pictures of one digit it tells how many are taken for one.
The numbers go to `results/segments.json`, a picture of some strings to `--gallery`.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import machine, today, versions, write
from scipy import ndimage
from strings import SPACINGS, Written, drawn_by_one, enlarged, on_paper, written

from digitlab import Dataset
from digitlab.errors import DigitlabError
from digitlab.evaluation import wilson_interval
from digitlab.figures import boxed_pictures, save
from digitlab.recognition import Norms, Recognizer, pieces, read_many
from digitlab.recognition.segments import found_ink
from digitlab.recognition.several import framed_part
from digitlab.recognition.strokes import EIGHT
from digitlab.runs import open_run
from digitlab.workflow import reload_data

KINDS: Mapping[str, Mapping[str, Any]] = {
    **{spacing: {"spacing": spacing} for spacing in SPACINGS},
    "signs": {"signs": 0.3},
    "ruled lines": {"form": "lines"},
    "squared paper": {"form": "grid"},
    "boxes": {"form": "boxes", "spacing": "wide"},
}
WAYS = ("read_many", "no cuts", "connected parts")
LONGEST = 10
SPECK = 0.02
MARGIN = 12


@dataclass(frozen=True)
class Work:
    """What one process does: the strings of one kind, or single digits from one number on."""

    run: Path
    norms: Norms
    kind: str
    count: int


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--strings", type=int, default=200)
    parser.add_argument("--singles", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--gallery", type=Path)
    arguments = parser.parse_args()
    try:
        run = open_run(arguments.run)
        norms = Norms.of(run, reload_data(run))
        kinds = {**dict.fromkeys(KINDS, arguments.strings), "single": arguments.singles}
        work = [Work(arguments.run, norms, kind, count) for kind, count in kinds.items()]
        with get_context("spawn").Pool(arguments.processes) as pool:
            results = dict(zip(kinds, pool.map(measured, work, chunksize=1), strict=True))
        if arguments.gallery:
            draw(arguments.gallery, *reader(work[0]))
    except DigitlabError as error:
        sys.exit(f"segments.py: {error}")
    circumstances = {"date": today(), "machine": machine() | versions(), "command": command(arguments)}
    write("segments", circumstances | {"model": run.config.as_dict()["model"], "results": results})
    print(table(results))


def command(arguments: argparse.Namespace) -> str:
    """Return how to measure this again, given a run."""
    return f"benchmarks/segments.py --run RUN --strings {arguments.strings} --singles {arguments.singles}"


def reader(work: Work) -> tuple[Recognizer, Dataset]:
    """Return what reads, and the test digits."""
    run = open_run(work.run)
    return Recognizer.of(run, work.norms), reload_data(run).test


def measured(work: Work) -> dict[str, Any]:
    """Read all strings of a kind, or single digits."""
    recognizer, test = reader(work)
    if work.kind == "single":
        return kept_single(recognizer, test, work.count)
    found: dict[str, list[tuple[int, int]]] = {way: [] for way in WAYS}
    for string in strings(test, work.kind, work.count):
        for way in WAYS:
            said = texts(recognizer, string.picture, way)
            found[way].append((len(string.text), distance(string.text, said)))
    print(work.kind, {way: summary(each)["right"] for way, each in found.items()}, file=sys.stderr)
    return {way: summary(each) | {"by_length": by_length(each)} for way, each in found.items()}


def strings(dataset: Dataset, kind: str, count: int) -> Iterator[Written]:
    """Write strings of a kind, lengths 1 to 10 in turn."""
    generator = np.random.default_rng(list(KINDS).index(kind))
    for number in range(count):
        rows = drawn_by_one(dataset, 1 + number % LONGEST, generator)
        yield written(dataset.pixels[rows], dataset.labels[rows], generator, **KINDS[kind])


def texts(recognizer: Recognizer, picture: NDArray[np.uint8], way: str) -> str:
    """Read a picture in one of three ways."""
    if way == "connected parts":
        return by_parts(recognizer, picture)
    narrow = pieces.NARROW
    if way == "no cuts":
        pieces.NARROW = math.inf
    try:
        return "".join(str(each.digit) for each in read_many(recognizer, picture).digits)
    finally:
        pieces.NARROW = narrow


def by_parts(recognizer: Recognizer, picture: NDArray[np.uint8]) -> str:
    """Read each connected part as a digit, from left to right, but for specks."""
    found = found_ink(picture)
    parts, count = ndimage.label(found.kept, EIGHT)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    places = [
        (columns.start, number)
        for number, (_, columns) in enumerate(ndimage.find_objects(parts), start=1)
        if sizes[number - 1] > SPECK * sizes.max()
    ]
    inks = [framed_part(picture, found, parts == number, recognizer.geometry) for _, number in sorted(places)]
    return "".join(str(each.digit) for each in recognizer.judge(inks))


def kept_single(recognizer: Recognizer, test: Dataset, count: int) -> dict[str, Any]:
    """Tell how many pictures of one digit are taken for one, and for the right one."""
    generator = np.random.default_rng(0)
    rows = generator.choice(len(test.labels), count, replace=False)
    read = []
    for row in rows:
        picture = on_paper(np.pad(enlarged(test.pixels[row], 3), MARGIN), generator)
        read.append(texts(recognizer, picture, "read_many"))
    single = sum(len(each) == 1 for each in read)
    right = sum(each == str(label) for each, label in zip(read, test.labels[rows], strict=True))
    missed = [int(row) for row, each in zip(rows, read, strict=True) if len(each) != 1]
    interval = wilson_interval(single, count)
    return {"n": count, "single": single / count, "interval": interval, "right": right / count, "not": missed}


def summary(pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """Return the share of strings without error, with its interval, and the errors in a digit."""
    right = sum(errors == 0 for _, errors in pairs)
    digits = sum(length for length, _ in pairs)
    return {
        "n": len(pairs),
        "right": right / len(pairs),
        "interval": wilson_interval(right, len(pairs)),
        "digit_errors": sum(errors for _, errors in pairs) / digits,
    }


def by_length(pairs: list[tuple[int, int]]) -> dict[int, float]:
    """Return the share of strings of each length that are read right."""
    lengths = sorted({length for length, _ in pairs})
    return {
        length: float(np.mean([errors == 0 for own, errors in pairs if own == length])) for length in lengths
    }


def distance(one: str, other: str) -> int:
    """Return the least number of digits to put in, leave out or change (Levenshtein, 1966)."""
    last = list(range(len(other) + 1))
    for number, digit in enumerate(one, start=1):
        row = [number]
        for place, sign in enumerate(other):
            row.append(min(last[place + 1] + 1, row[-1] + 1, last[place] + (digit != sign)))
        last = row
    return last[-1]


def draw(path: Path, recognizer: Recognizer, test: Dataset) -> None:
    """Draw two strings of each kind with what is read in them."""
    generator = np.random.default_rng(7)
    drawn = []
    for settings in KINDS.values():
        for _ in range(2):
            rows = drawn_by_one(test, 6, generator)
            drawn.append(written(test.pixels[rows], test.labels[rows], generator, **settings))
    read = [read_many(recognizer, each.picture) for each in drawn]
    figure = boxed_pictures(
        [each.picture for each in drawn],
        [np.array([digit.ink.box for digit in each.digits]) for each in read],
        [list(each.text.replace("\n", "")) for each in read],
        titles=[f"{own.text}, read as {each.text}" for own, each in zip(drawn, read, strict=True)],
        columns=3,
    )
    save(figure, path)


def table(results: Mapping[str, Any]) -> str:
    """Return the results as a Markdown table."""
    lines = ["| strings | " + " | ".join(f"{way}: right % (digit errors %)" for way in WAYS) + " |"]
    lines.append("|---" * (1 + len(WAYS)) + "|")
    for kind in KINDS:
        cells = [results[kind][way] for way in WAYS]
        shown = [f"{100 * each['right']:.1f} ({100 * each['digit_errors']:.1f})" for each in cells]
        lines.append(f"| {kind} | {' | '.join(shown)} |")
    single = results["single"]
    count, kept = single["n"], 100 * single["single"]
    return "\n".join([*lines, f"\nOf {count:,} pictures of one digit {kept:.2f} % are taken for one."])


if __name__ == "__main__":
    main()
