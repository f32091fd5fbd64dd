"""`lstmtool report` of a study that `lstmtool reproduce` made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say_path
from lstmtool.jobs.screen import console

if TYPE_CHECKING:
    import numpy as np

    from lstmtool.io.studies import TypicalOutputs
    from lstmtool.records.run import Run
    from lstmtool.report.study.page import Typical


def show(source: Path, page: Path | None, as_json: bool) -> None:
    """Print the tables or a JSON document, and write a page if `page` is given.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    from lstmtool.errors import DataError
    from lstmtool.io.pages import write_text_atomically
    from lstmtool.io.studies import read_study
    from lstmtool.jobs.study import command_of
    from lstmtool.report.study.page import page as study_page
    from lstmtool.report.study.terminal import show as show_study

    read, outputs = read_study(source)
    try:
        study = _study(read)
        command = command_of(study["plan"], source.name)
        typical = {
            part["experiment"]: _typical(part, outputs[part["experiment"]])
            for part in (study["experiments"] if page else ())
            if part["experiment"] in outputs
        }
        text = study_page(study, typical, source.name, command) if page else ""
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            "The study in the file is not as lstmtool writes it.",
            f"{source}: {type(error).__name__}: {error}"[:300],
            "The file is damaged or was changed; create it again.",
        ) from error
    if page:
        write_text_atomically(page, text)
    if as_json:
        import json

        click.echo(json.dumps(study, indent=1, allow_nan=False))
    else:
        show_study(study, console())
    if page:
        say_path(page, err=as_json)


def _study(read: dict[str, Any]) -> dict[str, Any]:
    """Summarise the records of a study again."""
    from lstmtool.experiments.success_rates import pooled_calibration, summarise
    from lstmtool.jobs.study import name_and_sounds

    parts = []
    for part in read["experiments"]:
        name, sounds = name_and_sounds(part["experiment"])
        named = {"name": name, "sounds": sounds, "summary": summarise(part["records"])}
        parts.append(part | named)
    return {
        "encoding-type": "lstmtool-study",
        "plan": read["plan"],
        "calibration": pooled_calibration(parts),
        "experiments": parts,
    }


def _typical(part: dict[str, Any], kept: TypicalOutputs) -> Typical:
    """Return the runs on the typical data set, as far as a study keeps them."""
    from lstmtool.clustering.assess import assess
    from lstmtool.report.study.page import Typical

    seed = part["summary"]["median_seed"]
    (record,) = (one for one in part["records"] if one["seed"] == seed)
    run = _run(part["settings"][record["recipe"]], record, kept.default, kept.labels)
    one = {"seed": seed, "chosen": 0, "scores": [None]}
    literal = _run(part["settings"]["literal"], one, kept.literal, kept.labels)
    return Typical(run, assess(run), literal, assess(literal))


def _run(
    settings: dict[str, Any],
    record: dict[str, Any],
    sides: tuple[np.ndarray, np.ndarray],
    labels: dict[str, Any],
) -> Run:
    """Return a run without weights and sequences, which the page does not show."""
    import numpy as np

    from lstmtool.config import TrainSettings
    from lstmtool.data.preprocessing import Preprocessing
    from lstmtool.records.run import Run

    made = TrainSettings(**settings | {"seed": record["seed"]})
    before, after = (_outputs(side, made.network.output_unit) for side in sides)
    scores = np.array(record["scores"], dtype=float)
    epochs = {"epochs": np.array(record["epochs"])} if "epochs" in record else {}
    n = len(after.activations)
    return Run(
        settings=made,
        preprocessing=Preprocessing(made.inputs, np.zeros(1), np.eye(1)),
        parameters=np.zeros(0),
        initial_parameters=np.zeros(0),
        parameter_table=[],
        history={"objective": np.zeros(0), "stage": np.zeros(0)},
        before=before,
        after=after,
        untrained=before,
        restarts={
            "seed": made.seed + np.arange(len(scores)),
            "score": scores,
            "finite": np.ones(len(scores), dtype=bool),
            **epochs,
        },
        chosen=record["chosen"],
        lengths=np.ones(n, dtype=np.int64),
        **labels,
    )


def _outputs(activations: np.ndarray, unit: str) -> Any:
    import numpy as np

    from lstmtool.records.run import Outputs

    if unit == "linear":
        return Outputs(activations, activations)
    p = np.clip(activations, 1e-300, 1 - 1e-16)
    return Outputs(np.log(p) - np.log1p(-p), activations)
