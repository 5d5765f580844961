"""digitlab's own settings in PyTorch, step for step: a comparison of engines, not of recipes.

`recipe` is what digitlab says of a model and its training; a setting that this script does not know stops it.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from common import VALIDATION, Clock, batches, mnist, report, settings
from torch import nn
from torch_parts import accuracy, dense, step, tensors

MODEL = {"name", "classes", "hidden_units", "dropout"}
# Adam has no momentum to set, and periods only say when to measure, which is not done here.
TRAINING = {
    "steps",
    "periods",
    "batch_size",
    "learning_rate",
    "optimizer",
    "schedule",
    "label_smoothing",
    "ema_decay",
    "momentum",
    "weight_decay",
    "seed",
}


def main() -> None:
    """Train to the recipe's end, on 50,000 images as digitlab does, and report the test accuracy."""
    chosen = settings(recipe={})
    clock = Clock(chosen.begin)
    model, training = chosen.recipe["model"], chosen.recipe["training"]
    check(model, MODEL)
    check(training, TRAINING)
    torch.manual_seed(chosen.seed)
    images, test = mnist()
    inputs, labels = tensors(images.part(None, -VALIDATION))
    network = initialised(dense(model["hidden_units"], model["dropout"]))
    optimizer, schedule = optimizer_of(network, training)
    average = averaged(network, training["ema_decay"])
    loss = nn.CrossEntropyLoss(label_smoothing=training["label_smoothing"])
    for batch in torch.from_numpy(
        batches(len(inputs), training["batch_size"], training["steps"], chosen.seed)
    ):
        step(network, optimizer, inputs[batch], labels[batch], loss)
        schedule.step()
        if average:
            average.update_parameters(network)
    with clock.paused():
        found = accuracy(average or network, *tensors(test))
    report(clock, test_accuracy=found)


def check(given: Mapping[str, Any], known: set[str]) -> None:
    """Stop where a setting would be left out; one that is off is nothing to do."""
    if unknown := [name for name, value in given.items() if value and name not in known]:
        raise NotImplementedError(f"The recipe asks for {', '.join(unknown)}, which {__file__} does not do.")


def initialised(network: Any) -> Any:
    """Draw digitlab's first weights: He normal under a ReLU, LeCun normal at the output, no bias."""
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    for layer in linear:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if layer is linear[-1] else "relu")
        nn.init.zeros_(layer.bias)
    return network


def averaged(network: Any, decay: float) -> Any:
    """Return what keeps the moving average of the weights, in which the first ones are soon forgotten."""

    def move(average: list[Any], weights: list[Any], done: Any) -> None:
        share = 1 - min(decay, (1 + int(done)) / (10 + int(done)))
        for old, new in zip(average, weights, strict=True):
            old.lerp_(new, share)

    return torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=move) if decay else None


def optimizer_of(network: Any, training: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return Adam with decoupled decay of the kernels alone, fused, and its rate's course."""
    if training["optimizer"] not in ("adam", "adamw"):
        raise NotImplementedError(f"The recipe's optimizer is {training['optimizer']}, not Adam.")
    kernels = [weights for weights in network.parameters() if weights.ndim > 1]
    biases = [weights for weights in network.parameters() if weights.ndim == 1]
    groups = [
        {"params": kernels, "weight_decay": training["weight_decay"]},
        {"params": biases, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=training["learning_rate"], fused=True)
    return optimizer, SCHEDULES[training["schedule"]](optimizer, training)


def constant(optimizer: Any, training: Mapping[str, Any]) -> Any:
    """Leave the rate as it is."""
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda number: 1.0)


def cosine(optimizer: Any, training: Mapping[str, Any]) -> Any:
    """Lower the rate to zero by learning_rate · (1 + cos(π · step / steps)) / 2."""
    steps = training["steps"]
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda number: (1 + math.cos(math.pi * number / steps)) / 2
    )


def one_cycle(optimizer: Any, training: Mapping[str, Any]) -> Any:
    """Raise the rate in a line from a tenth, over the first quarter of the steps, then lower it to zero."""
    rise = max(1, training["steps"] // 4)
    fall = max(1, training["steps"] - rise)
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda number: 0.1 + 0.9 * number / rise if number < rise else 1 - (number - rise) / fall,
    )


SCHEDULES = {"constant": constant, "cosine": cosine, "one-cycle": one_cycle}

if __name__ == "__main__":
    main()
