"""Data sets: `generate(rng, ...)` returns `Sequences`; nothing here opens a file."""
