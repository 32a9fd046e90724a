"""Prints the expected values of Tests/SamplingTests: Pareto smoothing, leave-one-out, Monte Carlo
errors (ArviZ) and special values (mpmath).

    pip install arviz mpmath
    python3 Tests/Reference/sampling_reference.py
"""

import math
import warnings

import arviz
import mpmath
import numpy

warnings.filterwarnings("ignore")


def heavy_ratios(shape):
    uniform = [((37 * i) % 400 + 0.5) / 400 for i in range(400)]
    return numpy.array([-shape * math.log(1 - u) for u in uniform])


def log_likelihood():
    values = numpy.zeros((4, 100, 6))
    for chain in range(4):
        for draw in range(100):
            mean = 0.4 * math.sin(1.3 * draw + chain) + 0.1 * math.cos(0.7 * draw * draw)
            for place in range(6):
                error = 2 * math.sin(place) - mean
                values[chain, draw, place] = -0.5 * error * error - 0.9189385332046727
    return values


def chains():
    return numpy.array(
        [
            [math.sin(0.7 * i + c) + 0.05 * c * math.cos(0.11 * i * i) + 0.1 * c for i in range(100)]
            for c in range(4)
        ]
    )


def main():
    for shape in (0.4, 0.6, 0.9):
        weights, k = arviz.psislw(heavy_ratios(shape).copy())
        print(f"psis {shape}: k {float(k):.12f}, largest {float(weights.max()):.12f},"
              f" first {float(weights[0]):.12f}")
    data = arviz.from_dict(
        posterior={"x": numpy.zeros((4, 100))}, log_likelihood={"y": log_likelihood()})
    loo = arviz.loo(data, pointwise=True, reff=1.0)
    print(f"loo: elpd {loo.elpd_loo:.10f}, se {loo.se:.10f}, p {loo.p_loo:.10f}")
    for p in (0.05, 0.5, 0.95):
        error = float(arviz.mcse(chains(), method="quantile", prob=p))
        size = float(arviz.ess(chains(), method="quantile", prob=p))
        print(f"quantile {p}: ess {size:.8f}, mcse {error:.10f}")
    print(f"mcse of the mean {float(arviz.mcse(chains())):.12f}")
    mpmath.mp.dps = 30
    y, mean, phi = mpmath.mpf(3), mpmath.mpf(50), mpmath.mpf("1.5")
    mass = (mpmath.loggamma(y + phi) - mpmath.loggamma(phi) - mpmath.loggamma(y + 1)
            + phi * mpmath.log(phi / (phi + mean)) + y * mpmath.log(mean / (phi + mean)))
    print(f"negative binomial (3, 50, 1.5): {mpmath.nstr(mass, 15)}")


if __name__ == "__main__":
    main()
