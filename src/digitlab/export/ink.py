"""The ink preparation of clean drawings as nodes of ONNX: what `frame_drawing` does, for many at once.

A crop and a resampling whose box differs from picture to picture are two matrix products:
counts = rows @ ink @ columnsᵀ, where `rows` (20, h) and `columns` (20, w) say how much of each pixel each of
20 windows takes.
"""

from typing import NamedTuple

import numpy as np

from digitlab.data.framing import MNIST
from digitlab.export.graph import Graph, Value

__all__ = ["framed"]

BOX = MNIST.box


def framed(graph: Graph) -> Value:
    """Add what frames drawings as MNIST does, and return float32 (n, 28, 28), whole numbers from 0 to 255.

    Parameters
    ----------
    graph
        It is given clean drawings, uint8 (n, h, w), h and w 8 or more.
    """
    height, width = _sizes(graph, graph.input)
    ink = _ink(graph, graph.input.to(np.float32), height, width)
    top, tall = _extent(graph, ink, axis=1)
    left, wide = _extent(graph, ink, axis=2)
    # A line of one pixel is taken twice as large, as `digitlab.data.framing` does.
    grain = graph("Where", graph("Equal", graph("Min", tall, wide), 1.0), 2.0, 1.0)
    side = graph("Max", tall, wide) * grain
    windows = _windows(graph, side, grain)
    rows = _taken(graph, windows, height, top, tall)
    columns = _taken(graph, windows, width, left, wide)
    sizes = graph("Max", windows.stop - windows.start, 1.0)
    small = (rows @ ink @ columns.turned()) / (sizes * sizes.turned())
    largest = graph("Max", graph("ReduceMax", small, axes=[1, 2]), 1e-9)
    return _centred(graph, graph("Round", small / largest * 255.0))


def _sizes(graph: Graph, drawings: Value) -> list[Value]:
    """Return height and width, float32 and without an axis."""
    shape = graph("Shape", drawings)
    return [graph("Gather", shape, np.int64(axis)).to(np.float32) for axis in (1, 2)]


def _ink(graph: Graph, grey: Value, height: Value, width: Value) -> Value:
    """Return where ink is, 1 or 0, float32 (n, h, w); see `clean_ink`."""
    low, high = (graph(kind, grey, axes=[1, 2]) for kind in ("ReduceMin", "ReduceMax"))
    tone = graph("Sign", grey * 2.0 - (low + high))
    inside = graph("Slice", tone, np.array([1, 1]), np.array([-1, -1]), np.array([1, 2]))
    in_all, within = _sum(graph, tone), _sum(graph, inside)
    border_length = (height + width) * 2.0 - 4.0
    balance = in_all * border_length + (in_all - within) * (height * width)
    away = graph("Where", graph("GreaterOrEqual", balance, 0.0), -1.0, 1.0)
    return graph("Relu", tone * away)


def _extent(graph: Graph, ink: Value, axis: int) -> tuple[Value, Value]:
    """Return the first row (axis 1) or column (axis 2) with ink and how many there are, float32 (n, 1, 1)."""
    has_ink = graph("ReduceMax", ink, axes=[3 - axis])
    first, last = (
        graph("ArgMax", has_ink, axis=axis, select_last_index=end).to(np.float32) for end in (0, 1)
    )
    return first, last - first + 1.0


class _Windows(NamedTuple):
    """How a square is divided: the first pixel of 20 windows and the first after each, float32 (n, 20, 1).

    Of the square it has the side, and how many of its pixels one of the drawing is, float32 (n, 1, 1).
    """

    start: Value
    stop: Value
    side: Value
    grain: Value


def _windows(graph: Graph, side: Value, grain: Value) -> _Windows:
    """Divide a square as Pillow's box filter does, step by step in float64 as it does.

    Windows are of whole pixels, and of a pixel whose middle lies on an edge the rounding decides.
    """

    def number(value: float) -> np.float64:
        return np.float64(value)

    scale = side.to(np.float64) / number(BOX)
    width = graph("Max", scale, number(1))
    reach, inverse = width * number(0.5), graph("Reciprocal", width)
    centre = scale * (np.arange(BOX) + 0.5)[:, None]
    first = graph("Floor", centre - reach + number(0.5))
    last = graph("Floor", centre + reach + number(0.5)) - number(1)

    def off(pixel: Value) -> Value:
        """How far its middle lies from that of the window, in widths of it."""
        return (pixel - centre + number(0.5)) * inverse

    start = first + graph("LessOrEqual", off(first), number(-0.5)).to(np.float64)
    stop = last + graph("LessOrEqual", off(last), number(0.5)).to(np.float64)
    return _Windows(start.to(np.float32), stop.to(np.float32), side, grain)


def _taken(graph: Graph, windows: _Windows, size: Value, first: Value, length: Value) -> Value:
    """Return how much of each row, or column, each window takes, float32 (n, 20, rows)."""
    start, stop, side, grain = windows
    margin = graph("Floor", (side - length * grain) / 2.0)
    place = (graph("Range", 0.0, size, 1.0) - first) * grain + margin
    overlap = graph("Min", stop, place + grain) - graph("Max", start, place)
    return graph("Relu", overlap)


def _centred(graph: Graph, small: Value) -> Value:
    """Return float32 (n, 28, 28): a picture of 20x20 put into it by whole pixels, its mass in the middle."""
    mass = graph("Max", _sum(graph, small), 1.0)
    places = np.arange(BOX, dtype=np.float32)
    down = _placing(graph, _sum(graph, small * places[:, None]) / mass, MNIST.image_shape[0])
    across = _placing(graph, _sum(graph, small * places) / mass, MNIST.image_shape[1])
    return down @ small @ across.turned()


def _placing(graph: Graph, centre: Value, whole: int) -> Value:
    """Return the matrix that puts each of 20 rows where it belongs, float32 (n, 28, 20)."""
    start = graph("Clip", graph("Round", whole / 2 - centre), 0.0, float(whole - BOX))
    offset = np.arange(whole, dtype=np.float32)[:, None] - np.arange(BOX, dtype=np.float32)
    return graph("Equal", start, offset).to(np.float32)


def _sum(graph: Graph, values: Value) -> Value:
    """Return the sum over a picture, float32 (n, 1, 1)."""
    return graph("ReduceSum", values, np.array([1, 2]))
