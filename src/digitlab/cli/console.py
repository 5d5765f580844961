"""What the shell prints: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from digitlab import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digitlab.data import Progress as OnProgress
    from digitlab.evaluation import Looks
    from digitlab.training import HistoryRow, OnStep

__all__ = [
    "InterruptionError",
    "counting",
    "error",
    "fetch_progress",
    "follow",
    "ink",
    "note",
    "print_json",
    "print_line",
    "print_table",
    "say_looks",
    "step_progress",
]

OnUnit = Callable[[str, int, int], None]
"""What is counted, how many are done, of how many."""

SHADES = " .:-=+*#%@"
TABLE_WIDTH = 200


class InterruptionError(Exception):
    """The user pressed Ctrl-C; the message says how to go on."""


def note(text: str) -> None:
    """Print a remark on stderr, whatever its length on one line."""
    sys.stderr.write(text + "\n")


def error(text: str) -> None:
    """Print an error on stderr."""
    note(f"digitlab: error: {text}")


def print_line(text: str = "") -> None:
    """Print a line of a result on stdout."""
    sys.stdout.write(text + "\n")


def print_json(value: Any) -> None:
    """Print the one JSON document of a command on stdout."""
    print_line(json.dumps(value, indent=2, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, text: Sequence[int] = (0,)) -> None:
    """Print a table on stdout; the columns with the numbers `text` are words, the others figures.

    It keeps its own width on every screen, for a terminal that wraps a line is easier to read
    than a number that is cut in two.
    """
    made = Table(header_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index in text else "right", no_wrap=True)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console(width=TABLE_WIDTH).print(made)


def say_looks(looks: "Looks", *, as_json: bool, warn: bool = True) -> None:
    """Say how often the test set has been looked at, and what is wrong with the ledger.

    Warn of the best of many, where an accuracy on it is reported.
    """
    for remark in looks.remarks:
        note(f"digitlab: {remark}")
    if not as_json:
        print_line(looks.sentence(warn=warn))
    elif warn and looks.is_best_of_many:
        note(f"digitlab: {looks.sentence()}")


def ink(pixels: "NDArray[np.uint8]") -> str:
    """Return an image, uint8 (h, w), as text: two characters a pixel, darker for more ink."""
    return "\n".join(
        "".join(2 * SHADES[value * len(SHADES) // 256] for value in row) for row in pixels.tolist()
    )


@contextmanager
def fetch_progress() -> Iterator["OnProgress"]:
    """Yield a callback that shows each file being fetched on stderr."""
    with _bar(
        TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    ) as bar:
        tasks: dict[str, Any] = {}

        def show(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total)
                if bar.disable:
                    note(f"fetching {file}")
            bar.update(tasks[file], completed=done, total=total)

        yield show


@contextmanager
def counting(what: str) -> Iterator[OnUnit]:
    """Yield a callback that shows on stderr how many of `what` are done, part by part."""
    with _bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    ) as bar:
        tasks: dict[str, Any] = {}

        def show(part: str, done: int, total: int) -> None:
            if part not in tasks:
                tasks[part] = bar.add_task(f"{part}: {total} {what}", total=total)
                if bar.disable:
                    note(f"{part}: {total} {what}")
            bar.update(tasks[part], completed=done)

        yield show


def follow(rows: "Iterable[HistoryRow]", *, name: str, periods: int, done: int = 0) -> None:
    """Train by drawing `rows`, and show each on stderr with a bar beneath."""
    note(f"{name}: log loss and accuracy on training and validation images")
    note("  period    steps   training           validation         seconds")
    with _bar(TextColumn("  {task.completed}/{task.total}"), BarColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task(name, total=periods, completed=done)
        for row in rows:
            if bar.disable:
                note(_history_line(row))
            else:
                bar.console.print(_history_line(row))
            bar.update(task, completed=row.period, refresh=True)


@contextmanager
def step_progress(name: str, steps: int) -> Iterator["OnStep"]:
    """Yield a callback that shows on stderr how far a training has come."""
    note(f"{name}: training again from its seed, to step {steps:,}")
    with _bar(TextColumn("  {task.completed:.0f}/{task.total}"), BarColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task(name, total=steps)
        yield lambda done: bar.update(task, completed=done)


def _bar(*columns: ProgressColumn) -> Progress:
    """Return a progress bar that vanishes in the end; it is disabled where stderr is no screen."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _history_line(row: "HistoryRow") -> str:
    training = f"{words.loss(row.train_log_loss)} {words.percent(row.train_accuracy):>9}"
    validation = f"{words.loss(row.validation_log_loss)} {words.percent(row.validation_accuracy):>9}"
    return f"  {row.period:6d} {row.step:8d}   {training}   {validation}   {row.seconds:7.2f}"
