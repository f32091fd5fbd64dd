"""Results as plain records, which files store and reports show."""
