"""Learning on: what is mixed, what is held out, what is gained, and that a run tells what it was made of."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, strategies as st

from digitlab.data import Dataset, Split
from digitlab.errors import ConfigError, DataError
from digitlab.models import Linear
from digitlab.recognition import Collected, Lesson, learn, write_lesson
from digitlab.recognition.lesson import NATURAL, held_out, learn_once, learning_config, mixed
from digitlab.runs import Run, open_run
from digitlab.training import Augmentation, TrainingConfig, fit, state_from
from digitlab.workflow import Data, begin_run, load_data, plan_run, train_run


@pytest.fixture(scope="module")
def data() -> Data:
    return load_data("digits")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, data: Data) -> Run:
    """Return a linear run that knows the bundled digits, trained in no time."""
    settings = {
        "steps": 200,
        "periods": 2,
        "batch_size": 32,
        "learning_rate": 0.01,
        "augmentation": {"shift": 1},
    }
    run = begin_run(tmp_path_factory.mktemp("base") / "run", plan_run("linear", settings, data))
    for _ in train_run(run, data):
        pass
    return run


def strange(data: Data, count: int = 60, writers: int = 3) -> Collected:
    """Return digits as nobody in the data writes them: upside down, by some people."""
    pixels = np.ascontiguousarray(data.test.pixels[:count, ::-1])
    people = np.arange(count) % writers
    own = Dataset(pixels, data.test.labels[:count], "own", people if writers > 1 else None)
    names = tuple(f"writer {number}" for number in range(writers))
    return Collected(own, names, Path("own"), (), ())


@given(share=st.floats(0.05, 0.9), count=st.integers(1, 40))
def test_own_digits_have_their_share_and_none_is_named_much_oftener(share: float, count: int) -> None:
    pixels = np.zeros((30, 2, 2), np.uint8)
    split = Split(Dataset(pixels, np.zeros(30, np.uint8), "old"), np.arange(20), np.arange(20, 30), 1 / 3, 0)
    own = Dataset(np.ones((count, 2, 2), np.uint8), np.ones(count, np.uint8), "own")
    found = mixed(split, own, np.arange(count), share)
    rows = found.training_rows[20:]
    assert found.whole.pixels[rows].all()
    assert len(rows) == max(1, round(20 * share / (1 - share)))
    assert np.ptp(np.bincount(rows - 30, minlength=count)) <= 1
    np.testing.assert_array_equal(found.training_rows[:20], split.training_rows)
    np.testing.assert_array_equal(found.validation.pixels, split.validation.pixels)


def test_where_no_own_digit_is_named_none_is_mixed_in(digits_split: Split) -> None:
    with pytest.raises(DataError, match="There are no own digits to mix in: expected one row or more"):
        mixed(digits_split, digits_split.training, np.arange(0), 0.5)


def test_own_digits_of_another_size_cannot_be_mixed_in(digits_split: Split) -> None:
    with pytest.raises(DataError, match="cannot be one data set"):
        mixed(
            digits_split,
            Dataset(np.ones((1, 28, 28), np.uint8), np.ones(1, np.uint8), "own"),
            np.arange(1),
            0.5,
        )


@pytest.mark.parametrize("writers", [1, 2, 3, 7])
def test_each_own_digit_is_held_out_once_with_all_others_of_its_writer(data: Data, writers: int) -> None:
    own = strange(data, 50, writers).dataset
    folds = list(held_out(own, 0))
    assert len(folds) == (3 if writers == 1 else min(3, writers))
    np.testing.assert_array_equal(np.sum(folds, axis=0), 1)
    for out in folds:
        if own.writers is not None:
            assert not set(own.writers[out]) & set(own.writers[~out])


@pytest.mark.parametrize(("count", "folds"), [(1, 0), (2, 2), (3, 3), (4, 3)])
def test_a_few_digits_of_one_writer_are_held_out_as_far_as_there_are_any(
    data: Data, count: int, folds: int
) -> None:
    assert len(list(held_out(strange(data, count, 1).dataset, 0))) == folds


def test_a_training_goes_on_from_the_weights_given(base: Run, digits_split: Split) -> None:
    config = TrainingConfig(steps=1, periods=1, learning_rate=1e-12)
    for ema_decay in (0.0, 0.9):
        now = replace(config, ema_decay=ema_decay)
        state = state_from(base.config.model, now, base.params())
        went = fit(base.config.model, now, digits_split, state=state).params
        same = jax.tree.map(lambda a, b: np.allclose(a, b, atol=1e-6), went, base.params())
        assert jax.tree.all(same)


def test_the_settings_are_the_runs_own_but_for_a_small_rate(base: Run) -> None:
    own = base.config.training
    config = learning_config(base, Lesson(steps=50, seed=3))
    assert config.learning_rate == pytest.approx(own.learning_rate * Lesson.RATE)
    assert (config.steps, config.seed, config.batch_size, config.optimizer) == (
        50,
        3,
        own.batch_size,
        own.optimizer,
    )
    assert config.augmentation == own.augmentation == Augmentation(shift=1)
    never = replace(own, augmentation=Augmentation())
    without = replace(base, config=replace(base.config, training=never))
    assert learning_config(without, Lesson()).augmentation == NATURAL
    assert learning_config(base, Lesson(learning_rate=0.5)).learning_rate == 0.5


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_is_a_part(share: float) -> None:
    with pytest.raises(ConfigError, match="The share of own digits lies between 0 and 1"):
        Lesson(share=share)


def test_what_is_strange_is_learned_and_nothing_else_forgotten(base: Run, data: Data) -> None:
    own = strange(data, 60)
    told: list[tuple[int, int]] = []
    found = learn(
        base,
        data,
        own,
        Lesson(share=0.4, steps=300, learning_rate=0.02),
        on_fold=lambda *how: told.append(how),
    )
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert found.own is not None
    assert found.own.after.accuracy > found.own.before.accuracy + 0.1
    assert found.validation.after.accuracy > found.validation.before.accuracy - 0.1
    assert (found.folds, found.by_writer) == (3, True)
    assert sum(n for _, n, _, _ in found.writers) == 60
    mean = sum(n * after for _, n, _, after in found.writers) / 60
    assert mean == pytest.approx(found.own.after.accuracy)


def test_what_is_held_out_is_not_learned_from(base: Run, data: Data) -> None:
    """A writer whose labels are all wrong spoils nobody's result but the others'."""
    own = strange(data, 60)
    lesson = Lesson(share=0.4, steps=20)
    [first, *_] = held_out(own.dataset, 0)
    labels = np.where(first, (own.dataset.labels + 1) % 10, own.dataset.labels).astype(np.uint8)
    wrong = replace(own, dataset=replace(own.dataset, labels=labels))
    split = data.split_of(base)
    rest = np.flatnonzero(~first)
    a, b = (learn_once(base, split, each.dataset, lesson, rows=rest) for each in (own, wrong))
    np.testing.assert_array_equal(a.read(own.dataset.pixels), b.read(own.dataset.pixels))


def test_the_same_seed_learns_the_same(base: Run, data: Data) -> None:
    split, own = data.split_of(base), strange(data, 60).dataset
    one, again, other = (
        learn_once(base, split, own, Lesson(steps=20, seed=seed)).read(own.pixels) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_run_tells_what_it_was_made_of(base: Run, data: Data, tmp_path: Path) -> None:
    own, lesson = strange(data, 60), Lesson(share=0.3, steps=20)
    found = learn(base, data, own, lesson)
    write_lesson(tmp_path / "new", base, own, lesson, found)
    new = open_run(tmp_path / "new")
    record = new.config.learned_from
    assert record is not None
    assert (record.run, record.model_digest) == (str(base.folder), base.model_digest())
    assert record.own_fingerprint == own.dataset.fingerprint
    assert (record.own_images, sum(record.own_counts), record.own_share) == (60, 60, 0.3)
    assert new.config.data == base.config.data
    assert (new.is_finished, new.periods_done(), new.kept_period) == (True, 1, 1)
    assert new.history()[-1].validation_accuracy == found.validation.after.accuracy
    assert isinstance(new.config.model, Linear)
    np.testing.assert_array_equal(found.fitted.params["output"]["kernel"], new.params()["output"]["kernel"])
