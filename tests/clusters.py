"""A Dask scheduler and workers as processes of their own on this machine, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from distributed import Client

ROOT = Path(__file__).parents[1]
SECONDS = 120.0  # until a process must have started


class Cluster:
    """A scheduler at `address`, and the workers that were started."""

    def __init__(self, folder: Path) -> None:
        self._stack, self._folder = ExitStack(), folder
        told = folder / "scheduler.json"
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told)
        )
        until(told.exists)
        time.sleep(0.05)  # it is written a moment after it is made
        self.address = json.loads(told.read_text())["address"]

    def worker(self, **environment: str) -> subprocess.Popen:
        """Start a worker of one thread."""
        return self._start(
            *("dask_worker", self.address, "--nthreads", "1", "--no-nanny"),
            *("--local-directory", str(self._folder)),
            **environment,
        )

    def until_joined(self, workers: int) -> None:
        """Wait until there are so many workers; a busy machine starts them slowly."""
        if workers:
            with Client(self.address, timeout=SECONDS, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=SECONDS)

    def close(self) -> None:
        """End all processes."""
        self._stack.close()

    def _start(self, module: str, *arguments: str, **environment: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"],
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(_end, process)
        return process


def _end(process: subprocess.Popen) -> None:
    """End a process as a user would: gently, or else by force."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def cluster(folder: Path, workers: int = 0):
    """Give a scheduler with so many workers, all of which have joined."""
    made = Cluster(folder)
    try:
        for _ in range(workers):
            made.worker()
        made.until_joined(workers)
        yield made
    finally:
        made.close()


def until(condition, seconds: float = SECONDS) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
