"""Same seed and settings, same bytes: of the run, its clusters and its report as JSON.

Repeated with one, two and four threads, killed and gone on with, and in a fresh cache of compiled
kernels as well as in a warm one.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np

from lstmtool.data.sequences import from_arrays
from lstmtool.io.sequences import write_sequences
from tests.soak.running import QUICK_SAVING, count, run, start

SHORT = "--restarts 3 --seed 3 --trials 2 --trial-epochs 100 --epochs 200"
KINDS = {
    "bingo": ("--objective", "bingo"),
    "neo": ("--objective", "neo"),
    "single": ("--objective", "bingo", "--precision", "single"),
    "wide": ("--objective", "bingo", "--blocks", "24x2", "--restarts", "1", "--outputs", "3"),
}
THREADS = (1, 2, 4)
FRESH = 7  # every so many repeats the kernels are compiled anew


def data(folder: Path) -> None:
    """Write sequences of three groups and unequal lengths."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(k % 3, 0.5, (rng.integers(15, 30), 2)) for k in range(24)]
    write_sequences(folder / "data.h5", from_arrays(arrays))


def train(folder: Path, kind: str, threads: int, before: str = "", killed_after: float = 0) -> None:
    """Train; where it is to be killed first, go on with what it left."""
    command = ("train", "data.h5", *SHORT.split(), *KINDS[kind], "--threads", threads)
    command = (*command, "-o", "run.h5", "--force")
    if killed_after:
        process = start(command, folder, before + QUICK_SAVING)
        time.sleep(killed_after)
        process.kill()
        process.communicate()
        command = (*command, "--resume")
    run(command, folder, before)


def digests(folder: Path) -> tuple[str, str, str]:
    """SHA-256 of the run, of its exported clusters and of its report as JSON."""
    command = ("report", "run.h5", "--no-html", "--json", "--export", "clusters.h5", "--force")
    told, _ = run(command, folder)
    files = [(folder / name).read_bytes() for name in ("run.h5", "clusters.h5")]
    return tuple(sha256(content).hexdigest() for content in (*files, told.encode()))


def trials(repeats: int, kinds=tuple(KINDS), fresh=FRESH, before="") -> dict[str, Counter]:
    """Repeat every kind of training; return how often which three digests came out."""
    rng, found = random.Random(0), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data(folder)
        for kind in kinds:
            found[kind] = Counter()
            train(folder, kind, 1)
            began = time.monotonic()
            train(folder, kind, 1)
            seconds = time.monotonic() - began
            for repeat in range(repeats):
                with tempfile.TemporaryDirectory() as cache:
                    cold = fresh and repeat % fresh == fresh - 1
                    empty = f"import os; os.environ['NUMBA_CACHE_DIR'] = {cache!r}; " * cold
                    killed = rng.uniform(0.3, 1.0) * seconds if repeat % 2 else 0
                    train(folder, kind, THREADS[repeat % 3], empty + before, killed)
                found[kind][digests(folder)] += 1
    return found


if __name__ == "__main__":
    for kind, counts in trials(count(20)).items():
        print(f"{kind}: {counts.total()} repeats, {len(counts)} different results", flush=True)
        for part, digest in zip(("run", "clusters", "JSON"), next(iter(counts)), strict=True):
            print(f"  {part}: {digest}")
        assert len(counts) == 1
