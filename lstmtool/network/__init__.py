"""The network: which units read what, its flat vector of weights, initial weights."""
