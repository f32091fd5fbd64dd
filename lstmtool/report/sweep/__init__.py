"""Reports of a sweep over settings."""
