"""lstmtool as its users run it: `lstmtool train` and `lstmtool assign`, with the defaults.

A method is a name and the options of `train` that it adds to DATA, `-o`, `--seed` and `--threads`.
In braces: `{groups}`, the number of groups.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.real_sets.clustering import Clustering
from lstmtool.io.sequences import write_sequences

OPTIONS = {
    "BINGO": "--objective bingo --clusters {groups}",
    "NEO": "--objective neo --clusters {groups}",
}
KEPT = ("restarts", "score")  # of what `train --json` says


def options_of(name, real):
    """Options of `lstmtool train` that a method adds, for a set."""
    return OPTIONS[name].format(groups=real.n_groups).split()


def cluster(name, real, split, seed):
    """Train on the sequences that are fitted, and assign those that are scored."""
    with tempfile.TemporaryDirectory() as folder:
        fitted, scored = written(folder, split)
        training = ["train", fitted.name, "-o", "run.h5", "--seed", str(seed), "--threads", "1"]
        said = _lstmtool([*training, "--json", *options_of(name, real)], folder)
        found = _lstmtool(["assign", "run.h5", scored.name, "--json"], folder)
    known = {key: said[key] for key in KEPT if key in said}
    return Clustering(np.array(found["clusters"], dtype=int), known)


def written(folder, split):
    """Write the sequences to fit and to score, without labels; return the files."""
    fitted, scored = Path(folder, "fitted.h5"), Path(folder, "scored.h5")
    write_sequences(fitted, split.fitted)
    write_sequences(scored, split.scored.without_labels())
    return fitted, scored


def _lstmtool(arguments, folder):
    """Run a command in a folder; return the JSON that it prints."""
    command = [sys.executable, "-m", "lstmtool", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"lstmtool {' '.join(arguments)}\n{done.stderr}")
    return json.loads(done.stdout)
