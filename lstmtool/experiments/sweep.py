"""A sweep: the settings to try, the training of one of them, and a summary of all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, Field, ValidationError, model_validator

from lstmtool.clustering.assess import assess
from lstmtool.clustering.assign import Assigner
from lstmtool.config import Settings, TrainSettings
from lstmtool.data.sequences import Sequences
from lstmtool.errors import DivergedError, UsageError
from lstmtool.records.run import Run
from lstmtool.training.output_search import grow
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train
from lstmtool.validation_messages import validation_message

Value = bool | int | float | str | tuple[bool | int | float | str, ...]
Options = dict[str, Value]  # of `lstmtool train`, by their names
Record = dict[str, Any]  # of one run, as `run_unit` returns it
SCORES = ("score", "ari", "nmi")
"""Scores summarised for each setting; only the first, which needs no labels, decides."""
QUARTILES = {"q1": 25, "median": 50, "q3": 75}
MOST_RUNS = 1_000_000
DIGITS = 4
"""Digits of drawn numbers, so that a command with such a number repeats the run."""


class Span(Settings):
    """A range to draw from, uniformly or log-uniformly; whole numbers if both ends are.

    Ends count as written: 1 is a whole number, 1.0 is not.
    """

    low: int | float = Field(allow_inf_nan=False)
    high: int | float = Field(allow_inf_nan=False)
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if not self.low < self.high:
            raise ValueError(f"a range goes from low to high, not from {self.low} to {self.high}")
        if self.log and self.low <= 0:
            raise ValueError("low must be greater than 0 if log is true")
        return self

    @property
    def whole(self) -> bool:
        """Whether whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def draw(self, rng: np.random.Generator) -> int | float:
        """Draw a number from the range."""
        low, high = float(self.low), float(self.high)
        if self.whole:
            high += 1.0
        value = (
            np.exp(rng.uniform(np.log(low), np.log(high))) if self.log else rng.uniform(low, high)
        )
        return self.rounded(value)

    def rounded(self, value: float) -> int | float:
        """Return a number, rounded as in commands but kept in the range."""
        if self.whole:
            return int(np.clip(np.floor(value), self.low, self.high))
        return float(np.clip(float(f"{value:.{DIGITS}g}"), self.low, self.high))


Choices = tuple[Value, ...]


class Random(Settings):
    """A number of settings, each option drawn from its range or choices."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    count: int = Field(10, ge=1)
    seed: int = Field(0, ge=0)
    options: dict[str, Span | Choices] = Field(min_length=1)


class Design(Settings):
    """Contents of a file for `lstmtool sweep`."""

    data: str | None = None
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    fixed: Options = Field(default_factory=dict)
    grid: dict[str, Choices] = Field(default_factory=dict)
    random: Random | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Design:
        if bool(self.grid) == (self.random is not None):
            raise ValueError("there must be either a table [grid] or a table [random]")
        for name, choices in self.choices.items():
            if not isinstance(choices, Span) and not choices:
                raise ValueError(f"{name} has no value")
        twice = sorted(self.fixed.keys() & self.choices.keys())
        if twice:
            raise ValueError(f"{twice[0]} is both fixed and tried")
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ValueError("seeds must be different whole numbers, 0 or greater")
        return self

    @property
    def choices(self) -> Mapping[str, Span | Choices]:
        """Values or ranges to try, by option."""
        return self.grid if self.random is None else self.random.options

    def settings(self) -> list[Options]:
        """Return the varied options of each setting."""
        if self.random is None:
            return [
                dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())
            ]
        rng = np.random.default_rng(self.random.seed)
        drawn = [_drawn(self.random.options, rng) for _ in range(self.random.count)]
        return [options for n, options in enumerate(drawn) if options not in drawn[:n]]


def _drawn(choices: Mapping[str, Span | Choices], rng: np.random.Generator) -> Options:
    return {
        name: among.draw(rng) if isinstance(among, Span) else among[rng.integers(len(among))]
        for name, among in choices.items()
    }


def read_design(document: Mapping[str, Any]) -> Design:
    """Turn the contents of a file into a design.

    Raises
    ------
    UsageError
        If a name is unknown or a value is invalid.
    """
    said = dict(document)
    count = said.get("seeds")
    if isinstance(count, int) and not isinstance(count, bool):
        _refuse_too_many(count)
        said["seeds"] = tuple(range(count))
    if isinstance(said.get("random"), Mapping):
        own = {name: said["random"][name] for name in ("count", "seed") if name in said["random"]}
        options = {name: said["random"][name] for name in said["random"] if name not in own}
        said["random"] = own | {"options": options}
    try:
        design = Design.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"][:3] if part != "options"]
        unknown = first["type"] == "extra_forbidden"
        raise UsageError(
            f"{'.'.join(place) or 'The sweep'}: "
            f"{'there is no such part of a sweep' if unknown else validation_message(first)}.",
            f"got {first['input']!r:.100}" if place else "",
            "`lstmtool sweep --help` shows an example.",
        ) from None
    settings = math.prod(map(len, design.grid.values()))  # type: ignore[arg-type]
    _refuse_too_many(len(design.seeds) * (design.random.count if design.random else settings))
    return design


def _refuse_too_many(runs: int) -> None:
    """Raise UsageError if a sweep has too many runs to list."""
    if runs > MOST_RUNS:
        raise UsageError(
            f"The sweep has {runs:.3g} runs.",
            f"at most {MOST_RUNS:,} can be listed",
            "List fewer values or seeds, or draw from ranges under [random].",
        )


@dataclass(frozen=True)
class Unit:
    """One run of a sweep.

    Parameters
    ----------
    options : dict
        Varied options, which identify the run together with the seed in its settings.
    data : str
        Key of its sequences.
    grow_outputs : bool
        Whether training searches for the number of outputs.
    """

    options: Options
    data: str
    settings: TrainSettings
    grow_outputs: bool = False
    checkpoint_states: int | Literal["auto"] = "auto"


def run_unit(
    sequences: Mapping[str, Sequences], unit: Unit, threads: int = 1, stop: Stop | None = None
) -> Record:
    """Train once and score; labels, if any, are used only for scores.

    Parameters
    ----------
    sequences : mapping of str to Sequences
        Sequences by key, including the unit's.
    threads : int
        Restarts that run at the same time; the result does not depend on it.
    stop : Stop, optional
        Set it to end early.

    Returns
    -------
    dict
        Numbers in JSON types; None where one does not apply.

    Raises
    ------
    Stopped
        If `stop` was set before training ended.
    """
    stop, data = Stop() if stop is None else stop, sequences[unit.data]

    def train_one(settings: TrainSettings) -> Run:
        run = train(
            data, settings, threads=threads, checkpoint_states=unit.checkpoint_states, stop=stop
        )
        if stop:
            raise Stopped
        return run

    known: Record = {"options": unit.options, "seed": unit.settings.seed}
    try:
        if unit.grow_outputs:
            run = grow(unit.settings, len(data), train_one, lambda run: Assigner(run).score(data))
        else:
            run = train_one(unit.settings)
    except DivergedError:
        if stop:
            raise Stopped from None
        nothing = dict.fromkeys((*SCORES, "objective", "clusters", "outputs", "epochs"))
        return known | nothing | {"diverged": True, "collapsed": False}
    found, chosen = assess(run).after, run.chosen
    return known | {
        "score": _finite(run.restarts["score"][chosen]),
        "ari": found.ari,
        "nmi": found.nmi,
        "objective": _finite(run.restarts["objective"][chosen]),
        "clusters": found.n_clusters,
        "outputs": run.settings.network.outputs,
        "epochs": int(run.restarts["epochs"][chosen]),
        "diverged": False,
        "collapsed": bool(run.restarts["collapsed"][chosen]),
    }


def unit_there(
    sequences: Mapping[str, Sequences], unit: Unit, stop: Stop, tell: Callable[[Any], None]
) -> Record:
    """Run a unit on a worker of a cluster."""
    return run_unit(sequences, unit, stop=stop)


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def summarise(records: list[Record]) -> dict[str, Any]:
    """Summarise the runs of one setting over its seeds.

    Returns
    -------
    dict
        ``runs``, how many of them ``diverged`` or ``collapsed``, and under each name in `SCORES`
        the quartiles ``q1``, ``median`` and ``q3`` of the runs that have it, or None.
    """
    counts = {name: sum(r[name] for r in records) for name in ("diverged", "collapsed")}
    return {"runs": len(records)} | counts | {name: _quartiles(records, name) for name in SCORES}


def _quartiles(records: list[Record], name: str) -> dict[str, float] | None:
    values = [r[name] for r in records if r[name] is not None]
    if not values:
        return None
    return {q: float(np.percentile(values, share)) for q, share in QUARTILES.items()}


def ranked(summaries: list[dict[str, Any]]) -> list[int]:
    """Return the indices of settings by their median label-free score, the best first.

    Settings with a diverged run come after the others, those without any score last.
    """

    def rank(place: int) -> tuple[bool, int, float]:
        score = summaries[place]["score"]
        return score is None, summaries[place]["diverged"], -(score or {}).get("median", 0.0)

    return sorted(range(len(summaries)), key=rank)


def median_score(records: list[Record]) -> float | None:
    """Return the median label-free score, which a search maximises; None if a run diverged."""
    summary = summarise(records)
    return None if summary["diverged"] or not summary["score"] else summary["score"]["median"]
