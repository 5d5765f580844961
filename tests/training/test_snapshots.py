"""A training gone through again: its weights on the way are those that `train` had, bit for bit."""

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

from digitlab.data import Split
from digitlab.errors import ConfigError
from digitlab.models import MLP, Conv, Linear, Model
from digitlab.training import (
    Augmentation,
    TrainingConfig,
    initial_state,
    snapshots,
    train,
)

# What is the same bit for bit is so as users compile it.
pytestmark = pytest.mark.optimized

CONFIG = TrainingConfig(steps=40, periods=4, batch_size=32, learning_rate=0.01, seed=5)
EVERYTHING = TrainingConfig(
    steps=20,
    periods=3,
    batch_size=32,
    learning_rate=0.01,
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.05,
    clip_norm=1.0,
    label_smoothing=0.1,
    ema_decay=0.9,
    augmentation=Augmentation(shift=2, rotate=10),
    seed=5,
)
NETWORK = MLP((16,), dropout=0.3)
TRAININGS: dict[str, tuple[Model, TrainingConfig]] = {
    "linear": (Linear(), CONFIG),
    "network with everything": (NETWORK, EVERYTHING),
    "conv with dropout": (Conv((4,), hidden_units=(6,), dropout=0.3), CONFIG),
}


def bits(params: Any) -> list[bytes]:
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(params)]


@pytest.mark.parametrize(("model", "config"), TRAININGS.values(), ids=TRAININGS.keys())
def test_they_are_the_trainings_own_at_each_period_wherever_else_it_stops(
    model: Model, config: TrainingConfig, digits_split: Split
) -> None:
    own = {row.step: state.params for row, state in train(model, config, digits_split)}
    own[0] = initial_state(model, config, (8, 8)).params
    steps = sorted({*own, 1, 2, 11, config.steps - 1})
    found = dict(snapshots(model, config, digits_split, steps))
    assert list(found) == steps
    for step, params in own.items():
        assert bits(found[step]) == bits(params), step
    assert len({tuple(bits(params)) for params in found.values()}) == len(steps)


def test_where_training_stopped_early_they_lead_to_the_weights_it_kept(digits_split: Split) -> None:
    config = dataclasses.replace(CONFIG, steps=400, periods=20, learning_rate=0.1, patience=2, ema_decay=0.5)
    rows, states = zip(*train(NETWORK, config, digits_split), strict=True)
    best = min(rows, key=lambda row: row.validation_log_loss)
    assert best.period < rows[-1].period < 20
    [(_, kept)] = snapshots(NETWORK, config, digits_split, [best.step])
    assert bits(kept) == bits(states[-1].params)


def test_all_stretches_are_compiled_as_the_training_was(digits_split: Split) -> None:
    def listen(event: str, duration_secs: float, **more: str | int) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(str(more.get("fun_name")))

    compiled: list[str] = []
    list(train(Linear(), CONFIG, digits_split))
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        list(snapshots(Linear(), CONFIG, digits_split, [0, 1, 3, 10, 17, 40]))
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert compiled == []


def test_it_says_how_far_it_has_come(digits_split: Split) -> None:
    seen: list[int] = []
    list(snapshots(Linear(), CONFIG, digits_split, [0, 3, 25], on_step=seen.append))
    assert seen == [3, 13, 23, 25]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "Steps must be one or more whole numbers from 0 up"),
        ([-1, 3], "Steps must be one or more whole numbers from 0 up"),
        ([1.5], "Steps must be one or more whole numbers from 0 up"),
        ([10, 3], r"Steps must ascend, each named once, not \[10, 3\]"),
        ([3, 3], "Steps must ascend, each named once"),
        ([0, 41], "Step 41 is beyond the end of the training, which is step 40: name steps from 0 to 40"),
    ],
)
def test_steps_that_cannot_be_had_are_refused(steps: Any, message: str, digits_split: Split) -> None:
    with pytest.raises(ConfigError, match=message):
        next(snapshots(Linear(), CONFIG, digits_split, steps))


def test_a_batch_larger_than_the_set_is_refused(digits_split: Split) -> None:
    with pytest.raises(ConfigError, match="A batch of 5000 cannot be drawn"):
        next(snapshots(Linear(), dataclasses.replace(CONFIG, batch_size=5000), digits_split, [0]))
