"""Trials by the hundred: each script prints what held, and ends with 1 where something did not.

`python -m tests.soak.interruption` and so on; the suite runs the same code a few times.
"""
