"""Cluster the six sets in every way under both protocols, with ten seeds; write REAL_SETS.md.

    python -m benchmarks.real_sets.run [--jobs 2] [--sets Trace,GunPoint] [--methods BINGO]
    python -m benchmarks.real_sets.run --table

Every finished cell (a set, a protocol, a method, a seed) is a line of cache/results.jsonl, and is
not computed again while the settings are the same: stop it when you like and go on later.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from hashlib import sha256
from pathlib import Path

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)  # read by the libraries when they are imported

from benchmarks.real_sets.fetch import CACHE, FetchError, fetch  # noqa: E402
from benchmarks.real_sets.methods import (  # noqa: E402
    BINGO,
    DTW,
    METHODS,
    NEO,
    available,
    settings_of,
    timed,
)
from benchmarks.real_sets.protocols import PROTOCOLS, read, split  # noqa: E402
from benchmarks.real_sets.sets import SETS  # noqa: E402
from benchmarks.real_sets.table import SEEDS, page  # noqa: E402
from lstmtool.objectives.clusters import agreement  # noqa: E402

PAGE = Path(__file__).parent.parent / "REAL_SETS.md"


@cache
def _parts(name, folder):
    return read(SETS[name], folder)


def compute(cell, folder):
    """Compute one cell: its key, agreement with the groups, and what else is known."""
    protocol, name, method, seed = cell
    real = SETS[name]
    data = split(*_parts(name, folder), protocol)
    found, seconds = timed(method, real, data, seed)
    ari, nmi = agreement(data.scored.labels, found.clusters)
    result = dict(zip(("protocol", "set", "method", "seed"), cell, strict=True))
    result |= {"ari": ari, "nmi": nmi, "clusters": len(set(found.clusters.tolist()))}
    if found.untrained is not None:
        result["untrained_ari"], result["untrained_nmi"] = agreement(
            data.scored.labels, found.untrained
        )
    return result | found.known | {"seconds": round(seconds, 2)}


def plan_of(cell, folder):
    """Fingerprint of the settings of a cell: figures of other settings are not taken over."""
    protocol, name, method, seed = cell
    if method not in (BINGO, NEO):
        return ""
    data = split(*_parts(name, folder), protocol)
    settings = settings_of(SETS[name], method.lower(), data, seed)
    return sha256(settings.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:12]


def all_cells(sets, methods, seeds):
    """All cells in the order of computing: every seed is complete before the next."""
    return [
        (protocol, name, method, seed)
        for seed in range(seeds)
        for name in sets
        for protocol in PROTOCOLS
        for method in methods
    ]


def finished(path):
    """Cells of earlier runs, with the plan that they were computed by; a cut line is left out."""
    found = {}
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                cell = json.loads(line)
            except json.JSONDecodeError:
                continue  # written when the machine stopped
            key = (cell["protocol"], cell["set"], cell["method"], cell["seed"])
            found[key, cell.get("plan", "")] = cell
    return found


def run(cells, folder, jobs, path):
    """Compute what is missing, `jobs` cells at a time (0: nothing); return what is known."""
    known = finished(path)
    wanted = {cell: plan_of(cell, folder) for cell in cells}
    missing = [cell for cell, plan in wanted.items() if (cell, plan) not in known]
    print(f"{len(cells) - len(missing)} cells are known, {len(missing)} to compute", flush=True)
    if missing and jobs:
        with ProcessPoolExecutor(jobs) as pool, path.open("a") as file:
            if file.tell() and not path.read_bytes().endswith(b"\n"):
                file.write("\n")  # after a line that was cut
            futures = {pool.submit(compute, cell, folder): cell for cell in missing}
            try:
                for count, future in enumerate(as_completed(futures), start=1):
                    cell = futures[future]
                    result = future.result() | {"plan": wanted[cell]}
                    known[cell, wanted[cell]] = result
                    file.write(json.dumps(result) + "\n")
                    file.flush()
                    print(f"{count}/{len(missing)} {', '.join(map(str, cell))}", flush=True)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [known[key] for key in wanted.items() if key in known]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--sets", default=",".join(SETS), help="names, separated by commas")
    parser.add_argument("--methods", help="names, separated by semicolons")
    parser.add_argument("--table", action="store_true", help="write the page of what is there")
    arguments = parser.parse_args()
    sets = arguments.sets.split(",")
    methods = arguments.methods.split(";") if arguments.methods else available()
    for name, known in [(s, SETS) for s in sets] + [(m, METHODS) for m in methods]:
        if name not in known:
            sys.exit(f"There is no {name!r}; there are {', '.join(known)}.")
    if DTW not in available():
        print("Without k-means by DTW: tslearn is not installed.", file=sys.stderr)
    path = arguments.cache / "results.jsonl"
    try:
        fetch(arguments.cache)
    except FetchError as error:
        sys.exit(str(error))
    jobs = 0 if arguments.table else arguments.jobs
    cells = run(all_cells(sets, methods, arguments.seeds), arguments.cache, jobs, path)
    if not cells:
        sys.exit(f"There are no figures in {path}.")
    PAGE.write_text(page(cells))
    print(PAGE)


if __name__ == "__main__":
    main()
