"""How a model came to be what it is: its first layer and what it reads, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.data import Split
from digitlab.errors import ConfigError
from digitlab.evaluation import class_scores, confusion_counts, log_loss
from digitlab.insight.movement import alike, begins_at_zero, moved
from digitlab.insight.smoothness import inked_pixels, morans_i, noise_limit
from digitlab.models import Model, first_kernel, first_layer, in_batches, predict_batches
from digitlab.training import OnStep, TrainingConfig, check_steps, snapshots
from digitlab.words import listed

__all__ = ["DEFAULT_STEPS", "LEARNED", "Timeline", "follow", "log_spaced"]

DEFAULT_STEPS = (0, 10, 100, 1000)
LEARNED = 0.8
# Where chance alone reaches this Moran's I, as in tiles below some 200 pixels, smoothness tells nothing.
TELLING = 0.16
TILES = {"output": "templates", "hidden_1": "units", "conv_1": "filters"}


@dataclass(frozen=True, eq=False)
class Timeline:
    """Snapshots of one training, of the same images each time.

    Attributes
    ----------
    layer
        The name of the layer that sees the pixels.
    tile_shape
        Height and width of the picture that each of its kernel's columns is.
    steps : int64 (snapshots,)
        After how many steps each was taken, from 0 to the end.
    asked : intp (asked,)
        Which of them were asked for, to be drawn side by side.
    kernels : float32 (snapshots, height * width, units)
    log_loss, accuracy : float64 (snapshots,)
        On the validation images; nats an image, and a share.
    recall, precision : float64 (snapshots, classes)
        The share of each class that is read right, and the share of what is read as it that is; 0 where
        there is nothing to divide by.
    support : int64 (classes,)
        How many images there are of each.
    moved, alike : float64 (snapshots, units)
        How far each unit is from where it began, and how like its last tile; see `moved`, `alike`.
    smoothness : float64 (snapshots, units)
        Moran's I of each tile, over the pixels that have ink.
    noise_limit
        The Moran's I that only one in a thousand tiles of noise exceeds.
    """

    layer: str
    tile_shape: tuple[int, int]
    steps: NDArray[np.int64]
    asked: NDArray[np.intp]
    kernels: NDArray[np.float32]
    log_loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    support: NDArray[np.int64]
    moved: NDArray[np.float64]
    alike: NDArray[np.float64]
    smoothness: NDArray[np.float64]
    noise_limit: float

    @property
    def units(self) -> int:
        """How many tiles there are."""
        return int(self.kernels.shape[2])

    @property
    def tiles(self) -> str:
        """What the tiles are: units, templates or filters."""
        return TILES[self.layer]

    @property
    def unit_of_length(self) -> str:
        """What `moved` is counted in."""
        return "last length" if begins_at_zero(self.kernels) else "first length"

    @cached_property
    def is_smooth(self) -> NDArray[np.bool_]:
        """Which tiles are smoother than noise, bool (snapshots, units)."""
        return self.smoothness > self.noise_limit

    @cached_property
    def is_noise(self) -> NDArray[np.bool_]:
        """Which tiles look like noise, bool (snapshots, units): no blank one, and none too small to tell."""
        return ~self.is_smooth & self.kernels.any(axis=1) & (self.noise_limit <= TELLING)

    @property
    def hardest(self) -> NDArray[np.int64]:
        """The class with the lowest recall in each snapshot."""
        return np.asarray(np.where(self.support > 0, self.recall, np.inf).argmin(axis=1))

    def learned(self, share: float = LEARNED) -> list[int | None]:
        """Return the first step from which on each class has recall and precision of `share` or more.

        Of the steps that were looked at; None where it is not so at the end. Recall alone is not enough: a
        model that takes everything for a 1 reads all 1s right.
        """
        known = np.minimum(self.recall, self.precision) >= share
        stays = np.logical_and.accumulate(known[::-1])[::-1] & (self.support > 0)
        return [int(self.steps[held.argmax()]) if held.any() else None for held in stays.T]

    def smoothest_first(self, count: int) -> list[int]:
        """Return `count` tiles at even ranks from the smoothest at the end to the roughest, or all."""
        if self.units <= count:
            return list(range(self.units))
        order = np.argsort(-self.smoothness[-1], kind="stable")
        return [int(unit) for unit in order[np.linspace(0, self.units - 1, count).round().astype(int)]]

    def difference(self, kernel: NDArray[np.float32]) -> float:
        """Return the largest difference between the last tiles and a kernel, (height * width, units)."""
        return float(np.abs(self.kernels[-1] - kernel).max())

    def sentences(self) -> list[str]:
        """Say what to see: how reading and weights went on, which tiles are noise, which digits came when."""
        return [self.progress_sentence(), self.noise_sentence(), self.digits_sentence()]

    def progress_sentence(self) -> str:
        """Say how many images were read right after each step asked for, and how far the tiles had moved."""
        first, *later = [
            (
                f"after {_steps(self.steps[index])}",
                f"{100 * self.accuracy[index]:.1f} %",
                f"{np.median(self.moved[index]):.2g}",
            )
            for index in self._after_the_start
        ]
        said = (
            f"{first[0].capitalize()} {first[1]} of {self.support.sum():,} validation images are read right, "
            f"and the {self.units} {self.tiles} have moved by {first[2]} of their {self.unit_of_length} "
            "(median)"
        )
        return "; ".join([said, *(f"{when} {right} and {far}" for when, right, far in later)]) + "."

    def noise_sentence(self) -> str:
        """Say how many tiles could be told from noise on the way, and how many still cannot at the end."""
        if self.noise_limit > TELLING:
            height, width = self.tile_shape
            first, last = (float(np.median(self.smoothness[index])) for index in (0, -1))
            return (
                f"Tiles of {height}x{width} pixels are too small for their smoothness to tell noise from "
                f"structure (Moran's I {first:.2f} at the start and {last:.2f} at the end, median; chance "
                f"reaches {self.noise_limit:.2f})."
            )
        parts = [
            f"{self.is_smooth[index].sum()} after {_steps(self.steps[index])} "
            f"({np.median(self.smoothness[index]):.2f})"
            for index in self._after_the_start
        ]
        noise = self.is_noise[-1]
        end = f"{noise.sum()} of them cannot" if noise.any() else "none is left that cannot"
        if 0 < noise.sum() < self.units:
            still, grown = (np.median(self.moved[-1][chosen]) for chosen in (noise, ~noise))
            why = f", and have moved by {still:.2g}, the others by {grown:.2g} (median)"
        else:
            why = ""
        return (
            f"Of the {self.units} tiles {self.is_smooth[0].sum()} are smoother than noise at the start, "
            f"{listed(parts)} (in brackets Moran's I, median: 0 for noise, 1 for smooth blobs; it takes "
            f"more than {self.noise_limit:.2f}); {end} be told from noise at the end{why}."
        )

    def digits_sentence(self) -> str:
        """Say which classes were learned first and last, and which never."""
        learned = self.learned()
        when = {digit: step for digit, step in enumerate(learned) if step is not None}
        never = [digit for digit, step in enumerate(learned) if step is None and self.support[digit]]
        said = []
        if when:
            first, last = min(when.values()), max(when.values())
            early, late = (
                listed([str(d) for d, step in when.items() if step == end]) for end in (first, last)
            )
            said.append(f"{'first ' if last > first else ''}for {early}, from step {first:,} on")
            if last > first:
                said.append(f"last for {late}, from step {last:,} on")
        if never:
            said.append(f"for {listed([str(d) for d in never])} not by the end")
        return (
            f"A digit counts as learned once {100 * LEARNED:.0f} % or more of its images are read right and "
            f"as large a share of what is read as it is right, and it stays so, as seen at {len(self.steps)} "
            f"steps: {'; '.join(said)}."
        )

    def end_sentence(self, kernel: NDArray[np.float32]) -> str:
        """Say whether the training led where it did before, by the kernel that was kept then."""
        difference = self.difference(kernel)
        if not difference:
            return "Trained again from its seed, the first layer ended as the run's own, bit for bit."
        return (
            "Trained again from its seed, the first layer ended near the run's own: weights are up to "
            f"{difference:.1g} off, as happens on another machine, with other versions, or where several "
            "seeds were trained at once."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        rows = zip(self.steps, self.log_loss, self.accuracy, self.recall, self.hardest, strict=True)
        return {
            "layer": self.layer,
            "units": self.units,
            "n": int(self.support.sum()),
            "snapshots": [
                {
                    "step": int(step),
                    "asked": index in self.asked,
                    "log_loss": float(loss),
                    "accuracy": float(accuracy),
                    "recall": recall.tolist(),
                    "precision": self.precision[index].tolist(),
                    "hardest": int(hardest),
                    "moved": self.moved[index].tolist(),
                    "alike": self.alike[index].tolist(),
                    "smoothness": self.smoothness[index].tolist(),
                }
                for index, (step, loss, accuracy, recall, hardest) in enumerate(rows)
            ],
            "moved_in": self.unit_of_length,
            "noise_limit": self.noise_limit,
            "noise": np.flatnonzero(self.is_noise[-1]).tolist(),
            "learned_at": LEARNED,
            "learned": self.learned(),
            "sentences": self.sentences(),
        }

    @property
    def _after_the_start(self) -> list[int]:
        return [int(index) for index in self.asked if self.steps[index]] or [len(self.steps) - 1]


def follow(
    model: Model,
    config: TrainingConfig,
    split: Split,
    steps: Sequence[int] | None = None,
    *,
    end: int | None = None,
    frames: int = 0,
    on_step: OnStep | None = None,
) -> Timeline:
    """Train again from the seed, and look at the model after chosen steps.

    Parameters
    ----------
    model, config, split
        Those of the training.
    steps
        After which; by default those of `DEFAULT_STEPS` before the end, and the end.
    end
        The last step, whose weights are kept; by default the training's own.
    frames
        How many more steps to look at, evenly spaced on a logarithmic scale. The start and the end are
        looked at in any case.
    on_step
        Called on the way with the number of steps taken.

    Raises
    ------
    ConfigError
        If steps do not ascend, or go beyond the end.
    """
    end = config.steps if end is None else end
    chosen = [step for step in DEFAULT_STEPS if step < end] + [end] if steps is None else list(steps)
    check_steps(chosen, end)
    measured = sorted({0, end, *chosen, *log_spaced(end, frames)})
    batches = jax.device_put(in_batches(split.validation.pixels))
    labels = split.validation.labels
    layer, kernels, shape, losses, counts = "", [], (0, 0), [], []
    for _, params in snapshots(model, config, split, measured, on_step=on_step):
        layer, (kernel, shape) = first_layer(params), first_kernel(params, split.whole.image_shape)
        logits = predict_batches(model, params, batches)[: len(labels)]
        kernels.append(kernel)
        losses.append(log_loss(logits, labels))
        counts.append(confusion_counts(labels, logits.argmax(axis=1), logits.shape[1]))
    stacked, confusion = np.stack(kernels), np.stack(counts)
    scores = [class_scores(each) for each in confusion]
    # A filter slides over all of the picture, so each of its weights meets ink.
    mask = np.ones(shape, np.bool_) if layer == "conv_1" else inked_pixels(split.training.pixels)
    return Timeline(
        layer=layer,
        tile_shape=shape,
        steps=np.array(measured),
        asked=np.searchsorted(measured, chosen),
        kernels=stacked,
        log_loss=np.array(losses),
        accuracy=confusion.trace(axis1=1, axis2=2) / len(labels),
        recall=np.stack([each.recall for each in scores]),
        precision=np.stack([each.precision for each in scores]),
        support=confusion[0].sum(axis=1),
        moved=moved(stacked),
        alike=alike(stacked),
        smoothness=morans_i(stacked.swapaxes(1, 2).reshape(len(stacked), -1, *shape), mask),
        noise_limit=noise_limit(mask),
    )


def log_spaced(end: int, count: int) -> list[int]:
    """Return up to `count` whole steps from 1 to `end`, evenly spaced on a logarithmic scale."""
    if count < 0:
        raise ConfigError(f"There can be no {count} frames: name 0 or more.")
    return [int(step) for step in np.unique(np.geomspace(1, end, count).round())]


def _steps(count: int) -> str:
    return f"{count:,} step" if count == 1 else f"{count:,} steps"
