"""CMA-ES beside pycma and cmaes: time per generation, evaluations to a target, noisy values.

    python evolution.py --program Benchmarks/.build/release/EvolutionBenchmark

The three programs take turns, round by round, so that they meet the same machine; a ratio is the
median over the rounds. Time is that of asking, telling and testing whether to stop, without the
objective, on one thread; populations are the default ones. Set OPENBLAS_NUM_THREADS=1.
"""

import argparse
import json
import statistics
import subprocess
import time
import warnings

import cma
import cmaes
import numpy as np

warnings.filterwarnings("ignore")
clock = time.process_time


def sphere(x):
    return float(np.dot(x, x))


def ellipsoid(x):
    return float(np.sum(1e6 ** (np.arange(len(x)) / (len(x) - 1)) * x * x))


def rosenbrock(x):
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


class PyCMA:
    def __init__(self, start, step, seed, target=None):
        options = {"verbose": -9, "seed": seed}
        if target is not None:
            options |= {"ftarget": target, "tolflatfitness": 1000}
        self.search = cma.CMAEvolutionStrategy(start, step, options)
        self.population = self.search.popsize

    def ask(self):
        return self.search.ask()

    def tell(self, points, values):
        self.search.tell(points, values)
        return bool(self.search.stop())


class CMAES:
    def __init__(self, start, step, seed, target=None):
        self.search = cmaes.CMA(mean=start, sigma=step, seed=seed)
        self.population = self.search.population_size

    def ask(self):
        return [self.search.ask() for _ in range(self.population)]

    def tell(self, points, values):
        self.search.tell(list(zip(points, values)))
        return self.search.should_stop()


PEERS = {"pycma": PyCMA, "cmaes": CMAES}


def overhead(peer, dimension, generations):
    """Microseconds per generation."""
    search = peer(np.ones(dimension), 0.5, 1)
    total = 0.0
    for generation in range(-1, generations):
        start = clock()
        points = search.ask()
        asked = clock()
        values = [sphere(x) for x in points]
        evaluated = clock()
        search.tell(points, values)
        told = clock()
        if generation >= 0:
            total += asked - start + told - evaluated
    return total / generations * 1e6


def evaluations(peer, function, dimension, seed):
    """Evaluations to 1e-9, or 0 if the search stopped before."""
    valley = function is rosenbrock
    start = np.zeros(dimension) if valley else np.ones(dimension)
    search = peer(start, 0.2 if valley else 0.5, seed, 1e-9)
    count = 0
    while True:
        points = search.ask()
        values = [function(x) for x in points]
        count += len(values)
        over = search.tell(points, values)
        if min(values) <= 1e-9:
            return count
        if over:
            return 0


def swift(program, *arguments):
    output = subprocess.run([program, *map(str, arguments)], capture_output=True, check=True)
    return json.loads(output.stdout)


def compare_overhead(program, rounds, dimensions):
    """Times of all three and ratios per dimension."""
    result = {}
    for dimension, ours, theirs in [
        (24, 4000, {"pycma": 400, "cmaes": 400}),
        (100, 1000, {"pycma": 200, "cmaes": 60}),
        (1000, 40, {"pycma": 24, "cmaes": 1}),
    ]:
        if dimension not in dimensions:
            continue
        rows = []
        for _ in range(rounds):
            own = swift(program, "overhead", "--dimension", dimension, "--generations", ours)
            row = {"swiftlet": own["ask"] + own["tell"]}
            for name, count in theirs.items():
                row[name] = overhead(PEERS[name], dimension, count)
            rows.append(row)
        result[dimension] = {
            name: round(statistics.median(row[name] for row in rows), 1) for name in rows[0]
        } | {
            f"{name} / swiftlet": round(
                statistics.median(row[name] / row["swiftlet"] for row in rows), 1)
            for name in theirs
        }  # fmt: skip
    return result


def summary(counts):
    reached = sorted(count for count in counts if count)
    return {"reached": f"{len(reached)} of {len(counts)}", "least": reached[0],
            "median": reached[len(reached) // 2], "most": reached[-1]}  # fmt: skip


def compare_evaluations(program, seeds):
    result = {}
    for function, dimension in [
        (sphere, 10), (ellipsoid, 10), (rosenbrock, 10), (sphere, 40), (ellipsoid, 20),
    ]:  # fmt: skip
        name = function.__name__
        own = swift(
            program, "evaluations", "--dimension", dimension, "--function", name, "--seeds", seeds)
        rows = {"swiftlet": summary(own["evaluations"])}
        for peer, kind in PEERS.items():
            rows[peer] = summary(
                [evaluations(kind, function, dimension, seed) for seed in range(1, seeds + 1)])
        result[f"{name} {dimension}"] = rows
    return result


def compare_noise(program, seeds):
    """Squared distances of the mean from the optimum of a noisy sphere after 10,000 evaluations."""
    own = swift(program, "noise", "--dimension", 10, "--seeds", seeds)
    rows = {"swiftlet, exact": own["exact"], "swiftlet, adapted": own["adapted"]}
    for name, adapt in [("cmaes, exact", False), ("cmaes, adapted", True)]:
        rows[name] = []
        for seed in range(1, seeds + 1):
            random = np.random.default_rng(seed)
            search = cmaes.CMA(mean=np.full(10, 3.0), sigma=2.0, seed=seed, lr_adapt=adapt)
            for _ in range(10_000 // search.population_size):
                points = [search.ask() for _ in range(search.population_size)]
                search.tell([(x, sphere(x) + random.standard_normal()) for x in points])
            rows[name].append(sphere(search.mean))
    return {name: round(statistics.median(values), 4) for name, values in rows.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the EvolutionBenchmark program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[24, 100, 1000])
    parser.add_argument("--only", choices=["overhead", "evaluations", "noise"])
    options = parser.parse_args()
    report = {}
    if options.only in (None, "overhead"):
        report["overhead"] = compare_overhead(
            options.program, options.rounds, options.dimensions)
    if options.only in (None, "evaluations"):
        report["evaluations"] = compare_evaluations(options.program, options.seeds)
    if options.only in (None, "noise"):
        report["noise"] = compare_noise(options.program, 5)
    print(json.dumps(report, indent=2))
