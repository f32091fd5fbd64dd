"""Sequences from other programs' files, one module per format; `load` chooses among them.

Readers raise FileError if a file is not readable, and DataError, with file and line, if it is
damaged, ambiguous, or does not hold sequences.
"""
