"""An ONNX graph written down as formulas are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, ValueInfoProto, helper, numpy_helper

__all__ = ["Graph", "Value", "tensor"]


@dataclass(frozen=True, eq=False)
class Value:
    """What a node of a graph gives; arithmetic with it adds a node."""

    graph: "Graph"
    name: str

    def __add__(self, other: "Operand") -> "Value":
        return self.graph("Add", self, other)

    def __sub__(self, other: "Operand") -> "Value":
        return self.graph("Sub", self, other)

    def __rsub__(self, other: "Operand") -> "Value":
        return self.graph("Sub", other, self)

    def __mul__(self, other: "Operand") -> "Value":
        return self.graph("Mul", self, other)

    def __truediv__(self, other: "Operand") -> "Value":
        return self.graph("Div", self, other)

    def __matmul__(self, other: "Operand") -> "Value":
        return self.graph("MatMul", self, other)

    def to(self, dtype: type[np.generic], name: str = "") -> "Value":
        """Return the same numbers as another type."""
        return self.graph("Cast", self, name=name, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def turned(self) -> "Value":
        """Return (n, a, b) as (n, b, a)."""
        return self.graph("Transpose", self, perm=[0, 2, 1])


Constant = NDArray[Any] | np.generic | float
Operand = Value | Constant
"""A value of the graph, or a constant: an array as it is, or Python's number as float32."""


@dataclass(eq=False)
class Graph:
    """What is given, nodes in the order in which they are computed, and the constants that they use."""

    given: ValueInfoProto
    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def input(self) -> Value:
        """What it is given."""
        return Value(self, self.given.name)

    def __call__(self, kind: str, *inputs: Operand, name: str = "", **attributes: Any) -> Value:
        """Add a node of a kind, an operator of ONNX, and return what it gives, under `name` if given."""
        result = name or f"{kind.lower()}_{len(self.nodes)}"
        names = [each.name if isinstance(each, Value) else self.constant(each).name for each in inputs]
        self.nodes.append(helper.make_node(kind, names, [result], name=result, **attributes))
        return Value(self, result)

    def constant(self, value: Constant, name: str = "") -> Value:
        """Add a constant and return it; where it has no name of its own, one equal to it serves too."""
        array = np.array(
            value if isinstance(value, np.ndarray | np.generic) else np.float32(value), order="C"
        )
        if not name:
            for known, other in self.constants.items():
                if (other.dtype, other.shape) == (array.dtype, array.shape) and np.array_equal(other, array):
                    return Value(self, known)
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = array
        return Value(self, name)

    def finished(self, name: str, results: Sequence[ValueInfoProto]) -> GraphProto:
        """Return it as ONNX has it, with some values as its outputs."""
        constants = [numpy_helper.from_array(array, each) for each, array in self.constants.items()]
        return helper.make_graph(self.nodes, name, [self.given], list(results), constants)


def tensor(name: str, dtype: type[np.generic], shape: Sequence[int | str]) -> ValueInfoProto:
    """Describe an input or output; a word in its shape is a size that may be any."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, shape)
