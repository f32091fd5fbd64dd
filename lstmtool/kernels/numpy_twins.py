"""Operations on vectors as numpy arrays, for kernels that run as plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstmtool.kernels.products import ROWS
from lstmtool.kernels.records import LANES
from lstmtool.kernels.vector_type import PART


def load(array: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    """Return the vector at array[*index, :]."""
    kinds = {"int64": np.float64, "int32": np.float32}
    return array[index].astype(kinds.get(array.dtype.name, array.dtype))


def store(array: np.ndarray, index: tuple[int, ...], vector: np.ndarray) -> None:
    """Set array[*index, :] to the vector."""
    array[index] = vector


def prefetch(array: np.ndarray, index: tuple[int, ...]) -> None:
    """Nothing."""


def broadcast(number: float, array: np.ndarray) -> np.ndarray:
    """Return the number in every lane."""
    return np.full(LANES[array.dtype.name], number, dtype=array.dtype)


def total(vector: np.ndarray) -> float:
    """Return the sum over the lanes, parts first, then halves, as compiled."""
    vector = vector.reshape(-1, PART // vector.itemsize).sum(axis=0)
    while len(vector) > 1:
        half = len(vector) // 2
        vector = vector[:half] + vector[half:]
    return float(vector[0])


def multiply(
    rows: int,
    weights: np.ndarray,
    r: int,
    n: int,
    sources: np.ndarray,
    index: tuple[int, ...],
    out: np.ndarray,
    place: tuple[int, ...],
) -> None:
    """Set out[*place : + rows] to weights[r : r + rows, :n] @ sources[*index, :n].

    Column n of the weights, if there is one, is the bias and is added.
    """
    assert r + rows <= len(weights)  # compiled, it would read and write out of bounds
    sums = weights[r : r + rows, :n] @ sources[index][:n]
    if n < weights.shape[1]:
        sums += weights[r : r + rows, n : n + 1]
    out[place[:-1]][place[-1] : place[-1] + rows] = sums


def add_outer(
    deltas: np.ndarray,
    index: tuple[int, int, int],
    sources: np.ndarray,
    place: tuple[int, int, int],
    n: int,
    out: np.ndarray,
    at: tuple[int, int],
) -> None:
    """Add to out[r : r + 4, q : q + 4], (r, q) = at, the sums of delta_a source_b.

    Sums are over n steps and all lanes; the first of each are deltas[index] and sources[place].
    """

    def block(array: np.ndarray, first: tuple[int, int, int]) -> np.ndarray:
        row, step, unit = first
        assert step + n <= array.shape[1] and unit + ROWS <= array.shape[2]  # as above
        return array[row, step : step + n, unit : unit + ROWS]

    sums = np.einsum("tal,tbl->ab", block(deltas, index), block(sources, place))
    out[at[0] : at[0] + ROWS, at[1] : at[1] + ROWS] += sums


def transpose_part(
    sources: np.ndarray,
    index: tuple[int, int, int],
    transposed: np.ndarray,
    place: tuple[int, int, int],
) -> None:
    """Set transposed[*place, l, w] to lane l of the w-th source, counted from sources[*index]."""
    row, step, q = index
    width = transposed.shape[4]
    assert q + width <= sources.shape[2]  # as above
    transposed[place] = sources[row, step, q : q + width].T


def add_transposed(
    rows: int,
    columns: int,
    deltas: np.ndarray,
    index: tuple[int, int, int],
    transposed: np.ndarray,
    place: tuple[int, int],
    n: int,
    out: np.ndarray,
    at: tuple[int, int, int],
) -> None:
    """Add to out[slot, r : r + rows, q : q + columns W], (slot, r, q) = at, sums of products.

    The products are of delta_a and the sources, summed over n steps and all lanes; the first delta
    is deltas[index]. With (part, p) = place, column b of sources is transposed[part, p + b, :n].
    """
    (row, step, unit), (part, column), (slot, r, q) = index, place, at
    n_numbers = columns * transposed.shape[4]
    assert step + n <= deltas.shape[1] and unit + rows <= deltas.shape[2]  # as above
    assert column + columns <= transposed.shape[1] and q + n_numbers <= out.shape[2]
    delta = deltas[row, step : step + n, unit : unit + rows]
    sums = np.einsum("tal,btlw->abw", delta, transposed[part, column : column + columns, :n])
    out[slot, r : r + rows, q : q + n_numbers] += sums.reshape(rows, n_numbers)


def where_above(a: np.ndarray, bound: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return x in the lanes where a is above the bound, y in the others."""
    return np.where(a > bound, x, y)


def at_most(x: Any, bound: float) -> Any:
    """Return x, or the bound if x is larger; NaN stays NaN."""
    return np.where(x > bound, bound, x)[()]


def at_least(x: Any, bound: float) -> Any:
    """Return x, or the bound if x is smaller; NaN stays NaN."""
    return np.where(x < bound, bound, x)[()]


def power_of_two(shifted: Any) -> Any:
    """Return 2^n, given n + 1.5 * 2^52 (2^23)."""
    shifted = np.asarray(shifted)
    if shifted.dtype == np.float32:
        return ((shifted.view(np.int32) + 127) << 23).view(np.float32)
    bits = shifted.astype(np.float64).view(np.int64) + 1023
    return (bits << 52).view(np.float64)[()]


def in_single(x: Any) -> bool:
    """Return whether x is a vector of float32 numbers."""
    return isinstance(x, np.ndarray) and x.dtype == np.float32
