"""The one-place and the ten-place epidemic model in NumPyro, for speed beside EpidemicBenchmark.

    pip install numpyro==0.22.* jax
    python3 Benchmarks/Peer/epidemics.py one|ten [warmup draws]

Same data, priors, Runge-Kutta steps and coordinates (non-centered) as the Swift program; compiled,
float64, one thread. Compilation is timed apart. Effective draws are rank-normalized bulk ones, of the
values that both programs report; `EpidemicBenchmark sample one|ten` prints the same line.
"""
import json
import os
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import ndtri
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer import NUTS
from numpyro.infer.util import initialize_model

jax.config.update("jax_enable_x64", True)
numpyro.enable_validation(False)

COUNTS = [0] * 18 + [
    1, 0, 0, 0, 1, 4, 0, 2, 4, 2, 1, 5, 9, 7, 1, 9, 4, 9, 8, 11, 10, 9, 17, 17, 32, 26, 29, 38, 21,
    41, 31, 35, 32, 25, 27, 24, 40, 36, 28, 35, 16, 28, 34, 23, 45, 12, 45, 26, 20, 43, 12, 8, 21,
    18, 17, 8, 9, 10, 11, 13, 20, 12, 5, 10, 7, 7]


def features(day):
    s = lambda x: 1 / (1 + np.exp(-x))
    visits = -0.55 * s((day - 30) / 2) + 0.15 * s((day - 75) / 4) + (0.03 if day % 7 >= 5 else 0)
    home = 0.22 * s((day - 32) / 2) - 0.08 * s((day - 75) / 4)
    return [round(visits, 4), round(home, 4)]


def places(count):
    if count == 1:
        return (np.array([COUNTS]), np.array([[features(t) for t in range(84)]]),
                np.array([5e6]))
    counts, rows, population = [], [], []
    for place in range(count):
        scale, shift = 0.5 + 0.2 * place, place % 5
        counts.append([np.floor(COUNTS[max(0, t - shift)] * scale + 0.5) for t in range(84)])
        rows.append([[features(max(0, t - shift))[0] * (0.9 + 0.02 * place),
                      features(max(0, t - shift))[1]] for t in range(84)])
        population.append(2e6 + 1e6 * place)
    return np.array(counts), np.array(rows), np.array(population)


def deaths(beta, seed, population, substeps):
    """Daily deaths [day, place] for contact rates [day, place]."""
    rates = jnp.array([2 / 3.5] * 2 + [2 / 4.0] * 2 + [4 / 15.4] * 4)[:, None]
    h = 1 / substeps

    def change(state, b):
        people = state[1:9]
        infections = b * (people[2] + people[3]) / population * state[0]
        flow = rates * people
        inflow = jnp.concatenate([infections[None], flow[:-1]])
        inflow = inflow.at[4].multiply(0.0066)
        return jnp.concatenate([-infections[None], inflow - flow, flow[-1:]])

    def day(state, b):
        before = state[9]
        for _ in range(substeps):
            k1 = change(state, b)
            k2 = change(state + h / 2 * k1, b)
            k3 = change(state + h / 2 * k2, b)
            k4 = change(state + h * k3, b)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return state, state[9] - before

    start = jnp.concatenate([(population - seed)[None], seed[None] / 2, seed[None] / 2,
                             jnp.zeros((7, seed.shape[0]))])
    return jax.lax.scan(day, start, beta)[1]


def model(counts, mobility, population, substeps):
    count = counts.shape[0]
    if count == 1:
        a = numpyro.sample("a", dist.Normal(np.log(0.65), 0.4))[None]
        w = numpyro.sample("w", dist.Normal(0, 2).expand([2]).to_event(1))[None]
    else:
        a = (numpyro.sample("mu_a", dist.Normal(np.log(0.65), 0.4))
             + numpyro.sample("tau_a", dist.HalfNormal(0.25))
             * numpyro.sample("eps_a", dist.Normal(0, 1).expand([count]).to_event(1)))
        w = (numpyro.sample("mu_w", dist.Normal(0, 2).expand([2]).to_event(1))
             + numpyro.sample("tau_w", dist.HalfNormal(0.5).expand([2]).to_event(1))
             * numpyro.sample("eps_w", dist.Normal(0, 1).expand([count, 2]).to_event(2)))
    scale = numpyro.sample("sigma_z", dist.HalfNormal(0.15))
    eps = numpyro.sample("eps", dist.Normal(0, 1).expand([count, 12]).to_event(2))
    z = jnp.repeat(jnp.cumsum(scale * eps, axis=1), 7, axis=1)
    seed = jnp.exp(numpyro.sample(
        "log_seed", dist.Normal(np.log(100), 1.5).expand([count]).to_event(1)))
    dispersion = numpyro.sample("dispersion", dist.HalfNormal(0.5))
    # The Swift program gives positions beyond exp(3) no density; here draws of the start need it.
    beta = jnp.exp(jnp.minimum(a[:, None] + jnp.einsum("rj,rtj->rt", w, mobility) + z, 3.0))
    mean = jnp.maximum(deaths(beta.T, seed, population, substeps).T, 1e-8)
    for key, value in [("contact", a), ("mobility", w), ("latent", z[:, ::7]), ("seed", seed),
                       ("phi", dispersion**-2), ("reproduction", 4 * beta[:, -1])]:
        numpyro.deterministic(key, value)
    numpyro.sample("y", dist.NegativeBinomial2(mean, 1 / dispersion**2).to_event(2), obs=counts)


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "one"
    warmup, draws = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (500, 500)
    count = 1 if name == "one" else 10
    arguments = (*[jnp.asarray(x) for x in places(count)], 2 if count == 1 else 1)

    info = initialize_model(jax.random.PRNGKey(0), model, model_args=arguments)
    gradient = jax.jit(jax.value_and_grad(info.potential_fn))
    point = info.param_info.z
    start = time.perf_counter()
    jax.block_until_ready(gradient(point))
    compiled = time.perf_counter() - start
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(50):
            result = gradient(point)
        jax.block_until_ready(result)
        best = min(best, (time.perf_counter() - start) / 50)

    # Inside one compiled loop, so that the cost of a call does not count.
    def step(z, _):
        value, slope = jax.value_and_grad(info.potential_fn)(z)
        return jax.tree.map(lambda x, g: x - 1e-12 * g, z, slope), value

    loop = jax.jit(lambda z: jax.lax.scan(step, z, None, length=200))
    jax.block_until_ready(loop(point))
    inside = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        jax.block_until_ready(loop(point))
        inside = min(inside, (time.perf_counter() - start) / 200)
    print(f"{name}: compile {compiled:.1f} s, {best * 1e6:.0f} us per gradient call, "
          f"{inside * 1e6:.0f} us inside a compiled loop")
    if draws == 0:
        return

    measure_sampling(name, arguments, warmup, draws)


# What EpidemicBenchmark reports too; increments and standardized deviations are left out.
VALUES = ["mu_a", "tau_a", "contact", "mu_w", "tau_w", "mobility", "sigma_z", "latent", "seed",
          "phi", "reproduction"]


def bulk_ess(value):
    """Effective draws of rank-normalized split chains, [chain, draw, ...]."""
    half = value.shape[1] // 2
    split = np.concatenate([value[:, :half], value[:, -half:]])
    flat = split.reshape(-1, *split.shape[2:])
    ranks = np.argsort(np.argsort(flat, axis=0), axis=0) + 1
    normal = np.asarray(ndtri((ranks - 0.375) / (len(flat) + 0.25))).reshape(split.shape)
    return effective_sample_size(normal)


def measure_sampling(name, arguments, warmup, draws):
    """Two chains, one after the other in a loop compiled before; processor seconds of the loop."""
    init = numpyro.infer.init_to_median(num_samples=15)
    kernel = NUTS(model, target_accept_prob=0.9, init_strategy=init)
    start = kernel.init(jax.random.PRNGKey(1), warmup, None, arguments, {})

    def step(state, _):
        state = kernel.sample(state, arguments, {})
        return state, (state.z, state.num_steps, state.diverging)

    loop = lambda state: jax.lax.scan(step, state, None, warmup + draws)[1]
    compiled = jax.jit(loop).lower(start).compile()
    used, chains = 0.0, []
    for seed in (1, 2):
        state = kernel.init(jax.random.PRNGKey(seed), warmup, None, arguments, {})
        before = time.process_time()
        chains.append(jax.block_until_ready(compiled(state)))
        used += time.process_time() - before
    finish = jax.jit(jax.vmap(kernel.postprocess_fn(arguments, {})))
    kept = [finish({key: value[warmup:] for key, value in z.items()}) for z, _, _ in chains]
    grouped = {key: np.stack([chain[key] for chain in kept]) for key in VALUES if key in kept[0]}
    with np.errstate(all="ignore"):
        least = min(float(bulk_ess(value).min()) for value in grouped.values())
        worst = max(float(np.max(split_gelman_rubin(value))) for value in grouped.values())
    steps = sum(int(n[warmup:].sum()) for _, n, _ in chains)
    every = sum(int(n.sum()) for _, n, _ in chains)
    divergent = sum(int(d[warmup:].sum()) for _, _, d in chains)
    print(json.dumps({
        "program": "numpyro", "model": name, "warmup": warmup, "draws": draws, "seconds": used,
        "ess": least, "ess_per_second": least / used, "leapfrogs_per_draw": steps / (2 * draws),
        "gradients_per_second": every / used, "divergent": divergent, "r_hat": worst}), flush=True)


if __name__ == "__main__":
    main()
