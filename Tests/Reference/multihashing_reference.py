"""Loss and gradients of a small hashed network in PyTorch, for Tests/MultiHashingTests.

    python Tests/Reference/multihashing_reference.py > Tests/MultiHashingTests/Fixtures/torch.json

U and V are parameters, weights are slices of their product given to the network by
torch.func.functional_call, in both orders of carving: PyTorch's own, and that of the released
TensorFlow code ([height, width, inputs, outputs] and [inputs, outputs]).
"""
import json
import math

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)
SHAPES = {"first.weight": (4, 3, 3, 3), "second.weight": (5, 4, 3, 3), "head.weight": (3, 5)}
SCALES = [0.5, 0.75, 1.25]
SIDE, RANK = 18, 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.second = nn.Conv2d(4, 5, 3, stride=2, bias=False)
        self.head = nn.Linear(5, 3)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        return self.head(torch.tanh(self.second(x)).mean((2, 3)))


def carve(flat, shape, order):
    if order == "native":
        return flat.reshape(shape)
    if len(shape) == 4:
        o, i, h, w = shape
        return flat.reshape(h, w, i, o).permute(3, 2, 0, 1)
    return flat.reshape(shape[1], shape[0]).t()


def result(order):
    u = torch.tensor(
        [[math.sin(1.3 * i + 0.7 * m + 0.2) for m in range(RANK)] for i in range(SIDE)],
        requires_grad=True)
    v = torch.tensor(
        [[math.cos(0.9 * j - 1.1 * m + 0.4) for j in range(SIDE)] for m in range(RANK)],
        requires_grad=True)
    scales = torch.tensor(SCALES, requires_grad=True)
    x = torch.tensor([math.sin(0.37 * k) for k in range(2 * 3 * 7 * 7)]).reshape(2, 3, 7, 7)
    flat, weights, start = (u @ v).reshape(-1), {}, 0
    for index, (name, shape) in enumerate(SHAPES.items()):
        count = math.prod(shape)
        weights[name] = scales[index] * carve(flat[start : start + count], shape, order)
        start += count
    logits = torch.func.functional_call(Net(), weights, (x,))
    loss = F.cross_entropy(logits, torch.tensor([0, 2]))
    gradients = torch.autograd.grad(loss, [u, v, scales])
    return {
        "loss": loss.item(), "left": gradients[0].flatten().tolist(),
        "right": gradients[1].flatten().tolist(), "scales": gradients[2].tolist()}


print(json.dumps({order: result(order) for order in ("native", "released")}))
