"""Time an epoch of every size in every library, interleaved, and write RESULTS.md.

    python benchmarks/run.py [--double A,B,B4,C,D,E] [--single E,F,G] [--rounds 7] [--output FILE]

Double precision on one thread, single precision on two: every table has its own process, since
the libraries fix their number of threads when they are imported. In every round all libraries run
in turn, so that a busy machine is busy for all of them; times are medians of the rounds. A turn
begins with a pause, in which the previous library's threads come to rest, and with as many epochs
as will be timed, which warm up caches and the processor. On one thread, processor time counts; on
two, wall-clock time.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
ROUND = 0.1  # seconds of a library's turn, at least one epoch
REST = 0.3  # seconds: threads of OpenMP and XLA wait for more work, busily, before they sleep
LONG, FEW = 2.0, 3  # seconds of an epoch beyond which there are fewer rounds
PARTS = ("growth", "parzen", "online", "command")
PEERS = {"PyTorch": "PyTorch nn.LSTM, the best", "JAX": "JAX scan, the best"}


def environment(threads):
    """What the libraries read when they are imported."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return dict.fromkeys(names, str(threads)) | {
        "JAX_PLATFORMS": "cpu",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "XLA_FLAGS": flags if threads == 1 else "",
    }


def processor():
    """Name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    wide = ", AVX-512" if any("avx512f" in line for line in lines) else ""
    return f"{platform.machine()}, {names[0]}{wide}" if names else platform.machine()


def epoch_times(size, dtype, threads, rounds):
    """Medians in milliseconds, by library."""
    from libraries import LIBRARIES

    clock = time.process_time if threads == 1 else time.perf_counter
    turns = {}
    for name, make in LIBRARIES.items():
        try:
            epochs = make(size, dtype, threads)
            together = getattr(epochs, "together", 1)
            epochs(together)
        except Exception as error:  # a compiler that cannot compile this is not the best
            print(f"{name} left out: {type(error).__name__}", file=sys.stderr)
            continue
        start = clock()
        epochs(together)
        one = (clock() - start) / together
        n = max(1, int(ROUND / one / together)) * together
        turns[name] = (epochs, n, [])
        rounds = min(rounds, FEW) if one > LONG else rounds
        if together == 1 and one > LONG:
            turns.pop("JAX scan, 10 epochs a call", None)
    for _ in range(rounds):
        for epochs, n, times in turns.values():
            time.sleep(REST)
            epochs(n)
            start = clock()
            epochs(n)
            times.append((clock() - start) / n * 1e3)
    return {name: statistics.median(times) for name, (*_, times) in turns.items()}


def table(names, dtype, threads, rounds):
    """Print the lines of a table of sizes."""
    from limit import limit, rates
    from sizes import SIZES

    logistics, flops = rates(dtype)
    print(
        f"{dtype}, {threads} thread{'s' * (threads > 1)}; the limits of one core:"
        f" {1 / logistics:.2f} ns per logistic function, {flops:.0f} GFLOP/s of fused products.\n\n"
        f"| size | N, T, X, H | lstmtool | of the limit | {' | '.join(PEERS.values())} |\n"
        "|---|---|---|---|---|---|"
    )
    for name in names:
        size = SIZES[name]
        times = epoch_times(size, dtype, threads, rounds)
        mine = times["lstmtool"]
        best = [min(t for library, t in times.items() if library.startswith(p)) for p in PEERS]
        least = limit(size, logistics, flops) / threads
        peers = [f"{t:.3g} ({t / mine:.1f}; {t / least:.1f})" for t in best]
        shape = ", ".join(str(n) for n in size)
        line = f"| {name} | {shape} | {mine:.3g} | {least / mine:.0%} | {' | '.join(peers)} |"
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--double", default="A,B,B4,C,D,E")
    parser.add_argument("--single", default="E,F,G")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--table", nargs=3, metavar=("SIZES", "DTYPE", "THREADS"))
    parser.add_argument("--part", choices=PARTS)
    arguments = parser.parse_args()
    if arguments.table:
        sizes, dtype, threads = arguments.table
        table(sizes.split(","), dtype, int(threads), arguments.rounds)
        return
    if arguments.part:
        from importlib import import_module

        print("\n".join(import_module(arguments.part).compare(arguments.rounds)))
        return

    def part(threads, *what):
        command = [sys.executable, __file__, "--rounds", str(arguments.rounds), *what]
        lines = []
        with subprocess.Popen(
            command, env=os.environ | environment(threads), stdout=subprocess.PIPE, text=True
        ) as process:
            for line in process.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        if process.returncode:
            raise SystemExit(process.returncode)
        return "".join(lines)

    load = f"{os.getloadavg()[0]:.1f}"
    parts = [
        "# Measured by `make bench`\n\n"
        f"{processor()}, {os.cpu_count()} cores, load {load} before. Milliseconds per epoch,"
        " medians of interleaved rounds; in brackets, the multiple of lstmtool's time, and of"
        " the limit, beyond which nothing could be ahead.\n",
        part(1, "--table", arguments.double, "float64", "1"),
        part(2, "--table", arguments.single, "float32", "2"),
        *(part(1, "--part", name) for name in PARTS),
    ]
    arguments.output.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
