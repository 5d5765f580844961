"""The parts of a training in PyTorch that its scripts share, as its tutorials write them."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from common import Images
from torch import nn
from torch.nn import functional


def tensors(images: Images) -> tuple[Any, Any]:
    """Return float32 (n, 784) in [0, 1] and int64 (n,)."""
    return torch.from_numpy(images.inputs), torch.from_numpy(images.targets)


def dense(units: Sequence[int], dropout: float = 0.0) -> Any:
    """Return a network of fully connected layers with ReLU, 784 to `units` to 10."""
    layers: list[Any] = []
    for inputs, outputs in zip((784, *units), units, strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()] + [nn.Dropout(dropout)] * bool(dropout)
    return nn.Sequential(*layers, nn.Linear(units[-1], 10))


def step(
    network: Callable[[Any], Any],
    optimizer: Any,
    inputs: Any,
    labels: Any,
    loss: Callable[[Any, Any], Any] = functional.cross_entropy,
) -> None:
    """Learn from one batch."""
    optimizer.zero_grad(set_to_none=True)
    loss(network(inputs), labels).backward()
    optimizer.step()


def epoch(network: Any, optimizer: Any, inputs: Any, labels: Any, batch_size: int) -> None:
    """Learn from every image once, in a new order."""
    network.train()
    for chosen in torch.randperm(len(inputs)).split(batch_size):
        step(network, optimizer, inputs[chosen], labels[chosen])


def log_loss(network: Any, inputs: Any, labels: Any) -> float:
    """Return nats an image."""
    with torch.no_grad():
        return float(functional.cross_entropy(network(inputs), labels))


def accuracy(network: Any, inputs: Any, labels: Any) -> float:
    """Return the share of digits read right, with dropout off."""
    network.eval()
    with torch.no_grad():
        right = [
            int((network(part).argmax(1) == wanted).sum())
            for part, wanted in zip(inputs.split(1000), labels.split(1000), strict=True)
        ]
    return sum(right) / len(inputs)
