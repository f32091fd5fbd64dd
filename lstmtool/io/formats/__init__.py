"""Files of sequences that others made, one module per format; `load` chooses among them."""
