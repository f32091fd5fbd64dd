"""Data frames whose rows or cells are sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstmtool.data.conversion import frames
from lstmtool.data.conversion.read import Read, is_dates, numbers, warn
from lstmtool.errors import DataError
from lstmtool.names import STEP_NAMES


def read_rows(frame: Any) -> Read:
    """Read a frame with one-input sequences as rows; raises as `refuse_steps`."""
    refuse_steps(frame)
    return Read(list(frames.table(frame)[:, :, None]), frames.row_names(frame))


def is_nested(frame: Any) -> bool:
    """Whether a frame's cells are sequences, as in sktime's nested format."""
    return len(frame) > 0 and any(
        not frames.is_numbers(column) and is_sequence(next(iter(column)))
        for column in frames.columns(frame)
    )


def is_sequence(cell: Any) -> bool:
    """Whether a cell holds several values, not a number or text."""
    is_sized = hasattr(cell, "__len__") and not isinstance(cell, str | bytes)
    return is_sized and getattr(cell, "ndim", 1) > 0


def read_cells(
    columns: Sequence[Sequence[Any]], names: tuple[str, ...] = (), inputs: tuple[str, ...] = ()
) -> Read:
    """Read cells that are sequences (T,): a row is a sequence, a column is an input.

    Raises
    ------
    DataError
        If the inputs of a sequence differ in length, or a cell is not a sequence of numbers.
    """
    arrays = []
    for n, cells in enumerate(zip(*columns, strict=True)):
        row = f"sequence {n} ({names[n]})" if names else f"sequence {n}"
        parts = [
            _cell(cell, f"{row}, input {inputs[k] if inputs else k}")
            for k, cell in enumerate(cells)
        ]
        if len({len(part) for part in parts}) > 1:
            raise DataError(
                f"The inputs of a sequence differ in length: "
                f"{', '.join(str(len(part)) for part in parts)} steps.",
                row,
                "All inputs of a sequence must have the same length.",
            )
        arrays.append(np.column_stack(parts))
    return Read(arrays, names, inputs)


def _cell(cell: Any, where: str) -> np.ndarray:
    frames.refuse_order(cell, where)
    part = numbers(cell, where)
    if part.ndim != 1:
        raise DataError(
            f"A cell has shape {part.shape}, others are sequences.",
            where,
            "Every cell must hold all steps of one input, (steps,).",
        )
    return part


def refuse_steps(frame: Any) -> None:
    """Raise DataError for a frame whose rows look like steps, or with a non-numeric column."""
    names, index = list(frame.columns), frames.index_of(frame)
    for k, name in enumerate(names):
        if role := frames.role_of(name):
            how = "set_index(" if role != "label" else "drop(columns="
            wide = f"frame.{how}{name!r})" if index is not None else f"frame.drop({name!r})"
            raise _question(f"A column is called {name!r}, as {role}s are", frame, wide)
        frames.refuse_no_values(
            frame,
            k,
            f"Leave it out; if it is the id of the sequences or the time of the steps, write "
            f"as_sequences(frame, id={name!r}) or as_sequences(frame, time={name!r}).",
        )
    _refuse_counter(frame)
    if index is None:
        return
    role, counted = frames.role_of(index.name), frames.are_counted(names)
    wide = "frame.reset_index(drop=True)"
    if role == "time" and not (counted and str(index.name).lower() not in STEP_NAMES):
        raise _question(f"The index is called {index.name!r}, as times are", frame, wide)
    if is_dates(index) and not counted:
        raise _question("The index holds times", frame, wide)
    if not index.is_unique and (role == "id" or not frames.is_numbers(index)):
        raise _question("The index has duplicates", frame, wide)
    if not index.is_unique and not counted:
        warn(
            f"Rows of {frames.shape_of(frame)} are read as sequences of one input, though the "
            f"index repeats. Write {wide} if they are; if they are steps, give a list of frames, "
            "one per sequence."
        )


def _refuse_counter(frame: Any) -> None:
    """Raise DataError if a column counts up through the rows, or while another is constant."""
    names = list(frame.columns)
    found = {k: starts for k in range(len(names)) if (starts := frames.starts_of_counter(frame, k))}
    if len(found) == len(names):
        return
    for k, starts in found.items():
        what, ids = f"The column {names[k]!r} counts up", ""
        if len(starts) > 1:
            same = next((j for j in range(len(names)) if _changes(frame, j) == starts[1:]), None)
            if same is None:
                continue
            what += f" while {names[same]!r} stays the same"
            ids = f"id={names[same]!r}, "
        raise DataError(
            f"{what}: it is unclear whether a row is a step or a sequence.",
            frames.shape_of(frame),
            f"If a row is a step, write as_sequences(frame, {ids}time={names[k]!r}); if a row is a "
            f"sequence, write frame.to_numpy(), without columns that are not values.",
        )


def _changes(frame: Any, k: int) -> list[int]:
    """Return the rows where column k differs from the row before."""
    cells = frames.column(frame, k).to_numpy()
    return (np.flatnonzero(cells[1:] != cells[:-1]) + 1).tolist()


def _question(what: str, frame: Any, wide: str) -> DataError:
    return DataError(
        f"{what}: it is unclear whether a row is a step or a sequence.",
        frames.shape_of(frame),
        f"If a row is a step, write {_of_steps(frame)}; if a row is a sequence, write {wide}.",
    )


def _of_steps(frame: Any) -> str:
    """Return the call of `as_sequences` for a frame whose rows are steps."""
    index = frames.index_of(frame)
    found: dict[str, Any] = {}
    for name in [None if index is None else index.name, *frame.columns]:
        found.setdefault(frames.role_of(name), name)
    words = "".join(f", {role}={found[role]!r}" for role in ("id", "time") if role in found)
    if words:
        return f"as_sequences(frame{words})"
    if index is not None and not index.is_unique and index.name is None:
        return "as_sequences(frame.rename_axis('id'), id='id')"
    return (
        "as_sequences(frame, id=...) with the id column, or as_sequences([frame]) for one sequence"
    )
