"""kill -9 at any moment of train, report --export and convert: the old file or the whole new one.

Nothing is left behind after the next start, and `train --resume` ends in the same bytes.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

import numpy as np

from lstmtool.data.sequences import from_arrays
from lstmtool.io.sequences import write_sequences
from tests.soak.running import QUICK_SAVING, count, run, start

TRAIN = "train data.h5 -o run.h5 --restarts 3 --threads 2 --seed 3 --trials 2 --trial-epochs 300"
TRAIN = (*TRAIN.split(), "--epochs", "300", "--force")
REPORT = ("report", "kept.h5", "--no-html", "--export", "clusters.h5", "--force")
CONVERT = ("convert", "data.csv", "converted.h5", "--force")
MOST_KILLS = 4  # of one training


class Commands:
    """A folder with what the commands need, and what they write when nothing disturbs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rng = np.random.default_rng(0)
        arrays = [rng.normal(k % 3, 0.5, 20) for k in range(12)]
        write_sequences(folder / "data.h5", from_arrays(arrays))
        run(("train", "data.h5", "--epochs", 5, "--restarts", 1, "-o", "kept.h5"), folder)
        run(("convert", "data.h5", "data.csv"), folder)
        self.whole, self.seconds = {}, {}
        for command in (TRAIN, REPORT, CONVERT):
            run(command, folder)
            began = time.monotonic()
            run(command, folder)
            self.seconds[command[0]] = time.monotonic() - began
            self.whole[command[0]] = self.path(command).read_bytes()
        self.names = {path.name for path in folder.iterdir()}

    def path(self, command):
        return self.folder / {"train": "run.h5", "report": "clusters.h5"}.get(
            command[0], "converted.h5"
        )

    def kill_once(self, command, rng, before=""):
        """Kill a command at a random moment; return whether it was still running."""
        process = start(command, self.folder, before)
        time.sleep(rng.uniform(0.0, 1.1 * self.seconds[command[0]]))
        running = process.poll() is None
        process.kill()
        process.communicate()
        return running

    def trial(self, command, rng):
        """Kill a command, training more than once, then let it end. Returns the kills."""
        old, path, kills = b"the old file", self.path(command), 0
        path.write_bytes(old)
        again = (*command, "--resume") if command is TRAIN else command
        for attempt in range(rng.randint(1, MOST_KILLS) if command is TRAIN else 1):
            kills += self.kill_once(again if attempt else command, rng, QUICK_SAVING)
            assert path.read_bytes() in (old, self.whole[command[0]]), f"{path} is broken"
        run(again, self.folder)
        assert path.read_bytes() == self.whole[command[0]], f"{path} is another"
        left = {path.name for path in self.folder.iterdir()}
        assert left == self.names, f"left behind: {left ^ self.names}"
        return kills


def trials(n_kills: int, seed: int = 0) -> dict[str, int]:
    """Make so many kills, half of them while training; return the kills of every command."""
    rng, kills = random.Random(seed), {}
    with tempfile.TemporaryDirectory() as folder:
        commands = Commands(Path(folder))
        for command, share in ((TRAIN, 0.5), (REPORT, 0.25), (CONVERT, 0.25)):
            kills[command[0]] = 0
            while kills[command[0]] < share * n_kills:
                kills[command[0]] += commands.trial(command, rng)
    return kills


if __name__ == "__main__":
    print("kills, after all of which the files were whole:", trials(count(200)))
