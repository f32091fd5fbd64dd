"""Names that settings, experiments and commands share; it imports nothing, so help is quick."""

from __future__ import annotations

OBJECTIVES = ("bingo", "neo", "consistency")
RECIPES = ("steady", "locked", "literal")
AUGMENTATIONS = ("none", "crop", "noise", "bootstrap", "shift")
EXPERIMENTS = ("bingo-artificial", "neo-artificial", "bingo-clarinet", "neo-clarinet")
SOUNDS = ("synthetic", "shipped")
TASKS = (
    *("reber", "continual-reber", "anbn", "anbncn", "adding", "multiplication"),
    *("order-2", "order-3", "continual-order", "parity", "msd", "gts", "pfg"),
    *("tutorial-delay", "mackey-glass"),
)
TRAINABLE = tuple(
    name
    for name in TASKS  # for the others no LSTM network was published, or none is told of here
    if name not in ("parity", "tutorial-delay", "mackey-glass")
)
