"""Clusters, scores, warnings and confidence from a run's outputs."""
