"""Activations of a network over several sequences, as arrays with named axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.records.activations import GATES, Activity

OF_LAYER = ("sequence", "step", "layer")
DIMS = {
    "inputs": ("sequence", "step", "input"),
    "gates": (*OF_LAYER, "block", "gate"),
    "cell_inputs": (*OF_LAYER, "cell"),
    "cell_states": (*OF_LAYER, "cell"),
    "cell_outputs": (*OF_LAYER, "cell"),
    "plain_units": (*OF_LAYER, "unit"),
    "outputs": ("sequence", "step", "output"),
}
"""Axes of the arrays by their names."""


@dataclass(frozen=True, eq=False)
class Activations(Mapping[str, np.ndarray]):
    """What every unit of a network did at every step of N sequences.

    A mapping from names to arrays: ``inputs``, ``gates``, ``cell_inputs``, ``cell_states``,
    ``cell_outputs``, ``plain_units`` (if there are any) and ``outputs``. Their axes are named in
    `dims` and labelled in `coords`. Where a sequence has ended, or a layer has fewer units than
    another or no such gate, values are NaN.

    Parameters
    ----------
    names : tuple of str
        Of the sequences; may be empty.
    each : tuple of Activity
        The activations over each sequence, kind by kind.
    blocks : tuple of tuple of int
        Cells of each memory block of each layer.
    average : int
        Steps of the sequences that were averaged to make one step of the network.

    Examples
    --------
    >>> import numpy as np
    >>> from lstmtool import BingoLSTM
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(0, s, size=30) for s in [0.1] * 6 + [2.0] * 6]
    >>> run = BingoLSTM(outputs=1, restarts=2).fit(X).run_
    >>> seen = run.activations(X[:3])
    >>> seen["cell_states"].shape  # sequence, step, layer, cell
    (3, 30, 1, 2)
    >>> seen.dims["gates"]
    ('sequence', 'step', 'layer', 'block', 'gate')
    >>> seen.coords["gate"].tolist()
    ['input', 'forget', 'output']
    """

    names: tuple[str, ...]
    each: tuple[Activity, ...]
    blocks: tuple[tuple[int, ...], ...]
    average: int = 1

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.dims:
            raise KeyError(name)
        if name not in self._arrays:
            self._arrays[name] = self._made(name)
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.dims)

    def __len__(self) -> int:
        return len(self.dims)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {len(self.coords[name])}" for name in self._axes)
        return f"<Activations of {', '.join(self)} ({sizes})>"

    def of(self, sequence: int | str) -> Activity:
        """Return the activations over one sequence, by its number or name, kind by kind."""
        if isinstance(sequence, str):
            if sequence not in self.names:
                raise KeyError(sequence)
            sequence = self.names.index(sequence)
        return self.each[sequence]

    @property
    def dims(self) -> dict[str, tuple[str, ...]]:
        """The names of the axes of every array."""
        plain = any(panel.kind == "plain_unit" for panel in self.each[0].panels)
        return {name: dims for name, dims in DIMS.items() if plain or name != "plain_units"}

    @cached_property
    def coords(self) -> dict[str, np.ndarray]:
        """The labels along every axis.

        A sequence's name, or its number from 0. Of a step, the first step of the sequence that it
        is about. The names of layers and inputs. Blocks, cells, units and outputs are counted
        from 1.
        """
        first, lengths = self.each[0], self.lengths
        named = {panel.kind: panel.names for panel in first.panels}
        units = max(
            (len(panel.names) for panel in first.panels if panel.kind == "plain_unit"), default=0
        )
        coords = {
            "sequence": np.array(self.names) if self.names else np.arange(len(self.each)),
            "step": self.average * np.arange(lengths.max()),
            "layer": np.array(self._layers),
            "block": 1 + np.arange(max(map(len, self.blocks))),
            "gate": np.array([gate.removesuffix("_gate") for gate in GATES]),
            "cell": 1 + np.arange(max(map(sum, self.blocks))),
            "unit": 1 + np.arange(units),
            "input": np.array(named["input"]),
            "output": 1 + np.arange(len(named["output"])),
        }
        return {name: coords[name] for name in self._axes}

    @property
    def lengths(self) -> np.ndarray:
        """Steps that the network saw of every sequence, shape (N,)."""
        return np.array([len(activity.scored) for activity in self.each])

    @property
    def block_of_cell(self) -> np.ndarray:
        """The block of every cell, counted from 1, shape (layers, cells); 0 where there is none."""
        made = np.zeros((len(self.blocks), max(map(sum, self.blocks))), dtype=np.int64)
        for row, blocks in zip(made, self.blocks, strict=True):
            row[: sum(blocks)] = np.repeat(1 + np.arange(len(blocks)), blocks)
        return made

    def to_xarray(self) -> Any:
        """Return an `xarray.Dataset` of all arrays, with the lengths and the blocks of the cells.

        Raises
        ------
        UsageError
            If xarray is not installed.
        """
        try:
            import xarray
        except ImportError as error:
            raise UsageError(
                "A Dataset needs the package xarray.",
                fix="pip install 'lstmtool[xarray]'; without it, the arrays are in dims, coords "
                "and activations[name].",
            ) from error
        arrays = {name: (self.dims[name], self[name]) for name in self}
        beside = {
            "length": ("sequence", self.lengths),
            "block_of_cell": (("layer", "cell"), self.block_of_cell),
        }
        return xarray.Dataset(arrays, coords=self.coords | beside)

    @property
    def _axes(self) -> list[str]:
        return list(dict.fromkeys(axis for dims in self.dims.values() for axis in dims))

    @property
    def _layers(self) -> list[str]:
        """Names of the layers, from the bottom up."""
        inner = [panel.layer for panel in self.each[0].panels if panel.kind == "cell_state"]
        return [name or "layer 1" for name in inner]

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        return {}

    def _made(self, name: str) -> np.ndarray:
        """Fill an array with the panels of its kind."""
        array = np.full([len(self.coords[axis]) for axis in self.dims[name]], np.nan)
        layers = {layer: n for n, layer in enumerate(self._layers)}
        for of_sequence, activity in zip(array, self.each, strict=True):
            for panel in activity.panels:
                steps, units = panel.values.shape
                number = layers.get(panel.layer or "layer 1", 0)
                if f"{panel.kind}s" == name and "layer" in self.dims[name]:
                    of_sequence[:steps, number, :units] = panel.values
                elif f"{panel.kind}s" == name:
                    of_sequence[:steps] = panel.values
                elif name == "gates" and panel.kind in GATES:
                    kind = GATES.index(panel.kind)
                    of_sequence[:steps, number, :units, kind] = panel.values
        return array
