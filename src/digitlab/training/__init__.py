"""How a model learns: settings, the compiled period, and the loop around it."""

from digitlab.training.augment import Augmentation
from digitlab.training.config import TrainingConfig
from digitlab.training.presets import PRESETS, configure, preset_models, preset_settings
from digitlab.training.trainer import (
    HistoryRow,
    TrainingState,
    initial_state,
    mean_row,
    pays_together,
    train,
    train_together,
)

__all__ = [
    "PRESETS",
    "Augmentation",
    "HistoryRow",
    "TrainingConfig",
    "TrainingState",
    "configure",
    "initial_state",
    "mean_row",
    "pays_together",
    "preset_models",
    "preset_settings",
    "train",
    "train_together",
]
