"""Names that settings, experiments and commands share; it imports nothing, so help is quick."""

from __future__ import annotations

OBJECTIVES = ("bingo", "neo", "consistency")
RECIPES = ("steady", "locked", "literal")
AUGMENTATIONS = ("none", "crop", "noise", "bootstrap", "shift")
EXPERIMENTS = ("bingo-artificial", "neo-artificial", "bingo-clarinet", "neo-clarinet")
SOUNDS = ("synthetic", "shipped")
