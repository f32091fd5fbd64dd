"""The command as users see it: help, a cold and a warm start, a hundred restarts."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

LSTMTOOL = [sys.executable, "-c", "from lstmtool.cli.main import main; main()"]
LITERAL = ("--recipe", "literal", "--objective", "bingo", "--force")


def seconds(folder, *arguments, rounds=1):
    """Median wall-clock time of the command; kernels are cached in the folder."""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start would compile
    environment["NUMBA_CACHE_DIR"] = str(Path(folder) / "kernels")
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(
            [*LSTMTOOL, *arguments], cwd=folder, env=environment, check=True, capture_output=True
        )
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def restarts(folder, threads, rounds, *settings):
    return seconds(
        folder, "train", "data.h5", "-o", "run.h5", "--threads", str(threads), *settings,
        rounds=rounds,
    )  # fmt: skip


def compare(rounds):
    """Lines of a table, in seconds."""
    hundred = (*LITERAL, "--restarts", "100", "--epochs", "1000")
    with TemporaryDirectory() as folder:
        seconds(folder, "gen-data", "artificial", "-o", "data.h5")
        shortest = (*LITERAL, "--restarts", "1", "--epochs", "1")
        times = {
            "`--help`": seconds(folder, "--help", rounds=rounds),
            "first `train` of a machine: one epoch, one network": restarts(folder, 1, 1, *shortest),
            "the same, kernels compiled before": restarts(folder, 1, rounds, *shortest),
            "100 restarts of 1000 epochs, one thread": restarts(folder, 1, 3, *hundred),
            "the same, two threads": restarts(folder, 2, 3, *hundred),
            "the default recipe, 20 restarts, two threads": restarts(folder, 2, 3, "--force"),
        }
    lines = ["The command on the artificial task, from start to end; seconds:", ""]
    lines += ["| what | seconds |", "|---|---|"]
    return [*lines, *(f"| {what} | {spent:.2f} |" for what, spent in times.items())]
