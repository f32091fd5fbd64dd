"""Of one run: in the terminal, as a page, as JSON."""
