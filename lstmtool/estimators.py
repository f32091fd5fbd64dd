"""BINGO and NEO as scikit-learn estimators: the same computation as on the command line.

Sequences are given as in the table of `lstmtool.as_sequences`; they may differ in length. An array,
a list or a data frame whose rows are N sequences of one input is also a table in scikit-learn's
sense: its columns are features, whose number must stay the same. Data frames whose rows are steps
must be indexed by sequence and time, or be converted by `as_sequences`. Labels of `Sequences` are
not read.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils import check_random_state
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted, validate_data

from lstmtool import recipes
from lstmtool.clustering.assess import confidence_in
from lstmtool.clustering.assign import Assigner
from lstmtool.clustering.evidence import with_evidence
from lstmtool.config import TrainSettings
from lstmtool.data.alignment import find_alignment
from lstmtool.data.conversion.convert import as_sequences, from_table, is_table
from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError, DataWarning
from lstmtool.names import EARLIER_RECIPES, OWN_COPIES, RECIPES
from lstmtool.objectives import registry
from lstmtool.objectives.clusters import NO_CLUSTER
from lstmtool.option_texts import TEXTS
from lstmtool.records.results import Assignment
from lstmtool.records.run import Run
from lstmtool.trained_run import TrainedRun
from lstmtool.training.effort import worthwhile_restarts
from lstmtool.training.null_test import refuse_large
from lstmtool.training.output_search import check_growable, grow
from lstmtool.training.restart import Progress
from lstmtool.training.train import train
from lstmtool.training.watch import Watch

__all__ = ["BingoLSTM", "NeoLSTM"]

FEWEST = 3  # sequences needed for training


def _with_texts(line: str) -> str:
    """Return a line of a docstring with the texts of the settings that it names in braces."""
    said = re.sub(r"\{([a-z_.]+)\}", lambda found: TEXTS[found[1]], line)
    indent = " " * (len(line) - len(line.lstrip()))
    wrapped = textwrap.fill(said, 100, initial_indent="", subsequent_indent=indent)
    return line if said == line else wrapped


class _LSTM(ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin, BaseEstimator):
    """Base of both estimators; subclasses list the parameters and number the clusters."""

    _objective: str

    def __init__(
        self,
        *,
        blocks: tuple[int, ...] | None = None,
        outputs: int | str | None = None,
        recipe: str = "auto",
        window: int | None = None,
        scaling: str | None = None,
        epochs: int | None = None,
        rate: float | None = None,
        restarts: int | None = None,
        consensus: bool = False,
        clusters: int | None = None,
        settings: Mapping[str, Any] | None = None,
        surrogates: int | None = None,
        channels_first: bool | None = None,
        unequal: bool = False,
        n_jobs: int | None = None,
        random_state: Any = 0,
        verbose: int = 0,
        callback: Callable[[Progress], bool | None] | None = None,
    ) -> None:
        self.blocks = blocks
        self.outputs = outputs
        self.recipe = recipe
        self.window = window
        self.scaling = scaling
        self.epochs = epochs
        self.rate = rate
        self.restarts = restarts
        self.consensus = consensus
        self.clusters = clusters
        self.settings = settings
        self.surrogates = surrogates
        self.channels_first = channels_first
        self.unequal = unequal
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.callback = callback

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Put what settings mean into the table of parameters, where it names them."""
        super().__init_subclass__(**kwargs)
        lines = (cls.__doc__ or "").split("\n")
        cls.__doc__ = "\n".join(_with_texts(line) for line in lines) or None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on sequences and keep the restart with the best label-free score.

        Parameters
        ----------
        X : array-like, data frame, list or Sequences
            At least three sequences, in any form of the table in `lstmtool.as_sequences`.
        y : ignored
            For scikit-learn's interface.

        Raises
        ------
        ValueError
            If the data are unsuitable.
        UsageError
            If a parameter is invalid.
        DivergedError
            If every restart ended with non-finite numbers.
        """
        sequences = self._sequences(X, reset=True)
        threads = effective_n_jobs(self.n_jobs)
        settings = self._settings(sequences)
        watch = Watch(type(self).__name__, self.verbose, self.callback)

        def train_one(chosen: TrainSettings) -> Run:
            report = watch.report(chosen)
            return train(sequences, chosen, threads=threads, report=report, stop=watch.stop)

        refuse_large(sequences, self.surrogates)
        automatic = self.outputs == "auto"
        if automatic:
            run = grow(
                settings,
                len(sequences),
                train_one,
                lambda run: Assigner(run).score(sequences),
                lambda: bool(watch.stop),
            )
        else:
            run = train_one(settings)
        if not watch.stop:
            run = with_evidence(run, sequences, self.surrogates, threads=threads)
        if run.ensemble is not None:
            run = replace(run, ensemble=run.ensemble.without_components())
        self.run_ = TrainedRun.of(run)
        self.outputs_ = run.after.activations
        self.selection_score_ = float(run.restarts["score"][run.chosen])
        self.n_inputs_ = sequences.n_inputs
        self._n_features_out = self.outputs_.shape[1]
        self._assigner = Assigner(run)
        found = self._assigner(sequences)
        self._number(found)
        self.labels_ = self._labels(found)
        self.n_clusters_ = len(np.unique(self.labels_[self.labels_ != NO_CLUSTER]))
        self.consensus_ = self._assigner.consensus
        confidence = confidence_in(run, found.clusters, self.consensus_)
        self.confidence_, self.p_value_ = confidence.word, confidence.p_value
        watch.say(
            f"{len(run.restarts['seed'])} restarts in {watch.seconds:.1f} s, restart "
            f"{run.chosen + 1} kept: {self.n_clusters_} clusters, confidence {self.confidence_}."
        )
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the network's outputs at the end of every sequence, of shape (N, K)."""
        activations = self._assigner.outputs(self._fitted_sequences(X)).activations
        wanted = _get_output_config("transform", self)["dense"]
        if wanted == "pandas" and getattr(getattr(X, "index", None), "nlevels", 1) == 2:
            # scikit-learn would give the outputs the index of the rows, which are steps.
            frame = X if hasattr(X, "columns") else X.to_frame()
            return type(frame)(activations, index=frame.index.unique(level=0))
        return activations

    def predict(self, X: Any) -> np.ndarray:
        """Return the cluster of every sequence, of shape (N,); -1 where an output is not finite."""
        return self._labels(self.assign(X))

    def assign(self, X: Any) -> Assignment:
        """Return outputs, clusters as in a run's report, and a confidence per sequence."""
        sequences = self._fitted_sequences(X)
        return self._assigner(sequences)

    def score(self, X: Any, y: Any = None) -> float:
        """Return the information, in bits, that clusters of two altered copies share.

        More clusters can share more bits, so compare only networks with the same number of outputs.
        `y` is ignored.
        """
        sequences = self._fitted_sequences(X)
        return self._assigner.score(sequences)

    def _number(self, found: Assignment) -> None:
        """Store the numbering of the training set's clusters."""

    def _labels(self, found: Assignment) -> np.ndarray:
        return found.clusters

    def _settings(self, sequences: Sequences) -> TrainSettings:
        """Merge recipe, `settings` and parameters, as `lstmtool train` does."""
        found = find_alignment(sequences, self.window)
        name = found.recipe if self.recipe == "auto" else self.recipe
        name = EARLIER_RECIPES.get(name, name)
        if name not in RECIPES:
            raise ValueError(
                f"The 'recipe' parameter of {type(self).__name__} must be 'auto' or one of "
                f"{RECIPES}. Got {self.recipe!r} instead."
            )
        stages = recipes.default_stages(self._objective, name)
        shift = name not in OWN_COPIES and found.copies == "shift"
        nested = recipes.merge(recipes.recipe(stages, name, shift=shift), self.settings or {})
        outputs = 1 if self.outputs == "auto" else self.outputs
        changes = {
            "network": _given(blocks=self.blocks, outputs=outputs),
            "inputs": _given(window=self.window, scaling=self.scaling),
            "seed": self._seed(),
            **_given(restarts=self.restarts),
            **_given(consensus=self.consensus or None, clusters=self.clusters),
        }
        nested = recipes.merge(nested, changes)
        if self.window is not None and "average" not in (self.settings or {}).get("inputs", {}):
            nested["inputs"]["average"] = 1
        nested = recipes.for_clusters(nested, self._told_outputs)
        if not self.consensus:
            nested = recipes.without_lone_consensus(nested)
        said = {*(self.settings or {}), *_given(restarts=self.restarts)}
        nested = recipes.with_every_restart(nested, said)
        last = _given(epochs=self.epochs, rate=self.rate)
        nested["stages"] = [*nested["stages"][:-1], nested["stages"][-1] | last]
        if not registry.find(self._objective).makes_codes:
            nested["stages"] = recipes.preparing_outputs(nested)
        checked = recipes.checked(nested)
        if self.outputs == "auto":
            check_growable(checked)
        if self._told_outputs is None and checked.clusters is None:
            checked = recipes.with_few_codes(checked, len(sequences))
        if self.restarts is None and "restarts" not in (self.settings or {}):
            restarts = worthwhile_restarts(checked, sequences)
            checked = checked.model_copy(update={"restarts": restarts})
        return checked

    @property
    def _told_outputs(self) -> int | None:
        """Number of outputs that parameters and settings give; the first of those found."""
        if isinstance(self.outputs, str):
            return 1
        nested: int | None = (self.settings or {}).get("network", {}).get("outputs")
        return self.outputs or nested

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    @cached_property
    def _assigner(self) -> Assigner:
        return Assigner(self.run_)

    def __getstate__(self) -> dict[str, Any]:
        """Exclude what can be derived from the run, lest it be read from a memory-mapped file."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_assigner"}

    def _fitted_sequences(self, X: Any) -> Sequences:
        check_is_fitted(self)
        sequences = self._sequences(X, reset=False)
        n_inputs = sequences.n_inputs
        if n_inputs != self.n_inputs_ and (sequences.lengths == self.n_inputs_).all():
            raise DataError(
                f"The data has {n_inputs} input{'s' * (n_inputs != 1)} per step, "
                f"the run was trained on {self.n_inputs_}.",
                f"every sequence has {self.n_inputs_} steps",
                "Inputs and steps seem to be swapped: give arrays as in fit, or fit with another "
                "channels_first.",
            )
        try:
            match = self._assigner.check(sequences)
        except DataError as error:
            if "--" not in error.fix:
                raise
            fix = "Give the same inputs as in fit, with the same names and sampling rate."
            raise DataError(error.what, error.where, fix) from None  # there are no options here
        if match.columns is not None:
            warnings.warn(" ".join(match.said), DataWarning, stacklevel=3)
        return sequences

    def _sequences(self, X: Any, reset: bool) -> Sequences:
        if reset:  # only tables have features
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(self, name):
                    delattr(self, name)
        if isinstance(X, Sequences):
            return X.without_labels()
        if is_table(X):
            table = validate_data(
                self,
                X,
                reset=reset,
                dtype=np.float64,
                ensure_all_finite=False,  # left to `from_table`, which says where
                ensure_min_samples=FEWEST if reset else 1,
            )
            return from_table(table, X, self.unequal)
        # Once fitted, the number of inputs reveals whether axes are swapped.
        channels_first = self.channels_first if reset else bool(self.channels_first)
        return as_sequences(X, channels_first=channels_first, unequal=self.unequal)


class BingoLSTM(_LSTM):
    """Cluster sequences by the binary codes that LSTM memory blocks learn without labels.

    Binary information gain optimisation (BINGO), prepared by codes that altered copies of a
    sequence share; the same as `lstmtool train --objective bingo`.

    Parameters
    ----------
    blocks : tuple of int, optional
        {network.blocks} None takes the recipe's, (1, 1).
    outputs : int or "auto", optional
        {network.outputs} None takes the recipe's, 2.
        "auto" adds outputs while each adds at least 0.8 bits to `score`.
    recipe : {"auto", "stationary", "phase-locked", "literal", "shapes", "waveforms"}
        Default settings; "auto" chooses those that suit the data, as `lstmtool train` does.
    window : int, optional
        {inputs.window}
    scaling : {"none", "standardise", "whiten"}, optional
        {inputs.scaling} None takes the recipe's, "whiten".
    epochs : int, optional
        {stages.epochs} In the last stage; None takes the recipe's.
    rate : float, optional
        {stages.rate} In the last stage; None takes the recipe's.
    restarts : int or None
        {restarts} None takes the recipe's, or fewer if each takes long.
    consensus : bool
        {consensus}
    clusters : int, optional
        {clusters} Implies the consensus and, without `outputs`, sets as many as it needs.
    settings : dict, optional
        Any other settings, nested as in the file that `lstmtool train --print-config` prints.
    surrogates : int, optional
        Number of data sets without groups, made from the training set, that its clusters are
        compared with; 0 for no comparison at all. None takes 19 where the restarts have a consensus
        and only the output units are trained, which makes it cheap; trained memory blocks are
        compared with networks that keep theirs as drawn.
    channels_first : bool, optional
        Whether arrays are (N, D, T), as in aeon and sktime; see `lstmtool.as_sequences`.
    unequal : bool
        Whether missing values at the end mean a shorter sequence, as in tslearn.
    n_jobs : int, optional
        Number of restarts run in parallel threads; None means 1, -1 all processors. It does not
        affect the result.
    random_state : int, RandomState instance or None
        An int is used as the seed, like ``--seed``.
    verbose : int
        1 prints how far training is at growing intervals, 2 at every report.
    callback : callable, optional
        Called with a `lstmtool.training.restart.Progress` every few epochs of every restart, by one
        thread at a time. If it returns True, training ends, with the best so far.

    Attributes
    ----------
    labels_ : ndarray of shape (N,), int64
        Cluster of every training sequence, counted from 0.
    codes_ : ndarray of shape (2**K, K), uint8, or None
        Binary code of every cluster. Codes that occur in the training set come first, in
        ascending order; the others follow, since new sequences may have them. None with a
        consensus, whose clusters are numbered by their sizes.
    outputs_ : ndarray of shape (N, K)
        Outputs for the training sequences, between 0 and 1.
    n_clusters_ : int
        Number of clusters of the training set.
    selection_score_ : float
        Label-free score of the chosen restart, in bits.
    confidence_ : str
        "high", "moderate", "low" or "unknown": confidence in the clusters, as in
        ``lstmtool report``; see `lstmtool.clustering.confidence`.
    consensus_ : lstmtool.records.results.Consensus or None
        What the restarts agree on, with its alternatives; the labels are those of the first. None
        without a consensus.
    p_value_ : float or None
        Of the comparison with data without groups; None if it was not made.
    run_ : lstmtool.TrainedRun
        The complete run; ``run_.save("run.h5")`` writes it to a file.
    n_inputs_ : int
        Values per step, D.
    n_features_in_, feature_names_in_
        Only for a table (N, T).

    Examples
    --------
    >>> import numpy as np
    >>> from lstmtool import BingoLSTM
    >>> rng = np.random.default_rng(0)
    >>> calm = [rng.normal(0, 0.1, size=30) for _ in range(6)]
    >>> wild = [rng.normal(0, 2.0, size=40) for _ in range(6)]
    >>> model = BingoLSTM(outputs=1, restarts=2).fit(calm + wild)
    >>> int(model.n_clusters_)
    2
    >>> bool((model.labels_[:6] != model.labels_[6:]).all())
    True
    >>> new = [rng.normal(0, 0.1, size=35)]
    >>> bool(model.predict(new)[0] == model.labels_[0])
    True
    >>> model.transform(new).shape
    (1, 1)
    """

    _objective = "bingo"

    def _number(self, found: Assignment) -> None:
        """Number codes that occur from 0 on, so that labels have no gaps; the others after them."""
        if found.alternative:
            self.codes_ = None
            return
        n_outputs = self.outputs_.shape[1]
        occurring = np.unique(found.clusters[found.clusters != NO_CLUSTER])
        every = np.arange(2**n_outputs)
        order = np.concatenate([occurring, np.setdiff1d(every, occurring)])
        shifts = np.arange(n_outputs - 1, -1, -1)
        self.codes_ = (order[:, None] >> shifts & 1).astype(np.uint8)
        self._label_of_code = np.argsort(order)

    def _labels(self, found: Assignment) -> np.ndarray:
        if found.alternative:
            return found.clusters
        labels = self._label_of_code[np.maximum(found.clusters, 0)]
        return np.where(found.clusters == NO_CLUSTER, NO_CLUSTER, labels)


class NeoLSTM(_LSTM):
    """Cluster sequences by the modes of the outputs that LSTM memory blocks learn without labels.

    Nonparametric entropy optimisation (NEO), prepared by codes that altered copies of a sequence
    share; the same as `lstmtool train --objective neo`. The number of clusters is found, not
    given.

    Parameters
    ----------
    blocks : tuple of int, optional
        {network.blocks} None takes the recipe's, (1, 1).
    outputs : int, optional
        Number of linear output units; None takes the recipe's, 1.
    recipe : {"auto", "stationary", "phase-locked", "literal", "shapes", "waveforms"}
        Default settings; "auto" chooses those that suit the data, as `lstmtool train` does.
    window : int, optional
        {inputs.window}
    scaling : {"none", "standardise", "whiten"}, optional
        {inputs.scaling} None takes the recipe's, "whiten".
    epochs : int, optional
        {stages.epochs} In the last stage; None takes the recipe's.
    rate : float, optional
        {stages.rate} In the last stage; None takes the recipe's.
    restarts : int or None
        {restarts} None takes the recipe's, or fewer if each takes long.
    consensus : bool
        {consensus}
    clusters : int, optional
        {clusters} Implies the consensus.
    settings : dict, optional
        Any other settings, nested as in the file that `lstmtool train --print-config` prints.
    surrogates : int, optional
        Number of data sets without groups, made from the training set, that its clusters are
        compared with; 0 for no comparison at all. None takes 19 where the restarts have a consensus
        and only the output units are trained, which makes it cheap; trained memory blocks are
        compared with networks that keep theirs as drawn.
    channels_first : bool, optional
        Whether arrays are (N, D, T), as in aeon and sktime; see `lstmtool.as_sequences`.
    unequal : bool
        Whether missing values at the end mean a shorter sequence, as in tslearn.
    n_jobs : int, optional
        Number of restarts run in parallel threads; None means 1, -1 all processors. It does not
        affect the result.
    random_state : int, RandomState instance or None
        An int is used as the seed, like ``--seed``.
    verbose : int
        1 prints how far training is at growing intervals, 2 at every report.
    callback : callable, optional
        Called with a `lstmtool.training.restart.Progress` every few epochs of every restart, by one
        thread at a time. If it returns True, training ends, with the best so far.

    Attributes
    ----------
    labels_ : ndarray of shape (N,), int64
        Cluster of every training sequence, counted from 0: modes of the Parzen density of the
        outputs. A new sequence belongs to the cluster of the nearest training output.
    outputs_ : ndarray of shape (N, K)
        Outputs for the training sequences.
    n_clusters_ : int
        Number of clusters of the training set.
    selection_score_ : float
        Label-free score of the chosen restart, in bits.
    confidence_ : str
        "high", "moderate", "low" or "unknown": confidence in the clusters, as in
        ``lstmtool report``; see `lstmtool.clustering.confidence`.
    consensus_ : lstmtool.records.results.Consensus or None
        What the restarts agree on, with its alternatives; the labels are those of the first. None
        without a consensus.
    p_value_ : float or None
        Of the comparison with data without groups; None if it was not made.
    run_ : lstmtool.TrainedRun
        The complete run; ``run_.save("run.h5")`` writes it to a file.
    n_inputs_ : int
        Values per step, D.
    n_features_in_, feature_names_in_
        Only for a table (N, T).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from lstmtool import NeoLSTM
    >>> rng = np.random.default_rng(0)
    >>> deviations = np.repeat([0.1, 2.0], 6)
    >>> X = np.array([rng.normal(0, s, size=(40, 2)) for s in deviations])
    >>> pipeline = make_pipeline(FunctionTransformer(np.tanh), NeoLSTM(restarts=2))
    >>> labels = pipeline.fit_predict(X)
    >>> bool((labels[:6] != labels[6:]).all())
    True
    >>> pipeline.transform(X).shape
    (12, 1)
    """

    _objective = "neo"


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
