"""What the shell prints: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
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

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digitlab.data import Progress as OnProgress
    from digitlab.evaluation import Evaluation, Looks, SeedSpread
    from digitlab.training import HistoryRow

__all__ = [
    "InterruptionError",
    "confusions",
    "error",
    "fetch_progress",
    "follow",
    "ink",
    "loss",
    "note",
    "over_writers",
    "percent",
    "print_json",
    "print_line",
    "print_table",
    "say_looks",
    "summary",
    "with_interval",
    "with_spread",
]

SHADES = " .:-=+*#%@"
TABLE_WIDTH = 200
RUNAWAY_LOSS = 10_000


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


def percent(share: float, digits: int = 2) -> str:
    """Return a share as a percentage."""
    return f"{100 * share:.{digits}f} %"


def loss(value: float) -> str:
    """Return a log loss with four decimals, or in short where it has run away."""
    return f"{value:.4f}" if value < RUNAWAY_LOSS else f"{value:.3g}"


def with_interval(evaluation: "Evaluation") -> str:
    """Return an accuracy with its 95 % interval."""
    low, high = evaluation.interval
    return f"{100 * evaluation.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def with_spread(spread: "SeedSpread") -> str:
    """Return the mean accuracy of several seeds and its standard deviation, in percent."""
    return f"{100 * spread.accuracy:.2f} ± {100 * spread.accuracy_sd:.2f}"


def summary(evaluation: "Evaluation") -> str:
    """Return accuracy, log loss and baseline in a sentence, and in another one who wrote the digits."""
    said = (
        f"accuracy {with_interval(evaluation)}, log loss {loss(evaluation.log_loss)}; "
        f"always answering {evaluation.baseline_class}: {percent(evaluation.baseline_accuracy)}."
    )
    return f"{said} {over_writers(evaluation)}".strip()


def over_writers(evaluation: "Evaluation") -> str:
    """Say what the interval would be if each image were another person's, where the writers are known."""
    if evaluation.writers is None:
        return ""
    if evaluation.naive_interval is None:
        return (
            f"The digits are by {evaluation.writers} writer(s): too few of them, or too few mistakes, to "
            "tell how people differ. The interval takes each digit to be another person's."
        )
    low, high = evaluation.naive_interval
    return (
        f"The interval is over {evaluation.writers} writers, {evaluation.widening:.1f} times as wide as if "
        f"each digit were another person's ({100 * low:.2f} to {100 * high:.2f})."
    )


def confusions(evaluation: "Evaluation", limit: int) -> str:
    """Return what is most often read as what."""
    said = [f"{each.true} read as {each.read_as} ({each.count}x)" for each in evaluation.most_confused(limit)]
    return ", ".join(said) or "nothing"


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


def _bar(*columns: ProgressColumn) -> Progress:
    """Return a progress bar that vanishes in the end; it is disabled where stderr is no screen."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _history_line(row: "HistoryRow") -> str:
    return (
        f"  {row.period:6d} {row.step:8d}   {loss(row.train_log_loss)} {percent(row.train_accuracy):>9}   "
        f"{loss(row.validation_log_loss)} {percent(row.validation_accuracy):>9}   {row.seconds:7.2f}"
    )
