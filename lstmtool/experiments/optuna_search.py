"""Search for settings with a high label-free score, by Optuna's tree-structured Parzen estimator.

The search uses a seeded generator and receives results in a fixed order. A repeated search thus
suggests the same settings, which is how one is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lstmtool.errors import UsageError
from lstmtool.experiments.sweep import Choices, Options, Random, Span


def load_optuna() -> Any:
    """Import and return Optuna.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise UsageError(
            "--optuna needs Optuna, which is not installed here.",
            fix="pip install 'lstmtool[search]', or leave --optuna out for random settings.",
        ) from None
    return optuna


def search(
    space: Random, count: int, score: Callable[[Options], float | None]
) -> Iterator[Options]:
    """Yield the options of each setting, once `score` has returned its score.

    Parameters
    ----------
    space : Random
        Ranges and choices; its ``count`` is not used.
    count : int
        Number of settings; repeated ones are not yielded again.
    score : callable
        Returns the label-free score of options, to be maximised, or None.

    Raises
    ------
    UsageError
        If Optuna is not installed.
    """
    optuna = load_optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=space.seed)
    )
    given: list[Options] = []
    for _ in range(count):
        trial = study.ask()
        options = {name: _suggestion(trial, name, among) for name, among in space.options.items()}
        found = score(options)
        failed = {"state": optuna.trial.TrialState.FAIL} if found is None else {}
        study.tell(trial, found, **failed)
        if options not in given:
            given.append(options)
            yield options


def _suggestion(trial: Any, name: str, among: Span | Choices) -> Any:
    if not isinstance(among, Span):  # by index, since values may be lists
        return among[trial.suggest_categorical(name, tuple(range(len(among))))]
    if among.whole:
        return trial.suggest_int(name, among.low, among.high, log=among.log)
    return among.rounded(trial.suggest_float(name, among.low, among.high, log=among.log))
