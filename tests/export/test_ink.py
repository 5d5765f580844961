"""The graph that frames drawings does what digitlab's own framing does, for whatever is drawn."""

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from onnx import helper
from onnx.reference import ReferenceEvaluator
from pens import inked, written

from digitlab.data.framing import MNIST, framed
from digitlab.errors import ConfigError
from digitlab.export import check_ink, clean_ink, frame_drawing
from digitlab.export.drawings import drawn_from
from digitlab.export.graph import Graph, tensor
from digitlab.export.ink import framed as framed_in_graph
from digitlab.export.onnx import IR_VERSION, OPSET

Drawing = NDArray[np.uint8]


def built() -> onnx.ModelProto:
    graph = Graph(tensor("drawings", np.uint8, ["n", "height", "width"]))
    framed_in_graph(graph).to(np.uint8, name="pixels")
    outputs = [tensor("pixels", np.uint8, ["n", 28, 28])]
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph.finished("ink", outputs), opset_imports=opset, ir_version=IR_VERSION)


INK = built()
SESSION = onnxruntime.InferenceSession(INK.SerializeToString(), providers=["CPUExecutionProvider"])


def by_graph(drawings: Drawing) -> Drawing:
    pixels: Drawing = SESSION.run(None, {"drawings": drawings})[0]
    return pixels


def off(drawings: Drawing) -> int:
    """Return how many grey levels the graph is from digitlab's framing, at most."""
    framed_here = np.array([frame_drawing(each) for each in drawings], np.int64)
    return int(np.abs(by_graph(drawings) - framed_here).max())


def drawing(digit: int, seed: int, height: float, pen: float, room: tuple[int, ...], dark: bool) -> Drawing:
    """Return a digit with smooth edges, on paper with room at its top, bottom, left and right."""
    top, bottom, left, right = room
    cover = inked(written(digit, np.random.default_rng(seed)).strokes, height, max(1.0, pen * height))
    shares = np.pad(cover, ((top, bottom), (left, right)))
    return np.rint(230 - 200 * shares if dark else 20 + 200 * shares).astype(np.uint8)


def ten_digits() -> Drawing:
    """Return a digit of each kind, dark on light, uint8 (10, 130, 120)."""
    many = [drawing(digit, digit, 80, 0.1, (20,) * 4, dark=True) for digit in range(10)]
    return np.stack([np.pad(each, ((0, 30), (0, 80)), mode="edge")[:130, :120] for each in many])


drawings = st.builds(
    drawing,
    st.integers(0, 9),
    st.integers(0, 10**6),
    st.floats(8, 250),
    st.floats(0.02, 0.2),
    st.tuples(*[st.integers(4, 60)] * 4),
    st.booleans(),
)


@given(drawings)
@settings(max_examples=60)
def test_drawings_are_framed_as_by_digitlab(drawn: Drawing) -> None:
    assert off(drawn[None]) <= 1


@given(st.integers(0, 10**6))
@settings(max_examples=40)
def test_so_is_whatever_else_there_is(seed: int) -> None:
    generator = np.random.default_rng(seed)
    shape = generator.integers(8, 70, 2)
    share, paper = generator.uniform(0.001, 0.4), generator.integers(0, 2)
    noise = (generator.random((3, *shape)) < share) ^ bool(paper)
    assert off((255 * noise).astype(np.uint8)) <= 1


@pytest.mark.parametrize("thickness", [1, 2])
@pytest.mark.parametrize("length", [1, 2, 5, 19, 20, 21, 33, 150])
def test_a_line_is_framed_whatever_its_length(length: int, thickness: int) -> None:
    level = np.zeros((160, 170), np.uint8)
    level[9 : 9 + thickness, 7 : 7 + length] = 255
    assert off(level[None]) == off(level.T[None]) == 0
    assert by_graph(level[None]).max() == 255


def test_every_size_of_box_is_resampled_as_pillow_does() -> None:
    # Where a pixel's middle lies on the edge of a window, the last bit of a float64 decides.
    generator = np.random.default_rng(0)
    for side in range(1, 200):
        drawn = np.zeros((1, 204, 204), np.uint8)
        blob = generator.random((side, side)) < 0.5
        drawn[0, 2 : 2 + side, 2 : 2 + side] = 255 * blob
        drawn[0, 2, 2] = drawn[0, 1 + side, 1 + side] = 255
        if clean_ink(drawn[0]).sum() < 204 * 204 / 2:
            assert off(drawn) <= 1, side


def test_many_at_once_are_framed_as_one_by_one() -> None:
    many = ten_digits()
    many[::2] = 255 - many[::2]
    np.testing.assert_array_equal(by_graph(many), np.concatenate([by_graph(each[None]) for each in many]))


def test_dark_on_light_is_light_on_dark() -> None:
    many = ten_digits()
    assert by_graph(many).max(axis=(1, 2)).tolist() == [255] * 10
    np.testing.assert_array_equal(by_graph(many), by_graph(255 - many))


@pytest.mark.parametrize("tone", [0, 7, 255])
def test_paper_alone_is_a_blank(tone: int) -> None:
    blank = np.full((2, 40, 30), tone, np.uint8)
    assert not by_graph(blank).any()
    assert off(blank) == 0


def test_another_runtime_frames_them_alike() -> None:
    many = ten_digits()
    [theirs] = ReferenceEvaluator(INK).run(None, {"drawings": many})
    np.testing.assert_array_equal(theirs, by_graph(many))


@given(drawings)
@settings(max_examples=20)
def test_ink_is_the_tone_that_is_not_the_papers(drawn: Drawing) -> None:
    ink = clean_ink(drawn)
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()
    np.testing.assert_array_equal(ink, clean_ink(255 - drawn))
    np.testing.assert_array_equal(frame_drawing(drawn), framed(ink, MNIST))


def test_a_thick_digit_that_fills_its_picture_is_still_ink() -> None:
    ring = np.zeros((40, 40), bool)
    ring[3:37, 3:37] = True
    ring[16:24, 16:24] = False
    assert ring.mean() > 0.5
    np.testing.assert_array_equal(clean_ink(np.where(ring, 10, 240).astype(np.uint8)), ring)


def test_digits_become_drawings_of_several_sizes(test_digits: Drawing) -> None:
    pixels = test_digits.pixels  # type: ignore[attr-defined]
    parts = list(drawn_from(pixels))
    assert sum(map(len, parts)) == len(pixels)
    assert len({part.shape for part in parts}) == 4
    for part in parts:
        assert off(part) <= 1


def test_pictures_of_8x8_are_refused_in_words() -> None:
    with pytest.raises(
        ConfigError, match=r"for pictures of 28x28 pixels, as MNIST's are; this run reads 8x8"
    ):
        check_ink((8, 8))
