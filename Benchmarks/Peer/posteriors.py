"""Compares Swiftlet's sampler with NumPyro's (CPU, compiled, float64) on reference posteriors.

Both sample 4 chains of 1000 + 1000 iterations one after another on one core, with the same target
acceptance, a diagonal metric and trees up to depth 10. NumPyro's time is that of a loop compiled
before, without finding starting points and without transforming the draws; both times contain
warm-up, and both are the processor's time, which other programs lengthen little. Each round runs
one right after the other and gives one ratio; the medians over rounds are printed.

    swift build -c release --package-path Benchmarks --product PosteriorBenchmark
    pip install numpyro arviz
    SWIFTLET_DATA=... python3 Benchmarks/Peer/posteriors.py [ROUNDS [NAME ...]]

Swiftlet's regressions work on the triangular factor of the design. NumPyro's work on all rows; with
the suffix `:reduced`, as in `nes1980-nes:reduced`, they are given the factor too.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
warnings.filterwarnings("ignore")

import arviz
import jax
import jax.numpy as jnp
import numpy
import numpyro
import numpyro.distributions as dist
from numpyro.infer import NUTS
from numpyro.infer.util import initialize_model

jax.config.update("jax_enable_x64", True)

BINARY = os.environ.get(
    "POSTERIOR_BENCHMARK",
    str(Path(__file__).parents[1] / ".build" / "release" / "PosteriorBenchmark"))
DRAWS = 1000
DATA = Path(os.environ["SWIFTLET_DATA"]) / "posteriordb"


def data(name):
    entries = json.loads((DATA / name / "data.json").read_text())
    return {key: numpy.asarray(value, dtype=float) for key, value in entries.items()}


def eight_schools(entries):
    y, sigma = jnp.array(entries["y"]), jnp.array(entries["sigma"])

    def model():
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        z = numpyro.sample("z", dist.Normal(0, 1).expand([8]))
        theta = numpyro.deterministic("theta", mu + tau * z)
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    return model, ["mu", "tau", "theta"], 0.95


def gaussian_process(entries):
    x, k = jnp.array(entries["x"]), jnp.array(entries["k"])
    squares = (x[:, None] - x[None, :]) ** 2

    def model():
        rho = numpyro.sample("rho", dist.Gamma(25, 4))
        alpha = numpyro.sample("alpha", dist.HalfNormal(2))
        eta = numpyro.sample("eta", dist.Normal(0, 1).expand([11]))
        covariance = alpha**2 * jnp.exp(-0.5 * squares / rho**2) + 1e-10 * jnp.eye(11)
        f = numpyro.deterministic("f", jnp.linalg.cholesky(covariance) @ eta)
        numpyro.sample("k", dist.Poisson(jnp.exp(f)), obs=k)

    return model, ["rho", "alpha", "f"], 0.9


def garch(entries):
    y, first = jnp.array(entries["y"]), float(entries["sigma1"])

    def model():
        mu = numpyro.sample("mu", dist.ImproperUniform(dist.constraints.real, (), ()))
        alpha0 = numpyro.sample("alpha0", dist.ImproperUniform(dist.constraints.positive, (), ()))
        alpha1 = numpyro.sample("alpha1", dist.Uniform(0, 1))
        share = numpyro.sample("share", dist.Uniform(0, 1))
        beta1 = numpyro.deterministic("beta1", (1 - alpha1) * share)
        numpyro.factor("jacobian", jnp.log1p(-alpha1))

        def step(variance, value):
            following = alpha0 + alpha1 * (value - mu) ** 2 + beta1 * variance
            return following, variance

        _, variances = jax.lax.scan(step, first**2, y)
        numpyro.sample("y", dist.Normal(mu, jnp.sqrt(variances)), obs=y)

    return model, ["mu", "alpha0", "alpha1", "beta1"], 0.95


def coefficients(design, error_scale):
    beta = numpyro.sample(
        "beta", dist.ImproperUniform(dist.constraints.real, (), (design.shape[1],)))
    positive = dist.ImproperUniform(dist.constraints.positive, (), ())
    prior = dist.HalfCauchy(error_scale) if error_scale else positive
    return beta, numpyro.sample("sigma", prior)


def reduced_regression(design, response, error_scale):
    factor, count = numpy.linalg.qr(design), len(response)
    target, triangle = jnp.array(factor.Q.T @ response), jnp.array(factor.R)
    rest = float(response @ response - numpy.sum(numpy.asarray(target) ** 2))

    def model():
        beta, sigma = coefficients(design, error_scale)
        squares = rest + jnp.sum((target - triangle @ beta) ** 2)
        numpyro.factor("y", -0.5 * squares / sigma**2 - count * jnp.log(sigma))

    return model, ["beta", "sigma"], 0.9


def regression(design, response, error_scale):
    design, response = jnp.array(design), jnp.array(response)

    def model():
        beta, sigma = coefficients(design, error_scale)
        numpyro.sample("y", dist.Normal(design @ beta, sigma), obs=response)

    return model, ["beta", "sigma"], 0.9


def party_identification(entries, likelihood=regression):
    age = entries["age_discrete"]
    columns = [numpy.ones_like(age), entries["real_ideo"], entries["race_adj"]]
    columns += [(age == group).astype(float) for group in (2, 3, 4)]
    columns += [entries["educ1"], entries["gender"], entries["income"]]
    return likelihood(numpy.stack(columns, 1), entries["partyid7"], None)


def children(entries, likelihood=regression):
    iq = entries["mom_iq"]
    columns = [numpy.ones_like(iq), entries["mom_hs"], iq]
    return likelihood(numpy.stack(columns, 1), entries["kid_score"], 2.5)


MODELS = {
    "eight_schools-eight_schools_noncentered": eight_schools,
    "gp_pois_regr-gp_pois_regr": gaussian_process,
    "garch-garch11": garch,
    "nes1980-nes": party_identification,
    "kidiq-kidscore_momhsiq": children,
}
DEFAULT = [*MODELS, "nes1980-nes:reduced", "kidiq-kidscore_momhsiq:reduced"]


class Peer:
    """NumPyro's kernel in one compiled loop; MCMC.run itself compiles anew at every call."""

    def __init__(self, name):
        folder, _, form = name.partition(":")
        arguments = [reduced_regression] if form == "reduced" else []
        self.model, self.values, acceptance = MODELS[folder](data(folder), *arguments)
        self.kernel = NUTS(self.model, target_accept_prob=acceptance, max_tree_depth=10)

        def step(state, _):
            state = self.kernel.sample(state, (), {})
            return state, (state.z, state.num_steps)

        self.chain = jax.jit(lambda state: jax.lax.scan(step, state, None, 2 * DRAWS)[1])
        jax.block_until_ready(self.chain(self.start(0)))

    def start(self, seed):
        return self.kernel.init(jax.random.PRNGKey(seed), DRAWS, None, (), {})

    def run(self, seed):
        chains = []
        seconds = 0
        for chain in range(4):
            state = self.start(1000 * seed + chain)
            start = time.process_time()
            chains.append(jax.block_until_ready(self.chain(state)))
            seconds += time.process_time() - start
        finish = jax.vmap(self.kernel.postprocess_fn((), {}))
        kept = [finish({key: draws[DRAWS:] for key, draws in z.items()}) for z, _ in chains]
        draws = {key: numpy.stack([chain[key] for chain in kept]) for key in self.values}
        sizes = arviz.ess(arviz.from_dict(draws), method="bulk")
        return {
            "seconds": seconds, "ess": min(float(sizes[key].min()) for key in self.values),
            "gradients": int(sum(steps[DRAWS:].sum() for _, steps in chains)),
        }

    def gradients_per_second(self):
        info = initialize_model(jax.random.PRNGKey(1), self.model)
        gradient = jax.value_and_grad(info.potential_fn)
        place = info.param_info.z

        def step(_, state):
            # Every result enters the next place, or the compiler would leave it out.
            value, slopes = gradient(state)
            return {key: state[key] + 1e-12 * (slopes[key] + value) for key in state}

        count = 2000
        loop = jax.jit(lambda state: jax.lax.fori_loop(0, count, step, state))
        jax.block_until_ready(loop(place))
        start = time.process_time()
        jax.block_until_ready(loop(place))
        return count / (time.process_time() - start)


def swiftlet(name, seed):
    output = subprocess.run(
        [BINARY, "speed", name.partition(":")[0], str(seed)], check=True, capture_output=True, text=True)
    return json.loads(output.stdout)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print("| posterior | ESS/s, Swiftlet | ESS/s, NumPyro | ratio | gradients/s, by hand "
          "| automatic | gradients/s, NumPyro | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name in sys.argv[2:] or DEFAULT:
        peer = Peer(name)
        mine, theirs, rates, automatic, peer_rates = [], [], [], [], []
        for seed in range(1, rounds + 1):
            a, b = swiftlet(name, seed), peer.run(seed)
            mine.append(a["ess"] / a["seconds"])
            theirs.append(b["ess"] / b["seconds"])
            rates.append(a["gradients_per_second"])
            automatic.append(a["automatic_gradients_per_second"])
            peer_rates.append(peer.gradients_per_second())
        ratio = statistics.median(x / y for x, y in zip(mine, theirs))
        rate_ratio = statistics.median(x / y for x, y in zip(rates, peer_rates))
        print(f"| {name} | {statistics.median(mine):,.0f} | {statistics.median(theirs):,.0f} "
              f"| {ratio:.1f} | {statistics.median(rates):,.0f} | "
              + ("–" if None in automatic else f"{statistics.median(automatic):,.0f}") + " "
              f"| {statistics.median(peer_rates):,.0f} | {rate_ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
