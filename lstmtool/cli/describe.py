"""Descriptions of files of sequences in any format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from lstmtool.data.overview import Overview
    from lstmtool.data.sequences import SequenceSource
    from lstmtool.io.formats.raw import Raw

DRAWN = 8
"""Maximum number of sparklines, one for every input of the first sequences."""
WIDTH = 60
"""Width of a sparkline in characters."""
NAME = 20
"""Width of the column of names."""
LISTED = 12
"""Maximum number of inputs listed."""
STEPS = 4
"""Maximum number of steps per mark: only the beginning of long sequences is drawn."""
# fmt: off
ORDER = (
    "file", "kind", "guesses", "sequences", "steps", "shortest", "median", "longest",
    "inputs", "values", "missing", "sampling_rate", "labels", "training",
)
# fmt: on


@dataclass(frozen=True)
class Read:
    """Sequences that were read.

    Parameters
    ----------
    source : SequenceSource
        With zeros where values are missing.
    arrays : iterable of ndarray of shape (T, D)
        The same sequences with NaN there.
    guesses : tuple of str
        Messages of the reader.
    """

    source: SequenceSource
    arrays: Iterable[np.ndarray]
    guesses: tuple[str, ...]


@contextmanager
def read(path: Path, reading: dict[str, Any]) -> Iterator[Read]:
    """Read sequences as `train` does, but leave missing values where it would refuse them."""
    from lstmtool.io.formats.load import format_of, load_raw
    from lstmtool.io.sequences import open_sequences
    from lstmtool.jobs.reading import read_options

    options = read_options(reading)
    if format_of(path) == "ours" and not options.given():
        with open_sequences(path) as file:
            yield Read(file, (array for block in file.blocks() for array in block), ())
        return
    guesses: list[str] = []
    raw = load_raw(path, options, guesses.append)
    source = _filled(raw, guesses.append)
    yield Read(source, raw.arrays, tuple(guesses))


def _filled(raw: Raw, say: Callable[[str], None]) -> SequenceSource:
    import numpy as np

    from lstmtool.io.formats.raw import to_sequences

    filled = [np.where(np.isnan(array), 0.0, array) for array in raw.arrays]
    return to_sequences(replace(raw, arrays=filled), say)


def describe_sequences(
    path: Path, reading: dict[str, Any], drawn: str = ""
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return what a file holds as plain JSON values, and lines for a table.

    Parameters
    ----------
    reading : dict
        Options that say how to read it.
    drawn : str
        Marks for sparklines of the first sequences; "" for none.

    Raises
    ------
    FileError, DataError, UsageError
        As for `lstmtool.io.formats.load.load_sequences`, except about missing values.
    """
    from lstmtool.data.overview import overview
    from lstmtool.io.sequences import Fingerprint

    with read(path, reading) as found:
        source = found.source
        seen = overview(found.arrays, source.n_inputs, DRAWN)
        missing = int(seen.missing.sum())
        document = _numbers(source, seen) | {"guesses": list(found.guesses)}
        if missing:
            refusal = "There are missing values: use --missing drop or --missing interpolate."
            document |= {"recipe": None, "training": refusal, "attributes": source.attributes}
        else:
            made = Fingerprint(int(source.offsets[-1]), source.n_inputs)
            for block in source.blocks():
                made.add(block.values)
            document |= _training(source)
            document |= {"attributes": source.attributes, "sha256": made.text(source.offsets)}
        return document, _picture(source, seen, drawn) if drawn else []


def _numbers(source: SequenceSource, seen: Overview) -> dict[str, Any]:
    import numpy as np

    from lstmtool.cli.info import count_labels, count_steps
    from lstmtool.clustering.matching import input_names

    names = input_names(source.attributes, source.n_inputs)
    ranges = [
        {
            "name": names[k] if names else None,
            "minimum": None if np.isnan(seen.minimum[k]) else float(seen.minimum[k]),
            "maximum": None if np.isnan(seen.maximum[k]) else float(seen.maximum[k]),
            "missing": int(seen.missing[k]),
        }
        for k in range(source.n_inputs)
    ]
    return {
        **count_steps(source.lengths),
        "inputs": source.n_inputs,
        "ranges": ranges,
        "missing": {"values": int(seen.missing.sum()), "sequences": seen.incomplete},
        "sampling_rate": source.sampling_rate,
        "labels": count_labels(source.labels, source.label_names),
    }


def _training(source: SequenceSource) -> dict[str, Any]:
    """Describe what `train` would do by default, or why it would refuse."""
    from lstmtool.cli.train import command
    from lstmtool.errors import LstmtoolError
    from lstmtool.jobs.starting import Start
    from lstmtool.jobs.train import starting_point
    from lstmtool.training.setup import check

    try:
        settings, told = Start(command.make_context("train", []).params, {})(source)
        check(source, settings)
    except LstmtoolError as error:
        return {"recipe": None, "training": f"It would be refused. {' '.join(str(error).split())}"}
    return {"recipe": starting_point("auto", "auto", source, None)[0], "training": told}


def lines_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document of `describe_sequences` with texts for a table."""
    from lstmtool.io.formats.raw import counted

    rows = dict(document)
    rows.pop("recipe")
    ranges = rows.pop("ranges")
    rows["values"] = "; ".join(map(_range, ranges[:LISTED]))
    if len(ranges) > LISTED:
        rows["values"] += f"; {len(ranges) - LISTED} more"
    missing = rows.pop("missing")
    rows["missing"] = None
    if missing["values"]:
        values, sequences = (counted(missing[k], k[:-1]) for k in ("values", "sequences"))
        rows["missing"] = f"{values} in {sequences}"
    rows["sampling_rate"] = rows["sampling_rate"] and f"{rows['sampling_rate']:.10g} Hz"
    rows["guesses"] = " ".join(rows["guesses"])
    return {name: rows[name] for name in (*ORDER, *rows) if name in rows}


def _range(of_input: dict[str, Any]) -> str:
    name = f"{of_input['name']}: " if of_input["name"] else ""
    low, high, missing = (of_input[k] for k in ("minimum", "maximum", "missing"))
    span = "none" if low is None else f"{low:.4g} to {high:.4g}"
    return f"{name}{span}" + (f" ({missing:,} missing)" if missing else "")


def _picture(source: SequenceSource, seen: Overview, marks: str) -> list[tuple[str, str]]:
    """Return a name and a line for every input of the first sequences."""
    from lstmtool.clustering.matching import input_names
    from lstmtool.report.run.sparklines import GAP, sparkline
    from lstmtool.report.text import shown

    names = input_names(source.attributes, source.n_inputs)
    lines: list[tuple[str, str]] = []
    longest, n_inputs = 0, source.n_inputs
    for n, array in enumerate(seen.first):
        if lines and len(lines) + n_inputs > DRAWN:
            break
        longest = max(longest, len(array))
        name = source.names[n] if source.names else f"sequence {n + 1}"
        for k in range(min(n_inputs, DRAWN)):
            part = shown(names[k] if names else f"input {k + 1}", NAME // 2 - 1)
            label = _short(name, NAME) if n_inputs == 1 else f"{_short(name, NAME // 2)} {part}"
            low, high = float(seen.minimum[k]), float(seen.maximum[k])
            drawn = array[: STEPS * WIDTH, k]
            lines.append((label, sparkline(drawn, low, high, WIDTH, marks)))
    notes = []
    if longest > WIDTH:
        n_steps = min(STEPS, -(-longest // WIDTH))
        notes.append(f"a mark shows the value farthest from the mean in {n_steps} steps or fewer")
    if longest > STEPS * WIDTH:
        notes.append(f"the first {STEPS * WIDTH} of up to {longest:,} steps")
    if any(GAP[marks] in line for _, line in lines):
        notes.append(f"{GAP[marks]} missing")
    return [*lines, ("picture", "; ".join(notes))] if notes else lines


def _short(name: str, limit: int) -> str:
    """Shorten a name that is too long, keeping its distinctive end."""
    from lstmtool.report.text import shown

    whole = shown(name, len(name))
    end = limit // 3
    return whole if len(whole) <= limit else f"{whole[: limit - end - 1]}…{whole[-end:]}"
