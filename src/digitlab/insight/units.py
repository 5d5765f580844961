"""A hidden unit and what it is good for: dead, noise, redundant or useful, with the numbers behind it."""

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from digitlab.errors import ConfigError
from digitlab.insight.cost import Cost, knowledge_share
from digitlab.insight.silencing import Out
from digitlab.insight.untrained import Untrained

__all__ = ["LayerUnits", "Twin", "Unit", "Verdict"]

CLASSES_NAMED = 3


class Verdict(StrEnum):
    """What a unit is good for, the best first."""

    USEFUL = "useful"
    REDUNDANT = "redundant"
    NOISE = "noise"
    DEAD = "dead"


@dataclass(frozen=True)
class Twin:
    """The unit of the same layer whose answers are most like a unit's.

    unit, correlation
        Its number, and Pearson's correlation of the answers.
    slope
        What its answers are multiplied by to stand in for the unit's.
    cost
        What is lost where it does; None where the two are too unlike to try.
    can_stand_in
        Whether that is as good as nothing.
    """

    unit: int
    correlation: float
    slope: float
    cost: Cost | None
    can_stand_in: bool


@dataclass(frozen=True)
class Unit:
    """A hidden unit, or filter, and what it is good for.

    Parameters
    ----------
    layer, number
        Where it is; numbers count from 0.
    active
        The share of the images in which it answers with more than zero.
    mean
        Its mean answer.
    smoothness
        Moran's I of its tile, where its layer sees the pixels.
    cost
        What silencing it loses.
    twin
        The unit most like it, where one answers alike at all.
    verdict
        What follows from these.
    """

    layer: str
    number: int
    active: float
    mean: float
    smoothness: float | None
    cost: Cost
    twin: Twin | None
    verdict: Verdict

    @property
    def stand_in(self) -> Twin | None:
        """The twin that can take its place, if there is one."""
        return (
            self.twin if self.verdict is Verdict.REDUNDANT and self.twin and self.twin.can_stand_in else None
        )

    @property
    def without(self) -> Out:
        """How it is taken out: with its twin in its place, or silenced."""
        twin = self.stand_in
        return Out(self.layer, self.number, twin.unit, twin.slope) if twin else Out(self.layer, self.number)

    @property
    def price(self) -> Cost:
        """What is lost where it is taken out so."""
        return self.stand_in.cost if self.stand_in and self.stand_in.cost else self.cost

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self) | {"verdict": str(self.verdict)}


@dataclass(frozen=True)
class LayerUnits:
    """The units of one layer.

    Parameters
    ----------
    layer
        Its name.
    units
        By number.
    untrained
        How smooth tiles are before training, where the layer sees the pixels.
    log_loss, accuracy, n
        Of the whole network, on how many images.
    """

    layer: str
    units: tuple[Unit, ...]
    untrained: Untrained | None
    log_loss: float
    accuracy: float
    n: int

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many units have each verdict."""
        found = Counter(unit.verdict for unit in self.units)
        return {verdict: found[verdict] for verdict in Verdict}

    @property
    def share(self) -> float:
        """What the network knows for each unit: log(classes) less its log loss, over the units, in nats."""
        return knowledge_share(self.log_loss, len(self.units[0].cost.of_classes), len(self.units))

    @property
    def ranked(self) -> list[Unit]:
        """The units, useful ones first, and of each verdict those first that cost most."""
        order = list(Verdict)
        return sorted(self.units, key=lambda unit: (order.index(unit.verdict), -unit.price.log_loss))

    def sentence(self) -> str:
        """Say how many units there are of each kind, and which one counts most."""
        said = [
            f"{count} {'is' if count == 1 else 'are'} {verdict}"
            for verdict, count in self.counts.items()
            if count
        ]
        best = max(self.units, key=lambda unit: unit.cost.log_loss)
        return (
            f"Of the {len(self.units)} units of {self.layer} {', '.join(said)}. {self.describe(best.number)}"
        )

    def describe(self, number: int) -> str:
        """Say in words what one of the units is, and why.

        Raises
        ------
        ConfigError
            If there is no such unit.
        """
        if not 0 <= number < len(self.units):
            raise ConfigError(
                f"There is no unit {number} in {self.layer}: its units are 0 to {len(self.units) - 1}."
            )
        unit = self.units[number]
        return f"Unit {number} is {unit.verdict}: {say_why(unit, self.untrained, self.n)}."

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "layer": self.layer,
            "counts": {str(verdict): count for verdict, count in self.counts.items()},
            "untrained": self.untrained and asdict(self.untrained),
            "share": self.share,
            "units": [unit.as_dict() | {"why": self.describe(unit.number)} for unit in self.ranked],
        }


def say_why(unit: Unit, untrained: Untrained | None, images: int) -> str:
    """Return the reason of a unit's verdict, with its numbers."""
    cost = unit.cost
    if unit.verdict is Verdict.DEAD:
        return f"it answers none of the {images:,} images"
    if unit.verdict is Verdict.NOISE:
        if unit.smoothness is not None and untrained and untrained.is_like(unit.smoothness):
            return (
                f"its tile is no smoother than an untrained unit's (Moran's I {unit.smoothness:.2f}, "
                f"untrained {untrained.mean:.2f} ± {untrained.deviation:.2f}), and without it the log loss "
                f"{_moves(cost)}"
            )
        return (
            "the layers after it hardly hear it: without it the log loss of an image moves by "
            f"{_short(cost.moved)} on average, up or down"
        )
    if unit.stand_in and unit.stand_in.cost:
        return (
            f"unit {unit.stand_in.unit} says the same (correlation {unit.stand_in.correlation:.3f}), and "
            f"where that one stands in for it the log loss {_moves(unit.stand_in.cost)}"
        )
    if unit.verdict is Verdict.REDUNDANT:
        return (
            f"the other units make up for it, as far as {images:,} images tell: without it the log loss "
            f"{_moves(cost)}"
        )
    served = ", ".join(str(each) for each in cost.serves[:CLASSES_NAMED])
    return (
        f"without it the log loss {_moves(cost)} and {100 * abs(cost.accuracy):.2f} digits in 100 "
        f"{'fewer' if cost.accuracy >= 0 else 'more'} are read right"
        + (f"; what suffers most is {served}" if served else "")
    )


def _moves(cost: Cost) -> str:
    low, high = (("-" if end < 0 else "+") + _short(abs(end)) for end in cost.log_loss_interval)
    moved = f"{'rises' if cost.log_loss >= 0 else 'falls'} by {_short(abs(cost.log_loss))}"
    return f"{moved} (95 %: {low} to {high})" if cost.log_loss_interval.width else moved


def _short(value: float) -> str:
    """Return a number with two digits that count, and no exponent."""
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")
