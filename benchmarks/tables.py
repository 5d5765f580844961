"""Measurements as a Markdown table: medians, and how ours compare with each peer's."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

Runs = Mapping[str, Sequence[Mapping[str, Any]]]


class Column(NamedTuple):
    """Something else to show: its heading, the key of the measurement, how to write it for all runs."""

    heading: str
    key: str
    shown: Callable[[Sequence[float]], str]


@dataclass(frozen=True)
class Table:
    """What to compare.

    Parameters
    ----------
    title
        The job.
    clock
        The key of the seconds that are compared.
    contestants
        Who takes part, by name.
    note
        What the clock covers.
    columns
        What else to show.
    """

    title: str
    clock: str
    contestants: tuple[str, ...]
    note: str
    columns: tuple[Column, ...] = ()

    def described(self) -> dict[str, Any]:
        """Return what a result file says of it."""
        return {
            "title": self.title,
            "clock": self.clock,
            "contestants": self.contestants,
            "note": self.note,
        }


def markdown(table: Table, runs: Runs, ours: Collection[str]) -> str:
    """Return a table of those that ran, quickest first, with a column of ratios for each of ours."""
    ran = sorted(
        (name for name in table.contestants if runs.get(name)),
        key=lambda name: middle(runs, name, table.clock),
    )
    own = [name for name in ran if name in ours]
    headings = [
        "contestant",
        "median",
        "lowest to highest",
        *(f"{name} ÷ it" for name in own),
        *(column.heading for column in table.columns),
    ]
    lines = [f"**{table.title}**", "", row(headings), row(["---"] * len(headings))]
    lines += [row(cells(table, runs, name, own)) for name in ran]
    return "\n".join([*lines, "", " ".join([table.note, *verdicts(table, runs, ran, own)])])


def cells(table: Table, runs: Runs, name: str, own: Sequence[str]) -> list[str]:
    """Return the row of one contestant."""
    seconds = [float(run[table.clock]) for run in runs[name]]
    return [
        name,
        duration(median(seconds)),
        f"{duration(min(seconds))} to {duration(max(seconds))}",
        *(f"{ratio(runs, each, name, table.clock):.2f}" for each in own),
        *(cell(column, runs[name]) for column in table.columns),
    ]


def verdicts(table: Table, runs: Runs, ran: Sequence[str], own: Sequence[str]) -> list[str]:
    """Say how each of ours compares with the quickest peer."""
    peers = [name for name in ran if name not in own]
    if not peers:
        return []
    shares = {name: ratio(runs, name, peers[0], table.clock) for name in own}
    return [
        f"{name} takes {share:.2f} of the time of the quickest peer, {peers[0]}."
        for name, share in shares.items()
    ]


def ratio(runs: Runs, name: str, other: str, clock: str) -> float:
    """Return the median seconds of one contestant over those of another: below 1 the first is quicker."""
    return middle(runs, name, clock) / middle(runs, other, clock)


def middle(runs: Runs, name: str, key: str) -> float:
    """Return the median of what a contestant's runs measured."""
    return median(float(run[key]) for run in runs[name])


def cell(column: Column, runs: Sequence[Mapping[str, Any]]) -> str:
    """Return what a column says of some runs: nothing where they do not measure it."""
    return column.shown([float(run[column.key]) for run in runs]) if column.key in runs[0] else ""


def duration(seconds: float) -> str:
    """Return seconds with three digits and a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            value = seconds / size
            break
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} {unit}"


def row(cells: Sequence[str]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"
