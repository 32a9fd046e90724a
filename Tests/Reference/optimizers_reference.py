"""Writes Tests/LearningTests/Fixtures/optimizers.json: ten steps of PyTorch's optimizers.

Run with the Python of the engine's environment:
    python Tests/Reference/optimizers_reference.py
TensorFlow's RMSProp is not in PyTorch; its formula (tf.compat.v1.train.RMSPropOptimizer) is written
out in NumPy.
"""

import json
from pathlib import Path

import numpy
import torch

torch.set_default_dtype(torch.float64)

CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01)),
    "nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    "adam": (torch.optim.Adam, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.02)),
    "adamw": (torch.optim.AdamW, dict(lr=0.05, weight_decay=0.1)),
    "rmsprop": (torch.optim.RMSprop, dict(lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.01)),
    "rmspropMomentum": (torch.optim.RMSprop, dict(lr=0.02, alpha=0.9, eps=1e-3, momentum=0.9)),
}
SCALES = torch.tensor([1.0, 4.0, 0.25])


def quadratic(point):
    return 0.5 * (SCALES * point * point).sum()


def network_parameters():
    generator = torch.Generator().manual_seed(5)
    shapes = {"hidden.weight": (4, 3), "hidden.bias": (4,), "output.weight": (2, 4),
              "output.bias": (2,)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def network_loss(parameters, inputs, targets):
    hidden = torch.tanh(inputs @ parameters["hidden.weight"].T + parameters["hidden.bias"])
    outputs = hidden @ parameters["output.weight"].T + parameters["output.bias"]
    return ((outputs - targets) ** 2).mean()


def train(optimizer_class, options, tensors, loss):
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in tensors.items()}
    optimizer = optimizer_class(list(leaves.values()), **options)
    history = []
    for _ in range(10):
        optimizer.zero_grad()
        loss(leaves).backward()
        optimizer.step()
        history.append({name: leaf.detach().flatten().tolist() for name, leaf in leaves.items()})
    return history


def tensorflow_rmsprop(start, momentum):
    point = numpy.array(start)
    square, velocity = numpy.ones_like(point), numpy.zeros_like(point)
    history = []
    for step in range(10):
        rate = 0.02 / (1 + step)
        gradient = SCALES.numpy() * point
        square = 0.9 * square + 0.1 * gradient**2
        velocity = momentum * velocity + rate * gradient / numpy.sqrt(square + 1e-2)
        point = point - velocity
        history.append(point.tolist())
    return history


def flat(tensor):
    return {"shape": list(tensor.shape), "values": tensor.flatten().tolist()}


start = [1.0, -2.0, 3.0]
generator = torch.Generator().manual_seed(6)
inputs = torch.randn((5, 3), generator=generator)
targets = torch.randn((5, 2), generator=generator)
tensors = network_parameters()
result = {
    "start": start,
    "quadratic": {
        name: [step["point"] for step in train(
            kind, options, {"point": torch.tensor(start)}, lambda p: quadratic(p["point"]))]
        for name, (kind, options) in CASES.items()
    },
    "tensorflow": [tensorflow_rmsprop(start, momentum) for momentum in (0.0, 0.9)],
    "parameters": {name: flat(tensor) for name, tensor in tensors.items()},
    "inputs": flat(inputs),
    "targets": flat(targets),
    "network": {
        name: train(kind, options, tensors, lambda p: network_loss(p, inputs, targets))[-1]
        for name, (kind, options) in CASES.items()
    },
}
path = Path(__file__).parents[1] / "LearningTests/Fixtures/optimizers.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(result))
