"""Plain-language messages for validation errors of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "greater_than": "this must be greater than {gt:g}",
    "greater_than_equal": "this must be at least {ge:g}",
    "less_than": "this must be less than {lt:g}",
    "less_than_equal": "this must be at most {le:g}",
    "finite_number": "this must be a finite number",
    "literal_error": "this must be {expected}",
    "extra_forbidden": "there is no such setting",
    "too_short": "this must have at least {min_length} items",
    "too_long": "this must have at most {max_length} items",
}
# Prefixes of type errors, and what the value must be instead.
_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "list": "a list",
    "model": "a table of settings",
    "dict": "a table of settings",
}


def validation_message(error: Mapping[str, Any]) -> str:
    """Return a sentence, without full stop, for one of the errors of a `ValidationError`.

    Parameters
    ----------
    error : mapping
        Pydantic's ``type``, ``msg`` and, for some types, ``ctx``.
    """
    kind = error["type"]
    if kind in _SENTENCES:
        sentence = _SENTENCES[kind].format(**error.get("ctx", {}))
        return sentence.replace("at least 1 items", "at least one item")
    for start, wanted in _TYPES.items():
        if kind.startswith(f"{start}_"):
            return f"this must be {wanted}"
    return str(error["msg"]).removeprefix("Value error, ")
