"""From a run's outputs to clusters, scores, warnings and words of confidence."""
