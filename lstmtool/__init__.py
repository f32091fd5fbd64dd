"""lstmtool: find structure in sequences without labels."""

__version__ = "0.1.0"
