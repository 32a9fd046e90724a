"""Expected values for EpidemicsTests, computed with NumPy and SciPy and nothing of Swiftlet.

    pip install numpy==2.* scipy==1.*
    python3 Tests/Reference/epidemics_reference.py > Tests/EpidemicsTests/Fixtures/epidemics.json

Trajectories are DOP853 at a relative tolerance of 1e-12; the one-region density follows the
formulas of the published specification with fixed-step Runge-Kutta.
"""
import json

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.special import gammaln


def chain(k_exposed, k_infectious, k_dying, means=(3.5, 4.0, 15.4)):
    counts = (k_exposed, k_infectious, k_dying)
    return np.concatenate([np.full(k, k / d) for k, d in zip(counts, means)])


def derivative(state, beta, population, rates, k_exposed, k_infectious, fatality):
    people = state[1:-1]
    infections = beta * people[k_exposed:k_exposed + k_infectious].sum() / population * state[0]
    flow = rates * people
    inflow = np.concatenate([[infections], flow[:-1]])
    inflow[k_exposed + k_infectious] *= fatality
    return np.concatenate([[-infections], inflow - flow, [flow[-1]]])


def start(population, seed, rates, k_exposed):
    state = np.zeros(len(rates) + 2)
    state[0] = population - seed
    state[1:1 + k_exposed] = seed / k_exposed
    return state


def trajectory(stages, beta, days, population=1e6, seed=100.0, fatality=0.0066):
    rates = chain(*stages)
    state = start(population, seed, rates, stages[0])
    dead = []
    for day in range(days):
        result = solve_ivp(
            lambda t, x: derivative(x, beta[day], population, rates, stages[0], stages[1], fatality),
            (0, 1), state, method="DOP853", rtol=1e-12, atol=1e-9)
        state = result.y[:, -1]
        dead.append(state[-1])
    return {"stages": stages, "susceptible": state[0], "dead": dead}


COUNTS = [0] * 18 + [
    1, 0, 0, 0, 1, 4, 0, 2, 4, 2, 1, 5, 9, 7, 1, 9, 4, 9, 8, 11, 10, 9, 17, 17, 32, 26, 29, 38, 21,
    41, 31, 35, 32, 25, 27, 24, 40, 36, 28, 35, 16, 28, 34, 23, 45, 12, 45, 26, 20, 43, 12, 8, 21,
    18, 17, 8, 9, 10, 11, 13, 20, 12, 5, 10, 7, 7]


def mobility():
    t = np.arange(84.0)
    s = lambda x: 1 / (1 + np.exp(-x))
    visits = -0.55 * s((t - 30) / 2) + 0.15 * s((t - 75) / 4) + 0.03 * (t % 7 >= 5)
    home = 0.22 * s((t - 32) / 2) - 0.08 * s((t - 75) / 4)
    return np.round(visits, 4), np.round(home, 4)


def negative_binomial(y, mean, phi):
    return (gammaln(y + phi) - gammaln(phi) - gammaln(y + 1) + phi * np.log(phi / (phi + mean))
            + y * np.log(mean / (phi + mean)))


def one_region(q):
    """The log density of unconstrained a, w1, w2, log sz, eps 12, log E0, log ik."""
    a, w = q[0], q[1:3]
    scale, eps, seed, dispersion = np.exp(q[3]), q[4:16], np.exp(q[16]), np.exp(q[17])
    visits, home = mobility()
    z = np.cumsum(scale * eps)
    beta = np.exp(a + w[0] * visits + w[1] * home + z[np.arange(84) // 7])
    population, fatality, stages, h = 5e6, 0.0066, (2, 2, 4), 0.5
    rates = chain(*stages)
    state = start(population, seed, rates, stages[0])
    means = []
    for day in range(84):
        before = state[-1]
        for _ in range(2):
            f = lambda x: derivative(x, beta[day], population, rates, 2, 2, fatality)
            k1 = f(state)
            k2 = f(state + h / 2 * k1)
            k3 = f(state + h / 2 * k2)
            k4 = f(state + h * k3)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        means.append(max(state[-1] - before, 1e-8))
    likelihood = negative_binomial(np.array(COUNTS), np.array(means), 1 / dispersion**2).sum()
    normal = lambda x, m, s: -0.5 * ((x - m) / s)**2 - np.log(s) - 0.5 * np.log(2 * np.pi)
    prior = (normal(a, np.log(0.65), 0.4) + normal(w, 0, 2).sum() + normal(eps, 0, 1).sum()
             + normal(q[16], np.log(100), 1.5)
             + normal(scale, 0, 0.15) + np.log(2) + q[3]
             + normal(dispersion, 0, 0.5) + np.log(2) + q[17])
    return likelihood + prior


def main():
    beta = [0.75] * 30 + [0.20] * 60
    point = np.concatenate([
        [-0.4, 1.5, -1, np.log(0.08)],
        [.3, -.2, .1, .5, -.4, .2, 0, .1, -.1, .3, -.6, .25], [np.log(180), np.log(0.28)]])
    gradient = []
    for index in range(18):
        def at(change):
            moved = point.copy()
            moved[index] += change
            return one_region(moved)
        h = 1e-3
        gradient.append((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h))
    generator = np.diag(np.append(-chain(2, 2, 4), 0)) + np.diag(chain(2, 2, 4), 1)
    print(json.dumps({
        "beta": beta,
        "trajectories": [trajectory(stages, beta, 90) for stages in
                         [(2, 2, 4), (1, 1, 1), (4, 3, 6)]],
        "lag": [[d, expm(generator * d)[0, -1]] for d in (3, 7.5, 22.9, 55)],
        "negativeBinomial": [
            [y, mean, phi, negative_binomial(y, mean, phi)] for y, mean, phi in
            [(0, 0.3, 5), (7, 4.2, 3), (120, 95.5, 12), (3, 50, 1.5), (2000, 1500, 400)]],
        "oneRegion": {"density": one_region(point), "gradient": gradient},
    }, indent=1))


if __name__ == "__main__":
    main()
