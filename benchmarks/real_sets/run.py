"""Cluster the sets in every way under both protocols, with ten seeds; write REAL_SETS.md.

    python -m benchmarks.real_sets.run [--jobs 2] [--sets Trace,GunPoint] [--methods BINGO]
    python -m benchmarks.real_sets.run --table

Every finished cell (a set, a protocol, a method, a seed) is a line of results.jsonl, and is not
computed again while options and recipes are the same: stop it when you like and go on later.
"""

import argparse
import json
import os
import sys
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import cache
from hashlib import sha256
from pathlib import Path

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)  # read by the libraries when they are imported

import lstmtool.config  # noqa: E402
import lstmtool.data.alignment  # noqa: E402
import lstmtool.recipes  # noqa: E402
from benchmarks.real_sets import ranks  # noqa: E402
from benchmarks.real_sets.fetch import CACHE, FetchError, fetch  # noqa: E402
from benchmarks.real_sets.methods import (  # noqa: E402
    COMMANDS,
    METHODS,
    OverCeilingError,
    available,
    options_of,
    timed,
)
from benchmarks.real_sets.protocols import PROTOCOLS, split  # noqa: E402
from benchmarks.real_sets.read import read  # noqa: E402
from benchmarks.real_sets.sets import HELD_BACK, SETS  # noqa: E402
from benchmarks.real_sets.table import SEEDS, gather, page, scores  # noqa: E402
from lstmtool.objectives.clusters import agreement  # noqa: E402

PAGE = Path(__file__).parent.parent / "REAL_SETS.md"
RESULTS = Path(__file__).parent / "results.jsonl"
CEILING = 1800  # seconds after which a cell is given up


@cache
def _parts(name, folder):
    return read(SETS[name], folder)


def compute(cell, folder, ceiling=0):
    """Compute one cell: its key, agreement with the groups, and what else is known."""
    protocol, name, method, seed = cell
    data = split(*_parts(name, folder), protocol)
    result = dict(zip(("protocol", "set", "method", "seed"), cell, strict=True))
    try:
        found, seconds = timed(method, SETS[name], data, seed, ceiling)
    except OverCeilingError:
        return result | {"over": ceiling}
    except Exception as error:  # of another package or command: the other cells go on
        return result | {"failed": f"{type(error).__name__}: {error}"}
    ari, nmi = agreement(data.scored.labels, found.clusters)
    result |= {"ari": ari, "nmi": nmi, "clusters": len(set(found.clusters.tolist()))}
    return result | found.known | {"seconds": round(seconds, 2)}


@cache
def _recipes():
    modules = (lstmtool.recipes, lstmtool.config, lstmtool.data.alignment)
    return b"".join(Path(module.__file__).read_bytes() for module in modules)


def plan_of(cell):
    """Fingerprint of a cell's options and recipes: figures of others are not taken over."""
    _, name, method, _ = cell
    if method not in COMMANDS:
        return ""
    text = " ".join(options_of(method, SETS[name])).encode()
    return sha256(text + _recipes()).hexdigest()[:12]


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


def run(cells, folder, jobs, path, ceiling=0):
    """Compute what is missing, `jobs` cells at a time (0: nothing); return what is known."""
    known = finished(path)
    plans = {cell: plan_of(cell) for cell in cells}
    missing = [cell for cell in cells if not _is_known(known.get((cell, plans[cell])), ceiling)]
    if missing and jobs:
        print(f"{len(cells) - len(missing)} cells are known, {len(missing)} to compute", flush=True)
        with ProcessPoolExecutor(jobs) as pool, path.open("a") as file:
            if file.tell() and not path.read_bytes().endswith(b"\n"):
                file.write("\n")  # after a line that was cut
            failed = []
            try:
                for cell, result in _computed(pool, deque(missing), folder, jobs, ceiling, known):
                    if "failed" in result:
                        failed.append(cell)
                        print(*cell, result["failed"], sep=", ", file=sys.stderr, flush=True)
                        continue
                    result["plan"] = plans[cell]
                    known[cell, plans[cell]] = result
                    file.write(json.dumps(result) + "\n")
                    file.flush()
                    print(*cell, result.get("seconds", "given up"), sep=", ", flush=True)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            if failed:
                print(f"{len(failed)} cells failed; they are left out.", file=sys.stderr)
    return [known[key] for key in plans.items() if key in known]


def _is_known(cell, ceiling):
    """Whether there are figures, or it was given up and would get no more seconds now."""
    return cell is not None and ("over" not in cell or 0 < ceiling <= cell["over"])


def _computed(pool, waiting, folder, jobs, ceiling, known):
    """Yield cells as they are computed; what one seed gave up is not tried with others."""
    running = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            cell = waiting.popleft()
            if not _given_up(cell, ceiling, known):
                running[pool.submit(compute, cell, folder, ceiling)] = cell
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _given_up(cell, ceiling, known):
    plan = plan_of(cell)
    others = (((*cell[:3], seed), plan) for seed in range(cell[3]))
    return any("over" in known.get(key, ()) and _is_known(known[key], ceiling) for key in others)


def draw(cells, folder):
    """Draw the critical-difference diagrams of the sets held back; return their file names."""
    found, names = gather(cells), {}
    for protocol in PROTOCOLS:
        sets, methods, values = scores(found, protocol, HELD_BACK)
        if len(sets) > 1 and len(methods) > 1:
            names[protocol] = f"real-sets-{protocol.replace('/', '-')}.svg"
            title = f"mean rank on {len(sets)} sets held back, {protocol}"
            ranks.diagram(folder / names[protocol], methods, values, title)
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the downloaded sets")
    parser.add_argument("--results", type=Path, default=RESULTS, help="file of what is finished")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--sets", help="names, separated by commas")
    parser.add_argument("--development-only", action="store_true", help="no set that is held back")
    parser.add_argument("--methods", help="names, separated by semicolons")
    parser.add_argument(
        "--ceiling", type=int, default=CEILING, help="seconds for a cell; 0 for any number"
    )
    parser.add_argument("--table", action="store_true", help="write the page of what is there")
    arguments = parser.parse_args()
    sets = arguments.sets.split(",") if arguments.sets else list(SETS)
    if arguments.development_only:
        sets = [name for name in sets if name not in HELD_BACK]
    methods = arguments.methods.split(";") if arguments.methods else available()
    for name, known in [(s, SETS) for s in sets] + [(m, METHODS) for m in methods]:
        if name not in known:
            sys.exit(f"There is no {name!r}; there are {', '.join(known)}.")
    if len(available()) < len(METHODS):
        lacking = ", ".join(m for m in METHODS if m not in available())
        print(f"Without {lacking}: their packages are not installed.", file=sys.stderr)
    path = arguments.results
    try:
        fetch(arguments.cache, [SETS[name] for name in sets])
    except FetchError as error:
        sys.exit(str(error))
    if not arguments.table:
        chosen = all_cells(sets, methods, arguments.seeds)
        run(chosen, arguments.cache, arguments.jobs, path, arguments.ceiling)
    everything = all_cells(SETS, METHODS, SEEDS)
    cells = run(everything, arguments.cache, 0, path)
    if not cells:
        sys.exit(f"There are no figures in {path}.")
    PAGE.write_text(page(cells, draw(cells, PAGE.parent)))
    print(PAGE)


if __name__ == "__main__":
    main()
