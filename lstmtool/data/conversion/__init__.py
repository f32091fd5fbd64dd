"""Conversion of arrays, lists and data frames to sequences."""
