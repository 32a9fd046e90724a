"""Checks the peer against the published sizes and hand-computed vectors. Run it after any change."""

import math

import torch
import torch.nn.functional as F
from hypertransformer import (
    RECIPES, Config, EncoderLayer, HyperTransformer, SharedExtractor, kernel_from_slices,
    learning_rate, warm_up_weights)  # fmt: skip


def check_parameter_counts():
    expected = {
        "omniglot": (843_304, 1_980, [80, 104, 104, 104, 72]),
        "mini": (2_632_146, 9_349, [80, 176, 176, 176, 433]),
        "tiered": (883_954, 2_949, [64, 104, 104, 104, 233]),
    }
    for name, (parameters, generated, widths) in expected.items():
        model = HyperTransformer(RECIPES[name])
        assert sum(p.numel() for p in model.parameters()) == parameters, name
        layers = model.layers.values()
        assert sum(x.weightEmbedding.shape[0] * x.block for x in layers) == generated, name
        assert [x.width for x in layers] == widths, name


def check_attention():
    q, k, v = (torch.tensor(x).double().unsqueeze(0) for x in (
        [[1, 0], [0, 1]], [[0, 2], [15, 2]], [[1, 2, 3], [5, 6, 7]]))  # fmt: skip
    y = F.scaled_dot_product_attention(q, k, v)[0]
    assert torch.allclose(y[0], torch.tensor([5.0, 6, 7]).double(), atol=1e-3)
    assert torch.allclose(y[1], torch.tensor([3.0, 4, 5]).double(), atol=1e-12)


def check_joint_block():
    layer = EncoderLayer(5, 5, 1, 0.0).double()
    attention, feed = layer.attention, layer.feedForward
    denses = [attention.query, attention.key, attention.value, attention.output, *feed]
    with torch.no_grad():
        for s, dense in enumerate(denses, start=1):
            for row in range(5):
                dense.bias[row] = 0.05 * math.cos(s + row)
                for column in range(5):
                    dense.weight[column, row] = 0.3 * math.sin(s + 1.7 * row + 0.9 * column)
    mu = [[1, -1, 0, 0, 0], [-1, 1, 0, 0, 0]]
    samples = [[1, 0, 0.2, -0.4, 0], [0, 1, 0.7, 0.1, 0], [0.5, 0.5, -0.3, 0.9, 0]]
    tokens = torch.tensor(mu + samples).double()
    near = lambda x, y: torch.allclose(x, torch.tensor(y).double(), atol=1e-6)
    y = layer(tokens)[:2, 2:]
    assert near(y, [[0.173402, 0.097420, -0.118563], [0.094260, -0.129312, -0.288542]])
    ignored = torch.tensor([False, False, False, False, True])
    masked = layer(tokens, ignored)[:2, 2:]
    assert near(masked, [[0.169583, 0.062295, -0.156809], [0.090245, -0.165772, -0.328198]])
    assert torch.allclose(masked, layer(tokens[:4])[:2, 2:], rtol=0, atol=1e-14)
    q, k = attention.query(tokens), attention.key(tokens)
    row = (q @ k.T / math.sqrt(5)).softmax(1)[0]
    assert near(row, [0.234692, 0.173715, 0.196726, 0.181225, 0.213641])


def check_layout():
    side, inputs, outputs = 3, 2, 4
    entries = torch.arange(side * side * inputs)
    slices = 1000.0 * torch.arange(outputs)[:, None] + entries
    kernel = kernel_from_slices(slices, inputs, "output")
    spatial = 1000.0 * torch.arange(9)[:, None] + torch.arange(inputs * outputs)
    other = kernel_from_slices(spatial, inputs, "spatial")
    for y in range(side):
        for x in range(side):
            for i in range(inputs):
                for o in range(outputs):
                    assert kernel[o, i, y, x] == 1000 * o + (y * side + x) * inputs + i
                    assert other[o, i, y, x] == 1000 * (y * side + x) + i * outputs + o


def check_same_padding():
    """Stride 2 on an even side pads bottom and right only; on an odd side on all sides."""
    extractor = SharedExtractor(1, 1, 2)
    with torch.no_grad():
        for layer in extractor.convs:
            layer.weight.zero_()
            layer.weight[0, 0, 0, 0] = 1
        extractor.convs[1].weight.zero_()[0, 0, 1, 1] = 1
    even = torch.zeros(1, 1, 4, 4)
    even[0, 0, 0, 0] = 4
    assert extractor(even).item() == 1.0
    odd = torch.zeros(1, 1, 5, 5)
    odd[0, 0, 0, 0] = 9
    assert extractor(odd).item() == 0.0


def check_schedules():
    rounded = lambda step: [round(learning_rate(step, 0.02), 6)]
    assert rounded(5e4) + rounded(1e5) + rounded(1e6) + rounded(4e6) == [
        0.019494, 0.019, 0.011975, 0.00257]  # fmt: skip
    expected = {0: ([1, 0, 0], 0), 250: ([0.75, 0.25, 0], 0), 1500: ([0, 0.5, 0.5], 0),
                2500: ([0, 0, 0.5], 0.5), 3000: ([0, 0, 0], 1), 4000: ([0, 0, 0], 1)}  # fmt: skip
    for step, weights in expected.items():
        assert warm_up_weights(step, 3, 3000) == weights, step


def check_networks():
    """Every network and allocation runs, and a permuted support set writes the same weights."""
    torch.manual_seed(0)
    for network, side in (("3-layer", 20), ("4-layer", 35), ("maxpool-4-layer", 20)):
        for allocation in ("output", "spatial"):
            for trained in (0, 1, -1):
                config = Config(ways=3, side=side, network=network, channels=4, n_trained=trained,
                                allocation=allocation)  # fmt: skip
                model = HyperTransformer(config).double()
                images, labels = torch.randn(6, 1, side, side).double(), torch.arange(6) % 3
                slices = model.generate(images, labels)
                order = torch.randperm(6)
                again = model.generate(images[order], labels[order])
                for key, value in slices.items():
                    assert torch.allclose(value, again[key], atol=1e-9), (network, key)
                missing = {0: None, 1: "0", -1: str(config.conv_layers - 1)}[trained]
                assert missing not in slices
                assert len(slices) == config.conv_layers + (trained == 0)


if __name__ == "__main__":
    for name, check in list(globals().items()):
        if name.startswith("check_"):
            check()
            print(f"{name}: passed")
