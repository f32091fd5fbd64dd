"""lstmtool: find structure in sequences without labels.

The estimators `BingoLSTM` and `NeoLSTM`, and `as_sequences`, are imported when they are first asked
for, so that the command line does not wait for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstmtool.data.conversion.convert import as_sequences as as_sequences
    from lstmtool.estimators import BingoLSTM as BingoLSTM
    from lstmtool.estimators import NeoLSTM as NeoLSTM

__version__ = "0.1.0"
__all__ = ["BingoLSTM", "NeoLSTM", "__version__", "as_sequences"]


def __getattr__(name: str) -> Any:
    if name == "as_sequences":
        from lstmtool.data.conversion.convert import as_sequences

        return as_sequences
    if name in __all__:
        from lstmtool import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
