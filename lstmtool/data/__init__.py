"""Sequences and what is done to them before a network sees them; generators of data."""
