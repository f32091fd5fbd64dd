"""Networks for framewise phonemes, each with about 100,000 weights for 27 classes.

They are of the published kinds, but speech and classes are others, and so are their sizes.
What it reports of TIMIT is quoted from memory, which every figure says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstmtool.network.topology import Topology
from lstmtool.supervised.early_stopping import EarlyStopping
from lstmtool.supervised.rules.lstm_batch import BatchSettings
from lstmtool.supervised.system import System

N_FEATURES, N_CLASSES = 26, 27
SOURCE = "Graves and Schmidhuber 2005, Neural Networks 18(5-6)"
MEMORY = "quoted from memory, not read again"
ADAM = BatchSettings(0.01, batch=64, clip=1.0, precision="single", threads=2)
PUBLISHED = BatchSettings(1e-5, "momentum", momentum=0.9, batch=1, mean=False, precision="single")
STOP = EarlyStopping(60, patience=5, piece=100)
_SOFTMAX: dict[str, Any] = {"output": "softmax", "error": "cross-entropy"}
_BLOCKS: dict[str, Any] = {"peepholes": True, "g": "tanh", "h": "tanh", **_SOFTMAX}
_UNITS: dict[str, Any] = {"blocks": (), "f": "logistic", **_SOFTMAX}


_DELAYS: dict[str, Any] = {"recurrent": False, "above": ((),), "windows": (3, 5, 5)}
"""A time-delay network of two layers; with the output units it reads eleven frames."""


def _system(name: str, network: dict[str, Any], figure: str, **options: int) -> System:
    inputs = N_FEATURES * (2 * options.get("window", 0) + 1)
    return System(
        name=f"phonemes-{name}",
        task="phonemes",
        topology=Topology(n_inputs=inputs, n_outputs=N_CLASSES, **network),
        settings=ADAM,
        stop=STOP,
        weights=0,
        figure=f"{figure} % of TIMIT's test frames, 61 classes ({MEMORY})" if figure else "",
        source=SOURCE,
        update="batch",
        options=dict(options),
        rule="lstm-batch",
        study="phonemes",
        share=0.0,
        note="Other speech, other classes, and Adam on pieces of 100 frames instead of whole "
        "sentences with momentum.",
    )


def _made() -> dict[str, System]:
    both = {"directions": "both"}
    found = [
        _system("blstm", {"blocks": (1,) * 96, **_BLOCKS, **both}, "69.8"),
        _system("brnn", {"plain": 198, **_UNITS, **both}, "69.0"),
        _system("lstm-delay-5", {"blocks": (1,) * 142, **_BLOCKS}, "66.0", delay=5),
        _system("rnn-delay-3", {"plain": 290, **_UNITS}, "65.2", delay=3),
        _system("lstm", {"blocks": (1,) * 142, **_BLOCKS}, "64.6"),
        _system("rnn", {"plain": 290, **_UNITS}, "64.5"),
        _system("mlp-window-10", {"plain": 174, **_UNITS, "recurrent": False}, "63.1", window=10),
        _system("mlp-window-5", {"plain": 318, **_UNITS, "recurrent": False}, "", window=5),
        _system("tdnn", {"plain": 121, **_UNITS, **_DELAYS}, "", delay=5),
        _system("mlp", {"plain": 1851, **_UNITS, "recurrent": False}, "51.4"),
    ]
    published = replace(
        found[0],
        name="phonemes-blstm-published",
        settings=PUBLISHED,
        stop=EarlyStopping(200, patience=20, at_once=16),
        note="Other speech and other classes; the published rule, an update after every sentence.",
    )
    return {system.name: system for system in (*found, published)}


PHONEME_SYSTEMS = _made()
"""By name, the best of the publication first; the last learns by the published rule."""
