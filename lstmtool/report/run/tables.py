"""Report tables as rows of plain strings, shared by the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from lstmtool.clustering.confidence import ON_KNOWN, SAME, SIMILAR
from lstmtool.records.results import (
    Alternative,
    Assessment,
    Comparison,
    Confidence,
    OutputRange,
    Scores,
)
from lstmtool.records.run import Run
from lstmtool.report.text import NOTHING, between, number, numbers, shown

STATES = ("Before", "After", "Untrained control")
MAX_ROWS = 64  # of groups or clusters
MAX_SEQUENCES = 2000
FEW_SEQUENCES = 300  # up to which more than two outputs are tabulated
MAX_SIZES = 8  # of clusters, listed one by one
MAX_LISTED = 4  # the same, in a table


class Table(NamedTuple):
    """Column headings and rows of cells; `marked` is the index of the highlighted row."""

    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    marked: int | None = None


def score_table(run: Run, assessment: Assessment) -> Table:
    """Tabulate the applicable scores before and after training and of the control, if any."""
    n_states = len(STATES) if run.settings.trains_blocks else 2
    states = (assessment.before, assessment.after, assessment.untrained)[:n_states]
    rows = [(name, *(cell(s) for s in states)) for name, cell in _ROWS.items()]
    rows.append(_correlation_row(states))
    last = run.settings.stages[-1]
    if last.record.forms and last.form == "invariant":
        rows = [(_invariant(name), *cells) for name, *cells in rows]
    applicable = [row for row in rows if set(row[1:]) != {NOTHING}]
    return Table(("", *STATES[:n_states]), applicable)


def range_table(run: Run, assessment: Assessment, max_outputs: int = 8) -> Table:
    """Tabulate the outputs of every group (or cluster), as in tables 1 and 2 of the paper.

    Ranges are omitted if there are more than `max_outputs` outputs.
    """
    n_outputs = run.after.activations.shape[1]
    n_shown = n_outputs if n_outputs <= max_outputs else 0
    outputs = ["Output range"] if n_outputs == 1 else [f"Output {k + 1}" for k in range(n_shown)]
    kind, extra = ("Cluster", ()) if run.labels is None else ("Group", ("Clusters",))
    decimals = 3 if run.settings.network.output_unit == "logistic" else None
    rows = [_range_row(r, n_shown, decimals, bool(extra)) for r in assessment.ranges[:MAX_ROWS]]
    if len(assessment.ranges) > MAX_ROWS:
        rest = len(assessment.ranges) - MAX_ROWS
        rows.append((f"… {rest} more", *[""] * (1 + len(outputs) + len(extra))))
    return Table((kind, "Sequences", *outputs, *extra), rows)


def rival_table(comparison: Comparison) -> Table:
    """Tabulate the run, simple methods and chance, without columns that do not apply."""
    rows = [
        (r.name, str(r.n_clusters), *(_hundredths(getattr(r, part)) for part in _RIVAL_COLUMNS))
        for r in comparison.rivals
    ]
    columns = ("Method", "Clusters", *_RIVAL_COLUMNS.values())
    labelled = any(r.ari is not None for r in comparison.rivals)
    left_out: tuple[str, ...] = ("silhouette",) if labelled else ("ari", "nmi", "accuracy")
    if all(r.alike is None for r in comparison.rivals):
        left_out += ("alike",)
    kept = [0, 1, *(k for k, part in enumerate(_RIVAL_COLUMNS, start=2) if part not in left_out)]
    applicable = [tuple(row[k] for k in kept) for row in rows]
    return Table(tuple(columns[k] for k in kept), applicable)


def _hundredths(value: float | None) -> str:
    return NOTHING if value is None else number(round(value, 2) + 0.0, 2)


def restart_table(run: Run) -> Table:
    """Tabulate all restarts, best label-free score first; the chosen one is marked."""
    columns = {k: v for k, v in _RESTART_COLUMNS.items() if k in run.restarts}
    if not run.settings.trains_blocks:
        columns.pop("untrained_score", None)
    n_restarts = len(next(iter(run.restarts.values()), ()))
    score = np.asarray(run.restarts.get("score", np.zeros(n_restarts)), dtype=float)
    order = np.argsort(np.where(np.isfinite(score), -score, np.inf), kind="stable").tolist()
    rows = [
        (str(r + 1), *(_restart_cell(run.restarts[name][r]) for name in columns)) for r in order
    ]
    return Table(("Restart", *columns.values()), rows, order.index(run.chosen))


def alternatives_table(assessment: Assessment) -> Table | None:
    """Tabulate what the restarts agree on, the answer shown marked; None without a consensus."""
    consensus = assessment.consensus
    if consensus is None:
        return None
    columns = dict(_ALTERNATIVE_COLUMNS)
    if consensus.alternatives[0].ari is None:
        del columns["ARI"], columns["NMI"]
    rows = [
        (str(k), *(cell(one) for cell in columns.values()))
        for k, one in enumerate(consensus.alternatives, start=1)
    ]
    marked = consensus.shown - 1 if consensus.shown else None
    return Table(("Answer", *columns), rows, marked)


def consensus_sentences(run: Run, assessment: Assessment) -> str:
    """Say which answer is shown, and what stands behind it; nothing without a consensus."""
    consensus = assessment.consensus
    if consensus is None:
        return ""
    count, answer = len(consensus.alternatives), consensus.answer
    said = []
    if count > 1:
        said.append(
            f"The restarts do not agree: groups of them found {count} different answers, each "
            "shared by many."
        )
    if answer is None:
        said.append(f"Shown are the clusters of restart {run.chosen + 1} alone.")
        others = "the consensus" if count == 1 else "another answer"
    else:
        of_all = "all" if count == 1 else f"{len(answer.restarts)} of"
        name = "" if count == 1 else f"answer {consensus.shown}, "
        said.append(
            f"Shown is {name}the consensus of {of_all} {consensus.members} restarts"
            f"{' that ended well' * (consensus.members < len(run.restarts['seed']))}, of which on "
            f"average {answer.agreement:.0%} agree on a sequence's cluster."
        )
        others = "the chosen restart alone" if count == 1 else "another"
        asked = run.settings.clusters
        if asked is not None and len(answer.sizes) < asked:
            said.append(
                f"{asked} clusters were asked for; these restarts tell {len(answer.sizes)} apart."
            )
    other = 1 if answer is None else (2 if consensus.shown == 1 else 1) if count > 1 else 0
    said.append(f"To see {others}: lstmtool report --alternative {other}.")
    if answer is not None:
        said.append(
            f"Outputs, and scores other than of clusters, are those of restart {run.chosen + 1}."
        )
    return " ".join(said)


def objective_name(run: Run) -> str:
    """Return the objective's title, with its form if it has several."""
    stage = run.settings.stages[-1]
    title, forms = stage.record.title, stage.record.forms
    return f"{title}, {forms[stage.form]}" if forms else title


def epochs(run: Run) -> int:
    """Return the number of epochs of the chosen restart, over all stages."""
    if "epochs" in run.restarts:
        return int(run.restarts["epochs"][run.chosen])
    return sum(stage.epochs for stage in run.settings.stages)


SURE = {
    "high": "The data split into {}, as far as this can be known without labels",
    "moderate": "The data probably split into {}",
    "low": "The run splits the data into {}, but that may mean nothing",
    "unknown": "The run splits the data into {}; how sure that is, is not known",
}


def answer(run: Run, assessment: Assessment) -> str:
    """Return the report's first sentence: how many groups, how sure, compared with what."""
    c, count = assessment.confidence, len(run.after.activations)
    asked = run.settings.clusters
    if asked is not None and c.nothing_found:
        return _not_so_many(asked, c)
    if len(c.sizes) < 2:
        return f"One group: nothing was found that divides the {count} sequences."
    if c.nothing_found:
        return (
            f"Perhaps there is nothing to split: the {count} sequences may be one group, since "
            f"{_as_good(c)}."
        )
    said = SURE[c.word].format(_groups_of(c.sizes))
    if c.check is not None and c.check.more:
        said += f", or into {c.check.more}"
    if c.as_good is not None:
        return f"{said}, {'although' if c.word == 'low' else 'since'} {_as_good(c)}."
    if c.check is None:
        return f"{said}. That was not compared with data without groups."
    if c.check.agreement >= SAME:
        return f"{said}. Networks whose memory blocks are as drawn find the same."
    other = "somewhat other" if c.check.agreement >= SIMILAR else "other"
    return f"{said}. Networks whose memory blocks are as drawn find {other} groups."


def _not_so_many(asked: int, c: Confidence) -> str:
    """Say that the data do not split into the number of clusters that was asked for."""
    said = f"{asked} clusters were asked for, but the data do not seem to split into so many: "
    if len(c.sizes) < 2:
        said += "the restarts agree on no such division"
    else:
        said += _as_good(c)
    return f"{said}. Leave --clusters out, to find a number that fits."


def _as_good(c: Confidence) -> str:
    return (
        f"scores like this came up in {c.as_good} of {c.surrogates} data sets made from yours "
        "without groups"
    )


def _groups_of(sizes: tuple[int, ...]) -> str:
    return _clusters_of(sizes).replace(" clusters", " groups", 1)


def confidence_sentence(assessment: Assessment) -> str:
    """Return the confidence in the chosen restart, or an answer of the consensus, in words."""
    c, consensus = assessment.confidence, assessment.consensus
    of_one = consensus is None or consensus.answer is None
    if c.word == "unknown" and np.isfinite(c.score):
        return "All sequences are in one cluster, so confidence does not apply."
    if c.word == "unknown":
        return "There is no selection score, so the reliability of the clusters is unknown."
    said = [
        f"Confidence is {c.word}: {_clusters_of(c.sizes)}, {'' if of_one else 'mean '}"
        f"selection score {c.score:.2f} of at "
        f"most {c.possible:.2f} bits."
    ]
    if c.shared is not None:
        copies = "Altered copies" if of_one else "By the chosen restart altered copies"
        said.append(
            f"{copies} of a sequence share {c.shared:.2f} of the {c.carried:.2f} bits that "
            "clusters of these sizes can carry."
        )
    if c.gap is not None and c.agreement is not None:
        said.append(
            f"On average {c.agreement:.0%} of the restarts agree on a sequence's cluster. Between "
            f"the nearest two clusters {c.gap:.0%} of the way is free of all but outlying "
            "sequences."
        )
    if c.p_value is not None:
        said.append(f"{_capital(_as_good(c))} (p = {c.p_value:.2g}).")
    if c.check is not None:
        others = f"Networks that keep their memory blocks as drawn (recipe {c.check.recipe})"
        others = others if c.gap is None else f"Networks with {c.check.recipe}"
        said.append(
            f"{others} agree with these clusters by an adjusted Rand index of "
            f"{c.check.agreement:.2f}, and see {c.check.gap:.0%} of the way between the nearest "
            "two free."
        )
    said += c.reasons
    if c.trials is not None:
        said.append(
            f"On {ON_KNOWN}, {c.perfect} of {c.trials} runs with such a score found the groups "
            "exactly."
        )
    return " ".join(said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _clusters_of(sizes: tuple[int, ...]) -> str:
    """Say how many clusters there are, and how large they are."""
    if len(set(sizes)) == 1:
        each = "one sequence" if sizes[0] == 1 else f"{sizes[0]} sequences"
        return f"{len(sizes)} clusters of equal size ({each} each)"
    if len(sizes) > MAX_SIZES:
        return f"{len(sizes)} clusters of {sizes[-1]} to {sizes[0]} sequences"
    listed = ", ".join(map(str, sizes[:-1]))
    return f"{len(sizes)} clusters of {listed} and {sizes[-1]} sequences"


def _correlation_row(states: tuple[Scores, ...]) -> tuple[str, ...]:
    """Correlations of net inputs (equation 2), not of their squashed values, which may be constant.

    With more than two nodes the largest in absolute value is given.
    """
    matrices = [s.correlation for s in states]
    n_nodes = max((len(m) for m in matrices if m is not None), default=0)
    name = "Net-input correlation" if n_nodes <= 2 else "Net-input correlation, largest"
    return (name, *(number(_largest(m)) for m in matrices))


def _largest(matrix: np.ndarray | None) -> float | None:
    if matrix is None or len(matrix) < 2:
        return None
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    return float(pairs[np.argmax(np.abs(pairs))])


_ROWS = {
    "Joint information, bits": lambda s: number(s.joint_bits),
    "Bits per node": lambda s: numbers(s.bits_per_node),
    "Entropy, nats": lambda s: number(s.entropy),
    "Kernel width σ": lambda s: number(s.sigma),
    "Clusters": lambda s: NOTHING if s.n_clusters is None else str(s.n_clusters),
    "Adjusted Rand index": lambda s: number(s.ari),
    "Normalised mutual information": lambda s: number(s.nmi),
    "Balance (share above ½)": lambda s: numbers(s.balance),
    "Saturation (mean |2p − 1|)": lambda s: numbers(s.saturation),
}

_RIVAL_COLUMNS = {
    "ari": "ARI",
    "nmi": "NMI",
    "accuracy": "Accuracy",
    "bits": "Bits",
    "silhouette": "Silhouette",
    "alike": "ARI, run",
}

_ALTERNATIVE_COLUMNS: dict[str, Callable[[Alternative], str]] = {
    "Restarts": lambda one: str(len(one.restarts)),
    "Score, bits": lambda one: number(one.score, 2),
    "Agree": lambda one: f"{one.agreement:.0%}",
    "ARI": lambda one: number(one.ari, 2),
    "NMI": lambda one: number(one.nmi, 2),
    "Clusters": lambda one: str(len(one.sizes)),
    "Sizes": lambda one: (
        ", ".join(map(str, one.sizes))
        if len(one.sizes) <= MAX_LISTED
        else f"{one.sizes[0]} to {one.sizes[-1]}"
    ),
}

_RESTART_COLUMNS = {
    "seed": "Seed",
    "epochs": "Epochs",
    "objective": "Objective",
    "score": "Selection score, bits",
    "untrained_score": "Same, untrained control",
}


def _invariant(name: str) -> str:
    return "Entropy − log spread, nats" if name == "Entropy, nats" else name


def _restart_cell(value: float) -> str:
    return str(int(value)) if np.issubdtype(type(value), np.integer) else number(float(value))


def _range_row(
    r: OutputRange, n_shown: int, decimals: int | None, with_clusters: bool
) -> tuple[str, ...]:
    ends = zip(r.low[:n_shown], r.high[:n_shown], strict=True)
    spans = (between(float(a), float(b), decimals) for a, b in ends)
    if not with_clusters:
        return (shown(r.name), str(r.size), *spans)
    some = [f"{name} ×{n}" for name, n in r.clusters[:6]]
    more = ", …" if len(r.clusters) > 6 else ""
    return (shown(r.name), str(r.size), *spans, ", ".join(some) + more)


def sequence_tables(run: Run, assessment: Assessment, sure: np.ndarray) -> list[tuple[str, Table]]:
    """Tabulate the sequences of every cluster, the surest first: name, group, confidence, outputs.

    Parameters
    ----------
    sure : ndarray of shape (N,)
        Confidence of every sequence's cluster.

    Returns
    -------
    list of (str, Table)
        Each with the cluster's name and size; at most `MAX_SEQUENCES` sequences in all, of every
        cluster its share.
    """
    made = []
    share = min(1.0, MAX_SEQUENCES / len(sure))
    for cluster, name in list(assessment.cluster_names.items())[:MAX_ROWS]:
        own = np.flatnonzero(assessment.clusters == cluster)
        order = own[np.argsort(-sure[own], kind="stable")]
        count = "1 sequence" if len(own) == 1 else f"{len(own)} sequences"
        kind = name if name == "not finite" else f"Cluster {name}"
        most = max(1, int(share * len(own)))
        made.append((f"{kind}: {count}", _sequence_table(run, order, sure, most)))
    return made


def _sequence_table(run: Run, order: np.ndarray, sure: np.ndarray, most: int) -> Table:
    y = run.after.activations
    width = min(y.shape[1], 8 if len(y) <= FEW_SEQUENCES else 2)
    rows = []
    for n in order[:most].tolist():
        name = shown(run.names[n]) if run.names else str(n)
        group = () if run.labels is None else (shown(run.label_names[run.labels[n]]),)
        outputs = (number(float(v), 4) for v in y[n, :width])
        rows.append((name, *group, number(float(sure[n])), *outputs))
    headings = ("Group",) * (run.labels is not None) + ("Confidence",)
    headings += tuple(f"Output {k + 1}" for k in range(width))
    if len(order) > most:
        rest = f"… {len(order) - most} more: lstmtool report --export FILE.csv"
        rows.append((rest, *[""] * len(headings)))
    return Table(("Sequence", *headings), rows)


def settings_table(run: Run) -> Table:
    """Tabulate all settings, one per row."""
    return Table(("Setting", "Value"), list(_leaves("", run.settings.model_dump(mode="json"))))


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for number_, part in enumerate(value):
            yield from _leaves(f"{name}.{number_}", part)
    else:
        yield name, "as the network" if value is None else str(value)
