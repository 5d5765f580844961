"""Scores of ink, and tables of them in Markdown."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import wilson_interval


def scored(hits: NDArray[np.bool_]) -> dict[str, Any]:
    """Return accuracy, its interval and n."""
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return {"accuracy": share(hits), "interval": [round(low, 4), round(high, 4)], "n": len(hits)}


def share(hits: Sequence[bool] | NDArray[np.bool_]) -> float:
    """Return the share of what is true."""
    return round(float(np.mean(hits)), 4)


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """Return how values are spread."""
    shares = (0, 1, 5, 50, 95, 99, 100)
    return {f"{each} %": round(float(np.percentile(values, each)), 4) for each in shares}


def trip_table(found: dict[str, Any]) -> str:
    """Return how digits came back, a row for each ground."""
    names = list(next(iter(found.values()))["changed"])
    header = [
        "ground",
        "came back, %",
        "correlation: least, 1 %, median",
        *(f"{name}: other answer, %" for name in names),
    ]
    rows = [
        [
            ground,
            f"{100 * each['same'] / each['n']:.1f}",
            ", ".join(f"{each['correlations'][at]:.3f}" for at in ("0 %", "1 %", "50 %")),
            *(f"{100 * each['changed'][name] / each['n']:.2f}" for name in names),
        ]
        for ground, each in found.items()
    ]
    return markdown(header, rows)


def kind_table(found: dict[str, Any]) -> str:
    """Return accuracies, a row for each kind, and one for each group of them."""
    if not found:
        return "No pictures."
    first = next(iter(found.values()))["accuracy"]
    columns = [(name, run) for name in first for run in first[name]]
    rows = [[kind, f"{each['n']}", *cells(each["accuracy"], columns)] for kind, each in found.items()]
    for group in dict.fromkeys(each["group"] for each in found.values()):
        members = [each for each in found.values() if each["group"] == group]
        total = {
            name: {run: scored(np.repeat([True, False], split_of(members, name, run))) for run in first[name]}
            for name in first
        }
        rows.append([f"**all: {group}**", f"{sum(each['n'] for each in members)}", *cells(total, columns)])
    return markdown(["kind", "n", *(f"{name}, {run}" for name, run in columns)], rows)


def split_of(members: Sequence[dict[str, Any]], name: str, run: str) -> tuple[int, int]:
    """Return how many pictures of several kinds were read right, and how many wrong."""
    right = sum(round(each["accuracy"][name][run]["accuracy"] * each["n"]) for each in members)
    return right, sum(each["n"] for each in members) - right


def cells(accuracy: dict[str, Any], columns: Sequence[tuple[str, str]]) -> list[str]:
    """Return accuracies in percent, those of ink with their intervals."""
    return [in_percent(accuracy[name][run], interval=name == "ink") for name, run in columns]


def in_percent(score: dict[str, Any], *, interval: bool) -> str:
    """Return an accuracy in percent."""
    low, high = score["interval"]
    return f"{100 * score['accuracy']:.1f}" + (f" ({100 * low:.0f} to {100 * high:.0f})" if interval else "")


def own_table(found: dict[str, Any]) -> str:
    """Return the accuracies of own digits: of all, and of each writer."""
    if not found:
        return "No own digits."
    methods = found["methods"]
    rows = [
        [
            name,
            run,
            in_percent(score, interval=True),
            *(f"{100 * each:.1f}" for each in score["writers"].values()),
        ]
        for name, by_run in methods.items()
        for run, score in by_run.items()
    ]
    writers = next(iter(methods["ink"].values()))["writers"]
    return markdown(["made ready by", "run", f"% of {found['n']:,}", *writers], rows)


def ablation_table(found: dict[str, Any]) -> str:
    """Return the accuracies of the last run, a row for each step left out."""
    if not found:
        return "No pictures."
    whole = found["ink"]
    run = list(next(iter(whole.values())))[-1]
    header = [f"{run}, made ready by", *(f"{name}, % of {each[run]['n']:,}" for name, each in whole.items())]
    rows = [
        [way, *(f"{100 * each[name][run]['accuracy']:.1f}" for name in whole)] for way, each in found.items()
    ]
    return markdown(header, rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
