"""Writes Tests/VisionTests/Fixtures/backbones.json: what torchvision's and timm's networks compute.

No checkpoint is needed: every tensor is filled from the hash of its own name. Needs
torchvision==0.28.0 and timm==1.0.31 beside the engine's torch:
    python Tests/Reference/backbones_reference.py [shared-oracle.json]
With the file of an earlier, shorter run as an argument, the numbers are compared with it first.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy
import timm
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

torch.set_default_dtype(torch.float64)
CLASSES, LABELS = 10, torch.tensor([3, 7])


def uniform(name, count):
    """Numbers in [-1, 1): splitmix64 started from the FNV-1a hash of the name."""
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = ((hashed ^ byte) * 0x100000001B3) % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(hashed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return torch.from_numpy((z >> numpy.uint64(11)).astype(numpy.float64) / 2**53 * 2 - 1)


def formula(name, shape, is_norm):
    u = uniform(name, int(numpy.prod(shape))).reshape(shape)
    last = name.split(".")[-1]
    if name.endswith("running_mean"):
        return 0.1 * u
    if name.endswith("running_var"):
        return 1 + 0.2 * u
    if last == "weight" and is_norm:
        return 1 + 0.1 * u
    if last.endswith("bias"):
        return 0.1 * u
    if len(shape) >= 2 and any(part in last for part in ("token", "pos_embed", "pos_embedding")):
        return 0.1 * u
    if len(shape) >= 2:
        return (6 / (u.numel() / shape[0])) ** 0.5 * u
    return 0.1 * u


def fill(model):
    norms = {
        f"{name}.weight"
        for name, module in model.named_modules()
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm))
    }
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(formula(name, tensor.shape, name in norms))
    return model


class CIFARBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.pad = (outputs - inputs) // 2
        self.stride = stride

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


class CIFARResNet(nn.Module):
    """He et al. (2016), section 4.2, with shortcuts of option A."""

    def __init__(self, depth):
        super().__init__()
        count = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        widths = [16, 16, 32, 64]
        for stage in (1, 2, 3):
            blocks = [CIFARBlock(widths[stage - 1], widths[stage], 1 if stage == 1 else 2)]
            blocks += [CIFARBlock(widths[stage], widths[stage], 1) for _ in range(count - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class IsometricBlock(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(width), nn.Conv2d(width, inner, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(inner), nn.Conv2d(inner, inner, 3, 1, 1, bias=False)
        self.bn3, self.conv3 = nn.BatchNorm2d(inner), nn.Conv2d(inner, width, 1, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        return x + self.conv3(F.relu(self.bn3(y)))


class IsometricResNet(nn.Module):
    def __init__(self, factor, width, depth):
        super().__init__()
        self.factor = factor
        self.conv1 = nn.Conv2d(3 * factor * factor, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(*[IsometricBlock(width, width // 4) for _ in range(depth)])
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.blocks(self.bn1(self.conv1(F.pixel_unshuffle(x, self.factor))))
        return self.fc(F.relu(self.norm(x)).mean((2, 3)))


def torchvision_model(name, **options):
    return getattr(torchvision.models, name)(weights=None, num_classes=CLASSES, **options)


def timm_model(name, **options):
    return timm.create_model(name, pretrained=False, num_classes=CLASSES, **options)


CASES = {
    **{
        f"torchvision/{name}": (lambda name=name: torchvision_model(name), 64)
        for name in (
            "resnet18", "resnet50", "mobilenet_v2", "mnasnet1_0", "mnasnet0_5", "efficientnet_b0",
            "efficientnet_b5",
        )
    },
    "torchvision/vit_b_32": (lambda: torchvision_model("vit_b_32", image_size=64), 64),
    "timm/vit_tiny_patch16_224": (lambda: timm_model("vit_tiny_patch16_224", img_size=64), 64),
    **{
        f"timm/{name}": (lambda name=name: timm_model(name), 64)
        for name in (
            "semnasnet_100", "mnasnet_small", "mobilenetv2_100", "mobilenetv2_140",
            "efficientnet_b0", "tf_efficientnet_b0",
        )
    },
    "timm/nasnetalarge": (lambda: timm_model("nasnetalarge"), 96),
    "cifar/resnet20": (lambda: CIFARResNet(20), 32),
    "isometric/r4w32d3": (lambda: IsometricResNet(4, 32, 3), 32),
}


def without_randomness(model):
    for module in model.modules():
        if isinstance(module, (nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
        if type(module).__name__ == "DropPath":
            module.drop_prob = 0.0
        if isinstance(getattr(module, "drop_rate", None), float):
            module.drop_rate = 0.0
    return model


def digest(names):
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def run(build, side, wanted):
    model = without_randomness(fill(build()))
    shape = [2, 3, side, side]
    images = uniform("input", int(numpy.prod(shape))).reshape(shape)
    names = list(model.state_dict())
    result = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "input": shape,
        "name_count": len(names),
        "names_sha256": digest(names),
    }
    model.eval()
    logits = model(images)
    loss = F.cross_entropy(logits, LABELS)
    parameters = dict(model.named_parameters())
    gradients = dict(zip(parameters, torch.autograd.grad(loss, list(parameters.values()))))
    result["eval_logits"] = logits.detach().flatten().tolist()
    result["loss"] = loss.item()
    result["gradient_norms"] = {
        name: gradients[name].norm().item() for name in wanted or list(gradients)[:: len(gradients) // 6]
    }
    result["all_gradients_norm"] = sum(g.square().sum() for g in gradients.values()).sqrt().item()
    if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()):
        model.train()
        with torch.no_grad():
            result["train_logits"] = model(images).flatten().tolist()
        state = model.state_dict()
        means = [state[name] for name in state if name.endswith("running_mean")]
        variances = [state[name] for name in state if name.endswith("running_var")]
        result["after_train_means_norm"] = sum(t.square().sum() for t in means).sqrt().item()
        result["after_train_variances_norm"] = (
            sum(t.square().sum() for t in variances).sqrt().item()
        )
        result["after_train_first_mean"] = means[0][:4].tolist()
        result["after_train_last_variance"] = variances[-1][:4].tolist()
    return result


def compare(name, found, oracle):
    """The shared oracle prints seven digits and more."""
    pairs = list(zip(found["eval_logits"][:8], oracle["eval_logits_row0"]))
    pairs += [(found["loss"], oracle["loss"])]
    pairs += [(found["gradient_norms"][n], v) for n, v in oracle["gradient_norms"].items()]
    if "train_logits_row0" in oracle:
        pairs += list(zip(found["train_logits"][:8], oracle["train_logits_row0"]))
    worst = max(abs(a - b) / max(abs(b), 1e-3) for a, b in pairs)
    assert worst < 1e-6 and found["parameters"] == oracle["parameters"], (name, worst)
    print(f"{name}: agrees with the shared oracle to {worst:.1e}")


def counts():
    """Parameters of every published variant, without allocating them."""
    torchvision_names = """resnet18 resnet34 resnet50 resnet101 mobilenet_v2 mnasnet0_5 mnasnet0_75
        mnasnet1_0 mnasnet1_3 efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3
        efficientnet_b4 efficientnet_b5 efficientnet_b6 efficientnet_b7 vit_b_16 vit_b_32 vit_l_16
        vit_l_32 vit_h_14""".split()
    timm_names = """mobilenetv2_035 mobilenetv2_050 mobilenetv2_075 mobilenetv2_100 mobilenetv2_140
        semnasnet_050 semnasnet_075 semnasnet_100 semnasnet_140 mnasnet_050 mnasnet_075 mnasnet_100
        mnasnet_140 mnasnet_small tf_efficientnet_b0 tf_efficientnet_b7 vit_tiny_patch16_224
        vit_small_patch16_224 vit_small_patch32_224 vit_base_patch16_224 vit_base_patch32_224
        vit_large_patch16_224 vit_large_patch32_224 vit_huge_patch14_224 nasnetalarge""".split()
    result = {}
    with torch.device("meta"):
        for name in torchvision_names:
            model = getattr(torchvision.models, name)(weights=None)
            result[f"torchvision/{name}"] = summary(model)
        for name in timm_names:
            model = timm.create_model(name, pretrained=False, num_classes=1000)
            result[f"timm/{name}"] = summary(model)
    return result


def summary(model):
    names = list(model.state_dict())
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "name_count": len(names),
        "names_sha256": digest(names),
    }


def interpolations():
    """A 5x4 grid resampled by the rules of the packages that PyTorch's own resize computes."""
    grid = uniform("grid", 2 * 5 * 4).reshape(1, 2, 5, 4)
    rules = {
        "timmArchive": dict(mode="bilinear", align_corners=False),
        "timm": dict(mode="bicubic", align_corners=False, antialias=True),
        "torchvision": dict(mode="bicubic", align_corners=True),
        "huggingFace": dict(mode="bicubic", align_corners=False),
        "google": dict(mode="bilinear", align_corners=True),
    }
    result = []
    for name, options in rules.items():
        for size in ([7, 9], [3, 2], [5, 6]):
            values = F.interpolate(grid, size=size, **options)
            flat = values.permute(0, 2, 3, 1).flatten().tolist()
            result.append({"convention": name, "size": size, "values": flat})
    return result


def main():
    shared = json.loads(Path(sys.argv[1]).read_text()) if len(sys.argv) > 1 else {}
    cases = {}
    for name, (build, side) in CASES.items():
        cases[name] = run(build, side, shared.get(name, {}).get("gradient_norms"))
        if name in shared:
            compare(name, cases[name], shared[name])
        else:
            print(name)
    content = {"cases": cases, "counts": counts(), "interpolations": interpolations()}
    path = Path(__file__).parents[1] / "VisionTests" / "Fixtures" / "backbones.json"
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
