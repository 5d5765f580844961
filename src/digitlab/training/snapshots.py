"""The weights on the way: a training gone through again, stopping at chosen steps."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.data import Split
from digitlab.errors import ConfigError
from digitlab.models import Model, Params, is_whole
from digitlab.training.config import TrainingConfig
from digitlab.training.engine import batch_order, initial_weights, make_recipe, run_period
from digitlab.training.loop import on_device

__all__ = ["OnStep", "check_steps", "snapshots"]

OnStep = Callable[[int], None]
"""Called with the number of steps taken so far."""


def snapshots(
    model: Model,
    config: TrainingConfig,
    split: Split,
    steps: Sequence[int],
    *,
    on_step: OnStep | None = None,
) -> Iterator[tuple[int, Params]]:
    """Train from the seed, in one go, and yield the weights to use after each of some steps.

    They are those of `train` at the same step, bit for bit: batches, dropout, augmentation and rates
    depend on the seed and the number of the step alone, not on where periods end. No more steps are
    compiled at once than in a period of `config`, so what was compiled for `train` serves here too.

    Parameters
    ----------
    model, config, split
        Those of the training.
    steps
        After how many steps, ascending; 0 for the first weights.
    on_step
        Called on the way, at least once in as many steps as a period has.

    Yields
    ------
    int, Params
        How many steps were taken, and the weights that are used after them: the moving average where
        there is one.

    Raises
    ------
    ConfigError
        If steps do not ascend, or go beyond those of `config`; if a batch is larger than the set.
    """
    check_steps(steps, config.steps)
    config.check_fits(len(split.training_rows))
    keep_compiled()
    recipe, seed, images = make_recipe(model, config), np.uint32(config.seed), on_device(split.whole)
    weights, done = initial_weights(recipe, seed, split.whole.image_shape), 0
    for step in steps:
        while done < step:
            stretch = min(step - done, config.longest_period)
            order = _order(config, split, done)
            weights, losses = run_period(
                recipe, weights, *images, order, np.int32(done), np.int32(stretch), seed
            )
            losses.block_until_ready()
            done += stretch
            if on_step:
                on_step(done)
        yield step, weights.to_use


def check_steps(steps: Sequence[int], last: int) -> None:
    """Raise `ConfigError` unless `steps` are whole, ascend, and lie within 0 to `last`."""
    if not steps or not all(is_whole(step) and step >= 0 for step in steps):
        raise ConfigError(f"Steps must be one or more whole numbers from 0 up, not {list(steps)}.")
    if any(later <= earlier for earlier, later in pairwise(steps)):
        raise ConfigError(f"Steps must ascend, each named once, not {list(steps)}.")
    if steps[-1] > last:
        raise ConfigError(
            f"Step {steps[-1]:,} is beyond the end of the training, which is step {last:,}: "
            f"name steps from 0 to {last:,}, or train a longer run."
        )


def _order(config: TrainingConfig, split: Split, first: int) -> NDArray[np.int32]:
    """Return the rows of as many batches as the longest period has, whatever is left of the training."""
    order = batch_order(
        config.seed, len(split.training_rows), config.batch_size, first, config.longest_period
    )
    return split.training_rows[order].astype(np.int32)
