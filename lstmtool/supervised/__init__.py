"""The classic LSTM systems: supervised tasks, online learning, and the rivals beside it."""
