"""Structured multi-hashing of ResNet-32 in PyTorch, in the ways of public re-implementations.

    python multihashing.py materialization [--fraction 0.25] [--repeats 7]
    python multihashing.py training [--fraction 0.25] [--repeats 3] [--batch 128]

Weights of every layer are made from U [n, M] and V [M, n], and their gradients go back to U and V:

- rows: every layer looks up the row of U and the column of V of each of its weights by index and adds
  up the products, which is the definition of a hash with 2 M functions written down.
- index: the product U V once, then every layer looks its weights up in it by index.
- slices: the product once, then every layer takes its piece of it (FeatherMap in training).

One JSON object per line, processor seconds, medians.
"""
import argparse
import json
import math
import time

import torch
import torch.nn.functional as F
from cifar_resnet import ResNet

KINDS = ("rows", "index", "slices")


class Hashed:
    def __init__(self, kind, fraction):
        torch.manual_seed(1)
        self.kind, self.net = kind, ResNet(depth=32)
        self.hashed = [(n, p) for n, p in self.net.named_parameters() if p.dim() > 1]
        count = sum(p.numel() for _, p in self.hashed)
        total = sum(p.numel() for p in self.net.parameters())
        kept = total - count + len(self.hashed)
        side = math.isqrt(count - 1) + 1
        rank = max(1, int((fraction * total - kept) / (2 * side)))
        self.u = (torch.randn(side, rank) * rank**-0.25).requires_grad_()
        self.v = (torch.randn(rank, side) * rank**-0.25).requires_grad_()
        self.scales = [torch.ones(1, requires_grad=True) for _ in self.hashed]
        self.constants = [
            math.sqrt(2 / (p.shape[0] * p.shape[2] * p.shape[3])) if p.dim() == 4
            else 1 / math.sqrt(p.shape[0]) for _, p in self.hashed]
        start, self.index = 0, []
        for _, p in self.hashed:
            self.index.append(torch.arange(start, start + p.numel()))
            start += p.numel()
        self.side = side

    def weights(self):
        product = None if self.kind == "rows" else (self.u @ self.v).view(-1)
        for (_, p), index, s, c in zip(self.hashed, self.index, self.scales, self.constants):
            if self.kind == "rows":
                w = (self.u[index // self.side] * self.v.t()[index % self.side]).sum(1)
            elif self.kind == "index":
                w = product[index]
            else:
                w = product[index[0] : index[0] + p.numel()]
            yield w.view(p.shape) * (s * c)

    def variables(self):
        return [self.u, self.v, *self.scales]


def clock(body, repeats):
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        body()
        times.append(time.process_time() - start)
    return sorted(times[1:])[repeats // 2]


def materialization(options):
    for kind in KINDS:
        model = Hashed(kind, options.fraction)
        targets = [torch.randn(p.shape) for _, p in model.hashed]

        def forward():
            with torch.no_grad():
                list(model.weights())

        def both():
            loss = sum((w * t).sum() for w, t in zip(model.weights(), targets))
            torch.autograd.grad(loss, model.variables())

        yield {
            "engine": "torch", "name": kind, "fraction": options.fraction,
            "forwardSeconds": clock(forward, options.repeats),
            "bothSeconds": clock(both, options.repeats)}


def training(options):
    images = torch.randn(options.batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(options.batch) % 10

    def stepper(kind):
        if kind == "dense":
            net = ResNet(depth=32).to(memory_format=torch.channels_last)
            optimizer = torch.optim.SGD(
                net.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4, fused=True)

            def step():
                optimizer.zero_grad()
                F.cross_entropy(net(images), labels).backward()
                optimizer.step()
            return step
        model = Hashed(kind, options.fraction)
        names = [n for n, _ in model.hashed]
        rest = [p for n, p in model.net.named_parameters() if n not in names]
        optimizer = torch.optim.SGD(
            model.variables() + rest, lr=1e-4, momentum=0.9, weight_decay=1e-4, fused=True)

        def step():
            optimizer.zero_grad()
            weights = dict(zip(names, model.weights()))
            F.cross_entropy(
                torch.func.functional_call(model.net, weights, (images,)), labels).backward()
            optimizer.step()
        return step

    for kind in ("dense", *KINDS):
        yield {
            "engine": "torch", "name": kind, "batch": options.batch, "fraction": options.fraction,
            "seconds": clock(stepper(kind), options.repeats)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["materialization", "training"])
    parser.add_argument("--fraction", type=float, default=0.25)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    reports = materialization(options) if options.mode == "materialization" else training(options)
    for report in reports:
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
