"""How a run was made: commands that repeat it, what follows the paper and what does not."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import tomli_w

from lstmtool.clustering.confidence import (
    EDGES,
    FEWEST,
    SAME,
    SIMILAR,
    STABLE,
    TELLS,
    UNSURE,
    VISIBLE,
    WIDE,
    rests_on,
)
from lstmtool.clustering.gap import judged_by_gap
from lstmtool.config import NetworkSettings
from lstmtool.records.run import Run
from lstmtool.report.text import shown


def commands(run: Run, file: str) -> str:
    """Return shell commands that reproduce the run.

    Parameters
    ----------
    file : str
        Name of the run file.
    """
    data = _word(run.source.get("file", "DATA.h5"))
    reading = run.source.get("reading")
    words = [data, *map(_word, reading if isinstance(reading, list) else [])]
    return "\n".join(
        [
            *_data_commands(run.source, data),
            f"lstmtool train {' '.join(words)} --config settings.toml -o {_word(file)}",
            f"lstmtool report {_word(file)}",
        ]
    )


def settings_file(run: Run) -> str:
    """Return all settings as TOML, for ``--config``."""
    return tomli_w.dumps(run.settings.model_dump(mode="json", exclude_none=True))


def of_the_paper(run: Run) -> list[str]:
    """List what in this run is as published."""
    settings = run.settings
    said = [
        "Memory blocks with "
        + _gates(settings.network)
        + ", read at the last step of every sequence."
    ]
    if settings.inputs.square:
        said.append("The square of every input as a second input.")
    last = settings.stages[-1]
    said += filter(None, [last.record.of_the_paper])
    if last.record.forms and last.form == "literal":
        said.append("Entropy as in equation 6, minimised by equation 7.")
    return said


RATING = (
    "The confidence rating: it compares the selection score, and the bits shared by altered "
    "copies, with the bits that clusters of these sizes can carry. If either is "
    "below 90% (for copies 95% with two clusters), confidence is low. High requires "
    f"{STABLE:.0%} for copies and {EDGES[0]:.1%} for the score, copies that differ by "
    f"more than noise, and three or more clusters of at least {FEWEST} sequences. Where other "
    "networks were compared, whose memory blocks stay as they were drawn, it is low unless these "
    f"find much the same clusters (adjusted Rand index {SIMILAR:g}, for high {SAME:g}), and a "
    "gap between them."
)
RATING_BY_GAP = (
    "The confidence rating: it measures how much of the way from each cluster to the next is free "
    "of all but the outermost tenth of either's sequences, in directions that the restarts choose. "
    f"Below {VISIBLE:.0%}, or if data made from these without groups have such gaps, confidence is "
    f"low. High requires {WIDE:.0%}, and that on average {UNSURE:.0%} of the restarts agree on a "
    f"sequence's cluster, and clusters of at least {FEWEST} sequences."
)


def of_our_own(run: Run) -> list[str]:
    """List what in this run is not in the paper, or left open by it."""
    said = [text for applies, text in _additions(run) if applies]
    return [
        *said,
        *(
            ["The untrained control: the same initial network with only its output layer trained."]
            if run.settings.trains_blocks
            else []
        ),
        RATING_BY_GAP if judged_by_gap(run) else RATING,
        TELLS[rests_on(run.settings.selection)],
    ]


def _additions(run: Run) -> list[tuple[bool, str]]:
    settings, n_restarts = run.settings, len(run.restarts["seed"])
    initial, stages, network = settings.initial, settings.stages, settings.network
    last = stages[-1]
    own = dict.fromkeys(stage.record.of_our_own for stage in reversed(stages))
    copies = sorted({stage.augmentation for stage in stages} - {"none"})
    return [
        (
            (network.blocks, network.outputs) != settings.stages[-1].record.paper_size,
            f"The network's size: {_size(network)}.",
        ),
        *((True, text) for text in _other_networks(network)),
        (True, f"Squashing g = {network.g} and h = {network.h}, which the paper leaves open."),
        (
            settings.inputs.differences,
            "How every input changed since the step before as a further input.",
        ),
        (
            settings.inputs.scaling != "none",
            f"Inputs scaled by one affine map for all sequences ({settings.inputs.scaling}).",
        ),
        (
            initial.forget_bias in ("auto", "spread")
            or initial.input_bias == "auto"
            or initial.bias_steps is not None,
            "Initial gate biases set from the length of the sequences.",
        ),
        (initial.draw == "scaled", "Initial weights drawn to fit the number of inputs and cells."),
        (
            run.preprocessing.settings.average != 1,
            f"Inputs averaged over {run.preprocessing.settings.average} neighbouring steps.",
        ),
        (initial.output_layer == "data", "Initial output weights drawn in whitened coordinates."),
        (
            any(stage.trains == "output" for stage in stages),
            "Output units trained alone, in the directions in which altered copies of a sequence "
            "differ least.",
        ),
        (
            any(stage.precondition and stage.trains == "network" for stage in stages),
            "Output weights trained in whitened coordinates, then transformed back.",
        ),
        (
            bool(last.record.forms) and last.form == "invariant",
            "The affine-invariant form of NEO: entropy minus the logarithm of the spread, which "
            "cannot be lowered by shrinking the outputs.",
        ),
        *((bool(text), text) for text in own),
        (
            settings.consensus,
            "The consensus of the restarts: clusters by the share of the restarts that put two "
            "sequences together, with average linkage.",
        ),
        (
            bool(copies),
            f"Training on altered copies of the sequences: {', '.join(copies)}.",
        ),
        (
            settings.inputs.window is not None,
            f"A window: the network reads {settings.inputs.window} steps of every sequence.",
        ),
        (
            n_restarts > 1,
            f"{n_restarts} restarts, the best chosen without labels.",
        ),
        (settings.gradient == "exact", "Exact gradients; the paper truncates errors at the gates."),
    ]


def _other_networks(network: NetworkSettings) -> Iterator[str]:
    """Say in what a network is another than the paper's, its size apart."""
    if network.above:
        sizes = "; ".join(", ".join(map(str, blocks)) for blocks in network.above)
        yield f"Further layers of memory blocks above the first, with {sizes} cell(s)."
    if network.directions == "both":
        yield "Every layer has a half that runs from the last step to the first."
    if network.readout != ("last",):
        names = {
            "last": "last outputs",
            "mean": "means",
            "max": "largest outputs",
            "eighths": "means over each eighth",
        }
        read = " and ".join(names[kind] for kind in network.readout)
        yield f"Output units read the {read} over time."
    if network.plain:
        yield f"{network.plain} plain tanh unit(s) beside the memory blocks of every layer."
    if network.gates_are_read:
        yield "Units read the gates' activations at the step before, as in 1997."


def _gates(network: NetworkSettings) -> str:
    parts = ["forget gates"] * network.forget_gate + ["peepholes"] * network.peepholes
    return " and ".join(parts) or "neither forget gates nor peepholes"


def _size(network: NetworkSettings) -> str:
    blocks = ", ".join(map(str, network.blocks))
    return f"blocks with {blocks} cell(s), {network.outputs} {network.output_unit} output(s)"


def _data_commands(source: dict, data: str) -> list[str]:
    """Return the command that generates the data or, for other data, their checksum."""
    known = {"generator", "seed", "per_group", "length"} <= source.keys()
    known = known and "converted_from" not in source
    if known and source["generator"] == "artificial" and "groups" in source:
        special = ["--groups", ",".join(_joined(g) for g in source["groups"])]
    elif known and source["generator"] == "clarinet" and source.get("source") in _CLARINET:
        phase, scale = str(source.get("phase")), str(source.get("scale"))
        special = [*_CLARINET[source["source"]], "--phase", phase, "--scale", scale]
    else:
        checksum = source.get("sha256")
        return [f"# data with SHA-256 {_word(checksum)}"] if checksum else []
    kind, count, seed = source["generator"], source["per_group"], source["seed"]
    words = [*special, "--per-group", count, "--length", _joined(source["length"]), "--seed", seed]
    return [f"lstmtool gen-data {kind} {' '.join(map(_word, words))} -o {data}"]


_CLARINET: dict[str, list[str]] = {"shipped": [], "synthetic": ["--synthetic"]}


def _joined(values: object) -> str:
    return ":".join(map(str, values)) if isinstance(values, list | tuple) else str(values)


def _word(value: object) -> str:
    return shlex.quote(shown(value, limit=300))
