"""How a search goes: a table of its best trials that is drawn anew while it runs, or a line for each."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from digitlab import words
from digitlab.cli import console

if TYPE_CHECKING:
    from digitlab.training import HistoryRow
    from digitlab.tuning import Search, SearchLimits, Tried

__all__ = ["COLUMNS", "TrialTable", "cells_of", "follow_trials", "in_words"]

COLUMNS = ("trial", "validation", "log loss", "seconds", "settings")
SHOWN = 10
REDRAWN_PER_SECOND = 4


class TrialTable:
    """What is shown of a search: the best trials of the study, and what this process is doing."""

    def __init__(self, search: "Search", limits: "SearchLimits", live: bool) -> None:
        self.search, self.limits, self.live = search, limits, live
        self.best, self.counts = search.ranking()[:SHOWN], search.counts()
        self.end = time.monotonic() + 60 * limits.minutes
        self.now = ""

    def on_period(self, number: int, row: "HistoryRow") -> None:
        """Show what was measured of the trial in flight."""
        self.now = f"trial {number}, period {row.period}: {words.percent(row.validation_accuracy)}"

    def on_trial(self, tried: "Tried") -> None:
        """Show a finished trial."""
        self.best, self.counts = self.search.ranking()[:SHOWN], self.search.counts()
        if not self.live:
            is_best = bool(self.best) and self.best[0].number == tried.number
            console.note(_line(tried, is_best=is_best))

    def __rich__(self) -> Group:
        """Return what the screen shows now."""
        table = Table(header_style="bold", box=None, pad_edge=False)
        for name in COLUMNS:
            table.add_column(name, justify="left" if name == "settings" else "right", no_wrap=True)
        for tried in self.best:
            table.add_row(*map(Text, cells_of(tried)))
        return Group(table, Text(f"  {self._standing()}"))

    def _standing(self) -> str:
        parts = [f"{self.counts.finished} trials finished, {self.counts.pruned} of them stopped early"]
        if math.isfinite(self.end):
            left = max(0, round(self.end - time.monotonic()))
            parts.append(f"{left // 60}:{left % 60:02d} left")
        return "; ".join([*parts, self.now] if self.now else parts)


@contextmanager
def follow_trials(search: "Search", limits: "SearchLimits") -> Iterator[TrialTable]:
    """Yield what shows a search on stderr while it runs."""
    screen = Console(stderr=True, highlight=False, markup=False)
    table = TrialTable(search, limits, screen.is_terminal)
    question = search.question
    console.note(
        f"{question.model}: trials learn from {question.defaults.data.training_images:,} images and are "
        f"judged on {question.defaults.data.validation_images:,} for validation; the first has the defaults"
    )
    if not table.live:
        yield table
        return
    with Live(table, console=screen, transient=True, refresh_per_second=REDRAWN_PER_SECOND):
        yield table


def cells_of(tried: "Tried") -> tuple[str, ...]:
    """Return a row of `COLUMNS`."""
    accuracy, loss, seconds = tried.validation_accuracy, tried.validation_log_loss, tried.train_seconds
    return (
        str(tried.number),
        "none" if accuracy is None else words.percent(accuracy),
        "none" if loss is None else words.loss(loss),
        "none" if seconds is None else f"{seconds:.1f}",
        in_words(tried.values),
    )


def in_words(values: Mapping[str, Any]) -> str:
    """Return the values of settings with their names."""
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )


def _line(tried: "Tried", *, is_best: bool) -> str:
    number, accuracy, loss, seconds, settings = cells_of(tried)
    stopped = f"stopped after period {tried.periods}"
    how = stopped if tried.is_pruned else "the best so far" if is_best else ""
    return f"  {number:>5} {accuracy:>9} {loss:>9} {seconds:>7}  {how:22}  {settings}"
