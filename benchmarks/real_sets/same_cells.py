"""k-means of the memory cells that `lstmtool train` would draw, with its consensus: a command.

    python -m benchmarks.real_sets.same_cells FITTED SCORED OPTIONS...

Everything is as in the recipe that the sequences would be given, or in `shapes` where memory blocks
would be trained, but no output unit is trained. It is a process of its own, so that its seconds
have in them what those of `lstmtool train` have: the start, and reading the files.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.real_sets.clustering import Clustering
from benchmarks.real_sets.commands import written
from lstmtool.io.sequences import read_sequences
from lstmtool.recipes import OUTPUT_ALONE

ROOT = Path(__file__).parents[2]
SAME_CELLS = "k-means, same features"
OPTIONS = "--objective bingo --clusters {groups}"


def options_of(real):
    """Options of `lstmtool train` that say which cells are drawn, for a set."""
    return OPTIONS.format(groups=real.n_groups).split()


def cluster(real, split, seed):
    """Fit to the sequences that are fitted, and assign those that are scored."""
    with tempfile.TemporaryDirectory() as folder:
        files = written(folder, split)
        command = [sys.executable, "-m", "benchmarks.real_sets.same_cells", *map(str, files)]
        command += [*options_of(real), "--seed", str(seed)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    found = json.loads(done.stdout)
    return Clustering(np.array(found.pop("clusters"), dtype=int), found)


def found_in(fitted, scored, options):
    """Clusters of `scored`, the number of networks, and the recipe that `fitted` would be given."""
    from lstmtool.cli.train import command
    from lstmtool.data.alignment import find_alignment
    from lstmtool.experiments.same_cells import SameCells
    from lstmtool.jobs.starting import Start

    recipe = find_alignment(fitted).recipe
    options = [*options, "--recipe", recipe if recipe in OUTPUT_ALONE else "shapes"]
    settings, _ = Start(command.make_context("train", options).params, {})(fitted)
    same = SameCells.untrained(fitted, settings, settings.clusters)
    clusters = same.predict(scored).tolist()
    return {"clusters": clusters, "networks": settings.restarts, "recipe": recipe}


if __name__ == "__main__":
    parts = (read_sequences(path) for path in sys.argv[1:3])
    print(json.dumps(found_in(*parts, sys.argv[3:])))
