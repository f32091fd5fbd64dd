"""Reports of a study over many data sets."""
