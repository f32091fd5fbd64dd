"""Comparison of a run with simple methods on the same sequences."""

from __future__ import annotations

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.config import NetworkSettings, Stage
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.experiments import same_cells
from lstmtool.experiments.baselines import BASELINES, CONVOLUTIONS, KMeansBaseline
from lstmtool.experiments.same_cells import SameCells
from lstmtool.network.layout import Network
from lstmtool.objectives.clusters import NO_CLUSTER, accuracy, agreement, binary_codes
from lstmtool.objectives.modes import find_modes
from lstmtool.records.results import Comparison, Consensus, Rival
from lstmtool.records.run import Outputs, Run
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.selection import altered_ways, copies_stage, shared_bits

RUN, CONTROL, CHANCE = "this run", "untrained LSTM", "chance"
CHOSEN = "chosen restart alone"
SAME_CELLS = "k-means on the same memory cells, same consensus"
EQUAL = 0.02  # smaller differences in the adjusted Rand index, or in bits, do not count
SHUFFLES = 200  # of the clusters, for the chance level
PAIRS = 8  # maximum number of pairs of copies
LARGEST = 5_000  # number of sequences above which silhouettes are estimated from a sample


def compare(run: Run, sequences: Sequences, alternative: int | None = None) -> Comparison:
    """Compare the run with k-means on simple features, an untrained network and chance.

    k-means is given the number of clusters: that of the groups or, without labels, that found by
    the run. Its selection score uses the same kinds of copies as the run's, made from the raw
    inputs, with noise in proportion to every input's deviation.

    Of a run whose memory blocks were not trained, the output units' objective is what training
    adds. A consensus of such networks is compared with `SameCells`, told as many clusters as it
    was told or, if it was not, found.

    Parameters
    ----------
    sequences : Sequences
        The run's training set.
    alternative : int, optional
        Which answer to compare, as in `lstmtool.clustering.assess.assess`.
    """
    seen = sequences.first(run.preprocessing.settings.window)
    told = assess(run, alternative)
    clusters = told.clusters
    answer = None if told.consensus is None else told.consensus.answer
    reference = clusters if run.labels is None else run.labels
    n_clusters = min(len(np.unique(reference)), len(seen))
    copies = _Copies(run, sequences)
    assigner = Assigner(run, alternative=alternative)
    outputs = None if answer else run.after.activations  # a consensus has no space of its own
    rivals = [_scored(RUN, run, clusters, outputs, assigner.score_of_answer(sequences), None)]
    like = None
    if answer is not None and same_cells.applies(run):
        like = clusters
        same = SameCells.of_run(run, sequences, run.settings.clusters or len(answer.sizes))
        bits = same.score(*assigner.pairs(sequences))
        rivals.append(_scored(SAME_CELLS, run, same.clusters, None, bits, like))
    if answer is not None:
        rivals.append(_of(CHOSEN, run, run.after, assigner.score(sequences), like))
    if run.settings.trains_blocks:
        rivals.append(_of(CONTROL, run, run.untrained, np.nan, like))
    for name in (*BASELINES, CONVOLUTIONS):
        model = KMeansBaseline(name, seen, n_clusters, run.settings.seed)
        bits = copies.shared_bits(model)
        rivals.append(_scored(name, run, model.clusters, model.scaled, bits, like))
    rivals.append(_chance(run, clusters, outputs, like))
    better, verdict = _verdict(rivals, by_labels=run.labels is not None)
    notes = _notes(run, seen, n_clusters, told.consensus)
    return Comparison(tuple(rivals), better, verdict, notes)


class _Copies:
    """Altered copies of the raw sequences, of the kinds used by the run's selection score."""

    def __init__(self, run: Run, sequences: Sequences) -> None:
        self._run = run
        self._mean, deviation = sequences.values.mean(axis=0), sequences.values.std(axis=0)
        self._deviation = np.where(deviation > 0, deviation, 1.0)
        scaled = from_arrays([(s - self._mean) / self._deviation for s in sequences])
        network = Network(NetworkSettings(blocks=(1,)), sequences.n_inputs)
        data = batch_data(scaled, run.preprocessing.settings.window)
        self._lanes = SequenceBatch(network, data, 2)

    def shared_bits(self, model: KMeansBaseline) -> float:
        """Return the bits shared by pairs of copies (the same for every model), on average."""
        settings, rng = self._run.settings, np.random.default_rng(self._run.settings.seed)
        bits = []
        for way in altered_ways(settings):
            stage = copies_stage(settings, way)
            for _ in range(min(settings.selection_pairs, PAIRS) if way != "none" else 1):
                first, second = (model.predict(c) for c in self._draw(stage, rng))
                bits.append((way, shared_bits(first, second)))
        ways = [[b for w, b in bits if w == way] for way in altered_ways(settings)]
        return float(np.mean([np.mean(of_way) for of_way in ways]))

    def _draw(self, stage: Stage, rng: np.random.Generator) -> list[Sequences]:
        drawn = self._lanes.copies_of(stage, rng)
        return [from_arrays([c * self._deviation + self._mean for c in copies]) for copies in drawn]


def _clusters(run: Run, outputs: Outputs) -> np.ndarray:
    """Return the clusters (N,) of outputs by the run's own rule."""
    y = outputs.activations
    if run.settings.makes_codes:
        return binary_codes(y)[1]
    return find_modes(y, run.settings.stages[-1].width_floor)[1]


def _of(name: str, run: Run, outputs: Outputs, bits: float, like: np.ndarray | None) -> Rival:
    return _scored(name, run, _clusters(run, outputs), outputs.activations, bits, like)


def _scored(
    name: str,
    run: Run,
    clusters: np.ndarray,
    points: np.ndarray | None,
    bits: float,
    like: np.ndarray | None,
) -> Rival:
    """Return the results of a method with these clusters (N,), compared with clusters `like`."""
    ari = nmi = right = None
    if run.labels is not None:
        ari, nmi = agreement(run.labels, clusters)
        right = accuracy(run.labels, clusters)
    return Rival(
        name,
        len(np.unique(clusters[clusters != NO_CLUSTER])),
        ari,
        nmi,
        right,
        bits if np.isfinite(bits) else None,
        None if points is None else _silhouette(points, clusters),
        None if like is None else agreement(like, clusters)[0],
    )


def _silhouette(points: np.ndarray, clusters: np.ndarray) -> float | None:
    from sklearn.metrics import silhouette_score

    known = (clusters != NO_CLUSTER) & np.isfinite(points).all(axis=1)
    points, clusters = points[known], clusters[known]
    some = np.random.default_rng(0).permutation(len(clusters))[:LARGEST]
    if not 2 <= len(np.unique(clusters[some])) < len(some):
        return None
    return float(silhouette_score(points[some], clusters[some]))


def _chance(
    run: Run, clusters: np.ndarray, points: np.ndarray | None, like: np.ndarray | None
) -> Rival:
    """Return mean scores of the run's clusters with the sequences shuffled."""
    rng = np.random.default_rng(run.settings.seed)
    shuffled = [rng.permutation(clusters) for _ in range(SHUFFLES)]
    pairs = zip(shuffled[::2], shuffled[1::2], strict=True)
    known = [(a + 1, b + 1) for a, b in pairs]  # no cluster, -1, counts as one of its own
    bits = float(np.mean([shared_bits(a, b) for a, b in known]))
    few = shuffled[: SHUFFLES // 10]
    several = [_scored(CHANCE, run, c, points, bits, like) for c in few]

    def mean(name: str) -> float | None:
        values = [getattr(rival, name) for rival in several]
        return None if None in values else float(np.mean(values))

    return Rival(
        CHANCE,
        several[0].n_clusters,
        mean("ari"),
        mean("nmi"),
        mean("accuracy"),
        bits,
        mean("silhouette"),
        mean("alike"),
    )


def _verdict(rivals: list[Rival], by_labels: bool) -> tuple[tuple[str, ...], str]:
    run, *others = (rival for rival in rivals if rival.name not in (CHOSEN, CHANCE))
    measure, unit = (
        ("ari", "adjusted Rand index") if by_labels else ("bits", "bits that altered copies share")
    )
    own = getattr(run, measure)
    known = [(getattr(r, measure), r.name) for r in others if getattr(r, measure) is not None]
    if own is None or not known:
        return (), f"There is nothing to compare by: no {unit}."
    ranked = sorted(known, key=lambda pair: -pair[0])
    better = [(value, name) for value, name in ranked if value > own + EQUAL]
    best, name = ranked[0]
    if better:
        many = "a simpler method does" if len(better) == 1 else f"{len(better)} simpler methods do"
        listed = "; ".join(f"{name} ({value:.2f})" for value, name in better)
        verdict = f"{many} better than this run ({own:.2f}): {listed}."
    elif best >= own - EQUAL:
        needless = "the objective" if name == SAME_CELLS else "a trained network"
        verdict = (
            f"{name} does as well ({best:.2f}) as this run ({own:.2f}): these data did not need "
            f"{needless}."
        )
    else:
        verdict = (
            f"no simpler method does as well as this run ({own:.2f}); next is {name} ({best:.2f})."
        )
    for value, name in known:
        if name == SAME_CELLS:
            verdict += _part_of_objective(own, value)
    if not by_labels:
        verdict += (
            " Without labels this compares how stable clusters are when sequences are altered, "
            "not how right they are."
        )
    return tuple(name for _, name in better), f"By the {unit}, {verdict}"


def _part_of_objective(own: float, by_k_means: float) -> str:
    """Say what the objective adds to k-means on the same memory cells."""
    beyond = own - by_k_means
    does = "adds nothing to" if abs(beyond) <= EQUAL else f"adds {beyond:.2f} to"
    if beyond < -EQUAL:
        does = f"is {-beyond:.2f} behind"
    return f" The objective {does} k-means on the same memory cells ({by_k_means:.2f})."


def _notes(
    run: Run, seen: Sequences, n_clusters: int, consensus: Consensus | None
) -> tuple[str, ...]:
    source = "found by this run" if run.labels is None else "of groups"
    notes = [f"k-means was given the number of clusters, {n_clusters}, the number {source}."]
    if len(np.unique(seen.lengths)) > 1:
        notes.append(
            f"Lengths differ: raw values were resampled to the median of "
            f"{int(np.median(seen.lengths))} steps, and Fourier amplitudes interpolated at its "
            "frequencies; only every second random convolution was padded."
        )
    notes.append(
        "Bits: the information that clusters of altered copies of a sequence share. "
        "A network's are lower if its outputs are undecided; k-means always decides."
    )
    if consensus is not None and consensus.answer is not None:
        count = len(consensus.answer.restarts)
        notes.append(
            f"This run is the consensus of {count} of its {consensus.members} restarts "
            f"(alternative {consensus.shown}), and so are its bits."
        )
        if same_cells.applies(run):
            notes.append(
                "k-means on the same memory cells was given what the output units of every "
                "restart were trained on, and told as many clusters as this run was told or, if "
                "it was not, found; its answers are joined like those of the restarts. ARI, run: "
                "the adjusted Rand index with the clusters of this run."
            )
    if run.settings.trains_blocks:
        notes.append(
            "The untrained LSTM is the control, with only its output layer trained; its weights "
            "are not stored, so its bits are unknown."
        )
    else:
        notes.append(
            "The memory blocks of this run were not trained, so there is no untrained control."
        )
    if run.labels is None:
        notes.append("Silhouettes are computed in each method's own space: do not compare them.")
    return tuple(notes)
