"""Writes Tests/LearningTests/Fixtures/layers.json: outputs of PyTorch's own layers.

Run with the Python of the engine's environment:
    python Tests/Reference/layers_reference.py
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
WIDTH, HEADS, INNER = 4, 2, 6


def flat(tensor):
    values = tensor.detach().to(torch.float64).flatten().tolist()
    return {"shape": list(tensor.shape), "values": values}


def randomize(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.7)


def attention(name, module):
    weights = module.in_proj_weight.chunk(3)
    biases = module.in_proj_bias.chunk(3)
    result = {}
    for part, weight, bias in zip(("query", "key", "value"), weights, biases):
        result[f"{name}.{part}.weight"] = flat(weight)
        result[f"{name}.{part}.bias"] = flat(bias)
    result[f"{name}.output.weight"] = flat(module.out_proj.weight)
    result[f"{name}.output.bias"] = flat(module.out_proj.bias)
    return result


def affine(name, module):
    return {f"{name}.weight": flat(module.weight), f"{name}.bias": flat(module.bias)}


def encoder(norm_first):
    layer = torch.nn.TransformerEncoderLayer(
        WIDTH, HEADS, INNER, dropout=0, activation="gelu", layer_norm_eps=1e-6, batch_first=True,
        norm_first=norm_first)
    randomize(layer)
    tokens = torch.randn(2, 3, WIDTH)
    mask = torch.tensor([[False, False, True], [False, False, False]])
    parameters = attention("attention", layer.self_attn)
    for name, module in [("norm1", layer.norm1), ("norm2", layer.norm2),
                         ("feedForward.0", layer.linear1), ("feedForward.1", layer.linear2)]:
        parameters |= affine(name, module)
    layer.train()
    return {"parameters": parameters, "tokens": flat(tokens), "mask": flat(mask),
            "output": flat(layer(tokens, src_key_padding_mask=mask))}


def decoder(norm_first):
    layer = torch.nn.TransformerDecoderLayer(
        WIDTH, HEADS, INNER, dropout=0, activation="relu", layer_norm_eps=1e-6, batch_first=True,
        norm_first=norm_first)
    randomize(layer)
    tokens, memory = torch.randn(2, 3, WIDTH), torch.randn(2, 5, WIDTH)
    mask = torch.tensor([[False, False, True, False, True], [True, False, False, False, False]])
    parameters = attention("selfAttention", layer.self_attn)
    parameters |= attention("crossAttention", layer.multihead_attn)
    for name, module in [("norm1", layer.norm1), ("norm2", layer.norm2), ("norm3", layer.norm3),
                         ("feedForward.0", layer.linear1), ("feedForward.1", layer.linear2)]:
        parameters |= affine(name, module)
    layer.train()
    return {"parameters": parameters, "tokens": flat(tokens), "memory": flat(memory),
            "mask": flat(mask), "output": flat(layer(tokens, memory, memory_key_padding_mask=mask))}


def batch_norm():
    layer = torch.nn.BatchNorm2d(3)
    randomize(layer)
    parameters = {name: flat(value) for name, value in layer.state_dict().items()}
    inputs = [torch.randn(4, 3, 2, 2) * 2 + 1 for _ in range(2)]
    outputs = [flat(layer(batch)) for batch in inputs]
    after = {name: flat(value) for name, value in layer.state_dict().items()}
    layer.eval()
    return {"parameters": parameters, "inputs": [flat(batch) for batch in inputs],
            "outputs": outputs, "after": after, "inference": flat(layer(inputs[0]))}


result = {
    "encoderPost": encoder(False),
    "encoderPre": encoder(True),
    "decoderPost": decoder(False),
    "decoderPre": decoder(True),
    "batchNorm": batch_norm(),
}
path = Path(__file__).parents[1] / "LearningTests/Fixtures/layers.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(result))
