"""What is wrong with a setting, in plain words instead of the validator's."""

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
    "too_short": "this must have at least {min_length} parts",
    "too_long": "this must have at most {max_length} parts",
}
# Beginnings of the names of errors about types, and what the value must be instead.
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
    """Return a sentence, without its full stop, for one of the errors of a `ValidationError`.

    Parameters
    ----------
    error : mapping
        ``type``, ``msg`` and, for some types, ``ctx``, as pydantic tells them.
    """
    kind = error["type"]
    if kind in _SENTENCES:
        sentence = _SENTENCES[kind].format(**error.get("ctx", {}))
        return sentence.replace("at least 1 parts", "at least one part")
    for start, wanted in _TYPES.items():
        if kind.startswith(f"{start}_"):
            return f"this must be {wanted}"
    return str(error["msg"]).removeprefix("Value error, ")
