"""Writes ../HyperTransformerTests/Fixtures/continual.json.

Sequences of tasks in double precision, as plain functions over the HyperTransformer of
`hypertransformer_reference.py`, from which the formula for all weights and images comes, too. Needs
PyTorch:

    python Tests/Reference/continual_reference.py
"""

import json
import math
import sys
from pathlib import Path

import torch
from hypertransformer_reference import BASE as PARENT
from hypertransformer_reference import Parameters, classify, generate, values

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "HyperTransformerTests/Fixtures/continual.json"

# `outputs` is the width of embeddings; with the head `classes` it is the number of classes.
BASE = PARENT | {
    "convolutions": 2, "transformerLayers": 1, "sharedFeatures": 2, "outputs": 3, "tasks": 3,
    "scenario": "classIncremental", "carry": "plain", "merged": False, "head": "prototypes",
    "distances": "mean", "supportLabels": [0, 1, 1, 0], "queryLabels": [0, 1, 1, 0],
    "masked": [False] * 4,
}  # fmt: skip
VARIANTS = {
    "plain": {},
    "gated": {"carry": "gated"},
    "none": {"carry": "none"},
    "task-incremental": {"scenario": "taskIncremental"},
    "mini-batch": {"scenario": "miniBatch"},
    "mini-batch-classes": {"scenario": "miniBatch", "head": "classes", "outputs": 2},
    "merged": {"merged": True, "carry": "none"},
    "sum-of-squares": {"distances": "sum", "labelSmoothing": 0.1},
    "spatial": {"allocation": "spatial"},
    "separate-gated": {"generator": "separate", "size": 8, "carry": "gated"},
    "encoder-decoder": {"decoder": True},
    "first-trained-with-base": {"trained": 1, "baseWeights": True, "carry": "gated"},
}  # fmt: skip
GRADIENTS = [
    "shared.convs.0.weight", "layers.0.labelEmbedding", "layers.0.carryGate",
    "layers.logits.carryGate", "layers.1.weightEmbedding",
    "layers.1.transformer.encoder.0.attention.query.weight", "network.0.norm.weight",
    "network.0.convolution.weight", "layers.logits.transformer.encoder.0.norm2.weight",
    "layers.1.transformer.decoder.0.crossAttention.key.weight", "network.logits.base.bias",
]  # fmt: skip


def picture(c):
    return c["imageChannels"], c["side"], c["side"]


def task(c, t):
    """Support and queries of task t; in mini-batches the queries are always those of task 0."""
    labels = torch.tensor(c["supportLabels"]).roll(t)
    query = 0 if c["scenario"] == "miniBatch" else t
    return (
        values(f"support.{t}", (len(labels), *picture(c))), labels,
        values(f"queries.{query}", (len(c["queryLabels"]), *picture(c))),
        torch.tensor(c["queryLabels"]),
    )  # fmt: skip


def class_means(embeddings, labels, count):
    return torch.stack([embeddings[labels == k].mean(0) for k in range(count)])


def minus_distances(embeddings, prototypes, c):
    logits = torch.stack([-((embeddings - p) ** 2).sum(1) for p in prototypes], 1)
    return logits / embeddings.shape[1] if c["distances"] == "mean" else logits


def cross_entropy(logits, labels, smoothing):
    ways = logits.shape[1]
    target = torch.nn.functional.one_hot(labels, ways).double() * (1 - smoothing) + smoothing / ways
    return -(target * logits.log_softmax(1)).sum(1)


def lesson(c, t):
    """What the generator is given at step t."""
    support, labels, _, _ = task(c, t)
    if not c["merged"]:
        return support, labels
    parts = [task(c, s)[:2] for s in range(t + 1)]
    return (
        torch.cat([x for x, _ in parts]),
        torch.cat([y + s * c["ways"] for s, (_, y) in enumerate(parts)]),
    )


def run(c):
    """The slices and logits after every task, and the loss."""
    p, ways, tasks = Parameters(), c["ways"], c["tasks"]
    shared_classes = c["scenario"] == "miniBatch"
    c = c | {"labelCount": ways * tasks if c["merged"] else ways}
    previous, prototypes, seen = None, [], None
    steps, total, weight = [], 0.0, 0
    for t in range(tasks):
        support, labels = lesson(c, t)
        masked = torch.zeros(len(labels), dtype=torch.bool)
        slices = generate(p, support, labels, masked, c, previous)
        previous = slices
        embedded = classify(p, slices, support, c)
        if c["merged"]:
            prototypes = [class_means(embedded, labels, ways * (t + 1))]
        elif shared_classes:
            # Every piece has the same number of images of every class.
            own = class_means(embedded, labels, ways)
            seen = own if seen is None else (seen * t + own) / (t + 1)
            prototypes = [seen]
        else:
            prototypes.append(class_means(embedded, labels, ways))
        judged = [0] if shared_classes else range(t + 1)
        queries = torch.cat([task(c, s)[2] for s in judged])
        expected = torch.cat([task(c, s)[3] for s in judged])
        outputs = classify(p, slices, queries, c)
        if c["head"] == "classes":
            logits = outputs
        elif c["scenario"] == "taskIncremental":
            rows = outputs.split(len(c["queryLabels"]))
            logits = torch.cat([minus_distances(rows[s], prototypes[s], c) for s in judged])
        else:
            logits = minus_distances(outputs, torch.cat(prototypes), c)
            if not shared_classes:
                offsets = [s * ways for s in judged for _ in c["queryLabels"]]
                expected = expected + torch.tensor(offsets)
        # Minus log-likelihood: the sum over tasks of the mean over a task's queries.
        losses = cross_entropy(logits, expected, c["labelSmoothing"])
        total = total + sum(x.mean() for x in losses.split(len(c["queryLabels"])))
        weight += len(judged)
        steps.append({"slices": slices, "logits": logits})
    return p, steps, total / weight


def check_derivative(c, gradients):
    """One central difference for each listed parameter."""
    for name, gradient in gradients.items():
        found = []
        for step in (1e-6, -1e-6):
            original = Parameters.get

            def moved(self, key, *shape, step=step, original=original, name=name):
                tensor = original(self, key, *shape)
                if key != name:
                    return tensor
                bump = torch.zeros(tensor.numel(), dtype=tensor.dtype)
                bump[0] = step
                return tensor + bump.reshape(tensor.shape)

            Parameters.get = moved
            with torch.no_grad():
                found.append(run(c)[2].item())
            Parameters.get = original
        assert abs((found[0] - found[1]) / 2e-6 - gradient["first"][0]) < 1e-5, name


def check_against_peer():
    """The benchmark's peer, loaded with the same weights, has the same loss."""
    sys.path.insert(0, str(HERE.parent.parent / "Benchmarks/Peer"))
    from continual import sequence_loss
    from hypertransformer import Config, HyperTransformer

    for name in ("plain", "gated"):
        c = BASE | VARIANTS[name] | {"convolutions": 3}
        p, _, loss = run(c)
        peer = HyperTransformer(Config(
            ways=2, side=c["side"], network="maxpool-3-layer", channels=2, embedding=4,
            local_features=3, shared_features=2, shared_layers=2, transformer_layers=1, heads=2,
            outputs=3, gated=name == "gated")).double()  # fmt: skip
        peer.load_state_dict({k: v.detach() for k, v in p.items()})
        found = sequence_loss(peer, [task(c, t) for t in range(c["tasks"])])
        assert abs(found.item() - loss.item()) < 1e-9, name


def record(c):
    p, steps, loss = run(c)
    loss.backward()
    gradients = {}
    for name in GRADIENTS:
        if name in p:
            gradient = p[name].grad
            gradients[name] = {
                "norm": gradient.norm().item(), "first": gradient.flatten()[:3].tolist()}  # fmt: skip
    check_derivative(c, gradients)
    norms = [t.grad.square().sum().item() for t in p.values() if t.grad is not None]
    return {
        "steps": [
            {"slices": {k: v.tolist() for k, v in step["slices"].items()},
             "logits": step["logits"].tolist()} for step in steps],
        "loss": loss.item(),
        "parameterCount": sum(t.numel() for t in p.values()),
        "gradientNorm": math.sqrt(sum(norms)),
        "gradients": gradients,
    }  # fmt: skip


def main():
    torch.set_num_threads(1)
    check_against_peer()
    variants = {k: {"changes": v} | record(BASE | v) for k, v in VARIANTS.items()}
    rounded = lambda x: (  # twelve digits are enough and make the file small
        float(f"{x:.12g}") if isinstance(x, float)
        else [rounded(y) for y in x] if isinstance(x, list)
        else {k: rounded(y) for k, y in x.items()} if isinstance(x, dict) else x)  # fmt: skip
    rows = ",\n".join(f"  {json.dumps(k)}: {json.dumps(rounded(v))}" for k, v in variants.items())
    text = f'{{"base": {json.dumps(BASE)},\n "variants": {{\n{rows}\n }}\n}}\n'
    json.loads(text)
    OUTPUT.write_text(text)
    print(f"{OUTPUT.name}: {len(variants)} variants, {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
