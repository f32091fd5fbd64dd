"""A million epochs of the smallest network: memory and file stay small, and no epoch is slower."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from lstmtool.data.sequences import from_arrays
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.unfinished import write_unfinished
from lstmtool.training.checkpoint import CheckpointStore
from lstmtool.training.train import train
from tests.soak.running import count
from tests.training.test_train import small


def memory() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(n_epochs: int) -> dict[str, float]:
    """Train so long; return how much memory grew, sizes of the files, and how much was slower.

    `slower` compares the CPU time of an epoch in the last quarter of the training to that in the
    second.
    """
    data = from_arrays([[0.0, 1.0], [1.0, 0.0], [0.5, 2.0]])
    network = {"blocks": (1,), "outputs": 1}
    settings = small("bingo", epochs=n_epochs, restarts=1, network=network)
    train(data, small("bingo", epochs=20, restarts=1, network=network))  # compiles
    seen = []

    def report(progress):
        seen.append((progress.epoch, time.thread_time(), memory()))

    memo = CheckpointStore()
    run = train(data, settings, report=report, keeper=memo)
    epochs, seconds, resident = np.array(seen).T
    marks = [np.searchsorted(epochs, share * n_epochs) for share in (0.25, 0.5, 0.75)]
    marks.append(len(epochs) - 1)
    second = (seconds[marks[1]] - seconds[marks[0]]) / (epochs[marks[1]] - epochs[marks[0]])
    last = (seconds[marks[3]] - seconds[marks[2]]) / (epochs[marks[3]] - epochs[marks[2]])
    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder, "run.h5"), run)
        write_unfinished(Path(folder, "part.h5"), {}, memo.parts())
        sizes = {n: Path(folder, n).stat().st_size / 1e6 for n in ("run.h5", "part.h5")}
        notes = read_run(Path(folder, "run.h5")).notes
    assert run.restarts["epochs"][0] == n_epochs
    assert run.history["epoch"][-1] == n_epochs
    thinned = len(run.history["epoch"]) < n_epochs
    assert thinned == any("thinned" in note for note in notes)
    grown = float(resident[-1] - resident[len(resident) // 20])
    return {"MB more": grown, "slower": float(last / second)} | sizes


if __name__ == "__main__":
    n = count(1_000_000)
    found = measure(n)
    print(f"{n} epochs:", {name: round(value, 3) for name, value in found.items()})
    assert found["MB more"] <= 5 and found["run.h5"] < 20 and found["slower"] < 1.25
