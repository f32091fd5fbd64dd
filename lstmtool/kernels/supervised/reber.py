"""Strings of the embedded Reber grammar, symbol by symbol.

The grammar is a graph: from node n, branch 0 or 1 writes a symbol and leads to a node. It contains
the grammar of Reber (1967) twice, once between two T and once between two P.
"""

from __future__ import annotations

import numpy as np

from lstmtool.kernels._jit import kernel

B, T, P, S, X, V, E = range(7)
END = 20
# Nodes 0, 1: the outer start; 2-8: the grammar within T, 9-10 its end; 11-17, 18-19: within P.
_INNER_SYMBOLS = [[B, B], [T, P], [S, X], [T, V], [X, S], [P, V], [E, E]]
_INNER_NEXT = [[1, 1], [2, 3], [2, 4], [3, 5], [3, 6], [4, 6], [7, 7]]
SYMBOLS = np.array(
    [[B, B], [T, P], *_INNER_SYMBOLS, [T, T], [E, E], *_INNER_SYMBOLS, [P, P], [E, E]],
    dtype=np.int8,
)
NEXT = np.array(
    [
        *([1, 1], [2, 11]),
        *([a + 2, b + 2] for a, b in _INNER_NEXT),
        *([10, 10], [END, END]),
        *([a + 11, b + 11] for a, b in _INNER_NEXT),
        *([19, 19], [END, END]),
    ],
    dtype=np.int8,
)


@kernel
def draw_nodes(rng, count, least):
    """Walk through the graph; each branch has probability 1/2.

    Makes `count` sequences of whole strings, each with at least `least` symbols. Returns the nodes
    (M,) from which symbols are written, the symbols (M,), and starts (count + 1,).
    """
    nodes = np.empty(16 * count + count * least, np.int8)
    symbols = np.empty_like(nodes)
    starts = np.zeros(count + 1, np.int64)
    n = 0
    for i in range(count):
        node = 0
        while node != END:
            if n == nodes.shape[0]:
                nodes = np.concatenate((nodes, np.empty_like(nodes)))
                symbols = np.concatenate((symbols, np.empty_like(symbols)))
            branch = 0
            if SYMBOLS[node, 0] != SYMBOLS[node, 1] and rng.random() >= 0.5:
                branch = 1
            nodes[n], symbols[n] = node, SYMBOLS[node, branch]
            node = NEXT[node, branch]
            n += 1
            if node == END and n - starts[i] < least:
                node = 0
        starts[i + 1] = n
    return nodes[:n], symbols[:n], starts


@kernel
def write(nodes, symbols, first, strings, sequence, closed):
    """Write the walk from `first` on as one sequence: input, next symbol, legal symbols.

    If `closed`, the last symbol is followed by the first symbol of another string.
    """
    start, stop = strings.starts[sequence], strings.starts[sequence + 1]
    for t in range(start, stop):
        m = first + t - start
        strings.inputs[t, symbols[m]] = 1.0
        last = closed and t == stop - 1
        node = 0 if last else nodes[m + 1]
        strings.targets[t, B if last else symbols[m + 1]] = 1.0
        strings.allowed[t, SYMBOLS[node, 0]] = True
        strings.allowed[t, SYMBOLS[node, 1]] = True
        strings.scored[t] = True


@kernel
def write_all(nodes, symbols, starts, strings, closed):
    """Write each walk as a sequence."""
    for i in range(starts.shape[0] - 1):
        write(nodes, symbols, starts[i], strings, i, closed)
