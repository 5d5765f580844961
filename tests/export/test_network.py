"""Graphs of the models give the models' own logits, whatever the architecture."""

from typing import Any

import jax
import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper
from onnx.reference import ReferenceEvaluator

from digitlab.export.graph import Graph, tensor
from digitlab.export.network import logits_of
from digitlab.export.onnx import IR_VERSION, OPSET
from digitlab.models import MLP, Conv, Linear, Model, Params, predict_logits, shapes_of


def weights_of(model: Model, image_shape: tuple[int, int]) -> Params:
    """Return weights of which none is zero, so that each has its say."""
    generator = np.random.default_rng(0)
    drawn: Params = jax.tree.map(
        lambda leaf: generator.normal(0, 0.1, leaf.shape).astype(np.float32), shapes_of(model, image_shape)
    )
    return drawn


def built(model: Model, params: Params, image_shape: tuple[int, int]) -> onnx.ModelProto:
    graph = Graph(tensor("pixels", np.uint8, ["n", *image_shape]))
    logits_of(graph, model, params, image_shape, graph.input.to(np.float32))
    outputs = [tensor("logits", np.float32, ["n", model.classes])]
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph.finished(model.name, outputs), opset_imports=opset, ir_version=IR_VERSION)


def read_by_onnxruntime(model: onnx.ModelProto, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    logits: NDArray[np.float32] = session.run(None, {"pixels": pixels})[0]
    return logits


@pytest.mark.parametrize("image_shape", [(28, 28), (8, 8), (13, 9)])
@pytest.mark.parametrize(
    "model",
    [Linear(), MLP((5,)), MLP((7, 3)), Conv((3,)), Conv((4, 5), (6,)), Linear(classes=3)],
    ids=repr,
)
def test_logits_are_the_models_own(model: Model, image_shape: tuple[int, int]) -> None:
    params = weights_of(model, image_shape)
    pixels = np.random.default_rng(0).integers(0, 256, (9, *image_shape)).astype(np.uint8)
    made = built(model, params, image_shape)
    onnx.checker.check_model(made, full_check=True)
    ours = predict_logits(model, params, pixels)
    reference: Any = ReferenceEvaluator(made).run(None, {"pixels": pixels})
    for theirs in (read_by_onnxruntime(made, pixels), reference[0]):
        assert theirs.dtype == np.float32
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)


def test_graphs_are_small_and_hold_each_weight_once() -> None:
    model = Conv((3, 4), (5,))
    params = weights_of(model, (28, 28))
    made = built(model, params, (28, 28))
    kinds = [node.op_type for node in made.graph.node]
    assert kinds == [
        *("Cast", "Mul", "Unsqueeze"),
        *("Conv", "MaxPool", "Relu"),
        *("Conv", "Relu"),
        *("Flatten", "Gemm", "Relu", "Gemm"),
    ]
    names = {each.name for each in made.graph.initializer}
    assert {f"{layer}/{part}" for layer in params for part in ("kernel", "bias")} <= names
    assert len(names) == 2 * len(params) + 2
