"""Systems that remember a symbol across fillers: history compressors, and others.

The published figures are of secondary texts; sizes and rates could not be found, so that all
settings are ours.
"""

from __future__ import annotations

from typing import Any

from lstmtool.network.topology import Topology
from lstmtool.supervised.remembering import Remembering
from lstmtool.supervised.rules.compressor import CompressorSettings
from lstmtool.supervised.rules.lstm import LstmSettings
from lstmtool.supervised.rules.simple import SimpleSettings
from lstmtool.supervised.system import System

LAGS = (20, 5, 10, 50, 100)
NOISE = 0.1
SOURCE = "Schmidhuber 1991 and 1992, Neural Computation 4(2), as later texts quote it"
NOTE = (
    "Left open: sizes, rates, the error that surprises (here 0.2), when it is solved (here once "
    "all targets of 100 sequences in a row are off by less than 0.2), and whether the lower "
    "network learns first (here all learn from the start)."
)
FIGURE = "13 of 17 within 5,000"


def _compressor(name: str, lag: int, units: tuple[int, ...] = (20, 10), **fields: Any) -> System:
    s, options = lag + 2, {"lag": lag} | fields.pop("options", {})
    made: dict[str, Any] = {
        "settings": CompressorSettings(rate=0.03),
        "stop": Remembering(limit=5000, beyond=2000),
        "weights": 0,
        "figure": FIGURE if lag == 20 else "nothing of such a lag",
        "share": round(13 / 17, 2) if lag == 20 else 0.0,
        "rival": lag != 20,
        "note": NOTE,
    } | fields
    return System(
        name=name,
        task="chunking",
        topology=(s, *units, s + 1),
        source=SOURCE,
        update="step",
        options=options,
        rule="compressor",
        **made,
    )


_VARIANT: dict[str, Any] = {"rival": True, "share": 0.0, "figure": "nothing of such a variant"}
COMPRESSORS = [
    *(_compressor(f"compressor-{lag}", lag) for lag in LAGS),
    _compressor("compressor-20-three-levels", 20, (20, 10, 10), **_VARIANT),
    _compressor(
        "compressor-20-collapse",
        20,
        settings=CompressorSettings(rate=0.02, horizon=1, collapse=True),
        stop=Remembering(limit=5000, beyond=8000),
        **_VARIANT,
    ),
    _compressor("compressor-20-noise", 20, options={"noise": NOISE}, **_VARIANT),
]
"""History compressors."""


def _rival(name: str, topology: Any, settings: Any, rule: str, weights: int, noise: bool) -> System:
    return System(
        name=f"{name}-noise" if noise else name,
        task="chunking",
        topology=topology,
        settings=settings,
        stop=Remembering(limit=5000),
        weights=weights,
        figure="nothing of such a variant" if noise else "not within 1,000,000",
        source=SOURCE,
        options={"lag": 20} | ({"noise": NOISE} if noise else {}),
        rule=rule,
        share=0.0,
        rival=True,
    )


_CROSS = {"cross_entropy": True, "squashing": "tanh", "spread": 0.2}
RIVALS = [
    rival
    for noise in (False, True)
    for rival in (
        _rival(
            "chunking-bptt",
            (22, 20, 23),
            SimpleSettings(horizon=25, rate=0.03, **_CROSS),  # type: ignore[arg-type]
            *("elman-bptt", 1300, noise),
        ),
        _rival(
            "chunking-rtrl",
            (22, 10, 23),
            SimpleSettings(method="rtrl", rate=0.03, **_CROSS),  # type: ignore[arg-type]
            *("elman-bptt", 550, noise),
        ),
        _rival(
            "chunking-lstm",
            Topology(22, 23, (1,) * 8, error="cross-entropy", g="tanh", h="tanh"),
            LstmSettings(0.03, weights=0.2, input_bias=(-1.0,), forget_bias=(3.0,)),
            *("lstm", 1199, noise),
        ),
    )
]
"""Other networks on the same streams."""
