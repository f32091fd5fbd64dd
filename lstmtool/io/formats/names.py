"""Usual headings of columns, in small letters."""

from __future__ import annotations

# fmt: off
ID_NAMES = frozenset((
    "id", "sequence", "sequence_id", "seq", "series", "series_id", "unique_id", "case", "case_id",
    "unit", "unit_id", "subject", "subject_id", "trial", "trial_id", "sample", "sample_id",
    "recording", "recording_id", "file", "filename", "name",
))
TIME_NAMES = frozenset((
    "time", "t", "timestamp", "timestamps", "step", "time_step", "timestep", "date", "datetime",
    "seconds", "ds", "_time",
))
LABEL_NAMES = frozenset((
    "label", "labels", "class", "class_label", "target", "group", "category",
))
# fmt: on
STEP_NAMES = frozenset(("step", "time_step", "timestep"))
INDEX_NAMES = frozenset(("", "unnamed: 0", "index"))
RESERVED = ID_NAMES | TIME_NAMES | LABEL_NAMES | INDEX_NAMES
"""Names of columns that mean something else than an input."""
