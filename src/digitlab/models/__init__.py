"""The models, simplest first."""

from digitlab.models.base import (
    Model,
    Params,
    as_sizes,
    count_parameters,
    in_batches,
    is_number,
    is_whole,
    predict_batches,
    predict_logits,
    random_bytes,
    shapes_of,
)
from digitlab.models.conv import Conv
from digitlab.models.linear import Linear
from digitlab.models.mlp import MLP
from digitlab.models.registry import (
    MODELS,
    describe_model,
    first_kernel,
    first_layer,
    make_model,
    model_settings,
)
from digitlab.models.saved import load_model, save_model

__all__ = [
    "MLP",
    "MODELS",
    "Conv",
    "Linear",
    "Model",
    "Params",
    "as_sizes",
    "count_parameters",
    "describe_model",
    "first_kernel",
    "first_layer",
    "in_batches",
    "is_number",
    "is_whole",
    "load_model",
    "make_model",
    "model_settings",
    "predict_batches",
    "predict_logits",
    "random_bytes",
    "save_model",
    "shapes_of",
]
