"""Networks of equal size across long lags: LSTM, and what else was tried in the 1990s.

Each kind of network learns each task with as many weights, within a tenth, and all that learn by
gradients do so by one rule: exact gradients of batches of 24 sequences, Adam with rate 0.01,
clipped at norm 1. None of these set-ups is published but the latch of one unit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from lstmtool.network.topology import Topology
from lstmtool.supervised.fitting import Fitted
from lstmtool.supervised.rules.delayed import DelayedSettings
from lstmtool.supervised.rules.echo_state import EchoStateSettings
from lstmtool.supervised.rules.guessing import GuessingSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings
from lstmtool.supervised.stopping import Guesses, Window
from lstmtool.supervised.system import System
from lstmtool.supervised.tasks import make

STUDY = "lags"
LATCHES = (10, 20, 50, 100, 200)
ORDERS = (30, 60, 100)
LATCH_1994 = (20, 40, 60, 100)
"""Steps of the latches and orders, and of the latch of one unit."""
STOP = Window(limit=96_000, wrong=24, size=2400, tests=1000, chunk=240)
"""Solved once at most 1 % of 2400 sequences in a row are wrong."""
GUESSES = 1_000_000
RATE, BATCH, CLIP = 0.01, 24, 1.0
"""The common rule."""
FORGET_BIAS = (3.0, 5.0)
"""As those of `order-2-batch`."""
PERIODS = (1, 4, 16)


class Sizes(NamedTuple):
    """Units of each kind of network on a task, for about 168 weights."""

    lstm: int  # blocks of one cell
    elman: int
    slow: int
    narx_3: int
    narx_6: int
    tdnn: int
    tdnn_mean: int
    echo_state: int
    guessed: int


SIZES = {
    "latch": Sizes(5, 11, 11, 28, 19, 5, 5, 167, 11),
    "scaled-order-2": Sizes(3, 8, 8, 7, 4, 3, 3, 41, 5),
    "five-bits": Sizes(4, 10, 10, 13, 9, 4, 4, 83, 9),
}
KINDS = {
    "lstm": "LSTM",
    "elman": "Elman, through time",
    "slow": "Slow units",
    "narx-3": "NARX, 3 delays",
    "narx-6": "NARX, 6 delays",
    "tdnn": "Time-delay",
    "tdnn-mean": "Time-delay, integrated",
    "echo-state": "Echo state",
    "guessing": "Guessing",
    "guessing-small": "Guessing, few weights",
}
"""Kinds of network, and what tables call them."""
SPREAD = {
    **{"lstm": 0.1, "elman": 0.5, "slow": 0.5},
    **{"narx-3": 1.0, "narx-6": 1.0, "tdnn": 1.0, "tdnn-mean": 1.0},
}
"""Range of the initial weights. Those of LSTM are as elsewhere; the others are the best of 0.1,
0.3, 0.5 and 1 in two trials each, on other seeds."""
ORIGINS = {
    "lstm": "",
    "elman": "Elman 1990; Werbos 1990",
    "slow": "after El Hihi and Bengio 1995",
    "narx-3": "after Lin, Horne, Tino and Giles 1996",
    "narx-6": "after Lin, Horne, Tino and Giles 1996",
    "tdnn": "after Lang, Waibel and Hinton 1990",
    "tdnn-mean": "after Lang, Waibel and Hinton 1990",
    "echo-state": "Jaeger 2001",
    "guessing": "Hochreiter and Schmidhuber 1996",
    "guessing-small": "Hochreiter and Schmidhuber 1996",
}


def _outputs(task: str) -> dict[str, Any]:
    output = "logistic" if task == "latch" else "softmax"
    return {"output": output, "error": "cross-entropy"}


def _network(kind: str, task: str) -> tuple[str, Any, Any]:
    """Return rule, shape and settings of a kind of network on a task."""
    made = make(task)
    x, k, n, outputs = made.n_inputs, made.n_outputs, SIZES[task], _outputs(task)
    spread = SPREAD.get(kind, 0.0)
    batches = BatchSettings(RATE, batch=BATCH, clip=CLIP, weights=spread)
    learning: dict[str, Any] = {"batch": BATCH, "clip": CLIP, "weights": spread, **outputs}
    delayed = DelayedSettings(RATE, **learning)
    plain: dict[str, Any] = {"blocks": (), "recurrent": False, **outputs}
    shapes: dict[str, tuple[str, Any, Any]] = {
        "lstm": (
            "lstm-batch",
            Topology(x, k, (1,) * n.lstm, peepholes=True, g="tanh", h="tanh", **outputs),
            replace(batches, forget_bias=FORGET_BIAS),
        ),
        "elman": ("lstm-batch", Topology(x, k, (), plain=n.elman, **outputs), batches),
        "slow": ("slow-units", (x, n.slow, k), replace(delayed, periods=PERIODS)),
        "narx-3": ("narx", (x, n.narx_3, k), replace(delayed, delays=3)),
        "narx-6": ("narx", (x, n.narx_6, k), replace(delayed, delays=6)),
        "tdnn": (
            "lstm-batch",
            Topology(x, k, above=((),), plain=n.tdnn, windows=(3, 5, 3), **plain),
            batches,
        ),
        "tdnn-mean": (
            "lstm-batch",
            Topology(
                x, k, above=((),), plain=n.tdnn_mean, windows=(4, 5, 1), integrated=True, **plain
            ),
            batches,
        ),
        "echo-state": ("echo-state", (x, n.echo_state, k), ECHO_STATE),
        "guessing": ("guessing", (x, n.guessed, k), GuessingSettings(made.criterion, limit=1000)),
        "guessing-small": ("guessing", (x, 1, k), GuessingSettings(made.criterion, limit=1000)),
    }
    return shapes[kind]


ECHO_STATE = EchoStateSettings(
    radius=0.99, density=0.2, gain=1.0, leak=1.0, constant=0.0, feedback=0.1, ridge=1e-6
)
"""Without leak, for the longest memory; as many sequences as fit a regression."""


def _stop(kind: str) -> Any:
    if kind == "echo-state":
        return Fitted(limit=2400)
    return Guesses(limit=GUESSES) if kind.startswith("guessing") else STOP


def _system(kind: str, task: str, **options: int) -> System:
    rule, shape, settings = _network(kind, task)
    return System(
        name=f"{task.removeprefix('scaled-')}-{next(iter(options.values()))}-{kind}",
        task=task,
        topology=shape,
        settings=settings,
        stop=_stop(kind),
        weights=0,
        figure="",
        source=ORIGINS[kind],
        update="batch",
        options=dict(options),
        rule=rule,
        share=0.0,
        rival=True,
        study=STUDY,
    )


PROBLEMS = (
    *(("latch", {"length": n}) for n in LATCHES),
    *(("scaled-order-2", {"length": n}) for n in ORDERS),
    ("five-bits", {"delay": 50}),
)
"""The columns of the table: tasks, and their options."""
LAG_SYSTEMS = [_system(kind, task, **options) for task, options in PROBLEMS for kind in KINDS]
"""Every kind of network on every task."""


WEAK, STRONG = 0.04, 0.2
NOISES = (WEAK, STRONG)
"""Variances: of a standard deviation of 0.2, and of 0.2 itself; it is quoted as either."""
OF_1994 = (
    "The unit, its first weight of 1.25, three steps of learned input, the noise, targets of 0.8 "
    "and -0.8 and 18 runs are published, as later texts quote them. Ours: the common rule, the "
    "first weight divided among the delays, and the criterion, the right sign."
)


def _one_unit(delays: int, length: int, noise: float) -> System:
    return System(
        name=f"one-unit-{length}-delays-{delays}{'' if noise == WEAK else '-noisy'}",
        task="latch-one-unit",
        topology=(7, 1, 1),
        settings=DelayedSettings(
            RATE,
            delays=delays,
            batch=BATCH,
            clip=CLIP,
            output="identity",
            error="squared",
        ),
        stop=STOP,
        weights=0,
        figure="",
        source="Bengio, Simard and Frasconi 1994, IEEE TNN 5(2); Lin and others 1996",
        update="batch",
        options={"length": length, "noise": noise},
        rule="one-unit",
        share=0.0,
        rival=True,
        study=STUDY,
        note=OF_1994,
    )


ONE_UNIT = [
    _one_unit(delays, length, noise)
    for noise in NOISES
    for length in LATCH_1994
    for delays in (1, 2, 3, 6)
]
"""The latch of one unit."""
