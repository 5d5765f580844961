"""The models as nodes of ONNX: from pixels to logits, by the formulas of `digitlab.models`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.export.graph import Graph, Value
from digitlab.models import Model, Params
from digitlab.models.conv import POOL, first_stride

__all__ = ["logits_of"]

Array = NDArray[np.float32]
Layer = dict[str, Array]


def logits_of(
    graph: Graph, model: Model, params: Params, image_shape: tuple[int, int], pixels: Value
) -> Value:
    """Add a model's layers, and return its logits, float32 (n, classes), called `logits`.

    Parameters
    ----------
    graph
        What they are added to.
    model, params
        The architecture and its weights.
    image_shape
        Height and width of the pictures.
    pixels : float32 (n, h, w)
        From 0 to 255.
    """
    layers = {name: _arrays(params[name]) for name in model.layer_names}
    filters = [name for name in layers if layers[name]["kernel"].ndim == 4]
    answers = pixels * (1 / 255)
    if filters:
        answers = graph("Unsqueeze", answers, np.array([1]))
    for name in filters:
        stride, pool = (first_stride(image_shape), POOL) if name == filters[0] else (1, 1)
        answers = _convolution(graph, name, layers.pop(name), answers, stride, pool)
    answers = graph("Flatten", answers)
    if filters:
        first = next(iter(layers.values()))
        first["kernel"] = _channels_first(first["kernel"], params[filters[-1]]["bias"].size)
    for name, layer in layers.items():
        answers = _dense(graph, name, layer, answers)
    return answers


def _arrays(layer: Mapping[str, Any]) -> Layer:
    return {part: np.asarray(array) for part, array in layer.items()}


def _convolution(graph: Graph, name: str, layer: Layer, images: Value, stride: int, pool: int) -> Value:
    """Add relu(max over pool x pool neighbours of (window * kernel) + bias); channels are the second axis."""
    kernel = graph.constant(layer["kernel"].transpose(3, 2, 0, 1), f"{name}/kernel")
    bias = graph.constant(layer["bias"], f"{name}/bias")
    answers = graph("Conv", images, kernel, bias, strides=[stride] * 2)
    if pool > 1:
        answers = graph("MaxPool", answers, kernel_shape=[pool] * 2, strides=[pool] * 2)
    return graph("Relu", answers, name=name)


def _dense(graph: Graph, name: str, layer: Layer, inputs: Value) -> Value:
    """Add relu(inputs @ kernel + bias), or the logits without a ReLU."""
    weights = [graph.constant(layer[part], f"{name}/{part}") for part in ("kernel", "bias")]
    if name == "output":
        return graph("Gemm", inputs, *weights, name="logits")
    return graph("Relu", graph("Gemm", inputs, *weights), name=name)


def _channels_first(kernel: Array, channels: int) -> Array:
    """Return the kernel for features in ONNX's order: (h, w, c) of digitlab's becomes (c, h, w)."""
    places, outputs = len(kernel) // channels, kernel.shape[1]
    return kernel.reshape(places, channels, outputs).transpose(1, 0, 2).reshape(-1, outputs)
