"""Names shared by settings, experiments and commands; imports nothing, so that help is fast."""

from __future__ import annotations

RECIPES = ("stationary", "phase-locked", "literal", "shapes", "waveforms")
OWN_COPIES = ("literal", "shapes", "waveforms")
"""Recipes whose copies are not told from the data."""
EARLIER_RECIPES = {"steady": "stationary", "locked": "phase-locked"}
"""Former names of recipes, still accepted."""
AUGMENTATIONS = (
    *("none", "crop", "noise", "bootstrap", "shift"),
    *("warp", "stretch", "scale", "drift", "shape"),
)
DEFORMATIONS = ("warp", "stretch", "scale", "drift")
"""Kinds of copies that can be joined by ``+``; shape is all of them."""
EXPERIMENTS = ("bingo-artificial", "neo-artificial", "bingo-clarinet", "neo-clarinet")
SOUNDS = ("synthetic", "shipped")
EXAMPLES = {
    "tones": "36 tones of three pitches and varied timbre, 0.025 s at 8 kHz",
    "heartbeats": "45 beats of an electrocardiogram of three kinds, aligned, 125 Hz",
    "gestures": "40 gestures of four kinds, acceleration in three axes, 50 Hz",
    "machines": "60 windows of six machines that idle, run or have a worn bearing, 200 Hz",
}
"""Synthetic sets to play with, and what they are."""
TASKS = (
    *("reber", "continual-reber", "anbn", "anbncn", "adding", "multiplication"),
    *("order-2", "order-3", "continual-order", "parity", "msd", "gts", "pfg"),
    *("tutorial-delay", "mackey-glass", "chunking", "phonemes"),
    *("blues-chords", "blues"),
    *("boolean-functions", "linear-functions", "quadratic-functions"),
    *("latch", "latch-one-unit"),
    *("five-bits", "twenty-bits", "scaled-adding", "scaled-multiplication"),
    *("scaled-order-2", "scaled-order-3", "random-permutation"),
)
ACTING = ("t-maze", "pole")
"""Tasks in which an agent acts, instead of learning from targets."""
TRAINABLE = tuple(
    name
    for name in (*TASKS, *ACTING)  # for the others there is no network that `learn` trains
    if name not in ("parity", "tutorial-delay")
)


def augmentation(name: str) -> str:
    """Return the canonical name of a kind of copies, e.g. ``warp+drift``.

    Raises
    ------
    ValueError
        If it is unknown, or joins kinds that cannot be joined.
    """
    parts = [part.strip() for part in name.split("+")]
    if parts == [name] and name in AUGMENTATIONS:
        return name
    unknown = [part for part in parts if part not in AUGMENTATIONS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not one of {', '.join(AUGMENTATIONS)}")
    if len(set(parts)) < len(parts) or not set(parts) <= set(DEFORMATIONS):
        raise ValueError(f"{name!r}: only {', '.join(DEFORMATIONS)} can be joined, each once")
    joined = [part for part in DEFORMATIONS if part in parts]
    return "shape" if len(joined) == len(DEFORMATIONS) else "+".join(joined)


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
