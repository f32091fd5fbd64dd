"""The only room that opens files: HDF5 of our own kinds, and recordings."""
