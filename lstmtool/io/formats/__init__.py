"""Sequences from other programs' files, one module per format; `load` chooses among them."""
