"""A search for settings with a high label-free score, by Optuna's tree-structured Parzen estimator.

The search draws from a seeded generator and is told results in a fixed order, so that it asks for
the same settings again when it is repeated; that is how it is gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lstmtool.errors import UsageError
from lstmtool.experiments.sweep import Choices, Options, Random, Span


def load_optuna() -> Any:
    """Return the module.

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
    """Give the options of every setting, after `score` was asked for its label-free score.

    Parameters
    ----------
    space : Random
        Ranges and choices; its ``count`` is not used.
    count : int
        Settings to try; one that is asked for again is not given again.
    score : callable
        Returns the score, larger is better, or None where there is none.

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
        options = _suggested(trial, space.options)
        found = score(options)
        failed = {"state": optuna.trial.TrialState.FAIL} if found is None else {}
        study.tell(trial, found, **failed)
        if options not in given:
            given.append(options)
            yield options


def _suggested(trial: Any, choices: Mapping[str, Span | Choices]) -> Options:
    return {name: _suggestion(trial, name, among) for name, among in choices.items()}


def _suggestion(trial: Any, name: str, among: Span | Choices) -> Any:
    if not isinstance(among, Span):  # by place: values may be lists
        return among[trial.suggest_categorical(name, tuple(range(len(among))))]
    if among.whole:
        return trial.suggest_int(name, among.low, among.high, log=among.log)
    return among.rounded(trial.suggest_float(name, among.low, among.high, log=among.log))
