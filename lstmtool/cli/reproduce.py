"""`lstmtool reproduce`: the paper's four experiments as rates over many data sets."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from lstmtool.cli.options import (
    cluster_option,
    force_option,
    json_option,
    output_option,
    resume_option,
)
from lstmtool.jobs.files import file_beside, say_path
from lstmtool.jobs.screen import console
from lstmtool.jobs.unfinished import RECORDS, taking
from lstmtool.names import EXPERIMENTS, SOUNDS

SEEDS, FIRST_SEED = 40, 1000
CLASSIC, PHONEMES = "classic", "phonemes"
"""Studies of networks with targets beside the classic ones."""
PAGED = (
    *("blues", "meta-learning", "echo-state", "compressor", "second-order", "acting", "lags"),
    "peepholes",
)
"""Studies of some kinds of network, which have a page."""
CONFIDENCE = ("confidence", "confidence-large")
"""Studies of the confidence in clusters."""
CONFIDENCE_SEEDS, QUICK_CONFIDENCE_SEEDS = 20, 1
QUICK_SEEDS, QUICK_RESTARTS = 5, 8
"""Of `--quick`: everything ends in less than five minutes on two cores."""


class Names(click.ParamType):
    """Names out of a few, separated by commas."""

    name = "names"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        """Return the names, each once, in their usual order."""
        given = (
            value if isinstance(value, tuple) else tuple(part.strip() for part in value.split(","))
        )
        for name in given:
            if name not in self.allowed:
                close = get_close_matches(name, self.allowed, n=1)
                hint = f"Did you mean {close[0]!r}?" if close else ""
                self.fail(f"{name!r} is not one of {', '.join(self.allowed)}. {hint}".strip())
        return tuple(name for name in self.allowed if name in given)


@click.command("reproduce")
@click.argument(
    "experiments",
    nargs=-1,
    metavar="[EXPERIMENT]...",
    type=Names((*EXPERIMENTS, CLASSIC, *CONFIDENCE, PHONEMES, *PAGED)),
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    help=f"Data sets of every experiment.  [default: {SEEDS}; {QUICK_SEEDS} with --quick]",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=FIRST_SEED,
    show_default=True,
    help="First data seed, the others count on from it. Seeds from the default on are fresh: the "
    "settings were chosen on others.",
)
@click.option(
    "--restarts",
    type=click.IntRange(1),
    help=f"Restarts to choose from.  [default: as train does; {QUICK_RESTARTS} with --quick]",
)
@click.option(
    "--systems",
    metavar="NAMES",
    help=f"With {', '.join((CLASSIC, PHONEMES, *PAGED[:-1]))} or {PAGED[-1]}: only these systems, "
    "e.g. anbn,gts.",
)
@click.option("--quick", is_flag=True, help="Few data sets and restarts: minutes, wide intervals.")
@click.option(
    "--sounds",
    type=Names(SOUNDS),
    default=",".join(SOUNDS),
    show_default=True,
    help="Of the clarinet experiments.",
)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Besides, cut clarinet data from your own recordings, as gen-data does. With phonemes: "
    "the sentences, a folder or a file that gen-data made.",
)
@click.option("--threads", type=click.IntRange(1), help="Restarts at a time. [default: all cores]")
@cluster_option
@click.option("--provenance", is_flag=True, help="Store host, time and durations in FILE.")
@output_option
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="HTML page to write.  [default: next to the study, with the suffix .html]",
)
@resume_option
@force_option
@json_option
def command(
    experiments: tuple[tuple[str, ...], ...],
    seeds: int | None,
    seed: int,
    restarts: int | None,
    systems: str | None,
    quick: bool,
    sounds: tuple[str, ...],
    folder: Path | None,
    threads: int | None,
    cluster: str | None,
    provenance: bool,
    output: Path | None,
    html: Path | None,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Repeat the paper's experiments on many data sets, and say how often they succeed.

    EXPERIMENT is bingo-artificial, neo-artificial, bingo-clarinet or neo-clarinet; without it all
    four. Each data set is clustered by the paper's literal form, by the default recipe, by the
    label-free choice among them and by simple rivals. Writes a study file and an HTML page.

    EXPERIMENT classic, by itself, trains the published LSTM systems on their tasks, with --seeds
    trials each, and writes one table as JSON.

    EXPERIMENT confidence, by itself, clusters kinds of data with and without groups, on which
    nothing was chosen, and counts how often confidence was high, moderate or low, as JSON;
    confidence-large does so with up to 2000 sequences, up to 2000 steps, 2 to 8 groups or 95:5,
    unequal lengths and several inputs.

    EXPERIMENT phonemes, by itself, trains networks of equal size to classify the frames of read
    speech, with --seeds seeds each, and writes one table as JSON and as a page. With --quick it
    uses the shipped sentences, otherwise those that --from names.

    EXPERIMENT blues, by itself, lets networks compose; meta-learning lets them learn functions with
    frozen weights; echo-state lets echo state networks and others go on with a chaotic
    series; compressor lets history compressors and others remember a symbol across predictable
    ones; second-order sets Hessian-free optimisation and momentum beside LSTM on tasks with long
    lags; acting lets agents learn from rewards, in mazes and with a pole; lags sets LSTM beside
    networks with delays, slow units, reservoirs and guessing, all of the same size; peepholes asks
    whether the timing of spikes needs them. Each trains --seeds networks of each kind, and writes
    JSON, which `lstmtool report` shows again, and a page.

    With --cluster, networks of classic, and of blues and what follows it, are trained on the
    workers of a Dask cluster, to the same bytes.

    Finished data sets or trials are stored next to FILE, as FILE.partial.jsonl, until it is
    written. After an interruption, the same command with --resume continues, to the same bytes.

    \b
    Examples:
      lstmtool reproduce --quick
      lstmtool reproduce
      lstmtool reproduce classic --quick
      lstmtool reproduce classic --cluster tcp://HOST:8786
      lstmtool reproduce confidence --seeds 5
      lstmtool reproduce blues --quick
      lstmtool reproduce phonemes --quick
      lstmtool reproduce echo-state --quick
      lstmtool reproduce second-order --quick
      lstmtool reproduce acting --quick
      lstmtool reproduce lags --quick
      lstmtool reproduce peepholes --quick
      lstmtool reproduce bingo-clarinet --from my-recordings --seeds 20 -o mine.h5
      lstmtool reproduce neo-artificial --json | jq '.experiments[0].summary.ways'
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    if (CLASSIC,) in experiments:
        _classic(click.get_current_context().params, experiments)
        return
    for name in CONFIDENCE:
        if (name,) in experiments:
            _confidence(name, click.get_current_context().params, experiments)
            return
    if (PHONEMES,) in experiments:
        _phonemes(click.get_current_context().params, experiments)
        return
    for name in PAGED:
        if (name,) in experiments:
            _paged(name, click.get_current_context().params, experiments)
            return
    if systems is not None:
        raise click.UsageError(
            f"--systems is for {', '.join((CLASSIC, PHONEMES, *PAGED[:-1]))} and {PAGED[-1]}."
        )
    _refuse("the paper's experiments", "cluster")
    names = tuple(name for name in EXPERIMENTS if not experiments or (name,) in experiments)
    if folder is not None and not any(name.endswith("clarinet") for name in names):
        raise click.UsageError("--from is for the clarinet experiments.")
    again: dict[str, Any] = {"resume": resume, "force": force}
    with taking(output, "study", "reproduce", ending=RECORDS, **again) as target:
        page = _page_beside(target, html, force)
        from lstmtool.jobs.study import prepared, study_to_files

        work = prepared(
            names,
            sounds,
            folder,
            seed=seed,
            seeds=seeds or (QUICK_SEEDS if quick else SEEDS),
            restarts=restarts or (QUICK_RESTARTS if quick else None),
        )
        study = study_to_files(work, target, page, threads, provenance, **again)
    _print(study, as_json, target, page)


def _confidence(
    name: str, values: dict[str, Any], experiments: tuple[tuple[str, ...], ...]
) -> None:
    """Run a study of confidence; options for the paper's experiments do not go with it."""
    _check_alone(experiments, name, "cluster", "systems", "folder", "html", "sounds", "provenance")
    again = {name: values[name] for name in ("resume", "force")}
    command, quick = f"reproduce {name}", values["quick"]
    with taking(values["output"], name, command, suffix=".json", ending=RECORDS, **again) as target:
        from lstmtool.jobs.study_confidence import reproduce_confidence

        reproduce_confidence(
            large=name != CONFIDENCE[0],
            seeds=values["seeds"] or (QUICK_CONFIDENCE_SEEDS if quick else CONFIDENCE_SEEDS),
            seed=values["seed"],
            restarts=values["restarts"] or (QUICK_RESTARTS if quick else None),
            threads=values["threads"],
            target=target,
            as_json=values["as_json"],
            **again,
        )


def _paged(name: str, values: dict[str, Any], experiments: tuple[tuple[str, ...], ...]) -> None:
    """Run a study of one kind of network; options for clustering do not go with it."""
    _check_alone(experiments, name, "restarts", "folder", "sounds", "provenance")
    again = {name: values[name] for name in ("resume", "force")}
    with taking(
        values["output"], name, f"reproduce {name}", suffix=".json", ending=RECORDS, **again
    ) as target:
        page = _page_beside(target, values["html"], values["force"] or values["resume"])
        from lstmtool.jobs.study_pages import reproduce

        reproduce(
            name,
            quick=values["quick"],
            networks=values["seeds"],
            seed=values["seed"],
            systems=_names(values["systems"]),
            threads=values["threads"],
            cluster=values["cluster"],
            target=target,
            page=page,
            as_json=values["as_json"],
            **again,
        )


def _page_beside(target: Path, html: Path | None, force: bool) -> Path:
    """Return where the page goes, which must not be where the study goes."""
    page = file_beside(html, target, ".html", force)
    if os.path.realpath(page) == os.path.realpath(target):
        raise click.UsageError("--output and --html must be different files.")
    return page


def _check_alone(experiments: tuple[tuple[str, ...], ...], experiment: str, *excluded: str) -> None:
    """Refuse other experiments with this one, and options that do not apply to it."""
    if experiments != ((experiment,),):
        raise click.UsageError(f"{experiment} stands alone.")
    _refuse(experiment, *excluded)


def _refuse(experiment: str, *excluded: str) -> None:
    """Refuse options that were given but do not apply."""
    context = click.get_current_context()
    for name in excluded:
        if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            option = "from" if name == "folder" else name
            raise click.UsageError(f"--{option} does not go with {experiment}.")


def _classic(values: dict[str, Any], experiments: tuple[tuple[str, ...], ...]) -> None:
    """Run the classic systems; options for clustering do not go with them."""
    _check_alone(experiments, CLASSIC, "restarts", "folder", "html", "sounds", "provenance")
    again = {name: values[name] for name in ("resume", "force")}
    command = "reproduce classic"
    with taking(
        values["output"], "classic", command, suffix=".json", ending=RECORDS, **again
    ) as target:
        from lstmtool.jobs.study_classic import reproduce_classic

        reproduce_classic(
            quick=values["quick"],
            systems=_names(values["systems"]),
            trials=values["seeds"],
            seed=values["seed"],
            threads=values["threads"],
            cluster=values["cluster"],
            target=target,
            as_json=values["as_json"],
            **again,
        )


def _phonemes(values: dict[str, Any], experiments: tuple[tuple[str, ...], ...]) -> None:
    """Run the networks on phonemes; options for clustering do not go with them."""
    _check_alone(experiments, PHONEMES, "cluster", "restarts", "sounds", "provenance")
    again = {name: values[name] for name in ("resume", "force")}
    seed_given = click.get_current_context().get_parameter_source("seed")
    with taking(
        values["output"],
        "phonemes-study",
        "reproduce phonemes",
        suffix=".json",
        ending=RECORDS,
        **again,
    ) as target:
        page = _page_beside(target, values["html"], values["force"] or values["resume"])
        from lstmtool.jobs.study_phonemes import reproduce_phonemes

        reproduce_phonemes(
            quick=values["quick"],
            systems=_names(values["systems"]),
            seeds=values["seeds"],
            seed=values["seed"] if seed_given == ParameterSource.COMMANDLINE else 0,
            folder=values["folder"],
            threads=values["threads"],
            target=target,
            page=page,
            as_json=values["as_json"],
            **again,
        )


def _names(given: str | None) -> tuple[str, ...]:
    """Return the names in a list separated by commas."""
    return () if given is None else tuple(name.strip() for name in given.split(","))


def _print(study: dict[str, Any], as_json: bool, target: Path, page: Path) -> None:
    if as_json:
        import json

        paths = {"file": str(target), "page": str(page)}
        click.echo(json.dumps(study | paths, indent=1, allow_nan=False))
        return
    from lstmtool.report.study.terminal import show

    show(study, console())
    say_path(target)
    say_path(page)
