"""From sequences and settings to a run: batches, stages, restarts, label-free selection."""
