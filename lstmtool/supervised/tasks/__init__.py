"""The tasks with targets, created by name."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import Any

from lstmtool.errors import UsageError
from lstmtool.supervised.tasks.base import Task
from lstmtool.text import did_you_mean

TASKS = {
    "reber": "reber:Reber",
    "continual-reber": "continual_reber:ContinualReber",
    "anbn": "counting:AnBn",
    "anbncn": "counting:AnBnCn",
    "adding": "adding:Adding",
    "multiplication": "multiplication:Multiplication",
    "order-2": "order:Order2",
    "order-3": "order:Order3",
    "continual-order": "order:ContinualOrder",
    "parity": "parity:Parity",
    "msd": "spikes:MeasureDelays",
    "gts": "spikes:TimeSpikes",
    "pfg": "periodic:Periodic",
    "tutorial-delay": "delay:TutorialDelay",
    "mackey-glass": "mackey_glass:MackeyGlass",
    "blues-chords": "blues:BluesChords",
    "blues": "blues:Blues",
    "boolean-functions": "functions:BooleanFunctions",
    "linear-functions": "functions:LinearFunctions",
    "quadratic-functions": "functions:QuadraticFunctions",
    "phonemes": "phonemes:Phonemes",
    "chunking": "chunking:Chunking",
    "latch": "latch:Latch",
    "latch-one-unit": "latch:OneUnitLatch",
    "five-bits": "bits:FiveBits",
    "twenty-bits": "bits:TwentyBits",
    "scaled-adding": "scaled:ScaledAdding",
    "scaled-multiplication": "scaled:ScaledMultiplication",
    "scaled-order-2": "scaled:ScaledOrder2",
    "scaled-order-3": "scaled:ScaledOrder3",
    "random-permutation": "permutation:RandomPermutation",
}
"""Module and class of every task."""

WORLDS = {"t-maze": "worlds:TMaze", "pole": "worlds:Pole"}
"""The same of tasks in which an agent acts, which have no sequences to draw."""


class UnknownTask(UsageError):
    """There is no task of this name (exit code 2)."""


def make(name: str, **options: Any) -> Task:
    """Return the task of this name.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    **options
        Fields of the task's class; by default as published.

    Raises
    ------
    UnknownTask
        If there is no such task.
    UsageError
        If the task has no such option, or its value is invalid.
    """
    made = task_class(name)
    known = [field.name for field in fields(made)]
    for option in options:
        if option not in known:
            raise UsageError(
                f"The task {name} has no option {option!r}.{did_you_mean(option.lower(), known)}",
                fix=f"Its options: {', '.join(known) or 'none'}.",
            )
    return made(**options)


def task_class(name: str) -> type[Task]:
    """Return the class of a task, whose fields are its options.

    Raises
    ------
    UnknownTask
        If there is no such task.
    """
    found = TASKS | WORLDS
    if name not in found:
        raise UnknownTask(
            f"There is no task {name!r}.{did_you_mean(name.lower(), list(found))}",
            fix=f"Tasks: {', '.join(found)}.",
        )
    module, kind = found[name].split(":")
    return getattr(import_module(f"{__name__}.{module}"), kind)
