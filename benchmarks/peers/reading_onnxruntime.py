"""Read digits with ONNX Runtime and the weights of a digitlab model, after checking that the logits agree.

The 10,000 digits go through at once and in chunks; the quickest way counts.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from common import mnist, reading_times, report, settings
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

CHUNKS = (10_000, 1024, 256)
TOLERANCE = 1e-4
OPSET = 17
Tensors = dict[str, NDArray[Any]]
# The nodes from the images, scaled, to the logits, and the constants that these use.
Graph = tuple[list[Any], Tensors]


def main() -> None:
    """Build, check, measure and report."""
    chosen = settings(folder=".", rounds=20, calls=2000)
    folder, pixels = Path(chosen.folder), mnist()[1].pixels
    session = onnxruntime.InferenceSession(
        built(folder / "model.safetensors"), providers=["CPUExecutionProvider"]
    )

    def read(part: NDArray[np.uint8]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = session.run(None, {"pixels": part})[0]
        return logits

    difference = float(np.abs(read(pixels) - np.load(folder / "logits.npy")).max())
    if difference > TOLERANCE:
        sys.exit(f"The logits differ by up to {difference:g} from digitlab's, more than {TOLERANCE:g}.")
    times = {
        chunk: reading_times(in_chunks(read, chunk), pixels, chosen.rounds, chosen.calls) for chunk in CHUNKS
    }
    best = min(CHUNKS, key=lambda chunk: times[chunk]["all_s"])
    report(**times[best], chunk=best, largest_difference=difference)


def in_chunks(
    read: Callable[[NDArray[np.uint8]], NDArray[np.float32]], size: int
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Return `read` for any number of images, `size` at a time."""

    def read_all(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(pixels) <= size:
            return read(pixels)
        return np.concatenate([read(pixels[start : start + size]) for start in range(0, len(pixels), size)])

    return read_all


def built(path: Path) -> bytes:
    """Return the ONNX model of a file of digitlab's: uint8 (n, height, width) to float32 (n, classes)."""
    tensors, described = read_safetensors(path)
    if described["model"]["name"] not in GRAPHS:
        sys.exit(f"No graph for the model {described['model']['name']} yet: write it, and list it in GRAPHS.")
    nodes, constants = GRAPHS[described["model"]["name"]](tensors, described["image_shape"])
    scaling = [
        helper.make_node("Cast", ["pixels"], ["counts"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["counts", "white"], ["images"]),
    ]
    height, width = described["image_shape"]
    classes = described["model"]["classes"]
    constants = constants | {"white": np.array(255, np.float32)}
    graph = helper.make_graph(
        scaling + nodes,
        "digitlab",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", height, width])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", classes])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def read_safetensors(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """Return the arrays of a safetensors file, and what its header says of the model."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    described = json.loads(header.pop("__metadata__")["digitlab"])
    return {name: tensor(content, start, **entry) for name, entry in header.items()}, described


def tensor(
    content: bytes, start: int, dtype: str, shape: list[int], data_offsets: list[int]
) -> NDArray[np.float32]:
    """Return one array of a safetensors file, whose data begin at `start`."""
    if dtype != "F32":
        raise ValueError(f"Weights are float32, safetensors' F32; found {dtype}.")
    begin, end = data_offsets
    return np.frombuffer(content, "<f4", (end - begin) // 4, start + begin).reshape(shape)


def dense_network(tensors: Tensors, image_shape: list[int]) -> Graph:
    """Return the layers of `linear` and `mlp`: all pixels, then dense ones."""
    return [
        helper.make_node("Flatten", ["images"], ["flat"], axis=1),
        *dense_layers(tensors, "flat"),
    ], tensors


def conv(tensors: Tensors, image_shape: list[int]) -> Graph:
    """Return the layers of `conv`: channels are ONNX's second axis, where they are digitlab's last."""
    constants = dict(tensors)
    nodes, inputs = [helper.make_node("Unsqueeze", ["images", "channel"], ["channels"])], "channels"
    for number in range(1, layers(tensors, "conv") + 1):
        layer, kernel = f"conv_{number}", tensors[f"conv_{number}/kernel"]
        constants[f"{layer}/kernel"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        # The first layer's windows are three strides wide, and their answers are pooled.
        stride, pool = (len(kernel) // 3, 2) if number == 1 else (1, 1)
        image_shape = [((side - len(kernel)) // stride + 1) // pool for side in image_shape]
        nodes += [
            helper.make_node(
                "Conv", [inputs, f"{layer}/kernel", f"{layer}/bias"], [f"{layer}/sum"], strides=[stride] * 2
            ),
            helper.make_node("Relu", [f"{layer}/sum"], [layer]),
        ]
        inputs, filters = layer, kernel.shape[3]
        if pool > 1:
            inputs = f"{layer}/pooled"
            sides = [pool] * 2
            nodes.append(helper.make_node("MaxPool", [layer], [inputs], kernel_shape=sides, strides=sides))
    nodes.append(helper.make_node("Flatten", [inputs], ["flat"], axis=1))
    first = "hidden_1/kernel" if "hidden_1/kernel" in tensors else "output/kernel"
    by_place = tensors[first].reshape(*image_shape, filters, -1)
    constants[first] = by_place.transpose(2, 0, 1, 3).reshape(tensors[first].shape)
    return [*nodes, *dense_layers(tensors, "flat")], constants | {"channel": np.array([1])}


def dense_layers(tensors: Tensors, inputs: str) -> list[Any]:
    """Return relu(inputs @ kernel + bias) for each hidden layer, and the output layer without ReLU."""
    nodes: list[Any] = []
    for layer in (f"hidden_{number}" for number in range(1, layers(tensors, "hidden") + 1)):
        nodes += [
            dense(layer, inputs, f"{layer}/sum"),
            helper.make_node("Relu", [f"{layer}/sum"], [layer]),
        ]
        inputs = layer
    return [*nodes, dense("output", inputs, "logits")]


def dense(layer: str, inputs: str, outputs: str) -> Any:
    """Return outputs = inputs @ kernel + bias, with the layer's kernel of shape (inputs, outputs)."""
    return helper.make_node("Gemm", [inputs, f"{layer}/kernel", f"{layer}/bias"], [outputs])


def layers(tensors: Tensors, kind: str) -> int:
    """Return how many layers of a kind there are."""
    return sum(name.startswith(f"{kind}_") and name.endswith("/kernel") for name in tensors)


GRAPHS: dict[str, Callable[[Tensors, list[int]], Graph]] = {
    "linear": dense_network,
    "mlp": dense_network,
    "conv": conv,
}

if __name__ == "__main__":
    main()
