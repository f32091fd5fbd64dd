"""Sequences, their preprocessing, and data generators."""
