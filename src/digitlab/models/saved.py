"""Weights as named arrays, and the file that keeps them with their model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.models.base import Model, Params, shapes_of
from digitlab.models.registry import describe_model, make_model
from digitlab.tensors import Arrays, damage_errors, read_tensors, write_tensors

__all__ = ["flatten", "load_model", "save_model", "unflatten"]


def save_model(
    path: Path,
    model: Model,
    image_shape: tuple[int, int],
    params: Params,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write weights with a header that says how to rebuild their model.

    Parameters
    ----------
    path
        A safetensors file; the same values give the same bytes.
    model
        The architecture.
    image_shape
        Height and width of the images it reads.
    params
        The weights.
    about
        What else the header tells, as JSON holds it.

    Raises
    ------
    StorageError
        If it cannot be written; a file that was there is left as it was.
    """
    header = {"format": 1, "model": describe_model(model), "image_shape": list(image_shape)}
    write_tensors(path, flatten(params), dict(about or {}) | header)


def load_model(path: Path) -> tuple[Model, tuple[int, int], Params]:
    """Return the model, the image shape and the weights of a file that `save_model` wrote.

    Raises
    ------
    RunError
        If the file is damaged or was not written by digitlab.
    """
    with damage_errors(path):
        arrays, header = read_tensors(path)
        model = make_model(**header["model"])
        height, width = header["image_shape"]
        return model, (height, width), unflatten(arrays, shapes_of(model, (height, width)))


def flatten(tree: Any) -> Arrays:
    """Name every array of a nested value by its path, `hidden_1/kernel`, in the tree's own order."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {_name(path): np.asarray(leaf) for path, leaf in leaves}


def unflatten(arrays: Mapping[str, NDArray[Any]], template: Any) -> Any:
    """Return a value built like `template` with the arrays of those names.

    Raises
    ------
    KeyError, ValueError
        If an array is missing; if its shape or dtype is not the template's.
    """

    def pick(path: Any, leaf: Any) -> jax.Array:
        array = arrays[_name(path)]
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise ValueError(f"{_name(path)} is {array.dtype}{array.shape}, not {leaf.dtype}{leaf.shape}")
        placed: jax.Array = jax.device_put(array)
        return placed

    return jax.tree_util.tree_map_with_path(pick, template)


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")
