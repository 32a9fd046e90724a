"""Writes ../HyperTransformerTests/Fixtures/hypertransformer.json.

An independent HyperTransformer in double precision, written as plain functions from the paper and
the released code's behavior. Needs PyTorch:

    python Tests/Reference/hypertransformer_reference.py

Every tensor is filled by a formula, so that no weights are stored. For a tensor called `s`: h is the
FNV-1a 64-bit hash of s; element i (from 0, row-major) is z = h + (i + 1) * 0x9E3779B97F4A7C15 mixed
by splitmix64, u = (z >> 11) / 2^53 * 2 - 1. The value is 1 + 0.1 u for the `weight` of a norm and
0.5 u for everything else, the images `support` and `queries` (N, C, H, W) included. `bias` of norms
follows the 0.5 u rule.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "HyperTransformerTests/Fixtures/hypertransformer.json"
MASK = (1 << 64) - 1
DOUBLE = torch.float64

BASE = {
    "ways": 2, "side": 10, "imageChannels": 1, "channels": 2,
    "convolutions": 3, "padding": "same", "stride": 1, "pool": 2, "logits": "flatten",
    "trained": 0, "allocation": "output", "generator": "joint", "decoder": False,
    "embedding": 4, "localFeatures": 3, "sharedLayers": 2, "sharedFeatures": 3,
    "transformerLayers": 2, "heads": 2, "size": 1.0,  # of query, value and inner; above 3 absolute
    "feedForwardSlope": 0.0, "networkSlope": 0.0, "actAfterNorm": False,
    "generateBias": False, "generateNorm": False, "baseWeights": False, "labelSmoothing": 0.0,
    "supportLabels": [0, 1, 1], "queryLabels": [0, 1, 1, 0], "masked": [False] * 3,
}  # fmt: skip
UNLABELLED = {"supportLabels": [0, 1, 1, 2], "masked": [False] * 4}
VARIANTS = {
    "joint-output": {},
    "joint-spatial": {"allocation": "spatial"},
    "unlabelled": UNLABELLED,
    "unlabelled-masked": UNLABELLED | {"masked": [False, False, False, True]},
    "first-trained": {"trained": 1},
    "last-trained": {"trained": -1},
    "logits-only": {"trained": 3},
    "generated-bias": {"generateBias": True},
    "generated-norm": {"generateNorm": True},
    "generated-bias-and-norm": {"generateBias": True, "generateNorm": True},
    "first-trained-with-bias": {"trained": 1, "generateBias": True},
    "base-weights": {"baseWeights": True},
    "label-smoothing": {"labelSmoothing": 0.1},
    "four-layer": {"side": 31, "convolutions": 4, "padding": "valid", "stride": 2, "pool": 1,
                   "logits": "average"},
    "leaky": {"feedForwardSlope": 0.1, "networkSlope": 0.01},
    "act-after-norm": {"actAfterNorm": True},
    "half-size": {"size": 0.5},
    "local-only": {"sharedLayers": 0, "sharedFeatures": 0},
    "shared-only": {"localFeatures": 0},
    "separate": {"generator": "separate", "size": 8},
    "separate-masked": UNLABELLED | {"generator": "separate", "size": 8,
                                     "masked": [False, False, False, True]},
    "simple": {"generator": "simple"},
    "encoder-decoder": {"decoder": True},
    "encoder-decoder-masked": UNLABELLED | {"decoder": True,
                                            "masked": [False, False, False, True]},
}  # fmt: skip
GRADIENTS = [
    "shared.convs.0.weight", "layers.0.labelEmbedding", "layers.0.features.convs.1.bias",
    "layers.1.weightEmbedding", "layers.1.transformer.encoder.0.attention.query.weight",
    "layers.2.transformer.encoder.1.feedForward.0.weight",
    "layers.logits.transformer.encoder.1.norm2.weight",
    "layers.1.transformer.decoder.0.crossAttention.key.weight",
    "layers.0.transformer.decoder.1.norm3.bias", "network.0.norm.weight",
    "network.0.convolution.weight", "network.0.convolution.bias", "network.2.convolution.weight",
    "network.1.base.weight", "network.logits.base.bias",
]  # fmt: skip


def values(name, shape):
    """The formula in the head of this file."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    path = name.split(".")
    norm = path[-1] == "weight" and path[-2].startswith("norm")
    result = []
    for i in range(math.prod(shape)):
        z = (h + (i + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        u = (z >> 11) / 2**53 * 2 - 1
        result.append(1 + 0.1 * u if norm else 0.5 * u)
    return torch.tensor(result, dtype=DOUBLE).reshape(shape)


class Parameters(dict):
    """Creates a parameter when it is first asked for."""

    def get(self, name, *shape):
        if name not in self:
            self[name] = values(name, shape).requires_grad_()
        assert self[name].shape == shape, (name, shape)
        return self[name]


# Transformer


def dense(p, name, x, width):
    return x @ p.get(f"{name}.weight", width, x.shape[1]).T + p.get(f"{name}.bias", width)


def norm(p, name, x):
    """Layer norm written out: epsilon 1e-6, population variance."""
    centred = x - x.mean(1, keepdim=True)
    scaled = centred / torch.sqrt((centred**2).mean(1, keepdim=True) + 1e-6)
    return scaled * p.get(f"{name}.weight", x.shape[1]) + p.get(f"{name}.bias", x.shape[1])


def attend(p, name, x, memory, c, size, masked):
    """Attention of x over memory; a masked key gets exactly no weight."""
    heads, head = c["heads"], size // c["heads"]
    assert size % heads == 0
    query, key, value = (dense(p, f"{name}.{part}", source, size) for part, source in (
        ("query", x), ("key", memory), ("value", memory)))  # fmt: skip
    parts = []
    for index in range(heads):
        columns = slice(index * head, (index + 1) * head)
        scores = query[:, columns] @ key[:, columns].T / math.sqrt(head)
        scores = scores.masked_fill(masked, -math.inf)
        parts.append(scores.softmax(1) @ value[:, columns])
    return dense(p, f"{name}.output", torch.cat(parts, 1), x.shape[1])


def feed_forward(p, name, x, c, size):
    inner = F.leaky_relu(dense(p, f"{name}.0", x, size), c["feedForwardSlope"])
    return dense(p, f"{name}.1", inner, x.shape[1])


def inner_size(c, width):
    if c["size"] > 3:
        return int(c["size"])
    size = int(width * c["size"])
    return size if c["generator"] == "separate" else -(-size // c["heads"]) * c["heads"]


def encode(p, name, x, c, masked):
    size = inner_size(c, x.shape[1])
    for index in range(c["transformerLayers"]):
        layer = f"{name}.encoder.{index}"
        x = norm(p, f"{layer}.norm1", x + attend(p, f"{layer}.attention", x, x, c, size, masked))
        x = norm(p, f"{layer}.norm2", x + feed_forward(p, f"{layer}.feedForward", x, c, size))
    return x


def decode(p, name, x, memory, c, self_masked, memory_masked):
    size = inner_size(c, x.shape[1])
    for index in range(c["transformerLayers"]):
        layer = f"{name}.decoder.{index}"
        y = attend(p, f"{layer}.selfAttention", x, x, c, size, self_masked)
        x = norm(p, f"{layer}.norm1", x + y)
        y = attend(p, f"{layer}.crossAttention", x, memory, c, size, memory_masked)
        x = norm(p, f"{layer}.norm2", x + y)
        x = norm(p, f"{layer}.norm3", x + feed_forward(p, f"{layer}.feedForward", x, c, size))
    return x


# Features


def local_features(p, name, x, c, last):
    """Spatial means of each convolution before its ReLU; small maps give fewer."""
    width, side = c["localFeatures"], x.shape[-1]
    kernel = min(3, side)
    strides = [1] if last else [2 if side >= 3 else 1, 1]
    features = []
    for index, stride in enumerate(strides):
        if x.shape[-1] < kernel:
            break
        weight = p.get(f"{name}.convs.{index}.weight", width, x.shape[1], kernel, kernel)
        x = F.conv2d(x, weight, p.get(f"{name}.convs.{index}.bias", width), stride)
        features.append(x.mean((2, 3)))
        x = x.clamp(min=0)
    return features


def pad_same(x, kernel, stride):
    """TensorFlow's SAME: what cannot be split evenly goes to the bottom and the right."""
    side = x.shape[-1]
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    before = total // 2
    return F.pad(x, (before, total - before, before, total - before))


def shared_features(p, x, c):
    for index in range(c["sharedLayers"]):
        stride = 2 if index < c["sharedLayers"] - 1 else 1
        weight = p.get(f"shared.convs.{index}.weight", c["sharedFeatures"], x.shape[1], 3, 3)
        bias = p.get(f"shared.convs.{index}.bias", c["sharedFeatures"])
        x = F.conv2d(pad_same(x, 3, stride), weight, bias, stride).clamp(min=0)
    return x.mean((2, 3))


# Generators


def slices_of(p, key, x, shared, labels, masked, c, count, block, previous=None):
    """The slices [count, block] of one layer; `previous` are those of the task before, if any."""
    name, d = f"layers.{key}", c["embedding"]
    features = [] if shared is None else [shared]
    if c["localFeatures"]:
        features = local_features(p, f"{name}.features", x, c, key == "logits") + features
    features = torch.cat(features, 1)
    table = p.get(f"{name}.labelEmbedding", c.get("labelCount", c["ways"]) + 1, d)
    samples = torch.cat([table[labels], features], 1)
    weights = tokens = p.get(f"{name}.weightEmbedding", count, d)
    if c.get("carry", "none") == "gated":
        gate = p.get(f"{name}.carryGate", 1)
        previous = previous if previous is None else gate * previous
    if c.get("carry", "none") != "none" and previous is not None:
        tokens = torch.cat([weights, previous], 1)
    widen = lambda t, width: torch.cat([t, t.new_zeros(len(t), width - t.shape[1])], 1)
    none, transformer = torch.zeros(count, dtype=torch.bool), f"{name}.transformer"
    if c["generator"] == "separate":
        memory = encode(p, transformer, samples, c, masked)
        y = decode(p, transformer, widen(tokens, d + block), memory, c, none, masked)
        return y[:, d:]
    width = d + max(block, features.shape[1])
    samples = widen(samples, width)
    if c["generator"] == "simple":
        y = encode(p, transformer, samples, c, masked)
        mixture = (weights @ y[:, :d].T).masked_fill(masked, -math.inf).softmax(1)
        return (mixture @ y[:, d:])[:, :block]
    tokens, everything = torch.cat([widen(tokens, width), samples]), torch.cat([none, masked])
    y = encode(p, transformer, tokens, c, everything)
    if c["decoder"]:
        y = decode(p, transformer, tokens, y, c, everything, everything)
    return y[:count, d : d + block]


def kernel_of(slices, inputs, outputs, allocation, side=3):
    """Entry by entry, as the paper's table of layouts says."""
    kernel = slices.new_zeros(outputs, inputs, side, side)
    for y in range(side):
        for x in range(side):
            for i in range(inputs):
                for o in range(outputs):
                    kernel[o, i, y, x] = (
                        slices[o, (y * side + x) * inputs + i] if allocation == "output"
                        else slices[y * side + x, i * outputs + o])  # fmt: skip
    return kernel


# The small network


def apply_layer(p, index, x, slices, c):
    name, inputs, outputs = f"network.{index}", x.shape[1], c["channels"]
    bias = gamma = beta = None
    if slices is None:
        kernel = p.get(f"{name}.convolution.weight", outputs, inputs, 3, 3)
        if c["generateBias"]:
            bias = p.get(f"{name}.convolution.bias", outputs)
    else:
        kernel, position = kernel_of(slices, inputs, outputs, c["allocation"]), 9 * inputs
        if c["generateBias"]:
            bias, position = slices[:, position], position + 1
        if c["generateNorm"]:
            gamma, beta = slices[:, position], slices[:, position + 1]
        if c["baseWeights"]:
            kernel = kernel + p.get(f"{name}.base.weight", outputs, inputs, 3, 3)
    if gamma is None:
        gamma, beta = p.get(f"{name}.norm.weight", outputs), p.get(f"{name}.norm.bias", outputs)
    x = pad_same(x, 3, c["stride"]) if c["padding"] == "same" else x
    x = F.conv2d(x, kernel, bias, c["stride"])
    act = lambda t: F.leaky_relu(t, c["networkSlope"])
    x = x if c["actAfterNorm"] else act(x)
    x = F.max_pool2d(x, c["pool"]) if c["pool"] > 1 else x
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
    x = (x - mean) / torch.sqrt(variance + 1e-3)
    x = x * gamma.reshape(1, -1, 1, 1) + beta.reshape(1, -1, 1, 1)
    return act(x) if c["actAfterNorm"] else x


def head_features(x, c):
    return x.permute(0, 2, 3, 1).flatten(1) if c["logits"] == "flatten" else x.mean((2, 3))


def is_trained(index, c):
    return index < c["trained"] or index >= c["convolutions"] + min(0, c["trained"])


def generate(p, images, labels, masked, c, previous=None):
    """Slices by layer, layer after layer on the activations of the support images."""
    previous = previous or {}
    shared = shared_features(p, images, c) if c["sharedLayers"] else None
    slices, x = {}, images
    for index in range(c["convolutions"]):
        inputs, outputs = x.shape[1], c["channels"]
        if not is_trained(index, c):
            count, block = (9, inputs * outputs) if c["allocation"] == "spatial" else (
                outputs, 9 * inputs + c["generateBias"] + 2 * c["generateNorm"])  # fmt: skip
            slices[str(index)] = slices_of(
                p, str(index), x, shared, labels, masked, c, count, block, previous.get(str(index))
            )
        x = apply_layer(p, index, x, slices.get(str(index)), c)
    block = head_features(x, c).shape[1] + 1
    slices["logits"] = slices_of(
        p, "logits", x, shared, labels, masked, c, c.get("outputs", c["ways"]), block,
        previous.get("logits"))
    return slices


def classify(p, slices, images, c):
    x = images
    for index in range(c["convolutions"]):
        x = apply_layer(p, index, x, slices.get(str(index)), c)
    f = head_features(x, c)
    weight, bias = slices["logits"][:, :-1], slices["logits"][:, -1]
    if c["baseWeights"]:
        weight = weight + p.get("network.logits.base.weight", *weight.shape)
        bias = bias + p.get("network.logits.base.bias", len(bias))
    return f @ weight.T + bias


def cross_entropy(logits, labels, smoothing):
    ways = logits.shape[1]
    target = F.one_hot(labels, ways).to(DOUBLE) * (1 - smoothing) + smoothing / ways
    return -(target * logits.log_softmax(1)).sum(1).mean()


def episode(c):
    support_labels, query_labels = torch.tensor(c["supportLabels"]), torch.tensor(c["queryLabels"])
    picture = (c["imageChannels"], c["side"], c["side"])
    support = values("support", (len(support_labels), *picture))
    queries = values("queries", (len(query_labels), *picture))
    return support, support_labels, torch.tensor(c["masked"]), queries, query_labels


def run(c):
    p = Parameters()
    support, labels, masked, queries, targets = episode(c)
    slices = generate(p, support, labels, masked, c)
    logits = classify(p, slices, queries, c)
    return p, slices, logits, cross_entropy(logits, targets, c["labelSmoothing"])


# Checks


def near(x, y, tolerance=1e-12):
    return torch.allclose(x, torch.as_tensor(y, dtype=DOUBLE), rtol=0, atol=tolerance)


def check_joint_block():
    """The hand-computed joint block; a masked token acts as a deleted one."""
    p, c = Parameters(), BASE | {"heads": 1, "transformerLayers": 1}
    names = [f"attention.{x}" for x in ("query", "key", "value", "output")]
    for s, name in enumerate(names + ["feedForward.0", "feedForward.1"], start=1):
        entry = lambda r, k: 0.3 * math.sin(s + 1.7 * r + 0.9 * k)
        weight = [[entry(r, k) for r in range(5)] for k in range(5)]
        p[f"t.encoder.0.{name}.weight"] = torch.tensor(weight, dtype=DOUBLE)
        bias = [0.05 * math.cos(s + k) for k in range(5)]
        p[f"t.encoder.0.{name}.bias"] = torch.tensor(bias, dtype=DOUBLE)
    for name in ("norm1", "norm2"):
        p[f"t.encoder.0.{name}.weight"] = torch.ones(5, dtype=DOUBLE)
        p[f"t.encoder.0.{name}.bias"] = torch.zeros(5, dtype=DOUBLE)
    tokens = torch.tensor([[1, -1, 0, 0, 0], [-1, 1, 0, 0, 0], [1, 0, 0.2, -0.4, 0],
                           [0, 1, 0.7, 0.1, 0], [0.5, 0.5, -0.3, 0.9, 0]], dtype=DOUBLE)  # fmt: skip
    block = lambda t, masked: encode(p, "t", t, c, torch.tensor(masked))[:2, 2:]
    assert near(block(tokens, [False] * 5), [
        [0.173402, 0.097420, -0.118563], [0.094260, -0.129312, -0.288542]], 1e-6)  # fmt: skip
    masked = block(tokens, [False] * 4 + [True])
    assert near(masked, [
        [0.169583, 0.062295, -0.156809], [0.090245, -0.165772, -0.328198]], 1e-6)  # fmt: skip
    assert near(masked, block(tokens[:4], [False] * 4), 1e-15)


def check_permutations():
    """The order of the support set does not matter, and classes can be renamed."""
    for name in ("joint-output", "separate", "simple", "encoder-decoder", "unlabelled"):
        c = BASE | VARIANTS[name]
        p, slices, logits, _ = run(c)
        support, labels, masked, queries, _ = episode(c)
        order = torch.arange(len(labels)).flip(0)
        again = generate(p, support[order], labels[order], masked, c)
        assert all(near(slices[k], again[k], 1e-9) for k in slices), name
        swap = torch.tensor([1, 0, 2])
        renamed = Parameters({k: v[swap] if k.endswith("labelEmbedding") else v
                              for k, v in p.items()})  # fmt: skip
        mu = "layers.logits.weightEmbedding"
        renamed[mu] = p[mu][swap[:2]]
        other = classify(renamed, generate(renamed, support, swap[labels], masked, c), queries, c)
        assert near(other, logits[:, swap[:2]], 1e-9), name


def check_layouts():
    slices = lambda n, m: (
        1000.0 * torch.arange(n)[:, None] + torch.arange(m)).to(DOUBLE)  # fmt: skip
    output, spatial = kernel_of(slices(4, 18), 2, 4, "output"), kernel_of(slices(9, 8), 2, 4, "spatial")
    assert output[3, 1, 2, 0] == 3000 + (2 * 3 + 0) * 2 + 1
    assert spatial[3, 1, 2, 0] == 1000 * (2 * 3 + 0) + 1 * 4 + 3


def check_masks():
    """In the first layer a masked sample acts as a deleted one; later it is seen by batch norm."""
    for name in ("unlabelled-masked", "separate-masked", "encoder-decoder-masked"):
        c = BASE | VARIANTS[name]
        p, slices, _, _ = run(c)
        support, labels, masked, _, _ = episode(c)
        deleted = generate(p, support[:3], labels[:3], masked[:3], c)
        assert near(slices["0"], deleted["0"], 1e-12), name
        assert not near(slices["1"], deleted["1"], 1e-6), name


def check_derivative(c, p, gradients):
    """One central difference for each listed parameter."""
    support, labels, masked, queries, targets = episode(c)

    def loss():
        with torch.no_grad():
            logits = classify(p, generate(p, support, labels, masked, c), queries, c)
            return cross_entropy(logits, targets, c["labelSmoothing"]).item()

    for name, gradient in gradients.items():
        tensor, step = p[name].detach(), 1e-6
        tensor.flatten()[0] += step
        above = loss()
        tensor.flatten()[0] -= 2 * step
        below = loss()
        tensor.flatten()[0] += step
        assert abs((above - below) / (2 * step) - gradient["first"][0]) < 1e-5, name


def check_against_peer():
    """The benchmark's peer, loaded with the same weights, writes the same network."""
    sys.path.insert(0, str(HERE.parent.parent / "Benchmarks/Peer"))
    from hypertransformer import Config, HyperTransformer

    for name in ("joint-output", "joint-spatial", "first-trained", "last-trained", "logits-only",
                 "unlabelled", "unlabelled-masked", "leaky", "half-size", "four-layer"):  # fmt: skip
        c = BASE | VARIANTS[name]
        p, slices, logits, _ = run(c)
        support, labels, masked, queries, _ = episode(c)
        network = "4-layer" if name == "four-layer" else "maxpool-3-layer"
        peer = HyperTransformer(Config(
            ways=2, side=c["side"], network=network, channels=2, n_trained=c["trained"],
            allocation=c["allocation"], embedding=4, local_features=3, shared_features=3,
            shared_layers=2, transformer_layers=2, heads=2, fraction=c["size"],
            feed_forward_slope=c["feedForwardSlope"], network_slope=c["networkSlope"]))  # fmt: skip
        peer = peer.double()
        peer.load_state_dict({k: v.detach() for k, v in p.items()})
        written = peer.generate(support, labels, masked)
        assert slices.keys() == written.keys()
        assert all(near(slices[k], written[k], 1e-8) for k in slices), name
        assert near(logits, peer.classify(written, queries), 1e-8), name


# The fixture


def record(c):
    p, slices, logits, loss = run(c)
    loss.backward()
    assert all(t.grad is not None and t.grad.isfinite().all() for t in p.values())
    gradients = {}
    for name in GRADIENTS:
        if name in p:
            gradient = p[name].grad
            first = gradient.flatten()[:3].tolist()
            gradients[name] = {"norm": gradient.norm().item(), "first": first}
    check_derivative(c, p, gradients)
    return {
        "slices": {k: v.tolist() for k, v in slices.items()},
        "logits": logits.tolist(),
        "loss": loss.item(),
        "parameterCount": sum(t.numel() for t in p.values()),
        "gradientNorm": math.sqrt(sum(t.grad.square().sum().item() for t in p.values())),
        "gradients": gradients,
    }


def main():
    torch.set_num_threads(1)
    for check in (check_joint_block, check_permutations, check_layouts, check_masks,
                  check_against_peer):  # fmt: skip
        check()
    variants = {k: {"changes": v} | record(BASE | v) for k, v in VARIANTS.items()}
    probe = {k: values(k, (3,)).tolist() for k in ("support", "network.0.norm.weight")}
    fixture = {"formulaProbe": probe, "base": BASE, "variants": variants}
    rows = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in variants.items())
    head = json.dumps({"formulaProbe": probe, "base": BASE})[:-1]
    text = f'{head},\n "variants": {{\n{rows}\n }}\n}}\n'
    assert json.loads(text) == fixture
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(text)
    print(f"{OUTPUT.name}: {len(variants)} variants, {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
