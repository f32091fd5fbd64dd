"""Whether advice helps: what a report advises where groups were not found, tried.

    python -m benchmarks.advice [--seeds 3] [--jobs 2] [--outputs 1] [--only NAME]

On sets of more than 20 sequences of the kinds with groups on which the rule of confidence was
chosen, every default run of BINGO (or with so many outputs) that did not find the groups (adjusted
Rand index below .9) is repeated with each piece of advice. Prints how often the groups were then
found, and how often confidence was then high.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor

from benchmarks.groups import RIGHT, cluster
from lstmtool.experiments.confidence_kinds import KINDS

FEW = 20  # sequences, up to which memory blocks are trained by default
BY_NAME = {kind.name: kind for kind in KINDS}
ADVICE = {
    "the default number of outputs": {"outputs": None},
    "one output": {"outputs": 1},
    "two outputs": {"outputs": 2},
    "--outputs auto": {"outputs": "auto"},
    "--objective neo": {"objective": "neo"},
    "--marginal-weight 1": {"marginal_weight": 1.0},
    "--normalise": {"normalise": True},
    "--recipe stationary": {"recipe": "stationary"},
    "--recipe phase-locked": {"recipe": "phase-locked"},
    "--recipe shapes": {"recipe": "shapes"},
    "--recipe waveforms": {"recipe": "waveforms"},
    "other copies (--augment noise)": {"augment": "noise"},
    "more restarts (--restarts 40)": {"restarts": 40},
    "another seed": {"seed": 1},
}


def first(task):
    """Return the kind, the seed, and what so many outputs find."""
    name, seed, outputs = task
    return (name, seed), cluster(BY_NAME[name].sequences(seed), 0, outputs=outputs)


def again(task):
    """Return the piece of advice, and what following it finds."""
    name, seed, advice = task
    return advice, cluster(BY_NAME[name].sequences(seed), **({"seed": 0} | ADVICE[advice]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--outputs", type=int, help="of the runs that are followed up")
    parser.add_argument("--only", choices=ADVICE)
    arguments = parser.parse_args()
    advised = [arguments.only] if arguments.only else list(ADVICE)
    names = [k.name for k in KINDS if not k.held_back and k.sequences(0).labels is not None]
    drawn = [(name, seed) for name in names for seed in range(100, 100 + arguments.seeds)]
    sets = [(name, seed) for name, seed in drawn if len(BY_NAME[name].sequences(seed)) > FEW]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        found = list(pool.map(first, [(*task, arguments.outputs) for task in sets]))
        missed = [task for task, (_, ari, _) in found if ari < RIGHT]
        results = list(pool.map(again, [(*task, a) for task in missed for a in advised]))
    words = [word for _, (_, ari, word) in found if ari < RIGHT]
    print(f"{len(missed)} of {len(sets)} runs did not find the groups.")
    print("Of these, confidence:", {word: words.count(word) for word in sorted(set(words))})
    print(*sorted({f"{name} {seed}" for name, seed in missed}), sep=", ")
    print("| advice | then found | of these high |\n|---|---|---|")
    for advice in advised:
        right = [word for a, (_, ari, word) in results if a == advice and ari >= RIGHT]
        print(f"| {advice} | {len(right)} of {len(missed)} | {right.count('high')} |")


if __name__ == "__main__":
    main()
