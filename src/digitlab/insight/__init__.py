"""What a model has learned: weights, images and labels in, frozen values out."""

from digitlab.insight.activations import ExcitingDigits, exciting_digits, first_answers
from digitlab.insight.activity import Activity, activity_of
from digitlab.insight.agreement import Agreement, agreement_in_sign
from digitlab.insight.cost import Cost
from digitlab.insight.explanation import METHODS, Explanation, Maps, Region, explain, regions
from digitlab.insight.judging import study_units
from digitlab.insight.mistakes import (
    Disagreement,
    Mistake,
    Mistakes,
    Neighbour,
    disagreement,
    find_mistakes,
    nearest,
)
from digitlab.insight.pruning import Pruning, choose_units, prune
from digitlab.insight.saliency import (
    Attribution,
    Occlusion,
    gradient_times_input,
    integrated_gradients,
    occlusion,
    usual_window,
)
from digitlab.insight.silencing import Out, hidden_layers, remove_units, silence
from digitlab.insight.smoothness import inked_pixels, morans_i
from digitlab.insight.templates import Templates, class_templates
from digitlab.insight.timeline import DEFAULT_STEPS, LEARNED, Timeline, follow
from digitlab.insight.units import LayerUnits, Twin, Unit, Verdict
from digitlab.insight.untrained import Untrained, untrained_smoothness

__all__ = [
    "DEFAULT_STEPS",
    "LEARNED",
    "METHODS",
    "Activity",
    "Agreement",
    "Attribution",
    "Cost",
    "Disagreement",
    "ExcitingDigits",
    "Explanation",
    "LayerUnits",
    "Maps",
    "Mistake",
    "Mistakes",
    "Neighbour",
    "Occlusion",
    "Out",
    "Pruning",
    "Region",
    "Templates",
    "Timeline",
    "Twin",
    "Unit",
    "Untrained",
    "Verdict",
    "activity_of",
    "agreement_in_sign",
    "choose_units",
    "class_templates",
    "disagreement",
    "exciting_digits",
    "explain",
    "find_mistakes",
    "first_answers",
    "follow",
    "gradient_times_input",
    "hidden_layers",
    "inked_pixels",
    "integrated_gradients",
    "morans_i",
    "nearest",
    "occlusion",
    "prune",
    "regions",
    "remove_units",
    "silence",
    "study_units",
    "untrained_smoothness",
    "usual_window",
]
