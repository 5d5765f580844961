"""A run as an ONNX model: the graph, and what is told of it."""

import json
from typing import Any

import numpy as np
from onnx import ModelProto, ValueInfoProto, helper

from digitlab import __version__
from digitlab.data.framing import MNIST
from digitlab.errors import ConfigError
from digitlab.export.drawings import STEPS
from digitlab.export.graph import Graph, tensor
from digitlab.export.ink import framed
from digitlab.export.network import logits_of
from digitlab.export.original import Original

__all__ = ["OPSET", "build_onnx", "check_ink"]

# Of ONNX 1.8 (2020): nothing newer is needed, and the older a file is, the more can read it.
OPSET = 13
IR_VERSION = 7


def build_onnx(original: Original, *, ink: bool = False) -> ModelProto:
    """Return an ONNX model that answers as a run does.

    Its input is `pixels`, uint8 (n, h, w), as the data set's files have them; with `ink` it is `drawings`,
    uint8 (n, height, width), of any size from 8x8 on. Its outputs are `logits` and `probabilities`, float32
    (n, classes), these at the temperature fitted on validation; with `ink` also `pixels`, what was read.

    Raises
    ------
    ConfigError
        As `check_ink`.
    """
    model, pixels = original.run.config.model, tensor("pixels", np.uint8, ["n", *original.image_shape])
    outputs = [tensor(name, np.float32, ["n", model.classes]) for name in ("logits", "probabilities")]
    if ink:
        check_ink(original.image_shape)
        graph = Graph(tensor("drawings", np.uint8, ["n", "height", "width"]))
        seen = framed(graph)
        seen.to(np.uint8, name="pixels")
        outputs.append(pixels)
    else:
        graph = Graph(pixels)
        seen = graph.input.to(np.float32)
    logits = logits_of(graph, model, original.params, original.image_shape, seen)
    graph("Softmax", logits / original.temperature, axis=1, name="probabilities")
    return _told(graph, outputs, original, {"ink": STEPS} if ink else {})


def check_ink(image_shape: tuple[int, int]) -> None:
    """Raise `ConfigError` unless drawings are framed for such pictures by steps that a graph can hold."""
    if image_shape != MNIST.image_shape:
        height, width = image_shape
        raise ConfigError(
            f"Drawings can be framed inside the file for pictures of 28x28 pixels, as MNIST's are; this run "
            f"reads {height}x{width}. What makes drawings into optdigits' 8x8 thickens strokes and "
            "straightens slants pixel by pixel, which is no formula. Nothing was written; export without "
            "--ink, and frame drawings by digitlab.recognition before."
        )


def _told(
    graph: Graph, outputs: list[ValueInfoProto], original: Original, more: dict[str, str]
) -> ModelProto:
    """Return the graph as a model that says what it is."""
    facts = original.facts() | more
    model = helper.make_model(
        graph.finished(facts["model"]["name"], outputs),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="digitlab",
        producer_version=__version__,
    )
    helper.set_model_props(model, {name: _text(fact) for name, fact in facts.items()})
    return model


def _text(fact: Any) -> str:
    """Return words as they are, and all else as JSON."""
    return fact if isinstance(fact, str) else json.dumps(fact)
