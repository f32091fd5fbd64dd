"""Pearson's test of counts against expected shares, for generators with fixed seeds."""

import numpy as np
from scipy.stats import chi2


def p_value(counts, shares):
    """Chance of counts that are as far from the shares, if those are the true ones."""
    counts, shares = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    assert np.isclose(shares.sum(), 1.0)
    assert not counts[shares == 0].any()
    counts, shares = counts[shares > 0], shares[shares > 0]
    expected = counts.sum() * shares
    assert expected.min() >= 5
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), len(counts) - 1))


def is_uniform(values, possible):
    """Whether whole numbers look drawn uniformly from the possible ones, and from no others."""
    possible = np.asarray(list(possible))
    counts = [(values == value).sum() for value in possible]
    assert sum(counts) == len(values)
    return p_value(counts, np.full(len(possible), 1 / len(possible))) > 1e-3
