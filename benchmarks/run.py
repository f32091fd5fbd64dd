"""Time an epoch of every size in every library, interleaved, and write RESULTS.md.

    python benchmarks/run.py [--sizes A,B,C,D] [--rounds 7]

One thread each. Medians of the rounds; in every round all libraries run in turn, so that a busy
machine is busy for all of them. Processor time, which on an idle machine is the time that passes.
"""

import argparse
import os
import platform
import statistics
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
ROUND = 0.1  # seconds of a library's turn, at least one epoch
ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}  # read by the libraries when they are imported


def epoch_times(size, dtype, rounds):
    """Medians in milliseconds, by library."""
    from libraries import LIBRARIES

    turns = {}
    for name, make in LIBRARIES.items():
        epochs = make(size, dtype)
        together = getattr(epochs, "together", 1)
        epochs(together)
        start = time.process_time()
        epochs(together)
        n = max(1, int(ROUND / (time.process_time() - start))) * together
        turns[name] = (epochs, n, [])
    for _ in range(rounds):
        for epochs, n, times in turns.values():
            start = time.process_time()
            epochs(n)
            times.append((time.process_time() - start) / n * 1e3)
    return {name: statistics.median(times) for name, (_, _, times) in turns.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="A,B,B4,C,D,E")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    os.environ.update(ONE_THREAD)
    from limit import limit, rates
    from parzen import compare
    from sizes import SIZES

    logistics, flops = rates()
    lines = [
        "# Measured by `make bench`",
        "",
        f"{platform.machine()}, {os.cpu_count()} cores, one thread, float64; this machine's limits:"
        f" {1 / logistics:.2f} ns per logistic function, {flops:.0f} GFLOP/s of fused products.",
        "Milliseconds (processor time) per epoch, medians of interleaved rounds; in brackets, how"
        " many times as long as lstmtool.",
        "",
        "| size | N, T, X, H | lstmtool | of the limit | PyTorch nn.LSTM | JAX scan, the best |",
        "|---|---|---|---|---|---|",
    ]
    for name in arguments.sizes.split(","):
        size = SIZES[name]
        times = epoch_times(size, "float64", arguments.rounds)
        mine = times["lstmtool"]
        jax = min(t for library, t in times.items() if library.startswith("JAX"))
        peers = [f"{t:.3g} ({t / mine:.1f})" for t in (times["PyTorch nn.LSTM"], jax)]
        part = limit(size, logistics, flops) / mine
        shape = ", ".join(str(n) for n in size)
        lines.append(f"| {name} | {shape} | {mine:.3g} | {part:.0%} | {' | '.join(peers)} |")
        print(lines[-1], flush=True)
    lines += ["", *compare(arguments.rounds)]
    RESULTS.write_text("\n".join(lines) + "\n")
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
