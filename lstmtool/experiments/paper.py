"""The paper's four experiments on the data set of one seed, with its literal form and controls.

The unit of work is one data seed of one experiment. It returns a plain dictionary of numbers, so a
study can stop between two units and be resumed. Labels are used only for scores.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.config import TrainSettings
from lstmtool.data.alignment import find_alignment
from lstmtool.data.generators import artificial, clarinet, tones
from lstmtool.data.sequences import Sequences
from lstmtool.data.sounds import PITCHES, SoundSource
from lstmtool.errors import DataError, DivergedError
from lstmtool.experiments.baselines import BASELINES, k_means, nearest_to_own_group, true_features
from lstmtool.objectives.clusters import agreement
from lstmtool.recipes import checked, default_stages, merge, recipe
from lstmtool.records.run import Run
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.restart import Restart
from lstmtool.training.selection import clusters_of
from lstmtool.training.setup import TrainingSetup, prepare
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import choose, finished, train_restarts

PER_GROUP = 5  # sequences, as in the paper
FRESH_PER_GROUP = 25
N_GROUPS = 4
LITERAL_EPOCHS = {  # of the paper's figures
    "bingo-artificial": 860,
    "neo-artificial": 14,
    "bingo-clarinet": 690,
    "neo-clarinet": 6910,
}


@dataclass(frozen=True)
class Experiment:
    """One of the paper's experiments on one kind of data.

    Parameters
    ----------
    name : str
        Objective and data, e.g. ``bingo-artificial``.
    sounds : {"synthetic", "shipped", "own"} or None
        Sounds of the clarinet; None for the artificial data.
    """

    name: str
    sounds: str | None = None

    @property
    def objective(self) -> str:
        """``bingo`` or ``neo``."""
        return self.name.split("-")[0]

    @property
    def key(self) -> str:
        """Name with the kind of sounds: ``bingo-clarinet-shipped``."""
        return f"{self.name}-{self.sounds}" if self.sounds else self.name


def experiments(names: tuple[str, ...], sounds: tuple[str, ...]) -> list[Experiment]:
    """Return the named experiments; a clarinet experiment once for each kind of sounds."""
    found = []
    for name in names:
        kinds = sounds if name.endswith("clarinet") else (None,)
        found += [Experiment(name, kind) for kind in kinds]
    return found


def draw(
    experiment: Experiment, seed: int, per_group: int, source: SoundSource | None
) -> Sequences:
    """Draw the data set of a seed: four groups of `per_group` sequences of 100 steps."""
    rng = np.random.default_rng([seed, per_group])
    if experiment.sounds is None:
        return artificial.generate(rng, per_group=per_group)
    if experiment.sounds == "synthetic":
        piece = clarinet.piece_length("trigger")
        source = tones.source(rng, pitches=PITCHES, per_pitch=per_group, piece=piece)
    assert source is not None
    return clarinet.generate(rng, source=source, phase="trigger", per_group=per_group)


def fingerprint(source: SoundSource) -> str:
    """Return the SHA-256 of all sound segments and their pitches."""
    digest = sha256()
    for stretch in source.stretches:
        digest.update(repr((stretch.target, len(stretch.samples))).encode())
        digest.update(np.ascontiguousarray(stretch.samples, dtype="<f8").data)
    return digest.hexdigest()


def literal_settings(experiment: Experiment, seed: int) -> TrainSettings:
    """Return the settings of `lstmtool train --recipe literal`, with the paper's epochs."""
    nested = recipe((experiment.objective,), "literal")
    nested["stages"][-1]["epochs"] = LITERAL_EPOCHS[experiment.name]
    return checked(merge(nested, {"seed": seed}))


def default_settings(
    experiment: Experiment, name: str, seed: int, restarts: int | None = None
) -> TrainSettings:
    """Return the settings of `lstmtool train` for the recipe ``stationary`` or ``phase-locked``."""
    nested = recipe(default_stages(experiment.objective, name), name)
    changes = {"seed": seed} | ({} if restarts is None else {"restarts": restarts})
    return checked(merge(nested, changes))


def run_seed(
    experiment: Experiment,
    seed: int,
    restarts: int | None = None,
    *,
    source: SoundSource | None = None,
    threads: int = 1,
    stop: Stop | None = None,
) -> tuple[dict[str, Any], Run, Run]:
    """Run everything that a study compares on the data set of one seed.

    Parameters
    ----------
    seed : int
        Seed of the data and of the training.
    restarts : int, optional
        Number of restarts; by default that of `lstmtool train`.
    source : SoundSource, optional
        Sounds to cut fragments from; needed unless data are generated.
    threads : int
        Restarts that run at the same time; the result does not depend on it.
    stop : Stop, optional
        Set it to end early.

    Returns
    -------
    record : dict
        Numbers in JSON types.
    chosen, literal : Run
        Runs for figures and tables.

    Raises
    ------
    Stopped
        If `stop` was set before training ended.
    """
    stop = Stop() if stop is None else stop
    data = draw(experiment, seed, PER_GROUP, source)
    literal_problem = prepare(data, literal_settings(experiment, seed))
    literal = finished(data, literal_problem, train_restarts(literal_problem, stop=stop), chosen=0)
    name = find_alignment(data).recipe  # as `lstmtool train` chooses, without labels
    setup = prepare(data, default_settings(experiment, name, seed, restarts))
    results = train_restarts(setup, threads, stop=stop)
    if stop:
        raise Stopped
    chosen = _choice(results)
    run = finished(data, setup, results, chosen)
    found = assess(run)
    fresh = draw(experiment, seed, FRESH_PER_GROUP, source)
    record = {
        "experiment": experiment.key,
        "seed": seed,
        "recipe": name,
        "chosen": chosen,
        "clusters": found.after.n_clusters,
        "possible": found.confidence.possible,
        "fresh_ari": _fresh_ari(run, fresh),
        "literal_ari": assess(literal).after.ari,
        **_scores_of_restarts(setup, results, data),
        **_rivals(data, seed),
    }
    return record, run, literal


def _choice(results: list[Restart]) -> int:
    """Return the label-free choice, or the first restart if all diverged."""
    with suppress(DivergedError):
        return choose(results)
    return 0


def _fresh_ari(run: Run, fresh: Sequences) -> float:
    """Return the ARI of new sequences assigned as by `lstmtool assign`; 0 if that fails."""
    assert fresh.labels is not None
    with suppress(DataError):  # no training output is finite
        return agreement(fresh.labels, Assigner(run)(fresh).clusters)[0]
    return 0.0


def _scores_of_restarts(
    setup: TrainingSetup, results: list[Restart], data: Sequences
) -> dict[str, Any]:
    control_scores = np.array([r.untrained_score for r in results])
    return {
        "aris": [_ari(setup, r.parameters, data) for r in results],
        "scores": [r.score for r in results],
        "objectives": [r.objective for r in results],
        "epochs": [r.n_epochs for r in results],
        "control_aris": [_ari(setup, r.untrained, data) for r in results],
        "control_scores": control_scores.tolist(),
        "control_chosen": int(np.argmax(np.nan_to_num(control_scores, nan=-np.inf))),
    }


def _rivals(data: Sequences, seed: int) -> dict[str, Any]:
    """Score k-means on simple and on the true features, given the number of groups."""
    features = {name: of(data) for name, of in BASELINES.items()}
    true = true_features(data)
    assert data.labels is not None
    return {
        "baselines": {name: _k_means_ari(data, values, seed) for name, values in features.items()},
        "true_features_ari": None if true is None else _k_means_ari(data, true, seed),
        "splittable": true is None or nearest_to_own_group(true, data.labels),
    }


def _k_means_ari(data: Sequences, features: np.ndarray, seed: int) -> float:
    assert data.labels is not None
    return agreement(data.labels, k_means(features, N_GROUPS, seed))[0]


def _ari(setup: TrainingSetup, parameters: np.ndarray, data: Sequences) -> float:
    """Return the ARI with the groups; 0 if an output is not finite."""
    lanes = SequenceBatch(
        setup.network, batch_data(setup.preprocessing.apply(data)), compute=setup.compute
    )
    net, _ = lanes.evaluate(parameters)
    if not np.isfinite(net).all():
        return 0.0
    assert data.labels is not None
    return agreement(data.labels, clusters_of(net, setup.settings.stages[-1]))[0]
