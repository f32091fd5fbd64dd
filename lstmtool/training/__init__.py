"""From sequences and settings to a run: batches, stages, restarts, the label-free choice."""
