"""Every hidden unit judged, by taking each out in turn."""

from collections.abc import Callable, Sequence

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.insight.activity import Activity, activity_of
from digitlab.insight.cost import Cost, Reading, cost_of, knowledge_share
from digitlab.insight.silencing import Out, Probe, hidden_layers
from digitlab.insight.units import LayerUnits, Twin, Unit, Verdict
from digitlab.insight.untrained import Untrained, tile_smoothness, untrained_smoothness
from digitlab.models import Model, Params

__all__ = ["judge", "study_units"]

# What a network knows, log(classes) less its log loss, is shared out evenly over the units of a layer. Costs
# below are in such shares, so that they mean the same in small layers and in large ones, in good
# networks and in poor ones. Measured with units that were planted: benchmarks/LOG.md.
#
# A tile like an untrained one's is noise if its unit costs less: random units with weights of the size
# of fresh ones moved the log loss by up to 0.06.
NOISE = 0.1
# The layers after it ignore a unit that moves the loss of an image, up or down, by less on average.
IGNORED = 0.05
# Any other unit that costs no more is redundant: if costs added up, a whole layer of such units would cost
# a hundredth of what the network knows. They do not add up, so none goes without a twin that stands in.
MISSED = 0.01
# Answers that correlate less say different things; whether one can stand in for the other is then measured.
TWIN = 0.9


def study_units(
    model: Model,
    params: Params,
    images: Dataset,
    *,
    inked: NDArray[np.bool_],
    layers: Sequence[str] | None = None,
    on_unit: Callable[[str, int, int], None] | None = None,
) -> list[LayerUnits]:
    """Find out what every hidden unit is good for, by taking each out in turn.

    Parameters
    ----------
    model, params
        The network.
    images
        What it did not learn from; validation images.
    inked : bool (h, w)
        Which pixels have ink in training; see `inked_pixels`.
    layers
        Which hidden layers; all by default.
    on_unit
        Called with the layer, how many of its units are done, and of how many.

    Raises
    ------
    ConfigError
        If the model has no hidden unit, or no such layer.
    """
    hidden = hidden_layers(model)
    for name in layers or ():
        if name not in hidden:
            raise ConfigError(f"There is no hidden layer {name!r}: the model's are {', '.join(hidden)}.")
    probe = Probe(model, params, images.pixels)
    whole = Reading.of(probe.logits(), images.labels)
    return [
        _study_layer(probe, name, whole, inked, on_unit or (lambda *_: None)) for name in layers or hidden
    ]


def _study_layer(
    probe: Probe,
    layer: str,
    whole: Reading,
    inked: NDArray[np.bool_],
    on_unit: Callable[[str, int, int], None],
) -> LayerUnits:
    sees_pixels = layer == probe.model.layer_names[0]
    untrained = untrained_smoothness(probe.model, inked) if sees_pixels else None
    smoothness = tile_smoothness(probe.params, inked).tolist() if sees_pixels else None
    answers = probe.answers(layer)
    activity = activity_of(answers, probe.images)
    share = knowledge_share(whole.log_loss, whole.classes, len(activity.share))
    units = []
    for number in range(len(activity.share)):
        cost = cost_of(whole, probe.logits_without(answers, Out(layer, number)))
        smooth = smoothness[number] if smoothness else None
        active, twin = (
            float(activity.share[number]),
            _twin(probe, layer, number, answers, activity, whole, share),
        )
        verdict = judge(active, smooth, untrained, cost, twin, share)
        units.append(Unit(layer, number, active, float(activity.mean[number]), smooth, cost, twin, verdict))
        on_unit(layer, number + 1, len(activity.share))
    return LayerUnits(layer, tuple(units), untrained, whole.log_loss, whole.accuracy, probe.images)


def _twin(
    probe: Probe,
    layer: str,
    number: int,
    answers: Sequence[jax.Array],
    activity: Activity,
    whole: Reading,
    share: float,
) -> Twin | None:
    """Return the unit most like another one, and where they are alike what it costs to let it stand in."""
    correlations = activity.correlations[number]
    other = int(correlations.argmax())
    alike = float(correlations[other])
    if alike <= 0:
        return None
    slope = activity.slope(number, other)
    if alike < TWIN:
        return Twin(other, alike, slope, None, can_stand_in=False)
    cost = cost_of(whole, probe.logits_without(answers, Out(layer, number, other, slope)))
    return Twin(other, alike, slope, cost, can_stand_in=cost.is_below(MISSED * share))


def judge(
    active: float,
    smoothness: float | None,
    untrained: Untrained | None,
    cost: Cost,
    twin: Twin | None,
    share: float,
) -> Verdict:
    """Return what follows from the numbers of a unit; `share` is what costs are measured in."""
    is_like_untrained = smoothness is not None and untrained and untrained.is_like(smoothness)
    if active == 0:
        return Verdict.DEAD
    if is_like_untrained and cost.is_below(NOISE * share):
        return Verdict.NOISE
    if cost.moved <= IGNORED * share and cost.is_below(MISSED * share):
        return Verdict.NOISE
    if (twin and twin.can_stand_in) or cost.is_below(MISSED * share):
        return Verdict.REDUNDANT
    return Verdict.USEFUL
