"""Continual HyperTransformer (Vladymyrov, Zhmoginov and Sandler, TMLR 2024) in eager PyTorch.

The peer of the Swift implementation: sequences of tasks over the HyperTransformer of
`hypertransformer.py`, one sequence per step as a PyTorch user would write it, class-incremental, with
the queries of all tasks so far in one batch.

    python continual.py --bench --tasks 5                 # speed on random images
"""

import argparse
import json
import time
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from hypertransformer import Config, HyperTransformer, peak_memory


def class_means(embeddings, labels, ways):
    members = F.one_hot(labels, ways).to(embeddings.dtype).T
    return members @ embeddings / members.sum(1, keepdim=True)


def sequence_loss(model, sequence):
    """Mean cross-entropy of all queries of tasks 0...t after every task t.

    Of logits that are minus squared distances to stored prototypes, divided by the width.
    """
    ways = model.config.ways
    slices, prototypes, queries, labels, total, weight = None, [], [], [], 0, 0
    for t, (support, support_labels, task_queries, task_labels) in enumerate(sequence):
        slices = model.generate(support, support_labels, previous=slices)
        prototypes.append(class_means(model.classify(slices, support), support_labels, ways))
        queries.append(task_queries)
        labels.append(task_labels + ways * t)
        embedded = model.classify(slices, torch.cat(queries))
        distances = torch.cdist(embedded, torch.cat(prototypes)).square()
        logits = -distances / embedded.shape[1]
        total = total + (t + 1) * F.cross_entropy(logits, torch.cat(labels))
        weight += t + 1
    return total / weight


def train_step(model, optimizer, sequence):
    optimizer.zero_grad(set_to_none=True)
    loss = sequence_loss(model, sequence)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimizer.step()
    return loss.detach()


def random_sequence(config, tasks, shots, queries):
    image = (config.image_channels, config.side, config.side)
    labels = torch.arange(config.ways * shots) % config.ways
    expected = torch.arange(config.ways * queries) % config.ways
    draw = lambda count: torch.rand(count, *image) * 2 - 1
    return [(draw(len(labels)), labels, draw(len(expected)), expected) for _ in range(tasks)]


def benchmark(model, options):
    before = peak_memory()
    pool = [
        random_sequence(model.config, options.tasks, options.shots, options.queries)
        for _ in range(4)
    ]
    optimizer = torch.optim.SGD(model.parameters(), 0.02)
    for step in range(3):
        train_step(model, optimizer, pool[step])
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    times = []
    for step in range(options.steps):
        start = clock()
        train_step(model, optimizer, pool[step % len(pool)])
        times.append(clock() - start)
    report = {
        "peer": f"torch {torch.__version__}",
        "threads": torch.get_num_threads(),
        "tasks": options.tasks,
        "parameters": sum(p.numel() for p in model.parameters()),
        "sequences_per_second": 1 / float(np.median(times)),
        "memory_before_megabytes": before,
        "peak_memory_megabytes": peak_memory(),
    }
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in report.items()}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--bench", action="store_true", help="measure speed on random images")
    add("--tasks", type=int, default=5, help="tasks per sequence")
    add("--ways", type=int, default=5, help="classes per task")
    add("--shots", type=int, default=1, help="labelled images per class")
    add("--queries", type=int, default=3, help="queries per class")
    add("--channels", type=int, default=8, help="channels of the written network")
    add("--steps", type=int, default=30)
    add("--threads", type=int, default=1)
    add("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    config = replace(
        Config(), ways=options.ways, network="maxpool-3-layer", channels=options.channels,
        outputs=32, gated=True)  # fmt: skip
    benchmark(HyperTransformer(config), options)


if __name__ == "__main__":
    main()
