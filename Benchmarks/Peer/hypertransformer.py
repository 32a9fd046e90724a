"""HyperTransformer (Zhmoginov, Sandler and Vladymyrov, ICML 2022) in eager PyTorch.

The peer of the Swift implementation: what a PyTorch user would write, one episode per step, so that
speed and learning curves can be compared on the same machine. Parameters carry the names of the
Swift model, so that weights can be carried from one to the other.

    python hypertransformer.py --bench                      # speed on random images
    python hypertransformer.py --ways 5 --queries 25 --minutes 10 --episodes-per-step 8

Training reads the Omniglot folder `$SWIFTLET_DATA/omniglot` (or `--data DIR`).
"""

import argparse
import gzip
import json
import math
import os
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Config:
    """Every knob of a model; the defaults are the 20-way 1-shot Omniglot recipe of the paper."""

    ways: int = 20
    side: int = 28
    image_channels: int = 1
    network: str = "maxpool-4-layer"  # or maxpool-3-layer, 3-layer, 4-layer
    channels: int = 8
    n_trained: int = 0  # +m: the first m convolutions are ordinary weights; -m: the last m
    allocation: str = "output"  # or spatial
    embedding: int = 32
    local_features: int = 8  # width of the local extractor, 0 for none
    shared_features: int = 32  # width of the shared extractor, 0 for none
    shared_layers: int = 4
    transformer_layers: int = 3
    heads: int = 2
    fraction: float = 1.0  # of the token width; above 3 an absolute size
    feed_forward_slope: float = 0.0  # 0.1 for the image recipes
    network_slope: float = 0.0  # 0.01 for the image recipes
    outputs: int = 0  # of the written network, 0 for one per class
    gated: bool = False  # whether weights carried from task to task pass a learned gate

    @property
    def conv_layers(self) -> int:
        return 3 if self.network.endswith("3-layer") else 4

    @property
    def pooled(self) -> bool:
        return self.network.startswith("maxpool")


RECIPES = {
    "omniglot": Config(),
    "mini": Config(ways=5, side=84, image_channels=3, channels=16, local_features=16,
                   shared_features=16, heads=8, fraction=0.5, feed_forward_slope=0.1,
                   network_slope=0.01),
    "tiered": Config(ways=5, side=84, image_channels=3, channels=8, local_features=8,
                     shared_features=16, heads=8, fraction=0.5, feed_forward_slope=0.1,
                     network_slope=0.01),
}  # fmt: skip


def leaky(x, slope):
    return F.leaky_relu(x, slope) if slope else F.relu(x)


def dense(inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def convolution(inputs, outputs, kernel, bias=True):
    layer = nn.Conv2d(inputs, outputs, kernel, bias=bias)
    nn.init.xavier_uniform_(layer.weight)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer


class Attention(nn.Module):
    """Multi-head attention with separate query, key, value and output layers."""

    def __init__(self, width, inner, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (dense(width, inner) for _ in range(3))
        self.output = dense(inner, width)

    def forward(self, x, ignored=None):
        """x [tokens, width]; ignored [tokens], true where a token may not be attended to."""
        q, k, v = (
            layer(x).view(len(x), self.heads, -1).transpose(0, 1)
            for layer in (self.query, self.key, self.value)
        )
        mask = None if ignored is None else ~ignored
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # [heads, tokens, head]
        return self.output(y.transpose(0, 1).reshape(len(x), -1))


class EncoderLayer(nn.Module):
    """A post-norm encoder layer."""

    def __init__(self, width, inner, heads, slope):
        super().__init__()
        self.attention = Attention(width, inner, heads)
        self.feedForward = nn.ModuleList([dense(width, inner), dense(inner, width)])
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.slope = slope

    def forward(self, x, ignored=None):
        x = self.norm1(x + self.attention(x, ignored))
        return self.norm2(x + self.feedForward[1](leaky(self.feedForward[0](x), self.slope)))


class Transformer(nn.Module):
    def __init__(self, width, config):
        super().__init__()
        inner = int(width * config.fraction) if config.fraction <= 3 else int(config.fraction)
        inner = math.ceil(inner / config.heads) * config.heads
        self.encoder = nn.ModuleList(
            EncoderLayer(width, inner, config.heads, config.feed_forward_slope)
            for _ in range(config.transformer_layers)
        )

    def forward(self, x, ignored=None):
        for layer in self.encoder:
            x = layer(x, ignored)
        return x


class LocalExtractor(nn.Module):
    """Global averages of every convolution's output before its ReLU, side by side."""

    def __init__(self, side, channels, width, strides):
        super().__init__()
        self.convs = nn.ModuleList()
        self.strides = []
        kernel, strides = (3, strides) if side >= 3 else (side, (1,) * len(strides))
        for stride in strides:
            self.convs.append(convolution(channels, width, kernel))
            self.strides.append(stride)
            side, channels = (side - kernel) // stride + 1, width
            if side < kernel:
                break
        self.features = width * len(self.convs)

    def forward(self, x):
        features = []
        for layer, stride in zip(self.convs, self.strides):
            x = F.conv2d(F.relu(x) if features else x, layer.weight, layer.bias, stride)
            features.append(x.mean((2, 3)))
        return features


class SharedExtractor(nn.Module):
    """Image features that every generated layer sees; padding as TensorFlow's SAME."""

    def __init__(self, channels, width, layers):
        super().__init__()
        self.convs = nn.ModuleList(
            convolution(width if i else channels, width, 3) for i in range(layers)
        )

    def forward(self, x):
        for layer in self.convs[:-1]:
            if x.shape[-1] % 2 == 0:  # SAME with stride 2 pads even sides bottom and right only
                y = F.conv2d(F.pad(x, (0, 1, 0, 1)), layer.weight, layer.bias, stride=2)
            else:
                y = F.conv2d(x, layer.weight, layer.bias, stride=2, padding=1)
            x = F.relu(y)
        last = self.convs[-1]
        return F.relu(F.conv2d(x, last.weight, last.bias, padding=1)).mean((2, 3))


class GeneratedLayer(nn.Module):
    """Everything that writes one layer of the small network."""

    def __init__(self, config, side, channels, slices, block, strides):
        super().__init__()
        self.block = block
        self.features, features = None, config.shared_features
        if config.local_features:
            self.features = LocalExtractor(side, channels, config.local_features, strides)
            features += self.features.features
        self.width = config.embedding + max(block, features)
        self.labelEmbedding = nn.Parameter(torch.randn(config.ways + 1, config.embedding))
        self.weightEmbedding = nn.Parameter(torch.randn(slices, config.embedding))
        self.carryGate = nn.Parameter(torch.zeros(1)) if config.gated else None
        self.transformer = Transformer(self.width, config)

    def forward(self, activations, shared, labels, ignored=None, previous=None):
        """The slices [slices, block] of this layer; `previous` are those of the task before."""
        parts = [self.labelEmbedding[labels]]
        parts += self.features(activations) if self.features else []
        parts += [] if shared is None else [shared]
        samples = torch.cat(parts, 1)
        samples = F.pad(samples, (0, self.width - samples.shape[1]))
        weights = self.weightEmbedding
        count, embedding = weights.shape
        if previous is not None:
            previous = previous if self.carryGate is None else self.carryGate * previous
            weights = torch.cat([weights, previous], 1)
        tokens = torch.cat([F.pad(weights, (0, self.width - weights.shape[1])), samples])
        if ignored is not None:
            ignored = F.pad(ignored, (count, 0), value=False)
        return self.transformer(tokens, ignored)[:count, embedding : embedding + self.block]


class NetworkLayer(nn.Module):
    """The ordinary variables of one convolution layer of the small network."""

    def __init__(self, inputs, outputs, trained):
        super().__init__()
        self.convolution = convolution(inputs, outputs, 3, bias=False) if trained else None
        self.norm = nn.BatchNorm2d(outputs, eps=NORM_EPSILON, track_running_stats=False)


def kernel_from_slices(slices, inputs, allocation, side=3):
    """Slices in the paper's layouts to a PyTorch kernel [outputs, inputs, side, side]."""
    if allocation == "output":  # slice = output channel, entries [y][x][input]
        return slices.reshape(-1, side, side, inputs).permute(0, 3, 1, 2).contiguous()
    kernel = slices.reshape(side, side, inputs, -1)  # slice = position, entries [input][output]
    return kernel.permute(3, 2, 0, 1).contiguous()


class HyperTransformer(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.shared = None
        if config.shared_features:
            self.shared = SharedExtractor(
                config.image_channels, config.shared_features, config.shared_layers
            )
        self.layers, self.network = nn.ModuleDict(), nn.ModuleDict()
        side, inputs, count = config.side, config.image_channels, config.conv_layers
        trained = range(count)[: config.n_trained] if config.n_trained >= 0 else (
            range(count)[config.n_trained :])  # fmt: skip
        for index in range(count):
            outputs = config.channels
            self.network[str(index)] = NetworkLayer(inputs, outputs, index in trained)
            if index not in trained:
                slices, block = (outputs, 9 * inputs) if config.allocation == "output" else (
                    9, inputs * outputs)  # fmt: skip
                self.layers[str(index)] = GeneratedLayer(
                    config, side, inputs, slices, block, strides=(2, 1)
                )
            side, inputs = side // 2 if config.pooled else (side - 3) // 2 + 1, outputs
        flat = inputs * side * side if config.pooled else inputs
        self.layers["logits"] = GeneratedLayer(
            config, side, inputs, config.outputs or config.ways, flat + 1, strides=(1,)
        )

    def convolve(self, index, x, slices):
        """One layer; its batch norm always uses the statistics of the batch passed in."""
        layer = self.network[str(index)]
        if layer.convolution is not None:
            kernel = layer.convolution.weight
        else:
            kernel = kernel_from_slices(slices, x.shape[1], self.config.allocation)
        if self.config.pooled:
            x = F.conv2d(x, kernel, padding=1)
            x = F.max_pool2d(leaky(x, self.config.network_slope), 2)
        else:
            x = leaky(F.conv2d(x, kernel, stride=2), self.config.network_slope)
        return layer.norm(x)

    def generate(self, images, labels, ignored=None, previous=None):
        """Writes a network: the slices of every generated layer.

        images [n, channels, side, side]; labels [n], `ways` for an unlabelled sample;
        ignored [n], true for samples that no token may attend to; previous, the slices written
        for the task before, if they shall be seen.
        """
        previous = previous or {}
        shared = self.shared(images) if self.shared is not None else None
        slices, x = {}, images
        for index in range(self.config.conv_layers):
            key = str(index)
            if key in self.layers:
                slices[key] = self.layers[key](x, shared, labels, ignored, previous.get(key))
            x = self.convolve(index, x, slices.get(key))
        slices["logits"] = self.layers["logits"](
            x, shared, labels, ignored, previous.get("logits"))  # fmt: skip
        return slices

    def classify(self, slices, images):
        """Logits [n, ways] of the written network."""
        x = images
        for index in range(self.config.conv_layers):
            x = self.convolve(index, x, slices.get(str(index)))
        x = x.permute(0, 2, 3, 1).flatten(1) if self.config.pooled else x.mean((2, 3))
        return F.linear(x, slices["logits"][:, :-1], slices["logits"][:, -1])

    def forward(self, support, labels, queries, ignored=None):
        return self.classify(self.generate(support, labels, ignored), queries)


def warm_up_weights(step, heads, steps):
    """Weights of the auxiliary heads and of the main loss; they add up to one."""
    span = steps / heads
    auxiliary = [max(0.0, 1 - abs(step - head * span) / span) for head in range(heads)]
    return auxiliary, min(1.0, max(0.0, 1 + (step - steps) / span))


def learning_rate(step, initial):
    return initial * 0.95 ** (step / 1e5)


# Data


def load_omniglot(folder, side=28):
    """All characters as bytes [classes, 20, side, side]."""
    characters = []
    for alphabet in json.loads((folder / "index.json").read_text())["alphabets"]:
        raw = gzip.decompress((folder / alphabet["file"]).read_bytes())
        rows = np.frombuffer(raw, np.uint8, offset=16).reshape(alphabet["rows"], 1, 105, 105)
        images = F.interpolate(
            torch.from_numpy(rows.copy()).float(), (side, side), mode="bilinear", antialias=True
        )
        images = images.round().clamp(0, 255).to(torch.uint8).squeeze(1)
        for character in alphabet["characters"]:
            characters.append(images[character["first_row"] :][:20])
    return torch.stack(characters)


def split_classes(images, seed=2022):
    """Training, validation and test classes in the proportions of 1150, 50 and 423 of 1623."""
    order = np.random.RandomState(seed).permutation(len(images))
    first, second = round(len(order) * 1150 / 1623), round(len(order) * 1200 / 1623)
    return (images[part] for part in np.split(order, [first, second]))


class Episodes:
    """Balanced episodes with disjoint support and query samples."""

    def __init__(self, images, ways, shots, queries, rotate, seed):
        self.images, self.ways, self.shots, self.rotate = images, ways, shots, rotate
        self.per_class = queries // ways
        self.random = np.random.default_rng(seed)

    def draw(self):
        classes = self.random.choice(len(self.images), self.ways, replace=False)
        support, queries = [], []
        for index in classes:
            samples = self.random.permutation(20)[: self.shots + self.per_class]
            images = self.images[index][samples]
            if self.rotate:
                images = torch.rot90(images, int(self.random.integers(4)), (1, 2))
            support.append(images[: self.shots])
            queries.append(images[self.shots :])
        prepare = lambda parts: torch.cat(parts).unsqueeze(1).float() / 128 - 1
        label = lambda count: torch.arange(self.ways).repeat_interleave(count)
        return prepare(support), label(self.shots), prepare(queries), label(self.per_class)


def random_episode(config, shots, queries):
    shape = (config.image_channels, config.side, config.side)
    labels = torch.arange(config.ways)
    count = config.ways * shots
    return (torch.randn(count, *shape), labels.repeat_interleave(shots),
            torch.randn(queries, *shape), labels.repeat(math.ceil(queries / config.ways))[:queries])  # fmt: skip


# Training and measuring


def train_step(model, optimizer, episodes, step, rate):
    """One step of SGD on the mean loss of the episodes."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step, rate)
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for support, labels, queries, targets in episodes:
        loss = F.cross_entropy(model(support, labels, queries), targets)
        (loss / len(episodes)).backward()
        total += loss.item() / len(episodes)
    optimizer.step()
    return total


@torch.no_grad()
def evaluate(model, episodes, count):
    """Mean accuracy over episodes with its 95 % interval, in percent."""
    scores = []
    for _ in range(count):
        support, labels, queries, targets = episodes.draw()
        hits = model(support, labels, queries).argmax(1) == targets
        scores.append(100 * hits.float().mean().item())
    return np.mean(scores), 1.96 * np.std(scores) / math.sqrt(count)


def peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median_seconds(action, repetitions):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def benchmark(model, options):
    before = peak_memory()
    pool = [random_episode(model.config, options.shots, options.queries) for _ in range(16)]
    optimizer = torch.optim.SGD(model.parameters(), options.rate)
    for step in range(5):
        train_step(model, optimizer, [pool[step]], step, options.rate)
    # With one thread its processor time, in which other work on the machine does not count.
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    times = []
    for step in range(options.steps):
        start = clock()
        train_step(model, optimizer, [pool[step % len(pool)]], step, options.rate)
        times.append(clock() - start)
    support, labels, queries, _ = pool[0]
    with torch.inference_mode():
        slices = model.generate(support, labels)
        generate = median_seconds(lambda: model.generate(support, labels), options.steps)
        classify = median_seconds(lambda: model.classify(slices, queries), options.steps)
    report = {
        "peer": f"torch {torch.__version__}",
        "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for p in model.parameters()),
        "episodes_per_second": 1 / float(np.median(times)),
        "episodes_per_second_mean": len(times) / sum(times),
        "generate_milliseconds": 1e3 * generate,
        "classify_milliseconds": 1e3 * classify,
        "memory_before_megabytes": before,
        "peak_memory_megabytes": peak_memory(),
    }
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in report.items()}))


def train(model, options):
    folder = options.data or Path(os.environ["SWIFTLET_DATA"]) / "omniglot"
    training, _, test = split_classes(load_omniglot(folder, model.config.side))
    shape = (options.ways, options.shots)
    source = Episodes(training, *shape, options.queries, rotate=True, seed=options.seed)
    optimizer = torch.optim.SGD(model.parameters(), options.rate)
    limit = 60 * options.minutes if options.minutes else math.inf
    average, spent, reported, step = None, 0.0, 0, 0
    while step < options.steps and spent < limit:
        start = time.perf_counter()
        episodes = [source.draw() for _ in range(options.episodes_per_step)]
        loss = train_step(model, optimizer, episodes, step, options.rate)
        spent += time.perf_counter() - start
        step += 1
        average = loss if average is None else 0.99 * average + 0.01 * loss
        ended = step == options.steps or spent >= limit
        if ended or spent // options.report_seconds > reported:
            reported = spent // options.report_seconds
            held_out = Episodes(test, *shape, 15 * options.ways, rotate=False, seed=7)
            accuracy, interval = evaluate(model, held_out, 1024 if ended else 256)
            print(json.dumps({
                "step": step, "seconds": round(spent, 1), "loss": round(average, 4),
                "test_accuracy": round(float(accuracy), 2), "interval": round(float(interval), 2),
                "episodes_per_second": round(step * options.episodes_per_step / spent, 2),
                "peak_memory_megabytes": round(peak_memory(), 1)}), flush=True)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--recipe", choices=RECIPES, default="omniglot", help="sizes to start from")
    add("--ways", type=int, help="classes per episode")
    add("--shots", type=int, default=1, help="labelled samples per class")
    add("--queries", type=int, default=60, help="queries per episode")
    add("--channels", type=int, help="channels of the written network")
    add("--trained", type=int, default=0, help="convolutions that are ordinary weights")
    add("--allocation", choices=["output", "spatial"], default="output")
    add("--steps", type=int, default=None, help="steps (100 with --bench)")
    add("--minutes", type=float, help="stop training after this time")
    add("--episodes-per-step", type=int, default=1, help="episodes averaged per step")
    add("--rate", type=float, default=0.02, help="initial learning rate")
    add("--threads", type=int, default=1)
    add("--seed", type=int, default=0)
    add("--data", type=Path, help="Omniglot folder")
    add("--report-seconds", type=float, default=60, help="time between evaluations")
    add("--bench", action="store_true", help="measure speed on random images")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    config = RECIPES[options.recipe]
    changes = {k: v for k in ("ways", "channels") if (v := getattr(options, k))}
    config = replace(config, **changes, n_trained=options.trained, allocation=options.allocation)
    options.ways = config.ways
    options.steps = options.steps or (100 if options.bench else 10**9)
    model = HyperTransformer(config)
    benchmark(model, options) if options.bench else train(model, options)


if __name__ == "__main__":
    main()
