"""What the shell prints: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterator
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

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from digitlab.data import Progress as OnProgress
    from digitlab.evaluation import Evaluation
    from digitlab.training import HistoryRow

__all__ = [
    "error",
    "fetch_progress",
    "follow",
    "ink",
    "note",
    "percent",
    "print_json",
    "print_line",
    "print_table",
    "table",
    "with_interval",
]

SHADES = " .:-=+*#%@"


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
    print_line(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def table(*columns: str, title: str | None = None, left: int = 1) -> Table:
    """Return an empty table; the first `left` columns are text, the others numbers."""
    made = Table(
        title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index < left else "right", overflow="fold")
    return made


def print_table(made: Table) -> None:
    """Print a table on stdout; where that is a file or a pipe, no column is cut to a screen's width."""
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(made)


def percent(share: float, digits: int = 2) -> str:
    """Return a share as a percentage."""
    return f"{100 * share:.{digits}f} %"


def with_interval(evaluation: "Evaluation") -> str:
    """Return an accuracy with its 95 % interval."""
    low, high = evaluation.interval
    return f"{100 * evaluation.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def ink(pixels: "NDArray[np.uint8]") -> str:
    """Return an image, uint8 (h, w), as text: two characters a pixel, darker for more ink."""
    return "\n".join(
        "".join(2 * SHADES[value * len(SHADES) // 256] for value in row) for row in pixels.tolist()
    )


@contextmanager
def fetch_progress() -> Iterator["OnProgress"]:
    """Yield a callback that shows each file being fetched on stderr."""
    with _bar(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()) as bar:
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
            bar.update(task, completed=row.period)


def _bar(*columns: ProgressColumn) -> Progress:
    """Return a progress bar that vanishes in the end; it is disabled where stderr is no screen."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _history_line(row: "HistoryRow") -> str:
    return (
        f"  {row.period:6d} {row.step:8d}   {row.train_log_loss:.4f} {percent(row.train_accuracy):>9}   "
        f"{row.validation_log_loss:.4f} {percent(row.validation_accuracy):>9}   {row.seconds:7.2f}"
    )
