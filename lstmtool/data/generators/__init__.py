"""Data generators: `generate(rng, ...)` returns `Sequences`; no files are opened here."""
