"""What is told of a training's snapshots, against the same computed in another way."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from digitlab.data import Split
from digitlab.errors import ConfigError
from digitlab.evaluation import evaluate
from digitlab.insight import Timeline, follow
from digitlab.insight.movement import alike, moved
from digitlab.insight.timeline import log_spaced
from digitlab.models import MLP, Conv, Linear, Model, predict_logits
from digitlab.training import TrainingConfig, train

NETWORK = MLP((12,))
CONFIG = TrainingConfig(steps=120, periods=4, batch_size=32, learning_rate=0.01, seed=2)


@pytest.fixture(scope="module")
def network(digits_split: Split) -> Timeline:
    return follow(NETWORK, CONFIG, digits_split, [0, 10, 60], frames=6)


def made(recall: object, support: object = None, steps: object = None) -> Timeline:
    """Return a timeline with these recalls and nothing else of interest."""
    shares = np.asarray(recall, float)
    count = len(shares)
    numbers = np.zeros((count, 1))
    return Timeline(
        layer="hidden_1",
        tile_shape=(1, 1),
        steps=np.arange(count) if steps is None else np.asarray(steps),
        asked=np.arange(count),
        kernels=np.ones((count, 1, 1), np.float32),
        log_loss=numbers[:, 0],
        accuracy=shares.mean(axis=1),
        recall=shares,
        precision=np.ones(shares.shape),
        support=np.full(shares.shape[1], 5) if support is None else np.asarray(support),
        moved=numbers,
        alike=numbers,
        smoothness=numbers,
        noise_limit=0.1,
    )


def test_each_snapshot_is_scored_as_evaluating_its_weights_does(
    network: Timeline, digits_split: Split
) -> None:
    assert network.steps.tolist() == sorted({0, 10, 60, 120, *log_spaced(120, 6)})
    assert network.steps[network.asked].tolist() == [0, 10, 60]
    own = {row.step: state.params for row, state in train(NETWORK, CONFIG, digits_split)}
    validation = digits_split.validation
    for step in (60, 120):
        index = network.steps.tolist().index(step)
        result = evaluate(
            predict_logits(NETWORK, own[step], validation.pixels), validation.labels, baseline_class=0
        )
        assert network.accuracy[index] == result.accuracy
        assert network.log_loss[index] == pytest.approx(result.log_loss, abs=1e-6)
        np.testing.assert_array_equal(network.recall[index], result.per_class.recall)
        np.testing.assert_array_equal(network.precision[index], result.per_class.precision)
        np.testing.assert_array_equal(network.kernels[index], own[step]["hidden_1"]["kernel"])
    np.testing.assert_array_equal(network.support, validation.class_counts)


def test_what_is_measured_does_not_hang_on_where_else_it_was_looked_at(
    network: Timeline, digits_split: Split
) -> None:
    alone = follow(NETWORK, CONFIG, digits_split, [10])
    assert alone.steps.tolist() == [0, 10, 120]
    places = np.searchsorted(network.steps, alone.steps)
    for field in ("kernels", "log_loss", "accuracy", "recall", "moved", "alike", "smoothness"):
        np.testing.assert_array_equal(getattr(alone, field), getattr(network, field)[places])


def test_hand_worked_movement_and_likeness() -> None:
    # One unit turns by a right angle, one doubles, one stays.
    kernels = np.array([[[1, 1, 2], [0, 1, 0]], [[0, 2, 2], [1, 2, 0]]], float)
    np.testing.assert_allclose(moved(kernels), np.array([[0, 0, 0], [math.sqrt(2), 1, 0]]))
    np.testing.assert_allclose(alike(kernels), np.array([[0.0, 1, 1], [1, 1, 1]]))


def test_from_zero_movement_is_counted_in_last_lengths() -> None:
    kernels = np.array([[[0, 0], [0, 0]], [[1, 0], [1, 0]], [[2, 0], [2, 0]]], float)
    np.testing.assert_allclose(moved(kernels), np.array([[0, 0], [0.5, 0], [1, 0]]))
    np.testing.assert_allclose(alike(kernels), np.array([[0.0, 0], [1, 0], [1, 0]]))


MODELS: dict[str, tuple[Model, str, tuple[int, int], int, str]] = {
    "linear": (Linear(), "templates", (8, 8), 10, "last length"),
    "mlp": (NETWORK, "units", (8, 8), 12, "first length"),
    "conv": (Conv((5,)), "filters", (3, 3), 5, "first length"),
}


@pytest.mark.parametrize(("model", "tiles", "shape", "units", "length"), MODELS.values(), ids=MODELS.keys())
def test_every_model_has_a_timeline(
    model: Model, tiles: str, shape: tuple[int, int], units: int, length: str, digits_split: Split
) -> None:
    timeline = follow(model, CONFIG, digits_split)
    assert timeline.steps.tolist() == timeline.steps[timeline.asked].tolist() == [0, 10, 100, 120]
    assert (timeline.tiles, timeline.tile_shape, timeline.units) == (tiles, shape, units)
    assert timeline.unit_of_length == length
    assert timeline.moved.shape == timeline.alike.shape == timeline.smoothness.shape == (4, units)
    np.testing.assert_array_equal(timeline.moved[0], 0)
    np.testing.assert_allclose(timeline.alike[-1], 1)
    assert timeline.accuracy[-1] > 0.8
    said = " ".join(timeline.sentences())
    assert f"the {units} {tiles} have moved by" in said
    assert f"of their {length} (median); after 100 steps {100 * timeline.accuracy[2]:.1f} %" in said


def test_the_end_may_be_before_the_last_step(digits_split: Split) -> None:
    timeline = follow(NETWORK, CONFIG, digits_split, end=30)
    assert timeline.steps.tolist() == [0, 10, 30]
    with pytest.raises(ConfigError, match="Step 31 is beyond the end of the training, which is step 30"):
        follow(NETWORK, CONFIG, digits_split, [31], end=30)


def test_it_is_said_whether_the_end_is_the_runs(network: Timeline) -> None:
    kernel = network.kernels[-1]
    assert network.end_sentence(kernel).endswith("ended as the run's own, bit for bit.")
    off = kernel + np.float32(2**-10)
    assert network.difference(off) == pytest.approx(2**-10, rel=1e-3)
    assert "weights are up to 0.001 off" in network.end_sentence(off)


def test_a_digit_is_learned_once_it_stays_so() -> None:
    # The first class is read well by chance at first, the second is lost again, the third never there.
    timeline = made(
        [[1, 0.9, 0, 0, 1], [0.2, 0.8, 0, 0.1, 1], [0.8, 0.9, 0, 0.1, 1], [0.9, 0.7, 0, 0.8, 1]],
        support=[5, 5, 0, 5, 5],
        steps=[0, 10, 100, 2000],
    )
    assert timeline.learned() == [100, None, None, 2000, 0]
    assert timeline.learned(0.7) == [100, 0, None, 2000, 0]
    assert timeline.hardest.tolist() == [3, 3, 3, 1]
    assert timeline.digits_sentence() == (
        "A digit counts as learned once 80 % or more of its images are read right and as large a share of what "
        "is read as it is right, and it stays so, as seen at 4 steps: first for 4, from step 0 on; last for 3, "
        "from step 2,000 on; for 1 not by the end."
    )


def test_a_model_that_takes_all_for_one_digit_has_not_learned_it() -> None:
    timeline = dataclasses.replace(made([[1], [0.9], [0.9]]), precision=np.array([[0.1], [0.7], [0.8]]))
    assert timeline.learned() == [2]


def test_digits_that_come_at_once_are_neither_first_nor_last() -> None:
    said = made([[0, 0, 0], [0.9, 0.8, 1]]).digits_sentence()
    assert said.endswith("as seen at 2 steps: for 0, 1 and 2, from step 1 on.")


def test_nothing_learned_is_said_too() -> None:
    assert made([[0, 0.5]]).digits_sentence().endswith("as seen at 1 steps: for 0 and 1 not by the end.")


def test_tiles_are_called_noise_until_they_are_smoother() -> None:
    timeline = dataclasses.replace(
        made([[1], [1], [1]], steps=[0, 1, 7]),
        kernels=np.ones((3, 1, 2), np.float32),
        smoothness=np.array([[0, 0.05], [0.02, 0.3], [0.1, 0.6]]),
        moved=np.array([[0, 0], [0, 1], [0, 2]]),
    )
    assert timeline.is_noise.tolist() == [[True, True], [True, False], [True, False]]
    assert timeline.noise_sentence() == (
        "Of the 2 tiles 0 are smoother than noise at the start, 1 after 1 step (0.16) and 1 after 7 steps "
        "(0.35) (in brackets Moran's I, median: 0 for noise, 1 for smooth blobs; it takes more than 0.10); 1 of them "
        "cannot be told from noise at the end, and have moved by 0, the others by 2 (median)."
    )
    all_smooth = dataclasses.replace(timeline, smoothness=timeline.smoothness + 0.1)
    assert "none is left that cannot be told from noise at the end" in all_smooth.noise_sentence()


def test_a_blank_tile_is_neither_smooth_nor_noise() -> None:
    timeline = dataclasses.replace(made([[1], [1]]), kernels=np.array([[[0]], [[1]]], np.float32))
    assert timeline.is_smooth.tolist() == [[False], [False]]
    assert timeline.is_noise.tolist() == [[False], [True]]


def test_tiles_are_picked_at_even_ranks_of_smoothness() -> None:
    smoothness = np.array([[0.1, 0.5, 0.3, 0.2, 0.4]])
    timeline = dataclasses.replace(made([[1]]), kernels=np.ones((1, 1, 5), np.float32), smoothness=smoothness)
    assert timeline.smoothest_first(3) == [1, 2, 0]
    assert timeline.smoothest_first(5) == [0, 1, 2, 3, 4]


@given(end=st.integers(1, 10**6), count=st.integers(0, 40))
def test_frames_are_spaced_by_equal_factors(end: int, count: int) -> None:
    steps = log_spaced(end, count)
    assert len(steps) <= count
    assert all(1 <= earlier < later <= end for earlier, later in pairwise(steps))
    if count > 1:
        assert (steps[0], steps[-1]) == (1, end)


def test_fewer_than_no_frames_are_refused() -> None:
    with pytest.raises(ConfigError, match="There can be no -1 frames"):
        log_spaced(10, -1)


def test_json_has_one_entry_a_snapshot(network: Timeline) -> None:
    found = network.as_dict()
    assert [each["step"] for each in found["snapshots"]] == network.steps.tolist()
    assert sum(each["asked"] for each in found["snapshots"]) == 3
    assert len(found["snapshots"][0]["moved"]) == 12
    assert found["sentences"] == network.sentences()
