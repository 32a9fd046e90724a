"""Images per second of torchvision's DataLoader beside LoaderBenchmark, in turns.

    python Benchmarks/Peer/loader.py --case photos --data FOLDER [--workers 2] [--rounds 5]
        [--program Benchmarks/.build/release/LoaderBenchmark]

Both get the same files, the same batch size and as many workers, threads there and processes here,
and prepare images by the same recipe. A round runs one after the other; the median of the rounds'
ratios is the result, because machines that are shared change their speed from minute to minute.
"""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

MEANS = {"photos": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
         "cifar": ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616])}


class Pictures(torch.utils.data.Dataset):
    """Files in class folders; small pictures are decoded once and kept as arrays."""

    def __init__(self, folder, task):
        self.files = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in
                            {".png", ".jpg", ".jpeg"})
        self.arrays = None
        if task == "cifar":
            self.arrays = [np.array(Image.open(f).convert("RGB")) for f in self.files]
            steps = [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()]
        else:
            steps = [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()]
        names = sorted({f.parent.name for f in self.files})
        self.labels = [names.index(f.parent.name) for f in self.files]
        self.transform = transforms.Compose(
            steps + [transforms.ToTensor(), transforms.Normalize(*MEANS[task])])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        if self.arrays is not None:
            image = Image.fromarray(self.arrays[index])
        else:
            with open(self.files[index], "rb") as file:
                image = Image.open(file).convert("RGB")
        return self.transform(image), self.labels[index]


def batches(loader):
    while True:
        yield from loader


def peer_rate(pictures, workers, batch, seconds):
    sampler = torch.utils.data.RandomSampler(pictures, replacement=True, num_samples=10**7)
    loader = torch.utils.data.DataLoader(
        pictures, batch, sampler=sampler, num_workers=workers, drop_last=True)
    stream = batches(loader)
    for _ in range(3):
        next(stream)
    start, count = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        count += next(stream)[0].shape[0]
    rate = count / (time.monotonic() - start)
    del stream, loader
    return rate


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", choices=["cifar", "photos"], required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--program", default="Benchmarks/.build/release/LoaderBenchmark")
    options, more = parser.parse_known_args()
    batch = options.batch or (128 if options.case == "cifar" else 32)
    torch.set_num_threads(1)
    pictures = Pictures(options.data, options.case)
    rounds = []
    for _ in range(options.rounds):
        out = subprocess.run(
            [options.program, "--case", options.case, "--data", options.data, "--batch", str(batch),
             "--workers", str(options.workers), "--seconds", str(options.seconds), *more],
            capture_output=True, text=True, check=True).stdout
        own = json.loads(out)["imagesPerSecond"]
        peer = peer_rate(pictures, options.workers, batch, options.seconds)
        rounds.append({"swiftlet": own, "torchvision": peer, "ratio": own / peer})
    print(json.dumps({
        "case": options.case, "workers": options.workers, "batch": batch, "rounds": rounds,
        "medianRatio": statistics.median(r["ratio"] for r in rounds)}, indent=1))


main()
