"""A network without convolution in PyTorch, trained to 98 %: Adam 0.001, batch 128."""

import torch
from common import mnist, settings, train_until
from torch_parts import accuracy, dense, epoch, tensors

chosen = settings(hidden_units=(512,), target=0.98, epochs=40)
torch.manual_seed(chosen.seed)
training, test = (tensors(images) for images in mnist())
network = dense(chosen.hidden_units)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
train_until(
    chosen.target,
    chosen.epochs,
    chosen.begin,
    lambda: epoch(network, optimizer, *training, batch_size=128),
    lambda: accuracy(network, *test),
)
