"""Executors beyond one process: Dask workers, shards, out-of-core sequences."""
