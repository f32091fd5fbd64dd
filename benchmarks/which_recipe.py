"""Which recipe suits fast sequences: kinds of generated data with known groups, not of the archive.

    python benchmarks/which_recipe.py [--kinds ar2,tones] [--recipes shapes,trained] [--seeds 3]

Prints the adjusted Rand index of every seed, told the number of groups. *Trained* is the recipe in
which memory blocks are trained, `stationary` or `phase-locked`; *k-means* is that of the values.
"""

import argparse
import time

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from lstmtool.data.alignment import find_alignment
from lstmtool.data.sequences import from_arrays
from lstmtool.estimators import BingoLSTM

RECIPES = ("shapes", "waveforms", "trained", "auto", "k-means")


def _times(n):
    return np.arange(float(n))


def resonance(rng, group):
    """Noise with a resonance at one of three frequencies."""
    noise, angle, x = rng.normal(size=200), 2 * np.pi * (0.08, 0.15, 0.25)[group], np.zeros(200)
    for t in range(2, 200):
        x[t] = 1.8 * np.cos(angle) * x[t - 1] - 0.81 * x[t - 2] + noise[t]
    return x[50:]


def transient(rng, group):
    """One of three short waves at a random time, in noise."""
    t = _times(24)
    waves = (3 * np.hanning(24) * np.sin(t), 3.5 * np.hanning(24), 3.5 * np.linspace(-1, 1, 24))
    x, start = rng.normal(0, 0.7, 120), rng.integers(5, 91)
    x[start : start + 24] += waves[group]
    return x


def coupling(rng, group):
    """Two inputs with the same tone, in phase, a quarter apart, or opposite."""
    phase = 2 * np.pi * rng.uniform(0.06, 0.1) * _times(120) + rng.uniform(0, 2 * np.pi)
    lag = (0.0, np.pi / 2, np.pi)[group]
    return np.stack([np.sin(phase), np.sin(phase + lag)], 1) + rng.normal(0, 0.6, (120, 2))


def symbols(rng, group):
    """Three symbols that mostly go round, round the other way, or stay."""
    x, now = np.zeros((80, 3)), rng.integers(3)
    for t in range(80):
        likely = (now + (1, 2, 0)[group]) % 3
        now = likely if rng.random() < 0.7 else rng.integers(3)
        x[t, now] = 1.0
    return x


def bursts(rng, group):
    """Noise of constant variance, or alternately loud and quiet."""
    loud = (_times(150) // 15 + rng.integers(2)) % 2
    return rng.normal(size=150) * (np.where(loud, 1.34, 0.45) if group else 1.0)


def chirps(rng, group):
    """Tones that rise, fall or stay, of random phase."""
    t, (low, high) = _times(150) / 150, ((6, 20), (20, 6), (13, 13))[group]
    phase = 2 * np.pi * (low * t + (high - low) * t**2 / 2 + rng.uniform())
    return np.sin(phase) + rng.normal(0, 0.4, 150)


def duty(rng, group):
    """Square waves that are high for a part of their period, of random phase and period."""
    period = rng.integers(18, 26)
    high = (_times(200) + rng.integers(period)) % period < (0.15, 0.3, 0.5)[group] * period
    return (high - high.mean()) / high.std() + rng.normal(0, 0.5, 200)


def order(rng, group):
    """Two waves, early and late, each of one sign or the other."""
    x = rng.normal(0, 0.4, 120)
    for bit, start in enumerate((rng.integers(5, 35), rng.integers(65, 95))):
        x[start : start + 20] += (3 * (group >> bit & 1) - 1.5) * np.sin(_times(20) * np.pi / 10)
    return x


def tones(rng, group):
    """Tones of four frequencies that begin in phase, with a third harmonic."""
    phase = 2 * np.pi * (0.05, 0.06, 0.075, 0.09)[group] * _times(100)
    third = rng.uniform(0.2, 0.5) * np.sin(3 * phase + rng.normal(0, 0.3))
    return np.sin(phase) + third + rng.normal(0, 0.25, 100)


def evoked(rng, group):
    """One of three wave packets at a fixed time, in noise."""
    t, (step, lag, centre) = _times(80), ((1 / 3, 0, 30), (1 / 3, 2, 30), (0.45, 0, 40))[group]
    packet = np.sin(t * step + lag) * np.exp(-(((t - centre) / 12) ** 2))
    return 1.5 * packet + rng.normal(0, 0.8, 80)


def jitter(rng, group):
    """One of three wave packets, a few steps early or late."""
    t, (step, centre) = _times(100) - rng.normal(0, 2), ((0.4, 40), (0.4, 60), (0.6, 50))[group]
    return 1.3 * np.sin(t * step) * np.exp(-(((t - centre) / 15) ** 2)) + rng.normal(0, 0.5, 100)


def steps(rng, group):
    """A level that rises, once or for a while, under a fixed tone and noise."""
    t = _times(60)
    level = (0 * t, t > 20, t > 40, (t > 20) & (t < 40))[group]
    return 1.2 * level + 0.8 * np.sin(t / 1.5) + rng.normal(size=60)


KINDS = {
    **{f.__name__: (f, 3) for f in (resonance, transient, coupling, symbols)},
    **{f.__name__: (f, k) for f, k in ((bursts, 2), (chirps, 3), (duty, 3), (order, 4))},
    **{f.__name__: (f, k) for f, k in ((tones, 4), (evoked, 3), (jitter, 3), (steps, 4))},
}


def generate(kind, seed, per_group):
    make, n_groups = KINDS[kind]
    rng, groups = np.random.default_rng([seed, len(kind)]), np.arange(n_groups * per_group)
    groups %= n_groups
    return [make(rng, group) for group in groups], groups


def clusters(recipe, data, n_groups, seed):
    if recipe == "k-means":
        values = np.stack([np.ravel(x) for x in data])
        return KMeans(n_groups, n_init=10, random_state=seed).fit_predict(values)
    if recipe == "trained":
        locked = find_alignment(from_arrays(data)).locked
        name, own = "phase-locked" if locked else "stationary", {"restarts": 8}
        return BingoLSTM(recipe=name, clusters=n_groups, random_state=seed, **own).fit_predict(data)
    return BingoLSTM(recipe=recipe, clusters=n_groups, random_state=seed).fit_predict(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--recipes", default=",".join(RECIPES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--per-group", type=int, default=30)
    arguments = parser.parse_args()
    for kind in arguments.kinds.split(","):
        for recipe in arguments.recipes.split(","):
            found, start = [], time.perf_counter()
            for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
                data, groups = generate(kind, seed, arguments.per_group)
                labels = clusters(recipe, data, KINDS[kind][1], seed)
                found.append(adjusted_rand_score(groups, labels))
            seconds = (time.perf_counter() - start) / arguments.seeds
            figures = " ".join(f"{ari:.2f}" for ari in found)
            print(f"{kind:10} {recipe:10} {figures}  ({seconds:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
