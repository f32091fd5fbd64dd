"""From a file to clusters: seconds and memory of whole commands, beside those of other packages.

    python -m benchmarks.clusters [--sizes 20x100,200x275] [--ceiling 300] [--methods k-Shape]

Every method is a process of its own that reads the same NumPy file, of three groups of shapes
(cylinder, bell, funnel) stretched to the length, and is told nothing but, for the others, the
number of groups. Kernels are compiled before, on a smaller file. Uses the environment of
`make real-sets`, writes benchmarks/CLUSTERS.md.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

SIZES = "20x100,200x275,1000x24,5000x100,50000x100"
CEILING = 300  # seconds after which a method is given up, and not tried at larger sizes
THREADS = 2
GROUPS = 3
PAGE = Path(__file__).parent / "CLUSTERS.md"
EUCLIDEAN = "k-means, Euclidean (tslearn)"
DTW = "k-means, DTW (tslearn)"
K_SHAPE = "k-Shape (tslearn)"
KASBA = "KASBA (aeon)"
BINGO, NEO = "lstmtool train", "lstmtool train --objective neo"
TRAIN = "from lstmtool.cli.main import main; main()"
OURS = {BINGO: (), NEO: ("--objective", "neo")}
OTHERS = (EUCLIDEAN, DTW, K_SHAPE, KASBA)


def shapes(n_sequences, n_steps, seed=0):
    """Draw cylinders, bells and funnels in noise (N, T), and their groups, in turn."""
    rng, t = np.random.default_rng(seed), np.linspace(0.0, 1.0, n_steps)
    groups = np.arange(n_sequences) % GROUPS
    start, width = rng.uniform(0.12, 0.25, n_sequences), rng.uniform(0.25, 0.75, n_sequences)
    place = (t - start[:, None]) / width[:, None]
    curves = np.array([np.ones_like(place), place, 1.0 - place])[groups, np.arange(n_sequences)]
    heights = 6.0 + rng.normal(size=(n_sequences, 1))
    inside = (place >= 0.0) & (place <= 1.0)
    return heights * curves * inside + rng.normal(size=(n_sequences, n_steps)), groups


def cluster(method, path):
    """Cluster the file (N, T, 1) by another package; return the clusters."""
    values = np.load(path)
    values = (values - values.mean()) / values.std()
    if method == KASBA:
        from aeon.clustering import KASBA as Model

        return Model(GROUPS, random_state=0).fit_predict(values.transpose(0, 2, 1))
    from tslearn.clustering import KShape, TimeSeriesKMeans

    if method == K_SHAPE:
        return KShape(GROUPS, random_state=0).fit_predict(values)
    metric = "dtw" if method == DTW else "euclidean"
    return TimeSeriesKMeans(
        GROUPS, metric=metric, n_init=10 if metric == "euclidean" else 1, random_state=0,
        n_jobs=THREADS,
    ).fit_predict(values)  # fmt: skip


def command_of(method, path, folder):
    """Return the command that clusters the file and stores the clusters in the folder."""
    if method in OURS:
        run = ("-o", str(folder / "run.h5"), "--force", "--quiet", "--threads", str(THREADS))
        return [sys.executable, "-c", TRAIN, "train", str(path), *run, *OURS[method]]
    code = f"import sys; sys.path[:0] = [{str(PAGE.parent.parent)!r}]; "
    code += "from benchmarks.clusters import *; "
    code += f"np.save({str(folder / 'found.npy')!r}, cluster({method!r}, {str(path)!r}))"
    return [sys.executable, "-c", code]


def measured(command, folder, ceiling):
    """Return seconds, processor seconds and megabytes of a command; None if it is given up."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "kernels")}
    environment |= {f"{name}_NUM_THREADS": str(THREADS) for name in ("OMP", "OPENBLAS", "NUMBA")}
    with (folder / "errors").open("w+") as errors:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors
        )
        start = time.perf_counter()
        pid, spent = 0, 0.0
        while not pid and spent <= ceiling:
            time.sleep(0.005)
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            spent = time.perf_counter() - start
        if not pid:
            process.kill()
            _, status, _ = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # which Popen cannot know
        if not pid:
            return None
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(command[:4])} ...: {errors.read()[-500:]}")
    return spent, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def agreement_of(method, folder, groups):
    """Return the adjusted Rand index of what the last command found."""
    from sklearn.metrics import adjusted_rand_score

    if method in OURS:
        from lstmtool.clustering.assess import assess
        from lstmtool.io.runs import read_run

        return adjusted_rand_score(groups, assess(read_run(folder / "run.h5")).clusters)
    return adjusted_rand_score(groups, np.load(folder / "found.npy"))


def row(size, methods, ceiling, given_up):
    """Measure all methods on one size; return the row of the table."""
    n_sequences, n_steps = size
    values, groups = shapes(n_sequences, n_steps)
    cells = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "data.npy"
        for method in methods:
            if method in given_up:
                cells.append(f"more than {ceiling} at a smaller size")
                continue
            few = shapes(60, 24)[0] if method not in OURS else values[: min(n_sequences, 60)]
            np.save(path, few[:, :, None])
            measured(command_of(method, path, folder), folder, ceiling)  # compiles what it needs
            np.save(path, values[:, :, None])
            found = measured(command_of(method, path, folder), folder, ceiling)
            if found is None:
                given_up.add(method)
                cells.append(f"more than {ceiling}")
                continue
            seconds, processor, memory = found
            ari = agreement_of(method, folder, groups)
            cells.append(f"{seconds:.1f} ({processor:.1f}), {memory:.0f} MB, {ari:.2f}")
            print(size, method, cells[-1], flush=True)
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--ceiling", type=int, default=CEILING)
    parser.add_argument("--methods", help="names, separated by semicolons")
    arguments = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in arguments.sizes.split(",")]
    methods = arguments.methods.split(";") if arguments.methods else [*OURS, *OTHERS]
    given_up, rows = set(), []
    for size in sizes:
        rows.append((size, row(size, methods, arguments.ceiling, given_up)))
    lines = [
        "# From a file to clusters",
        "",
        f"Whole processes, of {THREADS} threads, that read one NumPy file of cylinders, bells and",
        "funnels: seconds (and seconds of processors), peak memory, adjusted Rand index. All are",
        "told the number of groups but lstmtool, which finds it, and says how sure it is. Kernels",
        f"were compiled before. {platform.machine()}, {os.cpu_count()} processors,",
        f"{date.today():%Y-%m-%d}; `python -m benchmarks.clusters`.",
        "",
        "| sequences x steps | " + " | ".join(methods) + " |",
        "|---" * (len(methods) + 1) + "|",
        *(f"| {n:,} x {t} | " + " | ".join(cells) + " |" for (n, t), cells in rows),
    ]
    PAGE.write_text("\n".join(lines) + "\n")
    print(PAGE)


if __name__ == "__main__":
    main()
