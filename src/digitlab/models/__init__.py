"""The models, simplest first."""

from digitlab.models.base import Model, Params, count_parameters, is_whole, predict_logits
from digitlab.models.linear import Linear
from digitlab.models.mlp import MLP
from digitlab.models.registry import MODELS, describe_model, first_layer, make_model, model_settings
from digitlab.models.saved import load_model, save_model

__all__ = [
    "MLP",
    "MODELS",
    "Linear",
    "Model",
    "Params",
    "count_parameters",
    "describe_model",
    "first_layer",
    "is_whole",
    "load_model",
    "make_model",
    "model_settings",
    "predict_logits",
    "save_model",
]
