"""Small sequences and runs, made of random numbers, for tests that need one of each kind."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from lstmtool.config import NetworkSettings, Stage, TrainSettings
from lstmtool.data.preprocessing import fit
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.records.run import Ensemble, Outputs, Run

GROUPS = ("low", "high", "wide")


def small_sequences(
    n: int = 12, *, n_inputs: int = 1, n_groups: int = 3, labelled: bool = True, seed: int = 0
) -> Sequences:
    """N sequences of 3 to 8 steps; group g has mean g; groups take turns."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) % n_groups
    arrays = [rng.normal(g, 1.0, (rng.integers(3, 9), n_inputs)) for g in groups]
    label_names = tuple(GROUPS[g] if g < len(GROUPS) else f"group {g}" for g in range(n_groups))
    return from_arrays(
        arrays,
        labels=groups if labelled else None,
        label_names=label_names if labelled else (),
        names=tuple(f"sequence-{k}" for k in range(n)),
        sampling_rate=100.0,
        attributes={"generator": "small", "seed": seed},
    )


def small_settings(objective: str = "bingo", *, outputs: int | None = None) -> TrainSettings:
    """Settings of a short run; NEO has one linear output, the others two logistic ones."""
    neo = objective == "neo"
    network = NetworkSettings(
        blocks=(1,) if neo else (1, 1),
        outputs=outputs or (1 if neo else 2),
        output_unit="linear" if neo else "logistic",
    )
    stage = Stage(objective=objective, epochs=5)
    return TrainSettings(network=network, stages=(stage,), restarts=3, seed=7)


def small_run(
    objective: str = "bingo",
    *,
    n: int = 12,
    outputs: int | None = None,
    labelled: bool = True,
    seed: int = 0,
) -> Run:
    """A run whose outputs after training follow the groups, and before training do not."""
    rng = np.random.default_rng(seed)
    data = small_sequences(n, labelled=labelled, seed=seed)
    settings = small_settings(objective, outputs=outputs)
    width = settings.network.outputs
    linear = settings.network.output_unit == "linear"
    table = _table({"cell.inputs": (2, 2), "cell.bias": (2,), "output.cells": (width, 2)})
    size = sum(int(np.prod(shape)) for _, shape, _ in table)
    groups = np.arange(n) % 3
    signs = np.where((groups[:, None] >> np.arange(width)) & 1, 4.0, -4.0)
    after = (groups[:, None] * 3.0 if linear else signs) + rng.normal(0, 0.2, (n, width))
    return Run(
        settings=settings,
        preprocessing=fit(data, settings.inputs),
        parameters=rng.normal(size=size),
        initial_parameters=rng.normal(size=size),
        parameter_table=table,
        history=_history(rng, objective),
        before=_outputs(rng.normal(0, 0.1, (n, width)), linear),
        after=_outputs(after, linear),
        untrained=_outputs(after + rng.normal(0, 1.0, (n, width)), linear),
        restarts={
            "seed": np.arange(7, 10),
            "objective": rng.normal(size=3),
            "score": np.array([0.1, 0.9, np.nan]),
            "untrained_score": np.array([0.1, 0.2, 0.3]),
            "finite": np.array([True, True, False]),
            "epochs": np.array([5, 5, 2]),
        },
        chosen=1,
        lengths=data.lengths,
        labels=data.labels,
        label_names=data.label_names,
        names=data.names,
        source={"file": "artificial.h5", "sha256": "0" * 64, "generator": "small"},
        notes=("Made by a test.",),
    )


def small_ensemble(run: Run, seed: int = 0) -> Run:
    """The same run with the consensus of its two finite restarts, which agree."""
    rng = np.random.default_rng(seed)
    after = run.after.net_inputs.astype(np.float32)
    ensemble = Ensemble(
        parameters=np.stack([rng.normal(size=len(run.parameters)), run.parameters]),
        net_inputs=np.stack([after + np.float32(0.01), after]),
        scores=run.restarts["score"][:2],
        restarts=np.array([0, 1]),
    )
    settings = run.settings.model_copy(update={"consensus": True})
    return replace(run, settings=settings, ensemble=ensemble)


def _table(shapes: dict[str, tuple[int, ...]]) -> list[tuple[str, tuple[int, ...], int]]:
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    offsets = np.cumsum([0, *sizes[:-1]]).tolist()
    return [
        (name, shape, offset) for (name, shape), offset in zip(shapes.items(), offsets, strict=True)
    ]


def _history(rng: np.random.Generator, objective: str) -> dict[str, np.ndarray]:
    neo = objective == "neo"
    rows = np.sort(rng.normal(size=6))
    nothing = np.full(6, np.nan)
    return {
        "epoch": np.arange(6),
        "stage": np.zeros(6, dtype=np.int64),
        "objective": -rows if neo else rows,
        "joint_bits": nothing if neo else np.linspace(0.1, 1.5, 6),
        "entropy": -rows if neo else nothing,
        "sigma": np.linspace(1.0, 0.3, 6) if neo else nothing,
        "gradient_norm": np.exp(-np.arange(6.0)),
    }


def _outputs(net_inputs: np.ndarray, linear: bool) -> Outputs:
    activations = net_inputs.copy() if linear else 1.0 / (1.0 + np.exp(-net_inputs))
    return Outputs(net_inputs, activations)


def assert_same(one: Any, other: Any) -> None:
    """Two records are equal to the last bit, in types, shapes and order too."""
    assert type(one) is type(other)
    if is_dataclass(one):
        for part in fields(one):
            assert_same(getattr(one, part.name), getattr(other, part.name))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        assert_same(list(one.values()), list(other.values()))
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, yours in zip(one, other, strict=True):
            assert_same(mine, yours)
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()
    else:
        assert one == other
