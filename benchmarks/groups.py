"""How many groups are found, and how uneven they may be, by the defaults of `lstmtool train`.

    python -m benchmarks.groups number [--seeds 5] [--jobs 2]
    python -m benchmarks.groups uneven [--seeds 10] [--jobs 2]

`number` plants 1 to 8 groups of 25 sequences in three kinds of data, and counts how often each
number is found. `uneven` plants two groups of 120 sequences, the smaller one with a half to a
twentieth of them, and counts how often the groups are found (adjusted Rand index of .9 or more), by
several options. Both also count how often confidence was high.
"""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.evidence import with_evidence
from lstmtool.data.sequences import from_arrays
from lstmtool.jobs.settings import PLACES
from lstmtool.jobs.starting import Start
from lstmtool.training.output_search import grow
from lstmtool.training.train import train

N_STEPS, PER_GROUP, N_UNEVEN = 100, 25, 120
RIGHT = 0.9
T = np.arange(N_STEPS)


def level(rng, group, count):
    """Return noise around a level, one deviation from the next."""
    return group + rng.normal(size=N_STEPS)


def bump(rng, group, count):
    """Return a bump at one of evenly spaced times, in noise."""
    at = N_STEPS * (group + 1.0) / (count + 1.0) + 1.0 * rng.normal()
    return 2.0 * np.exp(-0.5 * ((T - at) / 4.0) ** 2) + 0.2 * rng.normal(size=N_STEPS)


def tone(rng, group, count):
    """Return a sinusoid of any phase, its frequency a third higher than the next, in noise."""
    angle = 0.2 * (4 / 3) ** group * T + rng.uniform(0.0, 2.0 * np.pi)
    return np.sin(angle) + 0.3 * rng.normal(size=N_STEPS)


KINDS = {"levels": level, "bumps": bump, "tones": tone}
WAYS = {
    "BINGO": {},
    "BINGO, --outputs auto": {"outputs": "auto"},
    "NEO": {"objective": "neo"},
}
OPTIONS = {
    "defaults": {},
    "--outputs 1": {"outputs": 1},
    "--marginal-weight 1": {"marginal_weight": 1.0},
    "--marginal-weight 0.5": {"marginal_weight": 0.5},
    "--objective neo": {"objective": "neo"},
    "--clusters 2": {"clusters": 2},
    "neo --clusters 2": {"objective": "neo", "clusters": 2},
}
SHARES = (0.5, 0.2, 0.1, 0.05)


def cluster(data, seed, **options):
    """Cluster as `lstmtool train` does with these options; return clusters, ARI and the word."""
    values = {"objective": "bingo", "recipe": "auto", "augment": "auto", "effort": "normal"}
    values |= {"stages": None, "rate_factor": 1.0, "seed": seed} | options
    settings = Start(dict.fromkeys(PLACES) | values, {})(data)[0]
    if options.get("outputs") == "auto":
        run = grow(settings, len(data), lambda s: train(data, s), lambda r: Assigner(r).score(data))
    else:
        run = train(data, settings)
    found = assess(with_evidence(run, data))
    return len(np.unique(found.clusters)), found.after.ari, found.confidence.word


def _labelled(arrays, groups):
    names = tuple(map(str, range(groups.max() + 1)))
    return from_arrays(arrays, labels=groups, label_names=names)


def number(task):
    """Return what one way finds of so many groups."""
    kind, count, way, seed = task
    rng = np.random.default_rng([seed, count, sum(kind.encode())])
    groups = np.repeat(np.arange(count), PER_GROUP)
    data = _labelled([KINDS[kind](rng, g, count) for g in groups], groups)
    return task, cluster(data, seed, **WAYS[way])


def uneven(task):
    """Return what some options find of two groups of unequal size."""
    kind, share, option, seed = task
    rng = np.random.default_rng([seed, int(100 * share), sum(kind.encode())])
    groups = (np.arange(N_UNEVEN) >= (1.0 - share) * N_UNEVEN).astype(int)
    data = _labelled([KINDS[kind](rng, 2 * g, 4) for g in groups], groups)
    return task, cluster(data, seed, **OPTIONS[option])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", choices=("number", "uneven"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    seeds = range(100, 100 + arguments.seeds)
    if arguments.table == "number":
        one, columns, ways = number, tuple(range(1, 9)), WAYS
    else:
        one, columns, ways = uneven, SHARES, OPTIONS
    tasks = [(k, c, w, s) for k in KINDS for w in ways for c in columns for s in seeds]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        found = dict(pool.map(one, tasks))
    print("| kind | how |", " | ".join(map(str, columns)), "|")
    print("|---|---|" + "---|" * len(columns))
    for kind in KINDS:
        for way in ways:
            cells = [
                _cell(arguments.table, c, [found[kind, c, way, s] for s in seeds]) for c in columns
            ]
            print(f"| {kind} | {way} |", " | ".join(cells), "|")


def _cell(table, planted, results):
    high = sum(word == "high" for *_, word in results)
    if table == "uneven":
        right = sum(ari >= RIGHT for _, ari, _ in results)
        return f"{right}/{len(results)} ({high})"
    counts = Counter(n for n, *_ in results)
    median = int(np.median([n for n, *_ in results]))
    return f"{median}: {counts[planted]}/{len(results)} ({high})"


if __name__ == "__main__":
    main()
