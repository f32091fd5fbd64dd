"""Archive data sets: fetched, clustered in every way, put into a table."""
