"""What a command keeps beside the file that it is to write, until that is written.

All that train go by it: a signal saves what was reached and says how to go on, `--resume` goes on,
`--force` starts over, and one process at a time writes a file.
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
"""Endings of files that keep weights, and of those that keep lines about what has ended."""


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
    """Give the file to write, locked; what is unfinished beside it is not lost unasked.

    Ends the command where nothing is left to go on with, and the file is there.

    Raises
    ------
    LockedError
        If another process writes the file.
    UsageError, FileError
        If the file exists, and is not to be overwritten; or cannot be written.
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
                    if free(target):  # nor written since we first looked
                        break
        new_file(target, stem, force or resume)
        path = beside(target, ending)
        if path.exists() and not (resume or force):
            raise UsageError(
                f"{path} is an unfinished run.",
                fix="--resume goes on with it, --force starts over.",
            )
        if resume and not path.exists():
            if target.exists() and not force:
                say(f"{target} is there, and no unfinished run.")
                say_path(target)
                raise SystemExit(0)
            say("There is no unfinished run: this one begins at its beginning.")
        yield target


def _words() -> list[str]:
    """Return the words of the command, without those that say what to write and to go on."""
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
    """A run of a command that is under way, and what it keeps.

    Parameters
    ----------
    target : Path
        The file to write, which is locked for this process.
    command : str
        What makes it: ``train``, ``learn``, ``sweep``, ``reproduce`` or ``reproduce classic``.
    total : int
    items : str
        How many of what have to end.
    store : CheckpointStore or Partial
        Keeps what has ended, and perhaps the rest.
    path : Path
        Where that lies on the disk.
    words : list of str
        Of the command that goes on; threads that save what there is cannot ask Click for them.
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
        """How many have ended, in words."""
        return f"{self.store.counts()[0]} of {self.total} {self.items} have ended"

    @property
    def going_on(self) -> str:
        """The command that goes on; a training's file holds its options."""
        said = ["train"] if self.command == "train" else self.words
        return shlex.join(["lstmtool", *said, "--resume", "-o", str(self.target)])

    @contextmanager
    def records(self) -> Iterator[tuple[Callable[..., list[Any]], Stop, Show]]:
        """Give, within a session, a function that runs items as `run_items` does and shows them.

        Besides what that takes, it needs a function that names an item for the reader.
        """
        from lstmtool.training.runner import run_items

        with (
            self.session() as stop,
            progress(self.total, self.items, self.store.counts()[0]) as show,
        ):

            def run(
                work: Any, shared: Any, items: Any, executor: Any, named: Callable[[Any], str]
            ) -> list[Any]:
                def ended(item: Any) -> None:
                    show(named(item), self.store.counts()[0], "")

                return run_items(
                    *(work, shared, items, self.store), executor=executor, stop=stop, ended=ended
                )

            yield run, stop, show

    def remove(self) -> None:
        """Remove what is kept."""
        self.path.unlink(missing_ok=True)

    def say_going_on(self) -> None:
        """Say how much has ended before, if this is not the beginning."""
        if any(self.store.counts()):
            say(f"Going on with {self.path}: {self.done}.")

    def leave(self) -> None:
        """Save what there is after a signal, and say how to go on."""
        from lstmtool.errors import FileError

        try:
            self.store.save()
        except FileError as error:
            say(f"Interrupted, and what was reached cannot be kept: {error}")
            return
        self._say_how("Interrupted: ")

    @contextmanager
    def session(self) -> Iterator[Stop]:
        """Give a stop that the first signal sets; the process then ends with the signal's code.

        Whatever else ends the work, what was reached is kept.
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
        """Let the file be written, and remove what is no longer needed then.

        Where it cannot be written, what it was made of is kept, if that can be written.
        """
        from lstmtool.errors import FileError

        try:
            yield
        except FileError as error:
            with suppress(FileError):  # what was saved last is still there
                self.store.save()
            fix = f"{error.fix} Then `{self.going_on}` writes it."
            raise FileError(error.what, error.where, fix) from error
        self.remove()

    def _keep_after(self, error: Exception) -> None:
        """Save what there is where the work failed, and say how to go on."""
        from lstmtool.errors import DivergedError

        lost = isinstance(error, DivergedError) and self.command in ("train", "learn")
        if lost or not any(self.store.counts()):
            self.remove()
            return
        with suppress(Exception):
            self.store.save()
            self._say_how("")

    def _say_how(self, why: str) -> None:
        say(f"{why}{self.done}; what was reached is kept in {self.path}")
        say(f"Go on with `{self.going_on}`.")


def checkpoint(
    target: Path,
    command: str,
    total: int,
    items: str,
    document: dict[str, Any],
    parts: dict[str, CheckpointEntry] | None = None,
) -> Unfinished:
    """Return a run that keeps weights beside its file, with what there is of them.

    `document` is what decides it, as JSON values.
    """
    from lstmtool.io.naming import beside
    from lstmtool.io.unfinished import write_unfinished
    from lstmtool.training.checkpoint import CheckpointStore

    path, named = beside(target, ARRAYS), {"command": command, "target": target.name}
    store = CheckpointStore(
        parts,
        lambda parts: write_unfinished(path, document | named, parts),
        lambda error: say(f"Training goes on, but is not kept: {error}"),
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
    """Give a run that keeps records of what has ended beside its file, with those that are there.

    Parameters as of `Unfinished` and `lstmtool.io.partial.open_partial`.
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
    """Complain about a file that was written since its run was begun, by a `UsageError`."""
    from lstmtool.errors import UsageError

    if target.exists() and not force:
        raise UsageError(f"{target} exists, and is another run.", fix="Use --force.")
