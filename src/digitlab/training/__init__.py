"""How a model learns: settings, the compiled period, and the loop around it."""

from digitlab.training.config import TrainingConfig
from digitlab.training.presets import PRESETS, configure, preset_models, preset_settings
from digitlab.training.trainer import HistoryRow, TrainingState, initial_state, train

__all__ = [
    "PRESETS",
    "HistoryRow",
    "TrainingConfig",
    "TrainingState",
    "configure",
    "initial_state",
    "preset_models",
    "preset_settings",
    "train",
]
