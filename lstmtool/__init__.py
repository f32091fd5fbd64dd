"""lstmtool: find structure in sequences without labels.

The estimators `BingoLSTM` and `NeoLSTM` are imported when they are first asked for, so that the
command line does not wait for them.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["BingoLSTM", "NeoLSTM", "__version__"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from lstmtool import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
