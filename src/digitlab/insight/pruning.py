"""A network without the units that it can do without, and the proof that it can."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from digitlab.data import Dataset
from digitlab.evaluation import (
    Comparison,
    Evaluation,
    Interval,
    compare_paired,
    evaluate,
    log_loss,
    losses,
    t_interval,
    writer_interval,
)
from digitlab.insight.silencing import Out, remove_units, silence
from digitlab.insight.units import LayerUnits, Verdict
from digitlab.models import Model, Params, count_parameters, predict_logits

__all__ = ["ALL", "Pruning", "choose_units", "prune"]

# So small a rise of the log loss, as a share of itself, is no loss to speak of. All units together must keep
# below it where they are chosen: those that are free one by one need not be so together.
TOGETHER = 0.01
ALL = (Verdict.DEAD, Verdict.NOISE, Verdict.REDUNDANT)


@dataclass(frozen=True, eq=False)
class Pruning:
    """What is left of a network, and how it reads images on which nothing was chosen.

    Parameters
    ----------
    model, params
        What is left.
    taken
        The units that are gone, and which ones stand in for them.
    verdicts
        How many of them had each verdict.
    before, after
        How the whole network reads, and what is left of it.
    comparison
        Of the two, image by image.
    log_loss_interval
        The 95 % interval of the rise of the log loss: over writers where they are known, else Student's.
    parameters
        How many numbers the weights were, and are.
    """

    model: Model
    params: Params
    taken: tuple[Out, ...]
    verdicts: dict[Verdict, int]
    before: Evaluation
    after: Evaluation
    comparison: Comparison
    log_loss_interval: Interval
    parameters: tuple[int, int]

    @property
    def removed(self) -> dict[str, list[int]]:
        """The numbers of the units that are gone from each layer."""
        layers = dict.fromkeys(each.layer for each in self.taken)
        return {name: sorted(each.unit for each in self.taken if each.layer == name) for name in layers}

    @property
    def log_loss_rise(self) -> float:
        """How much higher the log loss is, in nats an image."""
        return self.after.log_loss - self.before.log_loss

    @property
    def is_free(self) -> bool:
        """Whether no loss is shown, at 95 %: no fewer images right, no log loss higher by more than 1 %."""
        fewer, tolerated = self.comparison.interval.high < 0, TOGETHER * self.before.log_loss
        return not fewer and self.log_loss_interval.low <= tolerated

    def sentence(self) -> str:
        """Say what is gone and what that cost."""
        kinds = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items() if count)
        before, after = (f"{100 * each.accuracy:.2f} %" for each in (self.before, self.after))
        low, high = (100 * end for end in self.comparison.interval)
        rise_low, rise_high = self.log_loss_interval
        first, now = self.parameters
        worst = max(0.0, -low), 100 * max(0.0, rise_high) / self.before.log_loss
        seen = (
            f"No loss is shown; at worst it is {worst[0]:.2f} digits in 100 and {worst[1]:.1f} % of the "
            "log loss"
            if self.is_free
            else "That is a loss"
        )
        return (
            f"Without {len(self.taken)} of its units ({kinds}) the network has {now:,} of {first:,} weights "
            f"and reads {after} of {self.after.n:,} images right, with them {before}: a difference of "
            f"{100 * self.comparison.difference:+.2f} digits in 100 (95 %: {low:+.2f} to {high:+.2f}). "
            f"Its log loss is {self.after.log_loss:.4f} after {self.before.log_loss:.4f} (a rise of "
            f"{self.log_loss_rise:+.4f}, 95 %: {rise_low:+.4f} to {rise_high:+.4f}). {seen}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "removed": self.removed,
            "verdicts": {str(verdict): count for verdict, count in self.verdicts.items()},
            "before": self.before.score(),
            "after": self.after.score(),
            "difference": self.comparison.difference,
            "interval": list(self.comparison.interval),
            "p_value": self.comparison.p_value,
            "log_loss_rise": self.log_loss_rise,
            "log_loss_interval": list(self.log_loss_interval),
            "parameters": list(self.parameters),
            "free": self.is_free,
        }


def choose_units(
    model: Model,
    params: Params,
    studied: Iterable[LayerUnits],
    images: Dataset,
    *,
    verdicts: Sequence[Verdict] = ALL,
) -> list[Out]:
    """Return the units to take out: as many as can go together without a loss on `images`, the idlest first.

    They are the dead ones, noise, and the redundant ones whose twin can stand in; of two that stand in for
    each other one stays. Redundant units that all others together make up for stay too: each could go
    alone, but the others make up for many of them at once no longer. One unit of each layer stays.

    Parameters
    ----------
    model, params
        The network.
    studied
        What `study_units` found of its layers.
    images
        The validation images, or those of them that it was found on.
    verdicts
        Which units may go.
    """
    candidates = [
        each
        for layer in studied
        for each in _candidates(layer, [verdict for verdict in ALL if verdict in verdicts])
    ]
    candidates.sort(key=lambda each: each[0])
    taken = [out for _, out in candidates]
    whole = log_loss(predict_logits(model, params, images.pixels), images.labels)

    def rise(count: int) -> float:
        heard = silence(model, params, taken[:count])
        return log_loss(predict_logits(model, heard, images.pixels), images.labels) - whole

    # Those that cost more come later, so the rise is taken to grow with their number.
    return taken[: bisect_right(range(1, len(taken) + 1), TOGETHER * whole, key=rise)]


def prune(
    model: Model,
    params: Params,
    taken: Sequence[Out],
    studied: Iterable[LayerUnits],
    images: Dataset,
    *,
    baseline_class: int,
) -> Pruning:
    """Remove units, and measure on other images than they were chosen on what that costs.

    Parameters
    ----------
    model, params
        The network.
    taken
        What `choose_units` chose.
    studied
        What it chose from.
    images
        Those to prove it on.
    baseline_class
        The most frequent class of the training set.
    """
    smaller, left = remove_units(model, params, taken)
    logits = [predict_logits(*each, images.pixels) for each in ((model, params), (smaller, left))]
    right = [each.argmax(axis=1) == images.labels for each in logits]
    before, after = (
        evaluate(each, images.labels, baseline_class=baseline_class, writers=images.writers)
        for each in logits
    )
    rise = losses(logits[1], images.labels) - losses(logits[0], images.labels)
    verdict = {(unit.layer, unit.number): unit.verdict for layer in studied for unit in layer.units}
    counts = Counter(verdict[each.layer, each.unit] for each in taken)
    return Pruning(
        smaller,
        left,
        tuple(taken),
        {each: counts[each] for each in ALL},
        before,
        after,
        compare_paired("the whole network", right[0], "what is left", right[1], writers=images.writers),
        writer_interval(rise, images.writers) or t_interval(rise),
        (count_parameters(params), count_parameters(left)),
    )


def _candidates(layer: LayerUnits, verdicts: Sequence[Verdict]) -> list[tuple[tuple[int, float], Out]]:
    """Return the units of a layer that may go, each with its rank: dead ones, noise, redundant ones."""
    idle = [unit for unit in layer.ranked[::-1] if unit.verdict in verdicts]
    idle = idle[: len(layer.units) - 1]
    found: list[tuple[tuple[int, float], Out]] = []
    gone: set[int] = set()
    needed: set[int] = set()
    for unit in idle:
        taken = unit.without
        misses_twin = unit.verdict is Verdict.REDUNDANT and (not unit.stand_in or taken.twin in gone)
        if unit.number in needed or misses_twin:
            continue
        gone.add(unit.number)
        if taken.slope:
            needed.add(taken.twin)
        found.append(((ALL.index(unit.verdict), unit.price.log_loss), taken))
    return found
