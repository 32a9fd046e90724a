"""Writes Tests/VisionTests/Fixtures/google.npz and big_vision.npz: a tiny vision transformer in the
two layouts of Google's files.

Needs NumPy only:
    python Tests/Reference/google_vit.py
The weights are sines of the element's place, so that what the network computes is known from
independent implementations.
"""

from pathlib import Path

import numpy

WIDTH, LAYERS, HEADS, INNER = 8, 2, 2, 16


def fill(shape, k, scale, offset=0.0):
    index = numpy.arange(numpy.prod(shape))
    return (offset + scale * numpy.sin(0.37 * index + 1.1 * k)).reshape(shape)


def heads(matrix):
    """[width, width] of PyTorch, outputs first, becomes [inputs, heads, headWidth]."""
    return matrix.T.reshape(WIDTH, HEADS, WIDTH // HEADS)


def arrays(attention, mlp, norm2, positions):
    result = {
        "cls": fill((1, 1, WIDTH), 3, 0.2),
        positions: fill((1, 5, WIDTH), 4, 0.1),
        "embedding/kernel": fill((WIDTH, 3, 4, 4), 1, 0.1).transpose(2, 3, 1, 0),
        "embedding/bias": fill((WIDTH,), 2, 0.05),
        "Transformer/encoder_norm/scale": fill((WIDTH,), 40, 0.1, 1),
        "Transformer/encoder_norm/bias": fill((WIDTH,), 41, 0.1),
        "head/kernel": fill((3, WIDTH), 42, 0.5).T,
        "head/bias": fill((3,), 43, 0.1),
    }
    for layer in range(LAYERS):
        k = 10 * (layer + 1)
        block = f"Transformer/encoderblock_{layer}"
        result[f"{block}/LayerNorm_0/scale"] = fill((WIDTH,), k, 0.1, 1)
        result[f"{block}/LayerNorm_0/bias"] = fill((WIDTH,), k + 1, 0.1)
        weights = fill((3 * WIDTH, WIDTH), k + 2, 0.4).reshape(3, WIDTH, WIDTH)
        biases = fill((3 * WIDTH,), k + 3, 0.1).reshape(3, HEADS, WIDTH // HEADS)
        for part, weight, bias in zip(("query", "key", "value"), weights, biases):
            result[f"{block}/{attention}/{part}/kernel"] = heads(weight)
            result[f"{block}/{attention}/{part}/bias"] = bias
        out = fill((WIDTH, WIDTH), k + 4, 0.3).T.reshape(HEADS, WIDTH // HEADS, WIDTH)
        result[f"{block}/{attention}/out/kernel"] = out
        result[f"{block}/{attention}/out/bias"] = fill((WIDTH,), k + 5, 0.05)
        result[f"{block}/{norm2}/scale"] = fill((WIDTH,), k + 6, 0.1, 1)
        result[f"{block}/{norm2}/bias"] = fill((WIDTH,), k + 7, 0.1)
        result[f"{block}/{mlp}/Dense_0/kernel"] = fill((INNER, WIDTH), k + 8, 0.3).T
        result[f"{block}/{mlp}/Dense_0/bias"] = fill((INNER,), k + 9, 0.05)
        result[f"{block}/{mlp}/Dense_1/kernel"] = fill((WIDTH, INNER), k + 10, 0.3).T
        result[f"{block}/{mlp}/Dense_1/bias"] = fill((WIDTH,), k + 11, 0.05)
    return result


def stacked(single):
    """big_vision may keep all blocks in one array each."""
    result, blocks = {}, {}
    for name, array in single.items():
        if "encoderblock_" in name:
            start, rest = name.split("encoderblock_")
            blocks.setdefault(start + "encoderblock/" + rest.split("/", 1)[1], []).append(array)
        else:
            result[name] = array
    return {**result, **{name: numpy.stack(parts) for name, parts in blocks.items()}}


def main():
    folder = Path(__file__).parents[1] / "VisionTests" / "Fixtures"
    first = arrays(
        "MultiHeadDotProductAttention_1", "MlpBlock_3", "LayerNorm_2",
        "Transformer/posembed_input/pos_embedding",
    )
    # The layer of pretraining that fine-tuning drops.
    first["pre_logits/kernel"] = numpy.zeros((WIDTH, WIDTH))
    numpy.savez(folder / "google.npz", **first)
    second = arrays("MultiHeadDotProductAttention_0", "MlpBlock_0", "LayerNorm_1", "pos_embedding")
    numpy.savez(
        folder / "big_vision.npz", **{f"params/{n}": a for n, a in stacked(second).items()}
    )


if __name__ == "__main__":
    main()
