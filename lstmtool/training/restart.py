"""One restart: initial weights, stages, untrained control, score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from lstmtool.config import Stage
from lstmtool.kernels.records import GO_ON, HISTORY
from lstmtool.network.layout import Network, initial_parameters, output_layer_from_data
from lstmtool.network.output_layer import linear_read_outs
from lstmtool.training.batch import SequenceBatch, stage_options
from lstmtool.training.readout import ReadCache, train_output_layer
from lstmtool.training.selection import Prepared, clusters_of, copy_ways, selection_score
from lstmtool.training.setup import TrainingSetup, stage_network
from lstmtool.training.stage import RestartLog, StagePlan, StageState, Stop, run_stage
from lstmtool.training.unaltered import Unaltered
from lstmtool.training.work import Meter

MOST_KEPT = 500  # sequences of which the components are kept
INITIAL, OTHERS, CONTROL = "initial weights", "other output units", "untrained control"
ENDED = "ended"


class Progress(NamedTuple):
    """Progress of a restart; `values` is the last row of its history, see `records.HISTORY`.

    While initial weights, other output units or the untrained control are trained, epochs stand
    still and values are NaN.
    """

    restart: int
    stage: int
    epoch: int  # counted over all stages
    n_epochs: int
    values: np.ndarray
    share: float = 0.0  # of the restart's work, as planned; 1 once it has ended
    doing: str = ""  # in words, where it is not the training itself


@dataclass(frozen=True)
class Restart:
    """Result of one restart; score and objective are NaN if numbers were not finite.

    If the restart was `lost` (``diverged`` or ``collapsed``, after `n_epochs`), the parameters are
    those of its best epoch. The history has every `every`-th epoch. `components` are the principal
    components (M, N, P) that output units trained alone learned from, of few sequences, and `net`
    the net inputs (N, K) that these units give; they are not stored with it.
    """

    initial: np.ndarray
    parameters: np.ndarray
    untrained: np.ndarray
    history: dict[str, np.ndarray]
    score: float
    untrained_score: float
    n_stages: int = 1
    n_epochs: int = 0
    every: int = 1
    lost: str = ""
    components: np.ndarray | None = None
    net: np.ndarray | None = None

    @property
    def objective(self) -> float:
        """Objective at the last epoch of the last stage; NaN if that stage was not reached."""
        values = self.history["objective"][self.history["stage"] == self.n_stages - 1]
        return float(values[-1]) if len(values) else float("nan")

    @property
    def finite(self) -> bool:
        """Whether every weight is a finite number."""
        return bool(np.isfinite(self.parameters).all() and np.isfinite(self.score))


def generators(seed: int, number: int) -> list[np.random.Generator]:
    """Return the generators of a restart's weights, its copies, its control's, and the score's."""
    sequence = np.random.SeedSequence(seed, spawn_key=(number,))
    return [np.random.default_rng(s) for s in sequence.spawn(4)]


def run_restart(
    setup: TrainingSetup,
    number: int,
    report: Callable[[Progress], None],
    stop: Stop,
    log: RestartLog | None = None,
    *,
    control: bool = True,
) -> Restart:
    """Run one restart: train, train the control, score both.

    Parameters
    ----------
    number : int
        Number of the restart; together with the run's seed it seeds the restart.
    report : callable
        Called with `Progress` records.
    log : RestartLog, optional
        Earlier progress to resume from; new progress is added to it.
    control : bool
        Whether to train the control. If not, the control is the initial network, without a score.

    Raises
    ------
    Stopped
        If `stop` was set and the log stores progress.
    """
    settings, log = setup.settings, log or RestartLog()
    draw, learn, learn_control, copies = generators(settings.seed, number)
    flag, place = log.flag(stop), _Place(setup, number, report)
    trials = [drawn(setup, draw, flag) for _ in range(settings.initial.trials)]
    log.check(stop)
    initial = _most_promising(setup, trials, learn, stop, log, place)
    unaltered = Unaltered(setup, flag)
    runner = _Runner(setup, number, place, stop, copies.bit_generator.state, log, unaltered)
    trained = runner.run(initial, learn, hidden=True)
    if not settings.trains_blocks:  # it is its own control
        untrained = replace(trained, score=float("nan"))
    elif control:
        untrained = runner.run(initial, learn_control, hidden=False)
    else:
        untrained = _Variant(initial, _empty_history())
    place.ended()
    return Restart(
        initial,
        trained.parameters,
        untrained.parameters,
        trained.history,
        trained.score,
        untrained.score,
        len(settings.stages),
        trained.n_epochs,
        trained.every,
        trained.lost,
        runner.components(),
        None if settings.trains_blocks else unaltered.net(setup.network, trained.parameters),
    )


def drawn(setup: TrainingSetup, rng: np.random.Generator, flag: np.ndarray = GO_ON) -> np.ndarray:
    """Draw initial parameters for the first stage's network."""
    settings = setup.settings.initial
    network = stage_network(setup, setup.settings.stages[0])
    parameters = initial_parameters(network, settings, setup.n_steps, rng)
    if settings.output_layer == "data":
        _, last = setup.lanes(network, 1, flag).evaluate(parameters)
        output_layer_from_data(network, parameters, last.T, rng)
    return parameters


def _most_promising(
    setup: TrainingSetup,
    trials: list[np.ndarray],
    rng: np.random.Generator,
    stop: Stop,
    log: RestartLog,
    place: _Place,
) -> np.ndarray:
    """Return the initial parameters with the best objective after the trial epochs.

    All trials see the same copies, and `rng` is left unchanged; the restart then trains the chosen
    parameters from the beginning.
    """
    if len(trials) == 1:
        return trials[0]
    stage, n_epochs = setup.settings.stages[0], setup.settings.initial.trial_epochs
    lanes = setup.lanes(stage_network(setup, stage), _n_copies(stage), stop.flag)
    tell = place.teller(place.meter.trial, n_epochs, INITIAL)
    way = StagePlan(lanes, stage_options(stage), stage, n_epochs, tell, settles=False)
    state, values = rng.bit_generator.state, []
    for parameters in trials:
        rng.bit_generator.state = state
        stage_state = run_stage(log, parameters, way, rng, stop)
        place.meter.end(place.meter.trial)
        whole = stage_state.epochs == n_epochs and not stage_state.lost
        values.append(_late_objective(stage_state.history, stage) if whole else -np.inf)
    rng.bit_generator.state = state
    return trials[int(np.argmax(values))]


def _late_objective(rows: np.ndarray, stage: Stage) -> float:
    """Mean objective of the last sixth of the epochs, which evens out the noise of the copies."""
    late = rows[-max(1, len(rows) // 6) :, 0].mean()
    return float(stage.record.sign * late)


def _n_copies(stage: Stage) -> int:
    """Lanes per sequence: the copies that the objective compares."""
    return stage.record.copies


@dataclass(frozen=True)
class _Variant:
    """A network between stages; with a new output layer, one becomes several."""

    parameters: np.ndarray
    history: dict[str, np.ndarray]
    n_epochs: int = 0
    every: int = 1
    lost: str = ""
    score: float = float("nan")

    def after(self, stage_state: StageState, stage: int, planned: int) -> _Variant:
        """Return the variant after one more stage, with `planned` epochs before that stage."""
        rows, epochs = stage_state.history, planned + stage_state.kept_epochs
        columns = {"epoch": epochs.astype(float), "stage": np.full(len(rows), float(stage))}
        columns |= dict(zip(HISTORY, rows.T, strict=True))
        return replace(
            self,
            parameters=stage_state.parameters,
            history={k: np.concatenate([self.history[k], columns[k]]) for k in columns},
            n_epochs=self.n_epochs + stage_state.epochs,
            every=max(self.every, stage_state.every),
            lost=stage_state.lost,
        )


class _Place:
    """Where a restart is, which it reports."""

    def __init__(
        self, setup: TrainingSetup, number: int, report: Callable[[Progress], None]
    ) -> None:
        self._nothing = np.full(len(HISTORY), np.nan)
        n_epochs = sum(stage.epochs for stage in setup.settings.stages)
        self._last = Progress(number, 0, 0, n_epochs, self._nothing)
        self._planned, self._report = 0, report
        self.meter = Meter(setup.settings, len(setup.data.order), self._tell)

    def at(self, stage: int, planned: int) -> None:
        """Enter a stage after `planned` epochs."""
        self._planned = planned
        self._last = self._last._replace(stage=stage)

    def teller(self, part: float, n_epochs: int, doing: str) -> Callable[[int, np.ndarray], None]:
        """Return what a stage of so many epochs, which are a part of the work, is to call.

        `doing` says what is done; it is empty where the epochs and values are to be reported.
        """

        def tell(epochs: int, values: np.ndarray) -> None:
            epoch = self._last.epoch if doing else self._planned + epochs
            self._last = self._last._replace(epoch=epoch, values=self._nothing if doing else values)
            self.meter.within(part, epochs / max(1, n_epochs), doing)

        return tell

    def ended(self) -> None:
        """Report that the restart has ended."""
        self._last = self._last._replace(values=self._nothing)
        self._tell(1.0, ENDED)

    def _tell(self, share: float, doing: str) -> None:
        self._report(self._last._replace(share=share, doing=doing))


@dataclass(frozen=True)
class _Runner:
    """Runs the stages of one restart."""

    setup: TrainingSetup
    number: int
    place: _Place
    stop: Stop
    copies_state: Mapping[str, Any]
    log: RestartLog
    unaltered: Unaltered
    cache: ReadCache = field(default_factory=ReadCache)

    def run(self, parameters: np.ndarray, rng: np.random.Generator, hidden: bool) -> _Variant:
        """Run all stages from these parameters; `hidden` False trains the output layer alone.

        A variant that is lost in one stage does not enter the next.
        """
        stages = self.setup.settings.stages
        network = stage_network(self.setup, stages[0])
        variants, planned, prepared = [_Variant(parameters, _empty_history())], 0, None
        for number, stage in enumerate(stages):
            following = stage_network(self.setup, stage)
            if following != network:
                before = stages[number - 1]
                if before.record.makes_codes:
                    codes = self.unaltered.evaluated(network, variants[0].parameters)
                    self.log.check(self.stop)
                    prepared = Prepared.of(codes)
                variants = self._new_read_outs(network, following, before, variants[0])
                network = following
            state = rng.bit_generator.state
            part = self.place.meter.stage(number, hidden) / len(variants)
            for v, variant in enumerate(variants):
                rng.bit_generator.state = state
                if not variant.lost:
                    self.place.at(number, planned)
                    doing = CONTROL if not hidden else OTHERS if v else ""
                    tell = self.place.teller(part, stage.epochs, doing)
                    stage_state = self._stage(network, variant, number, rng, hidden, tell)
                    variants[v] = variant.after(stage_state, number, planned)
                self.place.meter.end(part)
            planned += stage.epochs
        best = self._best(variants, prepared)
        self.place.meter.end(self.place.meter.score)
        return best

    def components(self) -> np.ndarray | None:
        """Return the components that the last stage learned from, if they are to be kept."""
        found, few = self.cache.components, len(self.setup.data.order) <= MOST_KEPT
        return None if found is None or not few else found.values

    def _stage(
        self,
        network: Network,
        variant: _Variant,
        number: int,
        rng: np.random.Generator,
        hidden: bool,
        tell: Callable[[int, np.ndarray], None],
    ) -> StageState:
        """Run one stage from a variant."""
        stage = self.setup.settings.stages[number]
        if stage.trains == "network":
            lanes = self.setup.lanes(network, _n_copies(stage), self.stop.flag)
            way = StagePlan(lanes, stage_options(stage, hidden), stage, stage.epochs, tell)
            return run_stage(self.log, variant.parameters, way, rng, self.stop)
        self.log.check(self.stop)
        state = train_output_layer(
            self.setup,
            network,
            variant.parameters,
            stage,
            (self.setup.settings.seed, self.number),
            stop=self.stop,
            afresh=number == 0,
            cache=self.cache,
            unaltered=self.unaltered,
        )
        self.log.check(self.stop)
        if state.epochs:
            tell(state.epochs, state.last)
        return state

    def _lanes(self, network: Network, copies: int = 1) -> SequenceBatch:
        """Return a batch in which a stop may abort passes, if `log.check` then raises."""
        return self.setup.lanes(network, copies, self.log.flag(self.stop))

    def _new_read_outs(
        self, old: Network, new: Network, stage: Stage, variant: _Variant
    ) -> list[_Variant]:
        net = self.unaltered.net(old, variant.parameters)
        self.log.check(self.stop)
        if not np.isfinite(net).all():
            return [replace(variant, parameters=np.full(new.size, np.nan), lost="diverged")]
        clusters = clusters_of(net, stage, self.unaltered.stop)
        self.log.check(self.stop)
        ways = linear_read_outs(old, new, variant.parameters, net, clusters)
        return [replace(variant, parameters=p) for p in ways]

    def _best(self, variants: list[_Variant], prepared: Prepared | None) -> _Variant:
        """Return the variant with the best score, preferably one that was not lost."""
        scored = [replace(v, score=self._score(v.parameters, prepared)) for v in variants]
        self.log.check(self.stop)
        return max(scored, key=lambda v: (not v.lost, v.score if np.isfinite(v.score) else -np.inf))

    def _score(self, parameters: np.ndarray, prepared: Prepared | None) -> float:
        settings, network, unaltered = self.setup.settings, self.setup.network, self.unaltered
        if prepared is not None and "codes" in settings.selection:
            outputs = unaltered.net(network, parameters)
            if not np.isfinite(outputs).all():
                return float("nan")
            return prepared.score(clusters_of(outputs, settings.stages[-1], unaltered.stop))
        rng = np.random.default_rng(0)
        rng.bit_generator.state = self.copies_state
        altered = set(copy_ways(settings)) - {"none"}
        pairs = self._lanes(network, 2) if altered else None
        found = unaltered.evaluated(network, parameters)
        return selection_score(parameters, pairs, settings, rng, unaltered=found)


def _empty_history() -> dict[str, np.ndarray]:
    return {name: np.empty(0) for name in ("epoch", "stage", *HISTORY)}
