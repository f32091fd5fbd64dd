"""lstmtool: find structure in sequences without labels.

The estimators `BingoLSTM` and `NeoLSTM`, `as_sequences`, `load_sequences`, `load_run` and the
figures in `plot` are imported when they are first asked for: the command line does not wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstmtool.data.conversion.convert import as_sequences as as_sequences
    from lstmtool.estimators import BingoLSTM as BingoLSTM
    from lstmtool.estimators import NeoLSTM as NeoLSTM
    from lstmtool.io.formats.load import load_sequences as load_sequences
    from lstmtool.trained_run import TrainedRun as TrainedRun
    from lstmtool.trained_run import load_run as load_run

    from . import plot as plot

__version__ = "0.1.0"
_MODULES = {
    "BingoLSTM": "estimators",
    "NeoLSTM": "estimators",
    "TrainedRun": "trained_run",
    "as_sequences": "data.conversion.convert",
    "load_run": "trained_run",
    "load_sequences": "io.formats.load",
}
__all__ = [
    "BingoLSTM",
    "NeoLSTM",
    "TrainedRun",
    "__version__",
    "as_sequences",
    "load_run",
    "load_sequences",
    "plot",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "plot":
        return import_module("lstmtool.plot")
    if name in _MODULES:
        return getattr(import_module(f"lstmtool.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
