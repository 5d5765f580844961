"""How a model is named in a file or on the command line."""

from dataclasses import asdict, fields
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import ConfigError
from digitlab.models.base import Model, Params
from digitlab.models.conv import Conv
from digitlab.models.linear import Linear
from digitlab.models.mlp import MLP

__all__ = ["MODELS", "describe_model", "first_kernel", "first_layer", "make_model", "model_settings"]

MODELS: dict[str, type[Linear] | type[MLP] | type[Conv]] = {
    model.name: model for model in (Linear, MLP, Conv)
}


def model_settings(name: str) -> set[str]:
    """Return the names of the settings that model `name` takes.

    Raises
    ------
    ConfigError
        If there is no such model.
    """
    if name not in MODELS:
        near = get_close_matches(name, MODELS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"There is no model {name!r}: the models are {', '.join(MODELS)}.{hint}")
    return {field.name for field in fields(MODELS[name])}


def make_model(name: str, **settings: Any) -> Model:
    """Return model `name` with `settings`; `make_model(**describe_model(m))` gives `m` again.

    Raises
    ------
    ConfigError
        If there is no such model, or it has no such setting, or a value is out of range.
    """
    unknown = sorted(settings.keys() - model_settings(name))
    if unknown:
        raise ConfigError(f"The model {name} has no setting {', '.join(unknown)}.")
    return MODELS[name](**settings)


def describe_model(model: Model) -> dict[str, Any]:
    """Return the model's name and settings as plain values that JSON can hold."""
    return {"name": model.name, **asdict(model)}  # type: ignore[call-overload]


def first_layer(params: Params) -> str:
    """Return the name of the layer that sees the pixels."""
    return next(name for name in ("conv_1", "hidden_1", "output") if name in params)


def first_kernel(params: Params, image_shape: tuple[int, int]) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Return the kernel of the layer that sees the pixels, and the picture each of its columns is.

    Returns
    -------
    float32 (height * width, units)
        A column for each unit, or for each filter of a convolutional layer.
    (height, width)
        Those of the images, or those of a convolutional layer's windows.
    """
    kernel = np.asarray(params[first_layer(params)]["kernel"])
    shape = image_shape if kernel.ndim == 2 else (kernel.shape[0], kernel.shape[1])
    return kernel.reshape(-1, kernel.shape[-1]), shape
