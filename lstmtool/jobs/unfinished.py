"""Unfinished runs: progress stored next to the output file until that is written.

All commands that train use it: a signal saves progress and says how to resume, `--resume` resumes,
`--force` starts over, and only one process at a time writes a file.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import new_file, numbered, say, say_path
from lstmtool.jobs.interruption import say_compiling, stopping
from lstmtool.jobs.progress import Show, progress

if TYPE_CHECKING:
    from lstmtool.records.run import CheckpointEntry
    from lstmtool.training.stage import Stop

ARRAYS, RECORDS = ".partial.h5", ".partial.jsonl"
"""Suffixes of files with weights, and of files with one line per finished item."""


@contextmanager
def taking(
    output: Path | None,
    stem: str,
    command: str,
    *,
    resume: bool,
    force: bool,
    suffix: str = ".h5",
    ending: str = ARRAYS,
) -> Iterator[Path]:
    """Yield the file to write, locked; never overwrite an unfinished run unasked.

    If there is nothing to resume but the file exists, the command ends.

    Raises
    ------
    LockedError
        If another process is writing the file.
    UsageError, FileError
        If the file exists and may not be overwritten, or cannot be written.
    """
    from lstmtool.errors import LockedError, UsageError
    from lstmtool.io.locks import locked
    from lstmtool.io.naming import beside

    with ExitStack() as stack:

        def take(name: Path) -> None:
            new_file(name, stem, force or resume)
            for path in (name, beside(name, ending)):
                stack.enter_context(locked(path, alone=True))

        def free(name: Path) -> bool:
            return not (name.exists() or beside(name, ending).exists())

        if resume and output is None:
            from lstmtool.io.unfinished import newest_unfinished

            output = newest_unfinished(command, ending)
        if output is not None:
            take(output)
        for target in [output] if output else (numbered(Path(stem), n, suffix) for n in count(1)):
            if output is None and free(target):
                with suppress(LockedError):
                    take(target)
                    if free(target):  # not written in the meantime
                        break
        new_file(target, stem, force or resume)
        path = beside(target, ending)
        if path.exists() and not (resume or force):
            raise UsageError(
                f"{path} is an unfinished run.",
                fix="Use --resume to continue it, or --force to start over.",
            )
        if resume and not path.exists():
            if target.exists() and not force:
                say(f"{target} exists, and there is no unfinished run.")
                say_path(target)
                raise SystemExit(0)
            say("There is no unfinished run: starting from the beginning.")
        yield target


def _words() -> list[str]:
    """Return the words of the command, without `-o FILE` and `--resume`."""
    kept: list[str] = []
    context = click.get_current_context(silent=True)
    left = iter([] if context is None else context.meta.get("lstmtool.words", []))
    for word in left:
        if word in ("-o", "--output"):
            next(left, None)
        elif word != "--resume" and not word.startswith(("--output=", "-o")):
            kept.append(word)
    return kept


@dataclass(frozen=True)
class Unfinished:
    """An unfinished run of a command, and its stored progress.

    Parameters
    ----------
    target : Path
        The file to write, which is locked for this process.
    command : str
        The command: ``train``, ``learn``, ``sweep``, ``reproduce`` or ``reproduce classic``.
    total : int
        Number of items.
    items : str
        What the items are, in the plural.
    store : CheckpointStore or Partial
        Holds finished items and, if it has weights, the progress of others.
    path : Path
        File of the store.
    words : list of str
        Words of the command that resumes; threads that save progress cannot ask Click for them.
    """

    target: Path
    command: str
    total: int
    items: str
    store: Any
    path: Path
    words: list[str] = field(default_factory=_words)

    @property
    def done(self) -> str:
        """How many items are finished, in words."""
        return f"{self.store.counts()[0]} of {self.total} {self.items} are finished"

    @property
    def going_on(self) -> str:
        """The command that resumes; a training's file holds its options."""
        said = ["train"] if self.command == "train" else self.words
        return shlex.join(["lstmtool", *said, "--resume", "-o", str(self.target)])

    @contextmanager
    def records(self) -> Iterator[tuple[Callable[..., list[Any]], Stop, Show]]:
        """Open a session; yield a function that runs items, the session's stop, and the display.

        The function works as `run_items` and shows progress; `named` names an item for the user.
        """
        from lstmtool.training.runner import run_items

        with (
            self.session() as stop,
            progress(self.total, self.items, self.store.counts()[0]) as show,
        ):

            def run(
                work: Any,
                shared: Any,
                items: Any,
                executor: Any,
                named: Callable[[Any], str],
                tell: Callable[[Any], None] = lambda words: None,
            ) -> list[Any]:
                def ended(item: Any) -> None:
                    show(named(item), self.store.counts()[0], "")

                return run_items(
                    *(work, shared, items, self.store),
                    executor=executor,
                    stop=stop,
                    tell=tell,
                    ended=ended,
                )

            yield run, stop, show

    def remove(self) -> None:
        """Remove the stored progress."""
        self.path.unlink(missing_ok=True)

    def say_going_on(self) -> None:
        """Say how much was done by an earlier attempt, if there was one."""
        if any(self.store.counts()):
            say(f"Resuming {self.path}: {self.done}.")

    def leave(self) -> None:
        """Save progress after a signal, and say how to resume."""
        from lstmtool.errors import FileError

        try:
            self.store.save()
        except FileError as error:
            say(f"Interrupted, and progress cannot be saved: {error}", always=True)
            return
        self._say_how("Interrupted: ")

    @contextmanager
    def session(self) -> Iterator[Stop]:
        """Yield a stop that the first signal sets; the process then ends with the signal's code.

        If an error ends the work, progress is saved.
        """
        from lstmtool.training.stage import Stop, Stopped

        say_compiling()
        stop = Stop()
        with stopping(stop, self.leave) as interruption:
            try:
                yield stop
            except Stopped:
                interruption.end()
            except Exception as error:
                self._keep_after(error)
                raise
            if interruption.caught:
                interruption.end()

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Let the file be written, then remove the stored progress.

        If the file cannot be written, progress is saved, if that is possible.
        """
        from lstmtool.errors import FileError

        try:
            yield
        except FileError as error:
            with suppress(FileError):  # the last save is still there
                self.store.save()
            fix = f"{error.fix} Then `{self.going_on}` writes it."
            raise FileError(error.what, error.where, fix) from error
        self.remove()

    def _keep_after(self, error: Exception) -> None:
        """Save progress after an error, and say how to resume."""
        from lstmtool.errors import DivergedError

        lost = isinstance(error, DivergedError) and self.command in ("train", "learn")
        if lost or not any(self.store.counts()):
            self.remove()
            return
        with suppress(Exception):
            self.store.save()
            self._say_how("")

    def _say_how(self, why: str) -> None:
        say(f"{why}{self.done}; progress is saved in {self.path}", always=True)
        say(f"Resume with `{self.going_on}`.", always=True)


def checkpoint(
    target: Path,
    command: str,
    total: int,
    items: str,
    document: dict[str, Any],
    parts: dict[str, CheckpointEntry] | None = None,
) -> Unfinished:
    """Return an unfinished run that stores weights, with those stored so far.

    `document` holds JSON values that determine the run.
    """
    from lstmtool.io.naming import beside
    from lstmtool.io.unfinished import write_unfinished
    from lstmtool.training.checkpoint import CheckpointStore

    path, named = beside(target, ARRAYS), {"command": command, "target": target.name}
    store = CheckpointStore(
        parts,
        lambda parts: write_unfinished(path, document | named, parts),
        lambda error: say(f"Training continues, but progress cannot be saved: {error}", True),
    )
    return Unfinished(target, command, total, items, store, path)


@contextmanager
def keeping_records(
    target: Path,
    command: str,
    total: int,
    items: str,
    plan: dict[str, Any],
    name: Callable[[Any], tuple[Any, ...]],
    *,
    parts: tuple[str, ...] = ("experiment", "seed"),
    resume: bool,
    force: bool,
) -> Iterator[Unfinished]:
    """Yield an unfinished run that stores records of finished items, with those stored so far.

    Parameters as for `Unfinished` and `lstmtool.io.partial.open_partial`.
    """
    from lstmtool.io.naming import beside
    from lstmtool.io.partial import open_partial

    path = beside(target, RECORDS)
    if path.is_file() and not resume:
        path.unlink()
    with open_partial(path, plan, name, parts, command=command, target=target.name) as partial:
        refuse_to_overwrite(target, force or not resume)
        found = Unfinished(target, command, total, items, partial, path)
        found.say_going_on()
        yield found


def refuse_to_overwrite(target: Path, force: bool) -> None:
    """Raise UsageError if the file exists, and may not be overwritten."""
    from lstmtool.errors import UsageError

    if target.exists() and not force:
        raise UsageError(f"{target} exists and is another run.", fix="Use --force.")
