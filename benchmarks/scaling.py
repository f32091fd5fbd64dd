"""Time epochs and restarts on more threads, more workers, more sequences; write SCALING.md.

    python -m benchmarks.scaling [--sequences 1000,10000,100000] [--streamed 100000,1000000]
                                 [--rounds 3]

Needs `pip install -e '.[cluster]'`. A scheduler and workers with one thread each run on this
machine along with the command, so only as many workers as cores are measured; times for more are
extrapolated from the measured compute and messages, and marked as such. All times are of the whole
command, the fastest of the rounds, less that of the same command with less to do.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lstmtool.io import hdf5
from lstmtool.io.kinds import SEQUENCES
from tests.clusters import cluster

RESULTS = Path(__file__).parent / "SCALING.md"
LSTMTOOL = [sys.executable, "-c", "from lstmtool.cli.main import main; main()"]
TRAIN = ("train", "--recipe", "literal", "--objective", "bingo", "--selection", "none")
TRAIN = (*TRAIN, "--force", "-o", "run.h5")
STEPS = 100
ENOUGH = 1_000_000  # sequences in all epochs together: some seconds, much longer than the start
DIVIDED = 3000  # sequences from which an epoch is divided; smaller sets run here
MORE = (4, 8, 16)
AT_ONCE = 1 << 30  # bytes of a file of sequences that are loaded at most


def seconds(folder, *arguments):
    """Return the wall-clock time of a command and its peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*LSTMTOOL, *TRAIN, *arguments],
        cwd=folder,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder / "kernels")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} ended with {status}")
    kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return time.perf_counter() - start, kilobytes / 1e3


def each(folder, option, few, many, rounds, *arguments):
    """Seconds of one epoch, or of one restart, from two commands, and MB of the longer one.

    Each command runs `rounds` times, and the fastest counts, since other programs can only slow it
    down.
    """
    runs = {times: [] for times in (few, many)}
    for _ in range(rounds):
        for times, found in runs.items():
            found.append(seconds(folder, *arguments, option, str(times)))
    less, more = (min(run[0] for run in runs[times]) for times in (few, many))
    return (more - less) / (many - few), max(memory for _, memory in runs[many])


def ways(folder):
    """Yield names of ways to compute, and their options; workers run while one is used."""
    for threads in (1, 2):
        yield f"{threads} thread{'s' * (threads > 1)}", ("--threads", str(threads)), 0
    for workers in (1, 2):
        with cluster(folder, workers) as made:
            name = f"{workers} worker{'s' * (workers > 1)}"
            yield name, ("--cluster", made.address), workers


def write_noise(path, n):
    """Write n sequences in another process, since commands inherit this one's peak memory."""
    process = get_context("spawn").Process(target=_write_noise, args=(path, n))
    process.start()
    process.join()


def _write_noise(path, n):
    """Write n sequences of two inputs of normal noise."""
    values = np.random.default_rng(n).standard_normal((n * STEPS, 2))

    def build(file):
        hdf5.write_header(file, SEQUENCES)
        for axis, length in {"step": len(values), "input": 2, "boundary": n + 1}.items():
            hdf5.add_axis(file, axis, length)
        hdf5.add_array(file, "values", values, ["step", "input"])
        hdf5.add_array(file, "offsets", STEPS * np.arange(n + 1), ["boundary"])
        hdf5.add_axis(file, "sequence", n)

    hdf5.write_atomically(path, build)


def compare(folder, sizes, rounds):
    for n in sizes:
        write_noise(folder / f"{n}.h5", n)
    times, restarts = {}, {}
    for name, options, workers in ways(folder):
        alone = ("20.h5", "--epochs", "500", *options)
        seconds(folder, *alone, "--restarts", "1")  # compiles and loads
        restarts[name], _ = each(folder, "--restarts", 4, 44, rounds, *alone)
        print(f"{name}: {1 / restarts[name]:.3g} restarts/s", file=sys.stderr, flush=True)
        for n in sizes[1:]:
            shards = ("--shards", str(workers)) if workers else ()
            once = (f"{n}.h5", "--restarts", "1", *options, *shards)
            seconds(folder, *once, "--epochs", "1")
            epochs = 2 + max(5, ENOUGH // n)
            times[n, name], _ = each(folder, "--epochs", 2, epochs, rounds, *once)
            print(f"{name}, {n}: {times[n, name]:.3g} s", file=sys.stderr, flush=True)
    return times, restarts


def compare_streams(folder, sizes):
    """Return seconds per epoch and memory of sequences in memory and on disk, one round."""
    found = {}
    for n in sizes:
        path = folder / f"{n}.h5"
        if not path.exists():
            write_noise(path, n)
        held = 16 * n * STEPS < AT_ONCE
        for option in ((), ("--stream",)) if held else (("--stream",),):
            flags = (path.name, "--restarts", "1", *option)
            seconds(folder, *flags, "--epochs", "1")
            found[n, option] = each(folder, "--epochs", 1, 1 + max(5, ENOUGH // n), 1, *flags)
            print(f"{n} {option}: {found[n, option]}", file=sys.stderr, flush=True)
    return found


def table_of_streams(sizes, found):
    lines = ["Seconds per epoch, control included, all threads, and in brackets the command's"]
    lines += ["peak memory in MB; `--stream` leaves the sequences on disk:", ""]
    lines += ["| sequences | their values, MB | in memory | `--stream` |", "|---|---|---|---|"]
    for n in sizes:
        ways = found.get((n, ())), found[n, ("--stream",)]
        cells = [f"{way[0]:.3g} ({way[1]:.0f})" if way else "refused" for way in ways]
        lines.append(f"| {n:,} | {n * STEPS * 16e-6:.0f} | {' | '.join(cells)} |")
    return lines


def table(sizes, times, restarts):
    names = list(restarts)
    lines = [
        "Restarts per second, 20 sequences of 100 steps, 500 epochs and as many of the control:"
    ]
    lines += ["", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    lines += [f"| {' | '.join(f'{1 / restarts[name]:.3g}' for name in names)} |", ""]
    lines += ["Milliseconds per epoch, control included; in italics extrapolated, c / workers + m,"]
    lines += [
        f"with c for one thread and m for one worker less c; sets below {DIVIDED} are not divided:"
    ]
    head = [*names, *(f"*{more} workers*" for more in MORE)]
    lines += ["", f"| sequences | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for n in sizes[1:]:
        compute = times[n, "1 thread"]
        messages = max(0.0, times[n, "1 worker"] - compute)
        cells = [in_ms(times[n, name]) for name in names]
        shared = n >= DIVIDED
        cells += [f"*{in_ms(compute / more + messages)}*" if shared else "" for more in MORE]
        lines.append(f"| {n:,} | {' | '.join(cells)} |")
    return lines


def in_ms(seconds):
    return f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:.0f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", default="1000,10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streamed", default="100000,1000000")
    arguments = parser.parse_args()
    sizes = [20, *(int(n) for n in arguments.sequences.split(","))]
    streamed = [int(n) for n in arguments.streamed.split(",")]
    load = f"{os.getloadavg()[0]:.1f}"
    with TemporaryDirectory() as folder:
        found = compare(Path(folder), sizes, arguments.rounds)
        of_streams = compare_streams(Path(folder), streamed)
    head = f"{platform.machine()}, {os.cpu_count()} cores, load {load} before."
    lines = [
        "# Measured by `python -m benchmarks.scaling`",
        "",
        head,
        "",
        *table(sizes, *found),
        "",
    ]
    lines += table_of_streams(streamed, of_streams)
    RESULTS.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
