"""Names shared by settings, experiments and commands; imports nothing, so that help is fast."""

from __future__ import annotations

RECIPES = ("stationary", "phase-locked", "literal", "shapes")
OWN_COPIES = ("literal", "shapes")
"""Recipes whose copies are not told from the data."""
EARLIER_RECIPES = {"steady": "stationary", "locked": "phase-locked"}
"""Former names of recipes, still accepted."""
AUGMENTATIONS = (
    *("none", "crop", "noise", "bootstrap", "shift"),
    *("warp", "stretch", "scale", "drift", "shape"),
)
EXPERIMENTS = ("bingo-artificial", "neo-artificial", "bingo-clarinet", "neo-clarinet")
SOUNDS = ("synthetic", "shipped")
TASKS = (
    *("reber", "continual-reber", "anbn", "anbncn", "adding", "multiplication"),
    *("order-2", "order-3", "continual-order", "parity", "msd", "gts", "pfg"),
    *("tutorial-delay", "mackey-glass"),
)
TRAINABLE = tuple(
    name
    for name in TASKS  # for the others there is no published LSTM network here
    if name not in ("parity", "tutorial-delay", "mackey-glass")
)
# Usual names of table columns, in lower case.
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
"""Names of columns that are not inputs."""
