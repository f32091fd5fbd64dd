"""Hand-made records of studies."""

from __future__ import annotations

from typing import Any


def record(
    seed: int = 1000, *, aris=(1.0, 0.5), chosen=0, experiment="bingo-artificial", **changes: Any
) -> dict[str, Any]:
    """What one data set gives, with two restarts of which the first is perfect and chosen."""
    n = len(aris)
    return {
        "experiment": experiment,
        "seed": seed,
        "recipe": "stationary",
        "chosen": chosen,
        "clusters": 4,
        "possible": 2.0,
        "fresh_ari": 0.9,
        "literal_ari": 0.0,
        "aris": list(aris),
        "scores": [1.9 - 0.5 * k for k in range(n)],
        "objectives": [1.5] * n,
        "epochs": [100] * n,
        "control_aris": [0.25] * n,
        "control_scores": [0.5] * n,
        "control_chosen": 0,
        "baselines": {"k-means, raw values": 0.5},
        "true_features_ari": 1.0,
        "splittable": True,
        "seconds": 2.0,
    } | changes
