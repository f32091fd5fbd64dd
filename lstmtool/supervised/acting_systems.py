"""Systems that act: agents with an LSTM network, with Elman's network, and with memory bits.

Figures, sizes and most constants are from memory and were not read again.
"""

from __future__ import annotations

from typing import Any

from lstmtool.supervised.acting import Balancing, Mastering
from lstmtool.supervised.rules.acting import ActingSettings
from lstmtool.supervised.system import System

LENGTHS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 70)
"""Lengths of the corridor; those published, from memory."""
SOURCE = "Bakker 2001, reinforcement learning with long short-term memory"
MAZE_FIGURE = {
    "lstm": "most of 10 runs to N = 50, some at 70 (from memory, not read again)",
    "elman": "fails beyond 15 to 25 (from memory, not read again)",
    "bits": "fails beyond 15 to 25 (from memory, not read again)",
}
POLE_FIGURE = {
    "lstm": "perfect in 2 of 10 runs after 6,250,000; hundreds or thousands of steps in 8",
    "elman": "never satisfactory",
}
OURS = (
    "the temperature's target is a tenth of |delta|, and at least 0.1; forget gates start with a "
    "bias of 7, input gates with -4; outputs also read what is seen"
)
NOTE = (
    "Left open: initial weights, how temperatures are scaled, when an episode is broken off (here "
    "after 20,000 steps), which episodes are judged (here the last 500). Traces are not cut at "
    "exploratory actions."
)
POLE_NOTE = (
    "Left open: initial weights and positions (here within a tenth of their scales), how what is "
    "seen is scaled, and how long an episode is."
)
MAZE = {
    "lstm": ("acting-lstm", (3, 12, 3, 4), ActingSettings(
        rate=0.0002, weights=0.1, forget_gate=True, forget_bias=(7.0,), input_bias=(-4.0,),
        scale=0.1, lowest=0.1)),
    "elman": ("acting-elman", (3, 16, 4), ActingSettings(
        rate=0.0003, weights=0.6, scale=0.03, lowest=0.2)),
    "bits": ("memory-bits", (3, 1, 4), ActingSettings(rate=0.01, scale=0.05, lowest=0.2)),
}  # fmt: skip
"""Rule, sizes and settings of every kind of agent in a maze."""


def maze_system(length: int, noisy: bool, kind: str, limit: int = 5_000_000) -> System:
    """Return the system of a kind of agent, a key of `MAZE`, in a maze."""
    rule, sizes, settings = MAZE[kind]
    ending = ("-noisy" if noisy else "") + ("" if kind == "lstm" else f"-{kind}")
    return System(
        name=f"t-maze-{length}{ending}",
        task="t-maze",
        topology=sizes,
        settings=settings,
        stop=Mastering(limit=limit),
        weights=0,
        figure=MAZE_FIGURE[kind],
        source=SOURCE,
        options={"length": length} | ({"noisy": True} if noisy else {}),
        rule=rule,
        share=0.0,
        note=NOTE,
        rival=kind != "lstm",
        ours=OURS if kind == "lstm" else "",
        study="acting",
    )


def _pole(kind: str, topology: tuple[int, ...], settings: ActingSettings, **own: Any) -> System:
    return System(
        name="two-mode-pole" if kind == "lstm" else f"two-mode-pole-{kind}",
        task="pole",
        topology=topology,
        settings=settings,
        stop=Balancing(),
        weights=0,
        figure=POLE_FIGURE[kind],
        source=f"{SOURCE}; 2003 tutorial",
        options={"gain": 6.0},
        rule=f"acting-{kind}",
        share=0.0,
        note=POLE_NOTE,
        rival=kind != "lstm",
        study="acting",
        **own,
    )


POLE_OURS = (
    "eight cells in place of six, of which two have forget gates that start with a bias of 12 and "
    "input gates with -2, the others 0; rate 0.0005 and lambda .8; larger initial weights; place "
    "and angle are seen six times as large; the temperature's target is .3 |delta|, and at least "
    ".01; episodes are broken off after 250 steps, so that neither mode is learned alone"
)
_DIRECTED: dict[str, Any] = {"scale": 0.3, "lowest": 0.01, "explorer_rate": 0.01}
POLES = [
    _pole(
        "lstm",
        (3, 14, 8, 2),
        ActingSettings(
            rate=0.0005,
            gamma=0.95,
            decay=0.8,
            kappa=0.2,
            weights=0.6,
            forget_gate=True,
            input_bias=(0.0,) * 6 + (-2.0,),
            forget_bias=(0.0,) * 6 + (12.0,),
            **_DIRECTED,
        ),
        ours=POLE_OURS,
    ),
    _pole(
        "elman",
        (3, 20, 2),
        ActingSettings(rate=0.0005, gamma=0.95, decay=0.8, kappa=0.2, weights=0.6, **_DIRECTED),
    ),
]
AGENTS = [
    *(maze_system(length, False, "lstm") for length in (10, 50, 70)),
    maze_system(50, True, "lstm"),
    *(maze_system(50, False, kind) for kind in ("elman", "bits")),
    *POLES,
]
"""The systems of `lstmtool learn --list`; other mazes are options of the task."""
