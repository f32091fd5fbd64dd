"""The classic LSTM experiments: supervised tasks, online learning, and baselines."""
