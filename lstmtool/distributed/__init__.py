"""Executors beyond one process: Dask workers, shards, sequences that stay on the disk."""
