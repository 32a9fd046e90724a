"""Bidirectional update rules in eager PyTorch, for comparison with UpdateRulesBenchmark.

Two forms of the same rule, four states, 784-256-128-10, batch 128:

* `eager`: forward and backward blocks kept apart, states mixed first, then one batched matrix product
  per layer: what a careful user of PyTorch writes.
* `einsum`: the released code's own statement, one square tensor per layer and einsums of three and four
  operands.

Prints one JSON object with the names of UpdateRulesBenchmark; times are processor time.
"""
import argparse
import json
import statistics
import time

import torch

SIZES = [784, 256, 128, 10]
STATES, BATCH = 4, 128


def with_bias(a):
    return torch.cat([a, torch.ones_like(a[:, :1])], dim=1)


def feedback(a, y):
    rest = torch.zeros_like(a[:, :, 2:])
    return torch.cat([a[:, :, :1], y[:, :, None], rest], dim=2)


def first_layer(x, states):
    return torch.cat([x[:, :, None], x.new_zeros(*x.shape, states - 1)], dim=2)


def product(a, b):
    """[b, i, l] times [i, j, l] over i, channel by channel, as one batched product."""
    return torch.bmm(a.permute(2, 0, 1), b).permute(1, 2, 0)


class Eager:
    """Synapses `[k, m + 1, n]` forward and `[k, n, m]` backward; neurons `[batch, n, k]`."""

    def __init__(self, sizes, generator):
        self.weights = [
            0.1 * torch.randn(STATES, m + 1, n, generator=generator)
            for m, n in zip(sizes, sizes[1:])]
        self.backs = [
            0.1 * torch.randn(STATES, n, m, generator=generator) for m, n in zip(sizes, sizes[1:])]

    def forward(self, g, x, weights):
        layers = [first_layer(x, STATES)]
        for i, w in enumerate(weights):
            u = g["eta"] * product(with_bias(layers[-1]) @ g["nu"], w)
            layers.append(u if i == len(weights) - 1 else torch.tanh(u))
        return layers

    def step(self, g, x, y, weights, backs):
        layers = self.forward(g, x, weights)
        layers[-1] = feedback(layers[-1], y)
        for i in reversed(range(1, len(weights))):
            u = g["eta"] * product(layers[i + 1] @ g["mu"], backs[i])
            layers[i] = torch.tanh(g["f"] * layers[i] + u)
        new_weights, new_backs = [], []
        for i, (w, r) in enumerate(zip(weights, backs)):
            a, c = layers[i], layers[i + 1]
            d = torch.bmm(
                (with_bias(a) @ g["pre"]).permute(2, 1, 0), (c @ g["post"].T).permute(2, 0, 1))
            e = torch.bmm((c @ g["pre"]).permute(2, 1, 0), (a @ g["post"].T).permute(2, 0, 1))
            rate = g["rate"] / x.shape[0]
            new_weights.append(g["keep"] * w + rate * d)
            new_backs.append(g["keep"] * r + rate * e)
        return new_weights, new_backs

    def unroll(self, g, xs, ys):
        weights, backs = self.weights, self.backs
        for x, y in zip(xs[:-1], ys[:-1]):
            weights, backs = self.step(g, x, y, weights, backs)
        return self.forward(g, xs[-1], weights)[-1][:, :, 0]

    def one(self, g, x, y):
        return self.step(g, x, y, self.weights, self.backs)


class Einsum:
    """The square tensor of the released code, `[m + 1 + n, m + 1 + n, k]`."""

    def __init__(self, sizes, generator):
        self.sizes = sizes
        self.squares = []
        for m, n in zip(sizes, sizes[1:]):
            s = torch.zeros(m + 1 + n, m + 1 + n, STATES)
            s[: m + 1, m + 1:] = 0.1 * torch.randn(m + 1, n, STATES, generator=generator)
            s[m + 1:, :m] = 0.1 * torch.randn(n, m, STATES, generator=generator)
            self.squares.append(s)

    def forward(self, g, x, squares):
        layers = [first_layer(x, STATES)]
        for i, s in enumerate(squares):
            w = s[: self.sizes[i] + 1, self.sizes[i] + 1:]
            u = g["eta"] * torch.einsum("bik,kl,ijl->bjl", with_bias(layers[-1]), g["nu"], w)
            layers.append(u if i == len(squares) - 1 else torch.tanh(u))
        return layers

    def step(self, g, x, y, squares):
        layers = self.forward(g, x, squares)
        layers[-1] = feedback(layers[-1], y)
        for i in reversed(range(1, len(squares))):
            r = squares[i][self.sizes[i] + 1:, : self.sizes[i]]
            u = g["eta"] * torch.einsum("bjk,kl,jil->bil", layers[i + 1], g["mu"], r)
            layers[i] = torch.tanh(g["f"] * layers[i] + u)
        result = []
        for i, s in enumerate(squares):
            q = torch.cat([with_bias(layers[i]), layers[i + 1]], dim=1)
            d = torch.einsum("bpk,ko,ol,brl->pro", q, g["pre"], g["post"], q)
            result.append(g["keep"] * s + g["rate"] / x.shape[0] * d)
        return result

    def unroll(self, g, xs, ys):
        squares = self.squares
        for x, y in zip(xs[:-1], ys[:-1]):
            squares = self.step(g, x, y, squares)
        return self.forward(g, xs[-1], squares)[-1][:, :, 0]

    def one(self, g, x, y):
        return self.step(g, x, y, self.squares)


def make_genome(generator):
    g = {name: 0.3 * torch.randn(STATES, STATES, generator=generator)
         for name in ["nu", "mu", "pre", "post"]}
    g.update(f=torch.tensor(1.0), eta=torch.tensor(1.0), keep=torch.tensor(1.0),
             rate=torch.tensor(0.01))
    return g


def median(seconds, body):
    """Median processor time in milliseconds, which other work on the machine hardly disturbs."""
    body()
    times = []
    start = time.process_time()
    while len(times) < 3 or time.process_time() - start < seconds:
        before = time.process_time()
        body()
        times.append(1e3 * (time.process_time() - before))
    return statistics.median(times)


def measure(form, updates, seconds, with_gradient):
    generator = torch.Generator().manual_seed(1)
    g = make_genome(generator)
    model = (Eager if form == "eager" else Einsum)(SIZES, generator)
    xs = torch.randn(updates + 1, BATCH, SIZES[0], generator=generator)
    labels = torch.randint(0, SIZES[-1], (updates + 1, BATCH), generator=generator)
    ys = 2 * torch.nn.functional.one_hot(labels, SIZES[-1]).float() - 1
    result = {"engine": f"pytorch {form}", "threads": torch.get_num_threads(), "updates": updates}
    with torch.no_grad():
        result["stepMilliseconds"] = median(seconds, lambda: model.one(g, xs[0], ys[0]))

    def gradient():
        leaves = {name: value.clone().requires_grad_() for name, value in g.items()}
        logits = model.unroll(leaves, xs, ys)
        loss = torch.nn.functional.cross_entropy(logits, labels[-1])
        torch.autograd.grad(loss, list(leaves.values()))

    if with_gradient:
        result["metaGradientMilliseconds"] = median(seconds, gradient)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--form", choices=["eager", "einsum"], default="eager")
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-gradient", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(json.dumps(measure(
        arguments.form, arguments.updates, arguments.seconds, not arguments.no_gradient)))


if __name__ == "__main__":
    main()
