"""Time of a step as the work grows: longer and more sequences, more cells, wider blocks."""

import statistics
import time

import numpy as np
from libraries import ours
from sizes import Size

from lstmtool.config import NetworkSettings
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels.backward import backward
from lstmtool.kernels.entry import entry
from lstmtool.kernels.forward import forward
from lstmtool.kernels.records import LANES
from lstmtool.kernels.subnormals import flushed
from lstmtool.network.compute import MEMORY, ComputeOptions
from lstmtool.network.layout import Network
from lstmtool.network.stack import bytes_of_step
from lstmtool.training.batch import SequenceBatch, batch_data

LONGER = [Size(24, t, 2, 2) for t in (100, 1000, 10_000, 100_000)]
MORE = [Size(n, 100, 2, 2) for n in (24, 240, 2400, 24_000, 100_000)]
BLOCKS = [(1,) * n for n in range(1, 9)] + [(2,), (4,), (8,), (2, 2), (4, 4), (3, 1, 2)]


def _interleaved(ways, rounds):
    """Median processor time in seconds of each way, called n times a round."""
    times = [[] for _ in ways]
    for _ in range(rounds + 1):
        for (way, n), mine in zip(ways, times, strict=True):
            start = time.process_time()
            way(n)
            mine.append((time.process_time() - start) / n)
    return [statistics.median(t[1:]) for t in times]


def _epochs(sizes, dtype, rounds):
    """Nanoseconds per step of a sequence."""
    ways = []
    for size in sizes:
        steps = size.sequences * size.steps
        ways.append((ours(size, dtype, 1), max(1, 200_000 // steps)))
    times = _interleaved(ways, rounds)
    return [t * 1e9 / (s.sequences * s.steps) for t, s in zip(times, sizes, strict=True)]


def _memory_alone(size, dtype, rounds):
    """Nanoseconds per step of a sequence to write the trace once and read it once, as numpy does.

    None if the trace is too large to be kept, and is recomputed instead.
    """
    network = Network(NetworkSettings(blocks=(1,) * size.cells), size.inputs)
    compute = ComputeOptions("double" if dtype == "float64" else "single")
    steps = size.sequences * size.steps
    n_bytes = bytes_of_step(network.levels, compute) * steps // LANES[dtype]
    if n_bytes > MEMORY:
        return None
    trace = np.zeros(n_bytes // 8)

    def write_and_read(n):
        for _ in range(n):
            trace.fill(1.0)
            trace.sum()

    (seconds,) = _interleaved([(write_and_read, max(1, 200_000 // steps))], rounds)
    return seconds * 1e9 / steps


def _both_ways(blocks):
    """Forward and backward pass of 24 sequences, called n times."""
    rng, network = np.random.default_rng(0), Network(NetworkSettings(blocks=blocks), 2)
    data = batch_data(from_arrays(list(rng.standard_normal((24, 100, 2)))))
    lanes = SequenceBatch(network, data)
    lanes.evaluate(rng.uniform(-0.3, 0.3, network.size))
    lanes.d_read[:] = rng.standard_normal(lanes.d_read.shape)
    views, buffers = network.views(np.zeros(network.size)), lanes.stack.first
    others, errors = lanes.stack.others, lanes.by_group
    run = entry(forward, buffers, 0, 0, 0)
    run_back = entry(backward, buffers, others, errors, 0, 0, 0, views)

    def call(n):
        with flushed():
            for _ in range(n):
                call(run, buffers, 0, 1, 0)
                call(run_back, buffers, others, errors, 0, 1, 0, views)

    return call


def compare(rounds):
    """Lines of tables."""
    lines = [
        "Nanoseconds per step of a sequence, two cells, one thread; in brackets, the time",
        "that numpy needs to write the stored data of a step once and read it once:",
        "",
        "| N, T | float64 | float32 |",
        "|---|---|---|",
    ]
    for sizes in (LONGER, MORE):
        columns = []
        for dtype in ("float64", "float32"):
            alone = [_memory_alone(size, dtype, rounds) for size in sizes]
            columns.append(list(zip(_epochs(sizes, dtype, rounds), alone, strict=True)))
        for size, *times in zip(sizes, *columns, strict=True):
            both = " | ".join(
                f"{t:.1f} ({'-' if alone is None else f'{alone:.1f}'})" for t, alone in times
            )
            lines.append(f"| {size.sequences}, {size.steps} | {both} |")
    lines += [
        "",
        "Nanoseconds per step of a cell, forward and backward, 24 sequences of 100 steps:",
        "",
        "| cells of the blocks | float64 |",
        "|---|---|",
    ]
    times = _interleaved([(_both_ways(blocks), 20) for blocks in BLOCKS], rounds)
    for blocks, seconds in zip(BLOCKS, times, strict=True):
        name = ", ".join(str(n) for n in blocks)
        lines.append(f"| {name} | {seconds * 1e9 / (2400 * sum(blocks)):.1f} |")
    return lines
