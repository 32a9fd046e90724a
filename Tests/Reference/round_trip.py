"""Sends weights of torchvision, timm, Hugging Face and Google through `swiftlet model convert` and
back, and compares.

    python Tests/Reference/round_trip.py ./swiftlet [WORD of a case's name ...]

Needs torchvision==0.28.0, timm==1.0.31, safetensors and, for its part, transformers beside the
engine's torch. Every network gets random weights and random statistics of its batch norms, is saved,
converted, loaded back there, and must give the same logits bit for bit; `model predict` must give
the same probabilities for a photograph to 1e-5.
"""

import json
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy
import timm
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

SIDES = {"NASNetALarge": 331}
SWIFTLET = sys.argv[1]
ONLY = sys.argv[2:]


def swiftlet(*arguments):
    done = subprocess.run([SWIFTLET, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stderr[-2000:])
    return done.stdout


def randomized(model, seed):
    torch.manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    model.eval()
    head = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    with torch.no_grad():
        head.weight.normal_(0, 0.1)
        # So that probabilities are neither all alike nor one and zeros.
        head.weight /= logits(model, SIDES.get(type(model).__name__, 224)).std() / 2
    return model


def torchvision_case(name, **options):
    build = lambda: getattr(torchvision.models, name)(weights=None, **options)
    return f"torchvision/{name}", name, "torchvision", build


def timm_case(name, naming="timm", **options):
    build = lambda: timm.create_model(name, pretrained=False, **options)
    return f"timm/{name}", name, naming, build


CASES = [
    *[
        torchvision_case(n)
        for n in """resnet18 resnet34 resnet50 resnet101 mobilenet_v2 mnasnet0_5 mnasnet0_75
        mnasnet1_0 mnasnet1_3 efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3
        efficientnet_b4 efficientnet_b5 vit_b_32""".split()
    ],
    *[
        timm_case(n)
        for n in """mobilenetv2_050 mobilenetv2_140 semnasnet_075 semnasnet_100 mnasnet_100
        mnasnet_small tf_efficientnet_b0 vit_tiny_patch16_224 vit_small_patch32_224
        nasnetalarge""".split()
    ],
]


def logits(model, side):
    torch.manual_seed(7)
    with torch.no_grad():
        return model(torch.randn(2, 3, side, side))


def loaded(model, path):
    """Fills a fresh network; torchvision's MNASNet wants the version that only .pth files carry."""
    state = OrderedDict(load_file(path))
    state._metadata = model.state_dict()._metadata
    model.load_state_dict(state)
    return model.eval()


def equal_states(first, second):
    assert list(first) and set(first) == set(second), set(first) ^ set(second)
    return all(torch.equal(first[name], second[name]) for name in first)


def photograph(folder):
    random = numpy.random.default_rng(3)
    coarse = random.integers(0, 256, (9, 11, 3), dtype=numpy.uint8)
    path = folder / "photo.png"
    Image.fromarray(coarse).resize((350, 270), Image.BICUBIC).save(path)
    return path


def transform(preprocessing):
    """The preprocessing that the converted file itself names, in torchvision's terms."""
    modes = {"bilinear": "bilinear", "bicubic": "bicubic"}
    steps = torchvision.transforms
    mean, deviation = (preprocessing["normalization"][k] for k in ("mean", "deviation"))
    return steps.Compose(
        [
            steps.Resize(
                preprocessing["shorterSide"],
                interpolation=steps.InterpolationMode(modes[preprocessing["filter"]]),
            ),
            steps.CenterCrop((preprocessing["height"], preprocessing["width"])),
            steps.ToTensor(),
            steps.Normalize(mean * (3 // len(mean)), deviation * (3 // len(deviation))),
        ]
    )


def round_trip(case, folder):
    label, name, naming, build = case
    model = randomized(build(), 11)
    source = folder / "source.pth"
    torch.save(model.state_dict(), source)
    target = folder / "converted.safetensors"
    swiftlet("model", "convert", source, "--model", name, "-o", target, "--naming", naming)
    again = loaded(build(), target)
    side = SIDES.get(type(model).__name__, 224)
    before, after = logits(model, side), logits(again, side)
    assert equal_states(model.state_dict(), again.state_dict()), label
    assert torch.equal(before, after), label
    # And once more from what was written.
    second = folder / "again.safetensors"
    swiftlet("model", "convert", target, "-o", second)
    assert target.read_bytes() == second.read_bytes(), label
    print(f"{label}: logits equal bit for bit; probabilities {predicted(model, target, folder)}")


def predicted(model, weights, folder):
    path = photograph(folder)
    told = json.loads(swiftlet("model", "predict", "--weights", weights, path, "--json"))
    description = json.loads(swiftlet("model", "show", weights, "--json"))
    image = transform(description["preprocessing"])(Image.open(path).convert("RGB"))
    with torch.no_grad():
        expected = model(image[None]).softmax(1)[0]
    classes = told["predictions"][0]["classes"]
    worst = max(abs(c["probability"] - expected[c["index"]].item()) for c in classes)
    assert worst < 1e-5, worst
    return f"within {worst:.1e}"


def other_names(folder):
    """The same network under the names of the other package."""
    model = randomized(torchvision.models.efficientnet_b0(weights=None), 5)
    torch.save({"state_dict": model.state_dict(), "epoch": 3}, folder / "source.pth")
    target = folder / "timm.safetensors"
    swiftlet(
        "model", "convert", folder / "source.pth", "--model", "efficientnet_b0", "-o", target,
        "--naming", "timm",
    )
    other = loaded(timm.create_model("efficientnet_b0", pretrained=False), target)
    difference = (logits(model, 224) - logits(other, 224)).abs().max().item()
    assert difference < 1e-5, difference
    print(f"efficientnet_b0 from torchvision to timm: logits within {difference:.1e}")
    model = randomized(torchvision.models.vit_b_32(weights=None), 5)
    save_file(model.state_dict(), folder / "vit.safetensors")
    swiftlet(
        "model", "convert", folder / "vit.safetensors", "--model", "vit_b_32", "-o", target,
        "--naming", "timm",
    )
    other = loaded(timm.create_model("vit_base_patch32_224", pretrained=False), target)
    difference = (logits(model, 224) - logits(other, 224)).abs().max().item()
    assert difference < 1e-4, difference
    print(f"vit_b_32 from torchvision to timm: logits within {difference:.1e}")


def hugging_face(folder):
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        hidden_size=192, num_hidden_layers=12, num_attention_heads=3, intermediate_size=768,
        num_labels=17, layer_norm_eps=1e-6,
    )
    torch.manual_seed(2)
    model = ViTForImageClassification(config).eval()
    model.save_pretrained(folder / "hf")
    source = folder / "hf" / "model.safetensors"
    written = load_file(source)
    target = folder / "hf-timm.safetensors"
    swiftlet(
        "model", "convert", source, "--model", "vit_tiny_patch16_224", "-o", target, "--naming",
        "timm",
    )
    other = loaded(timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=17), target)
    difference = (logits(lambda x: model(x).logits, 224) - logits(other, 224)).abs().max().item()
    assert difference < 1e-5, difference
    back = folder / "hf-back.safetensors"
    swiftlet("model", "convert", target, "-o", back, "--naming", "huggingface")
    assert equal_states(written, load_file(back))
    # In memory the package uses other names than in files.
    save_file(model.state_dict(), folder / "memory.safetensors")
    swiftlet(
        "model", "convert", folder / "memory.safetensors", "--model", "vit_tiny_patch16_224", "-o",
        back, "--naming", "huggingface",
    )
    assert equal_states(written, load_file(back))
    print(f"Hugging Face ViT to timm: logits within {difference:.1e}; back: equal bit for bit")


def google(folder):
    """An .npz file that timm itself reads."""
    model = randomized(timm.create_model("vit_tiny_patch16_224", pretrained=False), 4)
    state = {n: t.detach().numpy() for n, t in model.state_dict().items()}
    width, heads = 192, 3
    arrays = {
        "cls": state["cls_token"],
        "Transformer/posembed_input/pos_embedding": state["pos_embed"],
        "embedding/kernel": state["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
        "embedding/bias": state["patch_embed.proj.bias"],
        "Transformer/encoder_norm/scale": state["norm.weight"],
        "Transformer/encoder_norm/bias": state["norm.bias"],
        "head/kernel": state["head.weight"].T,
        "head/bias": state["head.bias"],
    }
    for layer in range(12):
        ours, block = f"blocks.{layer}", f"Transformer/encoderblock_{layer}"
        attention = f"{block}/MultiHeadDotProductAttention_1"
        for index, norm in ((1, "LayerNorm_0"), (2, "LayerNorm_2")):
            arrays[f"{block}/{norm}/scale"] = state[f"{ours}.norm{index}.weight"]
            arrays[f"{block}/{norm}/bias"] = state[f"{ours}.norm{index}.bias"]
        weights = state[f"{ours}.attn.qkv.weight"].reshape(3, width, width)
        biases = state[f"{ours}.attn.qkv.bias"].reshape(3, heads, width // heads)
        for part, weight, bias in zip(("query", "key", "value"), weights, biases):
            arrays[f"{attention}/{part}/kernel"] = weight.T.reshape(width, heads, width // heads)
            arrays[f"{attention}/{part}/bias"] = bias
        out = state[f"{ours}.attn.proj.weight"].T.reshape(heads, width // heads, width)
        arrays[f"{attention}/out/kernel"] = out
        arrays[f"{attention}/out/bias"] = state[f"{ours}.attn.proj.bias"]
        for index in (0, 1):
            dense = f"{block}/MlpBlock_3/Dense_{index}"
            arrays[f"{dense}/kernel"] = state[f"{ours}.mlp.fc{index + 1}.weight"].T
            arrays[f"{dense}/bias"] = state[f"{ours}.mlp.fc{index + 1}.bias"]
    source, target = folder / "google.npz", folder / "google.safetensors"
    numpy.savez(source, **arrays)
    timms = timm.create_model("vit_tiny_patch16_224", pretrained=False).eval()
    timms.load_pretrained(str(source))
    assert equal_states(model.state_dict(), timms.state_dict())
    swiftlet("model", "convert", source, "--model", "vit_tiny_patch16_224", "-o", target)
    assert equal_states(model.state_dict(), load_file(target))
    print("Google's .npz: equal bit for bit to what timm reads")
    # And for larger images, as timm does with such a file.
    larger = timm.create_model("vit_tiny_patch16_224", pretrained=False, img_size=384).eval()
    larger.load_pretrained(str(source))
    swiftlet(
        "model", "convert", source, "--model", "vit_tiny_patch16_224", "-o", target, "--size",
        384, "--interpolation", "timmArchive",
    )
    found = load_file(target)["pos_embed"]
    difference = (found - larger.state_dict()["pos_embed"]).abs().max().item()
    assert difference < 1e-6, difference
    print(f"Google's .npz at 384 pixels: positions within {difference:.1e} of timm's")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in CASES:
            if not ONLY or any(word in case[0] for word in ONLY):
                round_trip(case, folder)
        for part in (other_names, hugging_face, google):
            if not ONLY or part.__name__ in ONLY:
                part(folder)


if __name__ == "__main__":
    main()
