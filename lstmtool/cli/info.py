"""`lstmtool info`: describe a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import json_option
from lstmtool.cli.reading import reading_options

if TYPE_CHECKING:
    import numpy as np

    from lstmtool.config import Stage


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@reading_options()
def command(file: Path, as_json: bool, reading: dict[str, Any]) -> None:
    """Describe FILE.

    It may be a file that lstmtool wrote: sequences, a run, an unfinished run, clusters, a study, a
    sweep or a trained network. Or it is a file or folder of sequences that `train` reads, or - for
    standard input: then info shows lengths, inputs, missing values, labels, what was inferred,
    the first sequences, and how `train` would start. The options are those with which `train`
    reads data.

    \b
    Examples:
      lstmtool info run.h5
      lstmtool info sensors.csv --id machine --time t
      lstmtool info recordings --cut 0.05s --json
    """  # noqa: D301 - click wants the character \b, which keeps the lines apart
    from lstmtool.io.formats.incoming import plain_file, shown
    from lstmtool.report.run.sparklines import marks_for

    encoding = getattr(sys.stdout, "encoding", None)
    with plain_file(file) as plain:
        document, drawn = describe(plain, reading, "" if as_json else marks_for(encoding))
        if plain != file:  # a copy from a pipe or a compressed file
            document["file"] = shown(file)
    if as_json:
        click.echo(_as_json(document))
        return
    text = _as_table(document, drawn)
    click.echo(text.encode(encoding or "ascii", "replace").decode(encoding or "ascii"))


def describe(
    path: Path, reading: dict[str, Any], marks: str = ""
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return what a file holds, as plain JSON values, and the lines of a picture of it.

    Parameters
    ----------
    reading : dict
        Options that say how to read sequences.
    marks : str
        Marks for sparklines; "" for none.

    Raises
    ------
    FileError
        If the file is missing or not readable.
    DataError
        If it is neither one of our files nor sequences, or is damaged.
    UsageError
        If an option does not apply to it.
    """
    from lstmtool.cli.describe import describe_sequences
    from lstmtool.io import kinds
    from lstmtool.io.locate import encoding_type
    from lstmtool.text import clean_text

    kind = encoding_type(path)
    if kind is None:
        from lstmtool.io.formats.load import format_of

        header = {"file": clean_text(str(path)), "kind": kinds.name_of_format(format_of(path))}
    else:
        header = _header(path)
    if kind in (None, kinds.SEQUENCES):
        document, drawn = describe_sequences(path, reading, marks)
        return header | document, drawn
    _refuse_options(path, kind, reading)
    describers = {
        kinds.RUN: _describe_run,
        kinds.CLUSTERS: _describe_clusters,
        kinds.STUDY: _describe_study,
        kinds.UNFINISHED: _describe_unfinished,
        kinds.TRAINED: _describe_trained,
        kinds.SWEEP: _describe_sweep,
    }
    return header | describers[kind](path), []


def _header(path: Path) -> dict[str, Any]:
    from lstmtool.io.reading import open_reading
    from lstmtool.text import clean_text

    with open_reading(path) as root:
        return {
            "file": clean_text(str(path)),
            "kind": root.text("encoding-type"),
            "version": root.text("encoding-version"),
            "created_by": root.text("created-by"),
        }


def _refuse_options(path: Path, kind: str, reading: dict[str, Any]) -> None:
    """Refuse reading options for a file without sequences."""
    from lstmtool.errors import UsageError
    from lstmtool.io.kinds import holds
    from lstmtool.jobs.reading import read_options

    words = read_options(reading).words()
    if words:
        raise UsageError(
            f"{words[0]} is for files of sequences.", f"{path} holds {holds(kind)}", "Leave it out."
        )


def _describe_study(path: Path) -> dict[str, Any]:
    from lstmtool.io import kinds
    from lstmtool.io.reading import open_reading

    with open_reading(path, kinds.STUDY) as root:
        plan = root.json("plan") or {}
        names = [str(name) for name in plan.get("experiments", [])]
        return {"plan": plan} | {name: root.group(name).json("summary") for name in names}


def _describe_sweep(path: Path) -> dict[str, Any]:
    from lstmtool.io import kinds
    from lstmtool.io.reading import open_reading

    with open_reading(path, kinds.SWEEP) as root:
        return {"plan": root.json("plan") or {}}


def _describe_unfinished(path: Path) -> dict[str, Any]:
    from lstmtool.io.unfinished import read_unfinished

    plan, parts = read_unfinished(path)
    begun = {name.rpartition("/")[0] for name in parts if name.count("/") == 2}
    return {
        "restarts_ended": sum(name.count("/") == 1 for name in parts),
        "restarts_begun": len(begun),
        "plan": plan,
    }


def _describe_trained(path: Path) -> dict[str, Any]:
    from dataclasses import asdict

    from lstmtool.io.trained import read_trained

    found = asdict(read_trained(path))
    for name in ("history", "initial_parameters", "parameters", "parameter_table"):
        del found[name]
    return found


def _describe_run(path: Path) -> dict[str, Any]:
    from lstmtool.io.runs import read_run

    run = read_run(path)
    network = run.settings.network
    return {
        "objective": run.settings.objective,
        "stages": [_say_stage(stage) for stage in run.settings.stages],
        "blocks": list(network.blocks),
        "outputs": f"{network.outputs} {network.output_unit}",
        "parameters": run.parameters.size,
        **count_steps(run.lengths),
        "labels": count_labels(run.labels, run.label_names),
        "restarts": len(next(iter(run.restarts.values()))),
        "chosen": run.chosen,
        **({} if run.ensemble is None else {"consensus_of": len(run.ensemble.restarts)}),
        "seed": run.settings.seed,
        "source": run.source,
        "notes": list(run.notes),
        "provenance": run.provenance,
        "changed_settings": _flat(run.settings.model_dump(mode="json", exclude_defaults=True)),
        "settings": run.settings.model_dump(mode="json"),
    }


def _describe_clusters(path: Path) -> dict[str, Any]:
    from lstmtool.io.clusters import read_clusters

    found = read_clusters(path)
    return {
        "sequences": len(found.clusters),
        "outputs": found.outputs.shape[1],
        "clusters": len(set(found.clusters.tolist())),
        "labels": count_labels(found.labels, found.label_names),
        "scores": found.scores,
        "source": found.source,
    }


def count_steps(lengths: np.ndarray) -> dict[str, int]:
    """Return how many sequences there are and how long they are; the median is rounded down."""
    return {
        "sequences": len(lengths),
        "steps": int(lengths.sum()),
        "shortest": int(lengths.min()),
        "median": int(sorted(lengths.tolist())[(len(lengths) - 1) // 2]),
        "longest": int(lengths.max()),
    }


def count_labels(labels: np.ndarray | None, names: tuple[str, ...]) -> dict[str, int]:
    """Return the number of sequences of every group, by its name; groups may share a name."""
    counts: dict[str, int] = {}
    for name in () if labels is None else (names[k] for k in sorted(labels.tolist())):
        counts[name] = counts.get(name, 0) + 1
    return counts


def _say_stage(stage: Stage) -> str:
    form = f" ({stage.form})" if stage.record.forms else ""
    return f"{stage.objective}{form}, {stage.epochs} epochs, {stage.optimiser}"


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return the leaves of nested JSON, named like ``stages.0.epochs``."""
    if not isinstance(value, dict | list):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    parts = [_flat(part, f"{name}.{key}" if name else str(key)) for key, part in items]
    return {key: leaf for part in parts for key, leaf in part.items()}


def _as_json(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, indent=2, allow_nan=False)


def _as_table(document: dict[str, Any], drawn: list[tuple[str, str]]) -> str:
    """Return a table without the settings, which would be a long list."""
    from lstmtool.cli.describe import NAME, lines_of

    told = lines_of(document) if "ranges" in document else document
    rows = {name: _say(value) for name, value in told.items() if name != "settings"}
    lines = [f"{name.replace('_', ' '):<18}{text}" for name, text in rows.items() if text]
    return "\n".join([*lines, *(f"{name:<{NAME + 2}}{line}" for name, line in drawn)])


def _say(value: Any) -> str:
    """Return one line; nothing for what is not there."""
    if isinstance(value, dict):
        parts = {name: _say(part) for name, part in value.items()}
        return "; ".join(f"{name}: {text}" for name, text in parts.items() if text)
    if isinstance(value, list):
        nested = any(isinstance(part, (list, str)) and "," in _say(part) for part in value)
        return ("; " if nested else ", ").join(_say(part) for part in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
