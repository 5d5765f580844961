"""How a hand draws each digit, and a mouse that does it."""

from collections.abc import Sequence

import numpy as np
from playwright.sync_api import Page

__all__ = ["DIGITS", "Point", "Stroke", "draw", "in_a_row", "strokes_of"]

Point = tuple[float, float]
Stroke = list[Point]

# Strokes, and points that a smooth line goes through, in hundredths of the pad's side.
DIGITS = {
    0: "52,15 34,28 28,52 36,77 52,85 67,74 72,48 66,26 53,15",
    1: "40,30 47,23 53,14 | 53,14 52,50 51,86",
    2: "31,32 38,19 53,15 66,24 65,40 52,58 38,72 29,83 | 29,83 50,82 72,83",
    3: "33,22 47,15 62,20 66,33 56,44 45,48 | 45,48 60,52 68,65 62,80 47,86 32,79",
    4: "42,15 36,36 29,56 | 29,56 50,57 73,55 | 63,30 61,58 58,87",
    5: "40,17 38,30 36,45 | 36,45 50,40 64,48 68,64 60,79 46,85 32,80 | 40,17 54,17 70,16",
    6: "60,14 46,26 36,44 33,65 40,80 54,85 65,76 65,61 55,53 43,56 35,66",
    7: "28,20 48,19 71,18 | 71,18 60,40 51,62 44,86",
    8: "62,24 51,16 39,22 38,36 50,48 63,60 66,75 54,85 40,81 35,68 45,54 58,43 64,31 61,22",
    9: "64,28 54,17 40,20 34,34 41,46 54,46 64,34 65,26 | 65,24 64,50 61,70 56,87",
}
STEPS = 3


def strokes_of(digit: int) -> list[Stroke]:
    """Return the strokes of a digit as a mouse moves along them, the pad's side as 1."""
    return [_smooth(_points(stroke)) for stroke in DIGITS[digit].split("|")]


def in_a_row(digits: Sequence[int]) -> list[Stroke]:
    """Return the strokes of digits beside each other, each with its share of a wide pad's width as 1."""
    count = len(digits)
    return [
        [((number + x) / count, y) for x, y in stroke]
        for number, digit in enumerate(digits)
        for stroke in strokes_of(digit)
    ]


def draw(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw strokes on the page's pad with the mouse."""
    box = page.locator("#pad").bounding_box()
    assert box
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def _points(stroke: str) -> Stroke:
    numbers = [point.split(",") for point in stroke.split()]
    return [(int(x) / 100, int(y) / 100) for x, y in numbers]


def _smooth(stroke: Stroke) -> Stroke:
    """Return a Catmull-Rom spline through the points."""
    points = np.array([stroke[0], *stroke, stroke[-1]])
    drawn = [stroke[0]]
    for before, start, end, after in zip(points, points[1:], points[2:], points[3:], strict=False):
        for t in np.linspace(0, 1, STEPS + 1)[1:]:
            point = 0.5 * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
            drawn.append((float(point[0]), float(point[1])))
    return drawn
