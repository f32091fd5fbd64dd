"""An objective from outside the package: large variance of every node's probability."""

import numpy as np

from lstmtool.objectives.registry import Objective


def variance(net):
    """Sum over nodes of the variance of p = 1 / (1 + exp(-u)), and its slopes at u (K, N)."""
    p = 1.0 / (1.0 + np.exp(-net))
    away = p - p.mean(axis=1, keepdims=True)
    return float((away**2).mean(axis=1).sum()), 2.0 * away * p * (1.0 - p) / net.shape[1]


POLAR = Objective(
    name="polar",
    title="Polar",
    step=variance,
    selection=("none",),
    finishing={"epochs": 50, "rate": 0.001, "output_rate": 0.05},
    network={"blocks": (1, 1), "outputs": 2},
)
