"""Real sets that nobody here made: fetched, clustered in every way, put into a table."""
