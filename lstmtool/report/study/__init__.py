"""Of a study over many data sets."""
