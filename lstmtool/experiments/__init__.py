"""Experiments with many runs: the paper's, success rates, sweeps, simple baselines."""
