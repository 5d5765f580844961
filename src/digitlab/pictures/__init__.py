"""Which pictures a data set, a run and a comparison leave behind."""

from digitlab.pictures.galleries import (
    draw_exciting_digits,
    draw_explanation,
    draw_mistakes,
    draw_only_right,
    draw_templates,
)
from digitlab.pictures.own_digits import draw_score, draw_several, draw_why
from digitlab.pictures.results import (
    draw_calibration,
    draw_confusion,
    draw_dataset,
    draw_digit,
    draw_history,
    draw_run,
    draw_seed_study,
    draw_study,
    draw_suspects,
    draw_weights,
)
from digitlab.pictures.units import draw_timeline, draw_units, frames_of, timeline_panels, unit_tiles

__all__ = [
    "draw_calibration",
    "draw_confusion",
    "draw_dataset",
    "draw_digit",
    "draw_exciting_digits",
    "draw_explanation",
    "draw_history",
    "draw_mistakes",
    "draw_only_right",
    "draw_run",
    "draw_score",
    "draw_seed_study",
    "draw_several",
    "draw_study",
    "draw_suspects",
    "draw_templates",
    "draw_timeline",
    "draw_units",
    "draw_weights",
    "draw_why",
    "frames_of",
    "timeline_panels",
    "unit_tiles",
]
