"""Several seeds at once give what each gives alone."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from digitlab.data import Dataset, stratified_split
from digitlab.errors import ConfigError, DivergedError
from digitlab.models import MLP, Conv, Linear, Model
from digitlab.training import Augmentation, TrainingConfig, mean_row, pays_together, train, train_together

CONFIG = TrainingConfig(steps=20, periods=3, batch_size=16, learning_rate=0.003)
SEEDS = (0, 7, 2**32 - 1)
RECIPES: dict[str, tuple[Model, TrainingConfig]] = {
    "linear": (Linear(), CONFIG),
    "mlp, dropout": (MLP((12,), dropout=0.3), replace(CONFIG, optimizer="adamw", weight_decay=0.1)),
    "conv, all on": (
        Conv((4,)),
        replace(
            CONFIG,
            schedule="one-cycle",
            label_smoothing=0.1,
            ema_decay=0.9,
            augmentation=Augmentation(shift=1, rotate=10),
        ),
    ),
}


@pytest.mark.parametrize(("model", "config"), RECIPES.values(), ids=RECIPES)
def test_each_seed_gives_what_it_gives_alone_but_for_rounding(
    model: Model, config: TrainingConfig, digits: tuple[Dataset, Dataset]
) -> None:
    configs = [replace(config, seed=seed) for seed in SEEDS]
    splits = [stratified_split(digits[0], seed=seed) for seed in SEEDS]
    together = list(train_together(model, configs, splits))
    for index, (one, split) in enumerate(zip(configs, splits, strict=True)):
        alone, found = list(train(model, one, split)), [rows[index] for rows in together]
        for (row, _), (row_together, _) in zip(alone, found, strict=True):
            assert (row_together.period, row_together.step) == (row.period, row.step)
            assert row_together.validation_log_loss == pytest.approx(row.validation_log_loss, rel=1e-3)
            assert row_together.train_log_loss == pytest.approx(row.train_log_loss, rel=1e-3)
        expected, params = alone[-1][1].params, found[-1][1].params
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-4), params, expected)


def test_seeds_at_once_have_batches_splits_and_weights_of_their_own(digits: tuple[Dataset, Dataset]) -> None:
    configs = [replace(CONFIG, seed=seed) for seed in SEEDS]
    splits = [stratified_split(digits[0], seed=seed) for seed in SEEDS]
    *_, last = train_together(MLP((8,)), configs, splits)
    losses = {row.validation_log_loss for row, _ in last}
    assert len(losses) == len(SEEDS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.1}, "may differ only in the seed"),
        ({"steps": 30}, "may differ only in the seed"),
    ],
)
def test_other_differences_are_refused(
    changes: dict[str, Any], message: str, digits: tuple[Dataset, Dataset]
) -> None:
    split = stratified_split(digits[0])
    with pytest.raises(ConfigError, match=message):
        next(train_together(Linear(), [CONFIG, replace(CONFIG, seed=1, **changes)], [split, split]))


def test_stopping_early_at_once_is_refused(digits: tuple[Dataset, Dataset]) -> None:
    config, split = replace(CONFIG, patience=2), stratified_split(digits[0])
    with pytest.raises(ConfigError, match="leave patience out"):
        next(train_together(Linear(), [config, replace(config, seed=1)], [split, split]))


def test_one_that_diverges_stops_all(digits: tuple[Dataset, Dataset]) -> None:
    config = replace(CONFIG, optimizer="sgd", learning_rate=1e30)
    split = stratified_split(digits[0])
    with pytest.raises(DivergedError, match="stopped being a finite number in period 1"):
        list(train_together(MLP((8,)), [config, replace(config, seed=1)], [split, split]))


def test_the_mean_row_is_the_mean(digits: tuple[Dataset, Dataset]) -> None:
    split = stratified_split(digits[0])
    rows = [next(train(Linear(), replace(CONFIG, seed=seed), split))[0] for seed in (0, 1)]
    mean = mean_row(rows)
    assert mean.train_accuracy == pytest.approx((rows[0].train_accuracy + rows[1].train_accuracy) / 2)
    assert (mean.period, mean.step) == (1, rows[0].step)


def test_convolutions_go_one_after_the_other_on_a_cpu() -> None:
    assert pays_together(MLP())
    assert pays_together(Conv()) == (jax.default_backend() != "cpu")
