"""Docstrings as they are at run time: those of the estimators are completed when they are made."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

import griffe

import lstmtool

COMPLETED = ("BingoLSTM", "NeoLSTM")


class AtRunTime(griffe.Extension):
    """Takes docstrings that the package completes from the package itself."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Replace the docstring of an estimator."""
        if cls.name in COMPLETED and cls.docstring:
            cls.docstring.value = getdoc(getattr(lstmtool, cls.name)) or ""
