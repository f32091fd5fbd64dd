"""Sequences out of what Python keeps them in: arrays, lists, data frames."""
