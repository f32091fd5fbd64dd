"""Of a sweep over settings."""
