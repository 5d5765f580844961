"""Test accuracy against seconds, from the results of the races.

    python benchmarks/plot.py

reads `results/race-*.json` and writes `docs/pictures/accuracy-against-seconds.png` and `.svg`. A large
marker is where a contestant ended: the median of its runs, with bars from the lowest to the highest. Small
dots on a line are the epochs on the way there, as far as half of its runs went.
"""

import argparse
import json
import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import Bbox
from record import RESULTS

from digitlab.figures import save
from digitlab.figures.style import BLUE, FAINT, LINES, SMALL, WRONG, new_axes, styled

PICTURE = pathlib.Path(__file__).parents[1] / "docs" / "pictures" / "accuracy-against-seconds"
# Each race by its file, and what a label says after the contestant.
RACES = {"race-exercise": " (exercise)", "race-98": "", "race-99": ""}
CLOCK = "whole_s"
# Of each tool, the colour and the marker.
LOOKS = {
    "digitlab": (BLUE, "o"),
    "torch": (WRONG, "s"),
    "keras": (LINES[2], "^"),
    "sklearn": (LINES[3], "D"),
}
ERRORS = (0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2)
SECONDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
# Where a label may stand, in points from its marker: beside, above and below, then further away.
PLACES: list[tuple[float, float]] = [
    (direction * right, up)
    for right, ups in (
        (8, (0,)),
        (0, (12, -12)),
        (6, (10, -10)),
        (0, (22, -22, 32, -32)),
        (12, (20, -20, 28, -28)),
        (20, (36, -36, 46, -46)),
    )
    for up in ups
    for direction in ((1, -1) if right else (1,))
]


class Point(NamedTuple):
    """Seconds, and the share of test images misread."""

    seconds: float
    error: float


@dataclass(frozen=True)
class Course:
    """One contestant: the end of each run, and the medians of the epochs on the way there."""

    label: str
    tool: str
    ends: tuple[Point, ...]
    epochs: tuple[Point, ...]

    @property
    def end(self) -> Point:
        """The median of the ends."""
        return middle(self.ends)


def main() -> None:
    """Read, draw and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    parser.add_argument("--out", type=pathlib.Path, default=PICTURE, help="without a suffix")
    arguments = parser.parse_args()
    found = list(courses(arguments.results))
    if not found:
        parser.error(f"{arguments.results} has no {' or '.join(RACES)}.json: run benchmarks/race.py first.")
    for path in save(draw(found), arguments.out):
        print(path)


def courses(results: pathlib.Path) -> Iterator[Course]:
    """Yield every contestant that was timed as a whole process."""
    for name, suffix in RACES.items():
        path = results / f"{name}.json"
        document = json.loads(path.read_text()) if path.exists() else {"tables": []}
        for table in document["tables"]:
            timed = [each for each in table["contestants"] if each in document["runs"]]
            for contestant in timed if table["clock"] == CLOCK else ():
                runs = document["runs"][contestant]
                yield course(contestant + suffix, document["contestants"][contestant], runs)


def course(label: str, tool: str, runs: Sequence[dict[str, Any]]) -> Course:
    """Return what the runs of one contestant come to."""
    curves = [
        [Point(each["seconds"], 1 - each["test_accuracy"]) for each in run.get("curve", ())] for run in runs
    ]
    epochs = []
    for number in range(max(map(len, curves))):
        there = [curve[number] for curve in curves if len(curve) > number]
        if 2 * len(there) >= len(runs):
            epochs.append(middle(there))
    ends = tuple(Point(run[CLOCK], 1 - run["test_accuracy"]) for run in runs)
    return Course(label, tool, ends, tuple(epochs))


def middle(points: Sequence[Point]) -> Point:
    """Return the median seconds and the median error."""
    return Point(median(point.seconds for point in points), median(point.error for point in points))


@styled
def draw(found: Sequence[Course]) -> Axes:
    """Return the picture: better is up, quicker is left."""
    ax = new_axes(9, 6)
    frame(ax, found)
    for each in found:
        draw_course(ax, each)
    label(ax, found)
    return ax


def frame(ax: Axes, found: Sequence[Course]) -> None:
    """Make the axes: both logarithmic, the error downward and named by its accuracy."""
    everything = [point for each in found for point in (*each.ends, *each.epochs)]
    seconds = [point.seconds for point in everything]
    errors = [point.error for point in everything]
    ax.set(xscale="log", yscale="log", xlabel="seconds of the whole process", ylabel="test accuracy")
    ax.set_xlim(min(seconds) / 1.7, max(seconds) * 2)
    ax.set_ylim(max(errors) * 1.3, min(errors) / 1.2)
    ax.xaxis.set_major_locator(FixedLocator(SECONDS))
    ax.yaxis.set_major_locator(FixedLocator(ERRORS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} s"))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 - 100 * value:g} %"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    ax.grid(True)
    ax.set_title("MNIST: test accuracy against seconds, median of the runs, lowest to highest")


def draw_course(ax: Axes, each: Course) -> None:
    """Draw the epochs as a line, and the end as a marker with bars."""
    colour, marker = LOOKS[each.tool]
    ax.plot(
        [point.seconds for point in each.epochs],
        [point.error for point in each.epochs],
        color=colour,
        alpha=0.45,
        linewidth=1,
        marker=".",
        markersize=3,
    )
    ax.errorbar(
        *each.end,
        xerr=[[span] for span in spans([point.seconds for point in each.ends], each.end.seconds)],
        yerr=[[span] for span in spans([point.error for point in each.ends], each.end.error)],
        color=colour,
        marker=marker,
        markersize=6,
        markeredgecolor="white",
        elinewidth=1.2,
    )


def spans(values: Sequence[float], centre: float) -> tuple[float, float]:
    """Return how far the values go below and above the centre."""
    return centre - min(values), max(values) - centre


def label(ax: Axes, found: Sequence[Course]) -> None:
    """Write each contestant's name beside its marker, where least is in the way."""
    if figure := ax.get_figure(root=True):
        figure.draw_without_rendering()  # places are in pixels, so the margins must be fitted before
    lines = [Path(ax.transData.transform(each.epochs)) for each in found if each.epochs]
    names: list[Bbox] = []
    for each in sorted(found, key=lambda each: each.end.error):
        # Further from the others' markers than from its own, so that it is clear whose name it is.
        markers = [box for other in found for box in marked(ax, other, 8 if other is each else 17)]
        place = min(PLACES, key=lambda place: hindrance(ax, each, place, [*markers, *names], lines))
        names.append(extent(name(ax, each, place)))


def marked(ax: Axes, each: Course, size: float) -> list[Bbox]:
    """Return the pixels of a contestant's marker and of its two bars."""
    ends = ax.transData.transform(each.ends)
    x, y = ax.transData.transform(each.end)
    (left, low), (right, high) = ends.min(axis=0), ends.max(axis=0)
    return [
        Bbox.from_extents(x - size, y - size, x + size, y + size),
        Bbox.from_extents(left, y - 1, right, y + 1),
        Bbox.from_extents(x - 1, low, x + 1, high),
    ]


def hindrance(
    ax: Axes, each: Course, place: tuple[float, float], taken: Sequence[Bbox], lines: Sequence[Path]
) -> int:
    """Return how much speaks against a place: leaving the axes, hiding others, crossing lines, being far."""
    text = name(ax, each, place)
    box = extent(text)
    text.remove()
    outside = np.any(box.min < ax.bbox.min) or np.any(box.max > ax.bbox.max)
    crossed = sum(line.intersects_bbox(box, filled=False) for line in lines)
    return 1000 * bool(outside) + 100 * box.count_overlaps(taken) + 5 * crossed + PLACES.index(place)


def extent(text: Annotation) -> Bbox:
    """Return the pixels of a text, without the line that leads to it."""
    text.get_window_extent()  # which includes the line, but moves the text to where it belongs
    return Text.get_window_extent(text)


def name(ax: Axes, each: Course, place: tuple[float, float]) -> Annotation:
    """Write a name at some points from its marker, with a line to it where it is not close by."""
    right, up = place
    side = ("center", "left", "right")[int(np.sign(right))]
    line = {
        "arrowstyle": "-",
        "color": FAINT,
        "linewidth": 0.6,
        "shrinkA": 0,
        "shrinkB": 3,
        "relpos": ({"center": 0.5, "left": 0.0, "right": 1.0}[side], 0.5),
    }
    text = ax.annotate(
        each.label,
        each.end,
        place,
        textcoords="offset points",
        color=LOOKS[each.tool][0],
        fontsize=SMALL,
        fontweight="bold" if each.tool == "digitlab" else "normal",
        ha=side,
        va="center",
        arrowprops=line if abs(up) > 12 else None,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )
    text.set_in_layout(False)
    return text


if __name__ == "__main__":
    main()
