"""Eight processes that write one run: one wins, the others leave with code 6 within a second.

And reads while a file is written again and again: each sees a whole one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lstmtool.errors import DataError, FileError
from lstmtool.io.sequences import read_sequences, write_sequences
from tests.builders import small_sequences
from tests.soak.running import ROOT, count, start

TRAIN = ("train", "small.h5", "-o", "run.h5", "--restarts", 2, "--trials", 1, "--stages", "bingo")
# The lock is taken before anything is imported that takes long: NumPy would be.
TELLS = """
import sys, time
from lstmtool.io import locks
plain = locks._try
def telling(lock):
    if lock.name == ".lstmtool-run.h5.lock":
        print("reached", time.time(), "numpy" in sys.modules, flush=True)
    return plain(lock)
locks._try = telling
import atexit
atexit.register(lambda: print("left", time.time(), flush=True))
"""


class Torn(Exception):
    """A reader saw a part of a file."""


def race(folder: Path, n_processes: int) -> float:
    """Start so many trainings at once; return the longest time in which a loser left, seconds."""
    write_sequences(folder / "small.h5", small_sequences())
    flags = (*TRAIN, "--epochs", 10**9)
    processes = [start(flags, folder, TELLS) for _ in range(n_processes)]
    end = time.monotonic() + 60
    while sum(p.poll() is None for p in processes) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    winners = [p for p in processes if p.poll() is None]
    assert len(winners) == 1, f"{len(winners)} of {n_processes} are writing"
    while not (folder / "run.partial.h5").exists():
        assert winners[0].poll() is None, winners[0].communicate()
        time.sleep(0.05)
    winners[0].terminate()
    longest = 0.0
    for process in processes:
        out, err = process.communicate(timeout=30)
        reached, heavy = out.split("reached ")[1].split()[:2]
        assert heavy == "False", "the lock is taken after heavy imports"
        if process in winners:
            assert process.returncode == 143, err
        else:
            assert process.returncode == 6, err
            assert err.startswith("Error: Another process is writing run.h5."), err
            longest = max(longest, float(out.split("left ")[1]) - float(reached))
    (folder / "run.partial.h5").unlink()
    return longest


WRITES = """
import sys
from lstmtool.io.sequences import write_sequences
from tests.builders import small_sequences
{before}
n, versions = 0, [small_sequences(2000, seed=seed) for seed in range(3)]
while True:
    n += 1
    write_sequences(sys.argv[1], versions[n % 3])
"""


def read_while_writing(folder: Path, n_reads: int, before: str = "") -> int:
    """Read a file so often while it is written; return how many different versions were seen."""
    path = folder / "data.h5"
    versions = [small_sequences(2000, seed=seed).values.tobytes() for seed in range(3)]
    write_sequences(path, small_sequences(2000))
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES.format(before=before), str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    first = path.stat().st_mtime_ns
    seen = set()
    try:
        while path.stat().st_mtime_ns == first and writer.poll() is None:
            time.sleep(0.01)
        for _ in range(n_reads):
            try:
                seen.add(versions.index(read_sequences(path).values.tobytes()))
            except (DataError, FileError, ValueError) as error:
                raise Torn(str(error)) from error
        assert writer.poll() is None, "nothing was written"
    finally:
        writer.kill()
        writer.wait()
    return len(seen)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for _ in range(5):
            seconds = race(Path(name), 8)
            print(f"8 processes: one wrote, 7 left with code 6, the last after {seconds:.2f} s")
        n = count(10_000)
        print(f"{n} reads during writing: all whole, {read_while_writing(Path(name), n)} versions")
