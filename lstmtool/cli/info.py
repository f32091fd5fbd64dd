"""`lstmtool info`: say what a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.cli.options import json_option

if TYPE_CHECKING:
    import numpy as np

    from lstmtool.config import Stage


@click.command(epilog="Example: lstmtool info run.h5")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """Say what FILE is and holds.

    It may hold sequences, a run, an unfinished run, clusters, a study, a sweep or a
    trained network. - stands for standard input.
    """
    from lstmtool.io.formats.incoming import plain_file, shown

    with plain_file(file) as plain:
        document = describe(plain)
        if plain != file:  # a copy of what came through a pipe, or was packed
            document["file"] = shown(file)
    click.echo(_as_json(document) if as_json else _as_table(document))


def describe(path: Path) -> dict[str, Any]:
    """Return what a file holds, as plain JSON values.

    Raises
    ------
    FileError
        If the file is missing or may not be read.
    DataError
        If it is not one of ours, or is damaged.
    """
    from lstmtool.io import hdf5, kinds

    with hdf5.open_reading(path) as root:
        kind = root.text("encoding-type") or ""
        header = {
            "file": hdf5.clean_text(str(path)),
            "kind": kind,
            "version": root.text("encoding-version"),
            "created_by": root.text("created-by"),
        }
    describers = {
        kinds.SEQUENCES: _describe_sequences,
        kinds.RUN: _describe_run,
        kinds.CLUSTERS: _describe_clusters,
        kinds.STUDY: _describe_study,
        kinds.UNFINISHED: _describe_unfinished,
        kinds.TRAINED: _describe_trained,
        kinds.SWEEP: _describe_sweep,
    }
    return header | describers[kind](path)


def _describe_sequences(path: Path) -> dict[str, Any]:
    from lstmtool.io.sequences import fingerprint, read_sequences

    data = read_sequences(path)
    return {
        **_count_steps(data.lengths),
        "inputs": data.n_inputs,
        "sampling_rate": data.sampling_rate,
        "labels": _count_labels(data.labels, data.label_names),
        "attributes": data.attributes,
        "sha256": fingerprint(data),
    }


def _describe_study(path: Path) -> dict[str, Any]:
    from lstmtool.io import hdf5, kinds

    with hdf5.open_reading(path, kinds.STUDY) as root:
        plan = root.json("plan") or {}
        names = [str(name) for name in plan.get("experiments", [])]
        return {"plan": plan} | {name: root.group(name).json("summary") for name in names}


def _describe_sweep(path: Path) -> dict[str, Any]:
    from lstmtool.io import hdf5, kinds

    with hdf5.open_reading(path, kinds.SWEEP) as root:
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
        **_count_steps(run.lengths),
        "labels": _count_labels(run.labels, run.label_names),
        "restarts": len(next(iter(run.restarts.values()))),
        "chosen": run.chosen,
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
        "labels": _count_labels(found.labels, found.label_names),
        "scores": found.scores,
        "source": found.source,
    }


def _count_steps(lengths: np.ndarray) -> dict[str, int]:
    return {
        "sequences": len(lengths),
        "steps": int(lengths.sum()),
        "shortest": int(lengths.min()),
        "longest": int(lengths.max()),
    }


def _count_labels(labels: np.ndarray | None, names: tuple[str, ...]) -> dict[str, int]:
    """Return the number of sequences of every group, by its name; groups may share a name."""
    counts: dict[str, int] = {}
    for name in () if labels is None else (names[k] for k in sorted(labels.tolist())):
        counts[name] = counts.get(name, 0) + 1
    return counts


def _say_stage(stage: Stage) -> str:
    form = f" ({stage.form})" if stage.objective == "neo" else ""
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


def _as_table(document: dict[str, Any]) -> str:
    """Return a line for everything that there is; all settings would be a long list."""
    rows = {name: _say(value) for name, value in document.items() if name != "settings"}
    return "\n".join(f"{name.replace('_', ' '):<18}{text}" for name, text in rows.items() if text)


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
