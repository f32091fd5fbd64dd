"""Docstrings as they are at run time: those of the estimators are completed when they are made."""

from __future__ import annotations

import re
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
            text = getdoc(getattr(lstmtool, cls.name)) or ""
            cls.docstring.value = re.sub(r" : \{(.*?)\}", _choices, text, flags=re.DOTALL)


def _choices(found: re.Match[str]) -> str:
    """Name choices without braces, of which the first would be shown as the default."""
    return " : " + " or ".join(found[1].split(", "))
