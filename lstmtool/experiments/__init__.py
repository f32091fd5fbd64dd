"""Many runs: the paper's experiments, success rates, sweeps, simple baselines."""
