"""The exercise's network in PyTorch: eager, or with `compile` through torch.compile; fused Adam."""

import torch
from common import VALIDATION, Clock, batches, last_of, mnist, report, settings
from torch_parts import accuracy, dense, log_loss, step, tensors

chosen = settings(steps=1000, loops=1, compile=False)
clock = Clock(chosen.begin)
torch.manual_seed(chosen.seed)
training, test = mnist()
inputs, labels = tensors(training.part(None, -VALIDATION))
validation = tensors(training.part(-VALIDATION, None))
network = dense((100, 100))
first = {name: weights.clone() for name, weights in network.state_dict().items()}
# Compiled or not, they share their weights: losses are measured with the plain one, which compiles nothing.
learner = torch.compile(network) if chosen.compile else network


def loop() -> float:
    """Train once from the first weights, and return the last validation log loss."""
    network.load_state_dict(first)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003, fused=True)
    order = torch.from_numpy(batches(len(inputs), 30, chosen.steps, chosen.seed))
    for period in order.chunk(10):
        for batch in period:
            step(learner, optimizer, inputs[batch], labels[batch])
        log_loss(network, inputs[:7500], labels[:7500])
        found = log_loss(network, *validation)
    return found


train_s, validation_log_loss = last_of(chosen.loops, loop)
with clock.paused():
    found = accuracy(network, *tensors(test))
report(clock, train_s=train_s, validation_log_loss=validation_log_loss, test_accuracy=found)
