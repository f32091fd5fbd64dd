"""The publications' stopping rules: when training ends, and when a task is solved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lstmtool.errors import DataError
from lstmtool.kernels.supervised.lstm_records import ENDED, LEARNING
from lstmtool.records.run import CheckpointEntry
from lstmtool.supervised.scoring import (
    largest_errors,
    mean_squared_errors,
    right_sequences,
    right_steps,
    squared_errors,
)
from lstmtool.supervised.slicing import (
    chosen,
    cut,
    heads,
    steps_to_first_error,
    stream,
    without_first,
)
from lstmtool.supervised.tasks.counting import accepted

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule, Update
    from lstmtool.supervised.target_sequences import Strings

HISTORY_ROWS = 2000
"""Number of rows of a history above which every second one is dropped."""
TOGETHER = 20
"""Strings of a language tested in one call."""


@dataclass
class Record:
    """History and outcome of training.

    Attributes
    ----------
    solved : bool
        Whether the stopping rule was met within its limit.
    sequences : int
        Training sequences, streams or guesses until then, or in all if it was not solved.
    figures : dict of str to float
        Results of the test afterwards.
    keep : callable
        Called between two calls of the rule with a function that gives what there is, to go on
        from; it may raise to end the training.
    kept : CheckpointEntry or None
        What it gave to an earlier attempt.
    """

    solved: bool = False
    sequences: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    rows: list[tuple[float, float, float]] = field(default_factory=list)
    tell: Callable[[int, float], None] | None = None
    every: int = 1
    calls: int = 0
    keep: Callable[[Callable[[], CheckpointEntry]], None] = lambda entry: None
    kept: CheckpointEntry | None = None

    def begin(self, rule: Rule, rng: Any, **own: np.ndarray) -> dict[str, np.ndarray]:
        """Return what a stop rule remembers from one call to the next, as it begins or was kept.

        Raises
        ------
        DataError
            If what was kept does not fit.
        """
        if self.kept is None:
            return own
        try:
            return self._restored(self.kept, rule, rng, own)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise DataError(
                "The unfinished run is damaged.", str(error)[:200], "Remove it, and train again."
            ) from error

    def look_in(self, rule: Rule, rng: Any, own: dict[str, np.ndarray]) -> None:
        """Let what there is be kept, or the training be ended."""

        def entry() -> CheckpointEntry:
            values = {name: getattr(self, name) for name in ("sequences", "every", "calls")}
            arrays = {f"rule/{n}": array.copy() for n, array in enumerate(rule.state)}
            arrays |= {f"own/{name}": array.copy() for name, array in own.items()}
            values |= {"solved": bool(self.solved), "figures": dict(self.figures)}
            values["generator"] = rng.bit_generator.state
            return CheckpointEntry(values, arrays | {"rows": self.history})

        self.keep(entry)

    def _restored(
        self, kept: CheckpointEntry, rule: Rule, rng: Any, own: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        values, arrays = kept
        for n, array in enumerate(rule.state):
            array[:] = _expect(arrays[f"rule/{n}"], array)
        found = {name: _expect(arrays[f"own/{name}"], array) for name, array in own.items()}
        rng.bit_generator.state = values["generator"]
        self.sequences, self.every, self.calls = (
            int(values[name]) for name in ("sequences", "every", "calls")
        )
        self.solved = bool(values["solved"])
        self.figures = {str(name): float(v) for name, v in values["figures"].items()}
        self.rows = [tuple(row) for row in arrays["rows"].reshape(-1, 3).tolist()]
        return found

    def add(self, sequences: int, error: float, right: float) -> None:
        """Occasionally record the mean squared error and the fraction of right sequences."""
        self.sequences = sequences
        if self.tell:
            self.tell(sequences, error)
        self.calls += 1
        if self.calls % self.every == 0:
            self.rows.append((float(sequences), error, right))
        if len(self.rows) == HISTORY_ROWS:
            self.rows = self.rows[1::2]
            self.every *= 2

    @property
    def history(self) -> np.ndarray:
        """Return sequences, error and fraction right, shape (rows, 3)."""
        return np.array(self.rows, dtype=float).reshape(-1, 3)


def _expect(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise ValueError(f"{found.dtype} of shape {found.shape} where {wanted.shape} belongs")
    return found


@dataclass(frozen=True)
class BothSets:
    """A training and a test set of strings; solved once all of both are right.

    Hochreiter and Schmidhuber 1997, experiment 1. Training strings are drawn at random from the
    training set. How often the sets are tested is not published: here after every string, or, if
    weights change by batches, after as many as the set has.

    Parameters
    ----------
    limit : int
        Maximum number of training sequences.
    size : int
        Sequences in either set.
    """

    kind: ClassVar[str] = "sequences"
    limit: int
    size: int = 256

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached."""
        sets = task.sets(rng, self.size)
        tested = _Tested(rule, task, sets)
        own = record.begin(rule, rng)
        together = self.size if update == "batch" else 1
        while record.sequences < self.limit and not record.solved:
            record.look_in(rule, rng, own)
            picked = rng.integers(self.size, size=min(self.size, self.limit - record.sequences))
            learned = 0
            while learned < len(picked) and not record.solved:
                strings = chosen(sets[0], picked[learned : learned + together])
                rule.learn(strings, np.zeros_like(strings.targets), update=update)
                learned += strings.count
                record.solved = tested.all_right()
            share, error = tested.of(0)
            record.add(record.sequences + learned, error, share)
        for n, name in enumerate(("training set right", "test set right")):
            record.figures[name] = tested.of(n)[0]


class _Tested:
    """Sets of strings, all of which are to be right; the last wrong one is tried first."""

    def __init__(self, rule: Rule, task: Any, sets: tuple[Strings, ...]) -> None:
        self.rule, self.criterion, self.sets = rule, task.criterion, sets
        self.outputs = [np.zeros_like(strings.targets) for strings in sets]
        self.wrong = chosen(sets[0], np.zeros(1, dtype=np.int64))

    def all_right(self) -> bool:
        """Return whether all are."""
        outputs = np.zeros_like(self.wrong.targets)
        self.rule.run(self.wrong, outputs)
        if not right_sequences(self.wrong, outputs, self.criterion)[0]:
            return False
        for n, strings in enumerate(self.sets):
            wrong = np.flatnonzero(~self._right(n))
            if len(wrong):
                self.wrong = chosen(strings, wrong[:1])
                return False
        return True

    def of(self, n: int) -> tuple[float, float]:
        """Return the fraction of a set that is right, and its mean squared error."""
        right = self._right(n)
        errors = mean_squared_errors(self.sets[n], self.outputs[n])
        return float(right.mean()), float(errors.mean())

    def _right(self, n: int) -> np.ndarray:
        self.rule.run(self.sets[n], self.outputs[n])
        return right_sequences(self.sets[n], self.outputs[n], self.criterion)


@dataclass(frozen=True)
class Window:
    """New sequences throughout; solved once the last ones are right, then tested on others.

    Hochreiter and Schmidhuber 1997, experiments 4 to 6.

    Parameters
    ----------
    limit : int
        Maximum number of training sequences.
    wrong : int
        Maximum number of wrong sequences in the window.
    mean_error : float
        Bound on the mean, over the window, of the sequences' largest errors.
    size : int
        Sequences in the window.
    tests : int
        Sequences in the test of the trained network.
    """

    kind: ClassVar[str] = "sequences"
    limit: int
    wrong: int = 0
    mean_error: float = np.inf
    size: int = 2000
    tests: int = 2560
    chunk: int = 100

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached, then test."""
        own = record.begin(rule, rng, wrong=np.ones(self.size), errors=np.full(self.size, np.inf))
        while record.sequences < self.limit and not record.solved:
            record.look_in(rule, rng, own)
            strings = task.sample(rng, self.chunk)
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs, update=update)
            right = right_sequences(strings, outputs, task.criterion)
            wrong = np.concatenate([own["wrong"], ~right])
            errors = np.concatenate([own["errors"], largest_errors(strings, outputs)])
            own = {"wrong": wrong[-self.size :], "errors": errors[-self.size :]}
            before = record.sequences
            error = float(mean_squared_errors(strings, outputs).mean())
            record.add(before + self.chunk, error, float(right.mean()))
            good = np.flatnonzero(
                (self._sums(wrong) <= self.wrong)
                & (self._sums(errors) < self.mean_error * self.size)
            )
            if len(good):
                record.solved, record.sequences = True, before + int(good[0]) + 1
        strings = task.sample(rng, self.tests)
        outputs = np.zeros_like(strings.targets)
        rule.run(strings, outputs)
        right = right_sequences(strings, outputs, task.criterion)
        record.figures[f"wrong of {self.tests}"] = float((~right).sum())
        record.figures["test error"] = float(mean_squared_errors(strings, outputs).mean())

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sums over the windows that end at each of the newest sequences."""
        windows = np.lib.stride_tricks.sliding_window_view(values, self.size)[1:]
        return windows.sum(axis=1)


@dataclass(frozen=True)
class WholeRange:
    """Strings in a range of n; solved once all of them are right, then tested on longer ones.

    Gers and Schmidhuber 2001.

    Parameters
    ----------
    limit : int
        Maximum number of training sequences.
    chunk : int
        Sequences after which, if all of them were right, the training range is checked.
    furthest : int
        The largest n tested.
    beyond : int
        Further training sequences after the range is solved; of the networks checked meanwhile, the
        one that generalises furthest is kept.
    looks : int
        Number of these checks.
    streamed : int
        A network that is right up to `furthest` is run on single strings of twice that n, four
        times, and so on up to this n, as long as they are right; 0 for none. Strings are generated
        in chunks.
    """

    kind: ClassVar[str] = "sequences"
    limit: int
    chunk: int = 100
    furthest: int = 1000
    beyond: int = 1_000_000
    looks: int = 100
    streamed: int = 0

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached, then count how far it generalises."""
        every = task.every()
        seen = np.zeros_like(every.targets)
        own = record.begin(
            rule, rng, kept=rule.parameters.copy(), looked=np.zeros(2, dtype=np.int64)
        )
        while record.sequences < self.limit and not record.solved:
            record.look_in(rule, rng, own)
            count = min(self.chunk, self.limit - record.sequences)
            strings = task.sample(rng, count)
            outputs = np.zeros_like(strings.targets)
            rule.learn(strings, outputs, update=update)
            right = right_sequences(strings, outputs, task.criterion)
            error = float(mean_squared_errors(strings, outputs).mean())
            record.add(record.sequences + count, error, float(right.mean()))
            if right.all():
                rule.run(every, seen)
                record.solved = bool(right_sequences(every, seen, task.criterion).all())
        if not own["looked"][0]:
            own["looked"][1] = self.reach(rule, task)
            own["kept"] = rule.parameters.copy()
            record.figures["right to n"] = float(own["looked"][1])
        reached = int(own["looked"][1])
        if record.solved and self.looks:
            reached = self._go_on(rule, task, update, rng, record, own)
            record.figures["right to n, best"] = float(reached)
        n = min(reached, self.furthest)
        if n >= task.lowest:
            record.figures["illegal strings accepted"] = float(illegal_accepted(rule, task, n))

    def _go_on(
        self,
        rule: Rule,
        task: Any,
        update: Update,
        rng: Any,
        record: Record,
        own: dict[str, np.ndarray],
    ) -> int:
        """Learn beyond the range being right; keep the network that is right furthest.

        `own` has its weights (`kept`), and how often was looked and how far it is right (`looked`).
        """
        looked = own["looked"]
        while looked[0] < self.looks and looked[1] < max(self.furthest, self.streamed):
            record.look_in(rule, rng, own)
            strings = task.sample(rng, max(1, self.beyond // self.looks))
            rule.learn(strings, np.zeros_like(strings.targets), update=update)
            found = self.reach(rule, task)
            looked[0] += 1
            if found > looked[1]:
                looked[1], own["kept"] = found, rule.parameters.copy()
        rule.parameters[:] = own["kept"]
        return int(looked[1])

    def reach(self, rule: Rule, task: Any) -> int:
        """Return the largest n up to which all strings are right.

        Beyond `furthest`, the largest n streamed and right.
        """
        for n in range(task.lowest, self.furthest + 1, TOGETHER):
            strings = task.of(np.arange(n, min(n + TOGETHER, self.furthest + 1)))
            outputs = np.zeros_like(strings.targets)
            rule.run(strings, outputs)
            wrong = np.flatnonzero(~right_sequences(strings, outputs, task.criterion))
            if len(wrong):
                return n + int(wrong[0]) - 1
        n = self.furthest
        while n < self.streamed and right_in_parts(rule, task, min(2 * n, self.streamed)):
            n = min(2 * n, self.streamed)
        return n


def right_in_parts(rule: Rule, task: Any, n: int) -> bool:
    """Return whether the string of n is right, run in chunks up to the first wrong one."""
    for i, part in enumerate(task.chunks(n)):
        outputs = np.zeros_like(part.targets)
        rule.run(part, outputs, keep_state=i > 0)
        if not right_steps(part, outputs, task.criterion).all():
            return False
    return True


def illegal_accepted(rule: Rule, task: Any, n: int) -> int:
    """Return how many strings with n of every letter but one, n - 1 or n + 1 of that, are accepted.

    For example 500/499/500.
    """
    width, count = len(task.letters), 0
    for letter in range(width):
        for more in (-1, 1):
            counts = [n + more * (k == letter) for k in range(width)]
            string = task.counted(*counts)
            outputs = np.zeros_like(string.targets)
            rule.run(string, outputs)
            count += int(accepted(string, outputs)[0])
    return count


@dataclass(frozen=True)
class Guesses:
    """One set of sequences; solved once a guess has all of them right, then tested on others.

    Hochreiter and Schmidhuber 1996.

    Parameters
    ----------
    limit : int
        Maximum number of guesses, over all calls of the rule.
    size : int
        Sequences in the set.
    tests : int
        Sequences in the test of the network found.
    """

    kind: ClassVar[str] = "guesses"
    limit: int
    size: int = 100
    tests: int = 1000

    def train(self, rule: Any, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Guess until it is solved or the limit is reached, then test."""
        strings = task.sample(rng, self.size)
        outputs = np.zeros_like(strings.targets)
        own = record.begin(rule, rng)
        while record.sequences < self.limit and not record.solved:
            record.look_in(rule, rng, own)
            rule.learn(strings, outputs, update=update)
            record.solved = rule.solved and record.sequences + rule.trials <= self.limit
            share = float(right_sequences(strings, outputs, task.criterion).mean())
            error = float(mean_squared_errors(strings, outputs).mean())
            record.add(min(record.sequences + rule.trials, self.limit), error, share)
        strings = task.sample(rng, self.tests)
        outputs = np.zeros_like(strings.targets)
        rule.run(strings, outputs)
        right = right_sequences(strings, outputs, task.criterion)
        record.figures[f"wrong of {self.tests}"] = float((~right).sum())


@dataclass(frozen=True)
class Streams:
    """Streams that end at the first error; solved once test streams have none.

    Gers, Schmidhuber and Cummins 2000; Gers, Schraudolph and Schmidhuber 2002. After every
    training stream the network is tested.

    Parameters
    ----------
    limit : int
        Maximum number of training streams.
    steps : int
        Maximum length of a training stream.
    tests : int
        Number of test streams.
    test_steps : int
        Length of a test stream.
    together : int
        Number of streams whose openings are drawn together.
    """

    kind: ClassVar[str] = "streams"
    limit: int
    steps: int
    tests: int = 1
    test_steps: int = 0
    together: int = 100

    def train(self, rule: Rule, task: Any, update: Update, rng: Any, record: Record) -> None:
        """Train until it is solved or the limit is reached."""
        own, brief = record.begin(rule, rng, longest=np.zeros(1)), task.brief()
        while record.sequences < self.limit and not record.solved:
            record.look_in(rule, rng, own)
            count = min(self.together, self.limit - record.sequences)
            training = heads(brief.sample(rng, count), self.steps)
            tests = heads(brief.sample(rng, count), self.test_steps)
            while training.count and not record.solved:
                begun, outputs, unended = rule.learn_openings(training, tests, task.criterion)
                last = len(begun) - 1
                errors = squared_errors(training, outputs, begun[:, 0])
                if unended == LEARNING:
                    steps, more = self._learn_on(rule, task, rng, int(begun[last, 0]))
                    begun[last, 0] = steps
                    errors += more
                if unended != ENDED:
                    opening = cut(tests, *tests.starts[last : last + 2])
                    begun[last, 1] = self._test(rule, task, rng, opening)
                error, right = errors[0] / max(errors[1], 1.0), begun[:, 0].mean() / self.steps
                record.add(record.sequences + last + 1, float(error), float(right))
                own["longest"] = np.maximum(own["longest"], float(begun[:, 1].max()))
                record.solved = bool(begun[last, 1] >= self.test_steps)
                training, tests = (without_first(s, last + 1) for s in (training, tests))
        record.figures["longest test stream"] = float(own["longest"][0])

    def _learn_on(
        self, rule: Rule, task: Any, rng: np.random.Generator, done: int
    ) -> tuple[int, np.ndarray]:
        """Continue a stream to its first error; return its steps and `squared_errors`."""
        errors = np.zeros(2)
        for chunk in stream(task, rng, self.steps, done):
            outputs = np.zeros_like(chunk.targets)
            new = rule.learn_stream(chunk, outputs, task.criterion, keep_state=True)
            errors += squared_errors(chunk, outputs, np.array([new]))
            done += new
            if new < len(chunk.inputs) or not right_steps(chunk, outputs, task.criterion)[-1]:
                break
        return done, errors

    def _test(self, rule: Rule, task: Any, rng: np.random.Generator, opening: Strings) -> int:
        """Return the right steps of the first test stream with an error; one is already begun."""
        for n in range(self.tests):
            begin, there = ([opening], len(opening.inputs)) if n == 0 else ([], 0)
            done = 0
            for chunk in chain(begin, stream(task, rng, self.test_steps, there)):
                keep = done > 0
                new, failed = steps_to_first_error(rule, chunk, task.criterion, keep_state=keep)
                done += new
                if failed:
                    return done - 1
        return self.test_steps
