"""What `lstmtool sweep` does: settings from a file, runs in parallel, a table at the end."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import newest
from lstmtool.jobs.interruption import cluster_at
from lstmtool.jobs.reading import READING
from lstmtool.jobs.settings import PLACES, naming_lines
from lstmtool.jobs.starting import Start
from lstmtool.jobs.unfinished import keeping_records

if TYPE_CHECKING:
    from lstmtool.data.sequences import Sequences
    from lstmtool.experiments.sweep import Design, Options, Record, Unit
    from lstmtool.io.partial import Partial
    from lstmtool.training.executors import Executor
    from lstmtool.training.stage import Stop

ALLOWED = (
    *(name for name in PLACES if name != "seed"),
    *("objective", "stages", "recipe", "config", "rate_factor", "checkpoint_states"),
    *READING,
)
"""Options of `train` that a sweep may fix or try, besides ``data``."""


@dataclass
class Work:
    """What a sweep consists of.

    Parameters
    ----------
    train : click.Command
        The command `lstmtool train`, for its options.
    config : Path
        File of the design.
    searched : int or None
        Number of settings that a search may try; None without a search.
    data : str or None
        File of sequences for settings that name none.
    sequences : dict of str to Sequences
        Sequences by a key made of file and reading options.
    plan : dict
        JSON values that determine every record.
    """

    train: click.Command
    config: Path
    design: Design
    searched: int | None
    data: str | None
    sequences: dict[str, Sequences] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)

    def units(self, options: Options) -> list[Unit]:
        """Return the checked runs of one setting.

        Raises
        ------
        UsageError, DataError, FileError
            If `lstmtool train` would refuse the setting.
        """
        from lstmtool.errors import UsageError
        from lstmtool.experiments.sweep import Unit
        from lstmtool.io.toml import read_toml
        from lstmtool.training.output_search import check_growable
        from lstmtool.training.setup import check

        values = self._parsed(options)
        config = values["config"]
        start = Start(values, read_toml(config) if config else {})
        key = self._read(str(self._data(options)), {name: values[name] for name in READING})
        try:
            with naming_lines(config):
                settings, _ = start(self.sequences[key])
        except UsageError as error:
            error.where = ": ".join(filter(None, [self._line(error.what), error.where]))
            raise
        check(self.sequences[key], settings)
        if start.grow_outputs:
            check_growable(settings)
        states = values["checkpoint_states"]
        return [
            Unit(
                options,
                key,
                settings.model_copy(update={"seed": seed}),
                start.grow_outputs,
                states,
            )
            for seed in self.design.seeds
        ]

    def command(self, options: Options, seed: int) -> str:
        """Return the command that repeats one of the runs."""
        words = ["lstmtool", "train", str(self._data(options))]
        return shlex.join([*words, *self._words(options), "--seed", str(seed)])

    def commands(self) -> list[str]:
        """Return the commands of all runs.

        Raises
        ------
        UsageError
            If a search chooses the settings.
        """
        from lstmtool.errors import UsageError

        if self.searched:
            raise UsageError("A search chooses its settings as it goes: there is no plan to print.")
        return [
            self.command(options, seed)
            for options in self.design.settings()
            for seed in self.design.seeds
        ]

    def _data(self, options: Options) -> Any:
        return options.get("data", self.data)

    def _words(self, options: Options) -> list[str]:
        said = self.design.fixed | {name: v for name, v in options.items() if name != "data"}
        return [
            word
            for name, value in said.items()
            for word in _words(self.train, name, value, self.config)
        ]

    def _parsed(self, options: Options) -> dict[str, Any]:
        from lstmtool.errors import UsageError

        words = self._words(options)
        try:
            return self.train.make_context("train", list(words)).params
        except click.UsageError as error:
            said = error.format_message()
            raise UsageError(
                said,
                f"{self._line(said) or self.config}: {shlex.join(words)}"[:200],
                "See `lstmtool train --help`.",
            ) from None

    def _line(self, said: str) -> str:
        """Return file and line of the option that an error is about, if known."""
        from lstmtool.io.toml import place_in

        if found := re.search(r"--([a-z-]+)", said):
            for table in ("fixed", "grid", "random"):
                for name in (found[1], found[1].replace("-", "_")):
                    if place := place_in(self.config, f"{table}.{name}"):
                        return place
        return ""

    def _read(self, data: str, reading: dict[str, Any]) -> str:
        from lstmtool.jobs.train import read_data

        given = {name: value for name, value in reading.items() if value}
        key = json.dumps([data, given])
        if key not in self.sequences:
            self.sequences[key] = read_data(Path(data), reading)
        return key


def _words(train: click.Command, name: str, value: Any, config: Path) -> list[str]:
    """Return an option of `train` and its value as words of a command.

    Raises
    ------
    UsageError
        If there is no such option, or a sweep does not allow it.
    """
    from difflib import get_close_matches

    from lstmtool.errors import UsageError

    known = name.replace("-", "_")
    if known not in ALLOWED:
        close = get_close_matches(known, ALLOWED, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        reason = "the seeds are listed by `seeds`" if known == "seed" else "in a sweep"
        raise UsageError(
            f"{name!r} is not an option of `lstmtool train` that a sweep can vary.{hint}",
            f"{config}, {reason}",
            "See `lstmtool train --help`; write options without their dashes.",
        )
    option = next(p for p in train.params if isinstance(p, click.Option) and p.name == known)
    flag = option.opts[0]
    if isinstance(value, bool):
        if value:
            return [flag]
        return [*option.secondary_opts[:1]]
    if isinstance(value, tuple) and option.multiple:
        return [f"{flag}={part}" for part in value]
    return [f"{flag}={','.join(map(str, value)) if isinstance(value, tuple) else value}"]


def prepared(train: click.Command, config: Path, searched: int | None) -> Work:
    """Read the design and its data; refuse now whatever would be refused later.

    Raises
    ------
    UsageError, DataError, FileError
        As `lstmtool train` would for one of the runs.
    """
    from lstmtool import __version__
    from lstmtool.errors import UsageError
    from lstmtool.experiments.sweep import read_design
    from lstmtool.io.toml import read_toml

    said = read_toml(config)
    try:
        with naming_lines(config):
            design = read_design(said)
    except UsageError as error:
        error.where = error.where or str(config)
        raise
    if searched:
        from lstmtool.experiments.optuna_search import load_optuna

        load_optuna()
        if design.random is None:
            raise UsageError(
                "--optuna searches the ranges of a table [random].",
                f"{config} has a table [grid]",
                "Rename it to [random]; lists of values may stay as they are.",
            )
    data = design.data
    if data is None and "data" not in design.choices:
        data = str(newest("lstmtool-sequences", "lstmtool gen-data"))
    work = Work(train, config, design, searched, data)
    for options in design.settings():
        work.units(options)
    work.plan = {
        "version": __version__,
        "data": {key: s.attributes["sha256"] for key, s in work.sequences.items()},
        "config": _configs(design),
        "searched": searched,
        **design.model_dump(mode="json", exclude={"data"}),
    }
    return work


def _configs(design: Design) -> dict[str, str]:
    """Return the contents of the configuration files that the settings name."""
    from lstmtool.io.toml import read_toml

    among = design.choices.get("config", ())
    names = {design.fixed.get("config"), *(among if isinstance(among, tuple) else ())} - {None}
    return {str(name): repr(read_toml(Path(str(name)))) for name in sorted(map(str, names))}


def sweep_to_files(
    work: Work,
    target: Path,
    picture: Path,
    threads: int | None,
    address: str | None,
    *,
    resume: bool,
    force: bool,
) -> dict[str, Any]:
    """Run what is not yet done, write the table and its picture, and return the sweep."""
    total = (work.searched or len(work.design.settings())) * len(work.design.seeds)
    with (
        cluster_at(address) as cluster,
        keeping_records(
            *(target, "sweep", total, "runs", work.plan),
            lambda unit: (unit.options, unit.settings.seed),
            parts=("options", "seed"),
            resume=resume,
            force=force,
        ) as kept,
    ):
        with kept.records() as (run, _, _):
            runner = Runner(work, kept.store, threads or cpu_count() or 1, cluster, run)
            found = runner.searched() if work.searched else runner.all()
        sweep = _sweep(work, found)
        with kept.finishing():
            _write(sweep, target, picture)
    return sweep


@dataclass
class Runner:
    """Runs the units of a sweep, locally or on a cluster."""

    work: Work
    store: Partial
    threads: int
    cluster: Executor | None
    run: Callable[..., list[Record]]

    def all(self) -> list[tuple[Options, list[Record]]]:
        """Run all settings; return each with its records."""
        settings, n = self.work.design.settings(), len(self.work.design.seeds)
        found = self._run([unit for options in settings for unit in self.work.units(options)])
        return [(options, found[n * k : n * (k + 1)]) for k, options in enumerate(settings)]

    def searched(self) -> list[tuple[Options, list[Record]]]:
        """Run the settings that a search chooses; return each with its records."""
        from lstmtool.experiments.optuna_search import search
        from lstmtool.experiments.sweep import median_score

        def score(options: Options) -> float | None:
            return median_score(self._run(self.work.units(options)))

        assert self.work.design.random is not None and self.work.searched
        found = search(self.work.design.random, self.work.searched, score)
        return [(options, self._run(self.work.units(options))) for options in found]

    def _run(self, units: list[Unit]) -> list[Record]:
        from lstmtool.experiments.sweep import run_unit, unit_there
        from lstmtool.training.threads import Threads

        left = sum(self.store.found(unit) is None for unit in units)
        beside = max(1, min(self.threads, left))

        def here(sequences: Any, unit: Unit, stop: Stop, tell: Any) -> Record:
            return run_unit(sequences, unit, max(1, self.threads // beside), stop)

        executor = self.cluster or Threads(beside)
        work = unit_there if self.cluster else here
        return self.run(work, self.work.sequences, units, executor, lambda u: _named(u.options))


def _named(options: Options) -> str:
    from lstmtool.text import clean_text, option_text

    return clean_text(", ".join(f"{name} {option_text(v)}" for name, v in options.items()))


def _sweep(work: Work, found: list[tuple[Options, list[Record]]]) -> dict[str, Any]:
    from lstmtool.experiments.sweep import ranked, summarise
    from lstmtool.io.text import from_json, to_json

    settings: list[dict[str, Any]] = []
    for options, records in found:
        best = max(records, key=lambda r: -float("inf") if r["score"] is None else r["score"])
        settings.append(
            {
                "options": options,
                "summary": summarise(records),
                "command": work.command(options, best["seed"]),
                "records": records,
            }
        )
    order = ranked([setting["summary"] for setting in settings])
    sweep: dict[str, Any] = from_json(
        to_json(
            {
                "encoding-type": "lstmtool-sweep",
                "plan": work.plan,
                "tried": list(work.design.choices),
                "ranked": order,
                "settings": settings,
            }
        )
    )
    return sweep


def _write(sweep: dict[str, Any], target: Path, picture: Path) -> None:
    from lstmtool.io.atomic import replace_file
    from lstmtool.io.sweeps import write_sweep
    from lstmtool.report.markup import svg
    from lstmtool.report.sweep.figures import scores

    replace_file(picture, svg(scores(sweep)))
    write_sweep(target, sweep)
