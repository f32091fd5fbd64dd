"""Reports of one run: in the terminal, as a page, as JSON."""
