"""CIFAR ResNet-20 in PyTorch by the recipe Recipes/Vision/cifar-quick.yaml.

    python cifar_resnet.py --data FOLDER --seed 1 --output curve.json

FOLDER holds cifar10-train-50000.tar.gz and cifar10-test-5000.tar.gz: JPEG files named
split/class/number.jpg. The network is He et al. (2016), section 4.2, with parameter-free shortcuts
(option A); weights are normal with variance 2 / inputs, as in the paper.
"""
import argparse
import io
import json
import math
import os
import tarfile
import time

import torch
import torch.nn.functional as F
from torch import nn

MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1)


class Block(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.missing = stride, width - inputs

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        if self.stride != 1 or self.missing:
            before = self.missing // 2
            x = x[:, :, :: self.stride, :: self.stride]
            x = F.pad(x, (0, 0, 0, 0, before, self.missing - before))
        return F.relu(y + x, inplace=True)


class ResNet(nn.Module):
    def __init__(self, depth=20, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        blocks, inputs = [], 16
        for stage, width in enumerate((16, 32, 64)):
            for index in range((depth - 2) // 6):
                blocks.append(Block(inputs, width, 2 if stage and index == 0 else 1))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.linear(self.blocks(x).mean((2, 3)))


def read(path):
    import numpy
    from PIL import Image

    images, labels = [], []
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".jpg"):
                picture = Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB")
                images.append(torch.from_numpy(numpy.array(picture)).permute(2, 0, 1))
                labels.append(member.name.split("/")[1])
    classes = sorted(set(labels))
    return torch.stack(images), torch.tensor([classes.index(label) for label in labels])


def augmented(images, generator):
    """Crops 32x32 out of 40x40 with zeros around, and mirrors half of the images."""
    count, padded = images.shape[0], F.pad(images, (4, 4, 4, 4))
    rows = torch.randint(0, 9, (count,), generator=generator).tolist()
    columns = torch.randint(0, 9, (count,), generator=generator).tolist()
    flips = (torch.rand(count, generator=generator) < 0.5).tolist()
    result = torch.empty_like(images)
    for i in range(count):
        crop = padded[i, :, rows[i] : rows[i] + 32, columns[i] : columns[i] + 32]
        result[i] = crop.flip(2) if flips[i] else crop
    return result


def normalized(images):
    return (images.float() / 255 - MEAN) / DEVIATION


def accuracy(model, images, labels):
    model.eval()
    right = 0
    with torch.inference_mode():
        for start in range(0, len(labels), 250):
            logits = model(normalized(images[start : start + 250]))
            right += (logits.argmax(1) == labels[start : start + 250]).sum().item()
    model.train()
    return right / len(labels)


def factor(step, steps, warmup):
    if step < warmup:
        return (step + 1) / warmup
    return (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1))) / 2


def optimizer_for(model, arguments):
    return torch.optim.SGD(
        model.parameters(), lr=arguments.rate, momentum=0.9, weight_decay=1e-4, fused=True)


def train(arguments):
    torch.manual_seed(arguments.seed)
    generator = torch.Generator().manual_seed(arguments.seed)
    images, labels = read(os.path.join(arguments.data, "cifar10-train-50000.tar.gz"))
    test = read(os.path.join(arguments.data, "cifar10-test-5000.tar.gz"))
    model = ResNet().to(memory_format=torch.channels_last)  # a sixth faster here
    optimizer = optimizer_for(model, arguments)
    curve, losses, order, start = [], [], torch.empty(0, dtype=torch.long), time.time()
    for step in range(arguments.steps):
        if len(order) < arguments.batch:
            order = torch.randperm(len(labels), generator=generator)
        chosen, order = order[: arguments.batch], order[arguments.batch :]
        for group in optimizer.param_groups:
            group["lr"] = arguments.rate * factor(step, arguments.steps, arguments.warmup)
        logits = model(normalized(augmented(images[chosen], generator)))
        loss = F.cross_entropy(logits, labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % arguments.interval == 0 or step + 1 == arguments.steps:
            record = {
                "step": step + 1, "loss": sum(losses) / len(losses),
                "accuracy": accuracy(model, *test), "seconds": time.time() - start}
            losses = []
            curve.append(record)
            print(json.dumps(record), flush=True)
    if arguments.output:
        with open(arguments.output, "w") as file:
            json.dump({"seed": arguments.seed, "curve": curve}, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--output")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=520)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--warmup", type=int, default=40)
    parser.add_argument("--interval", type=int, default=130)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(options)


if __name__ == "__main__":
    main()
