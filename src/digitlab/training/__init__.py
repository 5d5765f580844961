"""How a model learns: settings, the compiled period, and the loop around it."""

from digitlab.training.augment import Augmentation
from digitlab.training.config import TrainingConfig
from digitlab.training.continuing import state_from
from digitlab.training.fitted import Fitted, curves, fit
from digitlab.training.presets import PRESETS, configure, preset_models, preset_settings
from digitlab.training.snapshots import OnStep, check_steps, snapshots
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
    "Fitted",
    "HistoryRow",
    "OnStep",
    "TrainingConfig",
    "TrainingState",
    "check_steps",
    "configure",
    "curves",
    "fit",
    "initial_state",
    "mean_row",
    "pays_together",
    "preset_models",
    "preset_settings",
    "snapshots",
    "state_from",
    "train",
    "train_together",
]
