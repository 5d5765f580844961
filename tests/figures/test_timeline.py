"""The same tiles at several moments: each where it belongs, all on one scale, and files that move."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from digitlab.errors import ConfigError, DataError, StorageError
from digitlab.figures import (
    recall_over_steps,
    save_animation,
    timeline_frames,
    timeline_panels,
    units_over_steps,
    webp,
)

SHAPE = (5, 4)
STEPS = [0, 10, 1000]
KERNELS = np.random.default_rng(0).normal(size=(3, 20, 7)) * np.array([0.1, 1, 3]).reshape(3, 1, 1)
RIGHT, LOSS = [0.1, 0.853, 0.97], [2.3, 0.5, 0.12]
RECALL = np.linspace(0, 1, 30).reshape(3, 10)


def panels(**more: Any) -> Axes:
    return timeline_panels(KERNELS, SHAPE, STEPS, accuracy=RIGHT, log_loss=LOSS, **more)


def tiles(ax: Axes) -> list[NDArray[np.float64]]:
    """Return the pixels within each frame of the picture, panel by panel."""
    picture: Any = np.ma.asarray(ax.images[0].get_array())
    found = []
    for path in ax.collections[0].get_paths():
        left, top = (np.asarray(path.vertices).min(axis=0) + 0.5).round().astype(int)
        tile = picture[top : top + SHAPE[0], left : left + SHAPE[1]]
        assert not np.ma.getmaskarray(tile).any()
        found.append(np.asarray(tile))
    return found


def test_every_panel_has_every_unit_in_its_place_and_nothing_else_is_drawn() -> None:
    ax = panels()
    wanted = KERNELS.swapaxes(1, 2).reshape(-1, *SHAPE)
    np.testing.assert_array_equal(tiles(ax), wanted)
    assert np.ma.asarray(ax.images[0].get_array()).count() == KERNELS.size
    lefts = [np.asarray(path.vertices)[:, 0].min() for path in ax.collections[0].get_paths()]
    assert max(lefts[:7]) < min(lefts[7:14]) < max(lefts[7:14]) < min(lefts[14:])


def test_all_panels_share_one_scale_that_ends_at_the_largest_weight_of_all() -> None:
    ax = panels()
    assert len(ax.images) == 1
    limit = ax.images[0].get_clim()[1]
    assert limit == np.abs(KERNELS).max() or limit == np.percentile(np.abs(KERNELS), 99.5)


def test_each_panel_says_its_step_accuracy_and_loss() -> None:
    said = [text.get_text() for text in panels(names=list("abcdefg")).texts]
    assert said[:21] == list("abcdefg") * 3
    assert said[21:] == [
        "Before the first step",
        "10.0 % right, log loss 2.3",
        "After 10 steps",
        "85.3 % right, log loss 0.5",
        "After 1,000 steps",
        "97.0 % right, log loss 0.12",
    ]


@pytest.mark.parametrize(("snapshots", "units"), [(1, 1), (1, 30), (2, 3), (4, 2), (5, 24), (9, 10)])
def test_tiles_keep_their_size_however_many_there_are(snapshots: int, units: int) -> None:
    """A layout with too little room would leave them as small as stamps."""
    numbers = np.linspace(0.1, 0.9, snapshots)
    kernels = np.random.default_rng(0).normal(size=(snapshots, 20, units))
    ax = timeline_panels(kernels, SHAPE, range(snapshots), accuracy=numbers, log_loss=numbers, title="title")
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    left, right = (ax.transData.transform((each, 0))[0] for each in (0, SHAPE[1]))
    assert (right - left) / ax.figure.dpi > 0.4


def test_noise_is_marked_by_a_word_and_a_thicker_frame() -> None:
    noise = np.zeros((3, 7), bool)
    noise[2, 4] = True
    ax = panels(noise=noise)
    assert [text.get_text() for text in ax.texts].count("noise") == 1
    usual, marked = ax.collections
    assert len(marked.get_paths()) == 1
    assert np.min(marked.get_linewidth()) > 2 * np.max(usual.get_linewidth())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy": [0.1]}, "accuracy must be 3, one for each; found 1"),
        ({"log_loss": [0.1] * 4}, "log_loss must be 3, one for each; found 4"),
        ({"names": ["a"]}, "names must be 7, one for each; found 1"),
        ({"log_loss": [0.1, np.nan, 0.2]}, "must be finite; 1 of 3 numbers are NaN"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        timeline_panels(KERNELS, SHAPE, STEPS, **{"accuracy": RIGHT, "log_loss": LOSS} | change)


def test_panels_without_columns_or_of_other_pictures_are_refused() -> None:
    with pytest.raises(ConfigError, match="columns must be 1 or more"):
        panels(columns=0)
    with pytest.raises(DataError, match=r"The kernel must have shape \(64, units\)"):
        timeline_panels(KERNELS, (8, 8), STEPS, accuracy=RIGHT, log_loss=LOSS)
    with pytest.raises(DataError, match="The recall must have 2 dimension"):
        timeline_frames(KERNELS, SHAPE, STEPS, accuracy=RIGHT, log_loss=LOSS, recall=RIGHT)


def test_recalls_stand_in_their_cells_and_what_is_learned_is_framed() -> None:
    learned = [None, 0, *[1000] * 8]
    ax = recall_over_steps(STEPS, RECALL, learned=learned)
    said = {(text.get_position(), text.get_text()) for text in ax.texts}
    assert ((0, 0), "0") in said
    assert ((2, 9), "100") in said
    assert ((1, 3), f"{100 * RECALL[1, 3]:.0f}") in said
    framed = {(round(patch.get_x() + 0.5), round(patch.get_y() + 0.5)) for patch in ax.patches}  # type: ignore[attr-defined]
    assert framed == {(0, 1), *((2, digit) for digit in range(2, 10))}
    bold = {text.get_position() for text in ax.texts if text.get_fontweight() == "bold"}
    assert bold == framed
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "10", "1,000"]


def test_a_recall_near_its_ends_is_not_called_all_or_nothing() -> None:
    ax = recall_over_steps([5], [[0.999, 1, 0.001, 0]])
    assert [text.get_text() for text in ax.texts] == [">99", "100", "<1", "0"]
    with pytest.raises(DataError, match=r"Shares lie in \[0, 1\]; found 0 to 1.5"):
        recall_over_steps([5], [[0, 1.5]])
    with pytest.raises(DataError, match="The recalls must be 2, one for each; found 1"):
        recall_over_steps([5, 6], [[0, 1]])


def test_units_are_lines_the_median_one_more_and_marked_ones_look_otherwise() -> None:
    values = np.arange(15.0).reshape(3, 5)
    ax = units_over_steps(STEPS, values, what="far", marked=[4], marked_as="noise", limit=(2.0, "here"))
    drawn = [np.asarray(line.get_ydata()).tolist() for line in ax.lines]
    assert drawn[:6] == [values[:, unit].tolist() for unit in (0, 1, 2, 3, 4)] + [[2, 7, 12]]
    assert [line.get_linestyle() for line in ax.lines[:6]] == ["-"] * 4 + ["--", "-"]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["4 units", "1 units, noise", "median", "here"]
    assert ax.get_ylabel() == "far"
    everything = units_over_steps([0, 1], values[:2], what="far", marked=range(5))
    assert len(everything.lines) == 6


def frames() -> list[NDArray[np.uint8]]:
    return timeline_frames(KERNELS, SHAPE, STEPS, accuracy=RIGHT, log_loss=LOSS, recall=RECALL)


def test_frames_have_one_size_differ_and_are_the_same_each_time() -> None:
    first, again = frames(), frames()
    assert len({frame.shape for frame in first}) == 1
    assert first[0].dtype == np.uint8
    assert len({frame.tobytes() for frame in first}) == 3
    assert [frame.tobytes() for frame in first] == [frame.tobytes() for frame in again]


def test_a_weight_in_a_frame_is_a_square_of_whole_pixels() -> None:
    """So nothing is blurred, and the files are small."""
    kernels = np.zeros((1, 4, 1))
    kernels[0, 0, 0] = 1
    frame = timeline_frames(kernels, (2, 2), [0], accuracy=[0.5], log_loss=[1], recall=[[0.5]])[0]
    red = (frame[..., 0].astype(int) - frame[..., 2]) > 60
    rows, columns = np.flatnonzero(red[:, :150].sum(axis=1) > 20), np.flatnonzero(red.sum(axis=0) > 20)
    assert abs(len(rows) - 42) <= 1
    assert abs(len(columns) - 42) <= 1


def test_an_animation_begins_with_its_end_goes_round_and_has_the_same_bytes(tmp_path: Path) -> None:
    files = save_animation(frames(), tmp_path / "new" / "timeline-0.5")
    assert [file.name for file in files] == ["timeline-0.5.webp", "timeline-0.5.gif"]
    again = save_animation(frames(), tmp_path / "again")
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]
    with Image.open(files[0]) as moving:
        assert moving.info["loop"] == 0
        shown = [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(moving)]
    first, *others = shown
    np.testing.assert_array_equal(first, frames()[-1])
    np.testing.assert_array_equal(others, frames()[:-1])
    with Image.open(files[1]) as moving:
        assert moving.info["loop"] == 0
        durations = [each.info["duration"] for each in ImageSequence.Iterator(moving)]
    assert durations[0] > 3 * durations[1]
    assert len(durations) == 3


def test_one_picture_as_webp_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.webp").write_bytes(webp(frames()[1]))
    with Image.open(tmp_path / "one.webp") as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), frames()[1])


def test_an_animation_of_nothing_or_of_several_sizes_is_refused(tmp_path: Path) -> None:
    for wrong in ([], [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)]):
        with pytest.raises(DataError, match="one or more frames of one size"):
            save_animation(wrong, tmp_path / "x")
    (tmp_path / "file").write_text("here already")
    with pytest.raises(StorageError, match="Cannot make the folder"):
        save_animation(frames(), tmp_path / "file" / "x")
