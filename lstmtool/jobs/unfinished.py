"""What a command keeps beside the file that it is to write, until that is written.

All that train go by it: a signal saves what was reached and says how to go on, `--resume` goes on,
`--force` starts over, and one process at a time writes a file.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lstmtool.jobs.files import say, say_path, writing
from lstmtool.jobs.interruption import say_compiling, stopping

if TYPE_CHECKING:
    from lstmtool.io.partial import Partial
    from lstmtool.records.run import CheckpointEntry
    from lstmtool.training.stage import Stop

ARRAYS, RECORDS = ".partial.h5", ".partial.jsonl"
"""Endings of files that keep weights, and of those that keep lines about what has ended."""


def partial_path(target: Path, ending: str = ARRAYS) -> Path:
    """Return where that is kept which belongs to a file."""
    from lstmtool.io.naming import beside

    return beside(target, ending)


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
    from lstmtool.errors import UsageError
    from lstmtool.io.locks import locked

    def unfinished(path: Path) -> bool:
        return partial_path(path, ending).exists()

    named = _newest(command, ending) if resume and output is None else output
    with writing(named, stem, force or resume, unfinished, suffix) as target:
        path = partial_path(target, ending)
        with locked(path, alone=True):
            if unfinished(target) and not (resume or force):
                raise UsageError(
                    f"{path} is an unfinished run.",
                    fix="--resume goes on with it, --force starts over.",
                )
            if resume and not unfinished(target):
                if target.exists() and not force:
                    say(f"{target} is there, and no unfinished run.")
                    say_path(target)
                    raise SystemExit(0)
                say("There is no unfinished run: this one begins at its beginning.")
            yield target


def _newest(command: str, ending: str) -> Path:
    """Return the file that the newest unfinished run of a command here is to become.

    Raises
    ------
    FileError
        If there is none.
    """
    from lstmtool.errors import FileError

    told = {path: _header(path) for path in Path().glob(f"*{ending}")}
    found = [path for path, header in told.items() if header.get("command", "train") == command]
    if not found:
        raise FileError(
            "There is no unfinished run in this folder.",
            str(Path.cwd()),
            "Repeat the options of the run, with -o FILE, or leave --resume out.",
        )
    path = max(found, key=lambda p: (p.stat().st_mtime_ns, p.name))
    named = path.with_name(Path(str(told[path].get("target"))).name or "run")
    kept_there = partial_path(named, ending) == path
    return named if kept_there else path.with_name(f"{path.name[: -len(ending)]}.h5")


def _header(path: Path) -> dict[str, Any]:
    """Return what an unfinished run says of itself; of another file, that no command made it."""
    if path.name.endswith(RECORDS):
        from lstmtool.io.partial import read_header

        return {"command": ""} | read_header(path)
    from lstmtool.io.locate import encoding_type

    if encoding_type(path) != "lstmtool-unfinished":
        return {"command": ""}
    from lstmtool.io.unfinished import read_unfinished

    return read_unfinished(path)[0]


def read_parts(
    target: Path, command: str
) -> tuple[dict[str, Any], dict[str, CheckpointEntry]] | None:
    """Return what decides the unfinished run beside a file and what there is of it, if there is.

    Raises
    ------
    DataError, FileError
        If it cannot be read.
    UsageError
        If another command or another version of lstmtool wrote it.
    """
    from lstmtool import __version__
    from lstmtool.errors import UsageError
    from lstmtool.io.unfinished import read_unfinished

    path = partial_path(target)
    if not path.exists():
        return None
    document, parts = read_unfinished(path)
    if (made := document.get("command", "train")) != command:
        raise UsageError(
            f"{path} is an unfinished run of `lstmtool {made!s:.40}`.", fix="Choose another name."
        )
    if document.get("version") != __version__:
        raise UsageError(
            f"{path} was begun by lstmtool {document.get('version')!s:.40}.",
            f"this is {__version__}, which may compute otherwise",
            "Use that version, or start over with --force.",
        )
    return document, parts


class Unfinished:
    """A run of a command that is under way, and what it keeps.

    Parameters
    ----------
    target : Path
        The file to write, which is locked for this process.
    command : str
        What made it: ``train``, ``learn``, ``sweep``, ``reproduce`` or ``reproduce classic``.
    total : int
    items : str
        How many of what have to end.
    ending : str
        Of the file that keeps them.
    """

    def __init__(self, target: Path, command: str, total: int, items: str, ending: str) -> None:
        self.target, self.command, self.total, self.items = target, command, total, items
        self.path = partial_path(target, ending)

    @property
    def ended(self) -> int:
        """How many have ended."""
        raise NotImplementedError

    @property
    def begun(self) -> bool:
        """Whether anything is worth keeping."""
        return self.ended > 0

    @property
    def done(self) -> str:
        """How many have ended, in words."""
        return f"{self.ended} of {self.total} {self.items} have ended"

    @property
    def going_on(self) -> str:
        """The command that goes on; a training's file holds its options."""
        context = click.get_current_context(silent=True)
        words = [] if context is None else context.meta.get("lstmtool.words", [])
        said = ["train"] if self.command == "train" else _without_output(words)
        return shlex.join(["lstmtool", *said, "--resume", "-o", str(self.target)])

    def save(self) -> None:
        """Bring what is kept to the disk."""

    def remove(self) -> None:
        """Remove what is kept."""
        self.path.unlink(missing_ok=True)

    def say_going_on(self) -> None:
        """Say how much has ended before, if this is not the beginning."""
        if self.begun:
            say(f"Going on with {self.path}: {self.done}.")

    def leave(self) -> None:
        """Save what there is after a signal, and say how to go on."""
        from lstmtool.errors import FileError

        try:
            self.save()
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
                self.keep_after(error)
                raise
            if interruption.caught:
                interruption.end()

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Let the file be written, and remove what is no longer needed then.

        Raises
        ------
        FileError
            If the file cannot be written; what it was made of is kept, if that can be written.
        """
        from lstmtool.errors import FileError

        try:
            yield
        except FileError as error:
            with suppress(FileError):  # what was saved last is still there
                self.save()
            fix = f"{error.fix} Then `{self.going_on}` writes it."
            raise FileError(error.what, error.where, fix) from error
        self.remove()

    def refuse_to_overwrite(self, force: bool) -> None:
        """Complain about a file that was written since the run was begun.

        Raises
        ------
        UsageError
        """
        from lstmtool.errors import UsageError

        if self.target.exists() and not force:
            raise UsageError(f"{self.target} exists, and is another run.", fix="Use --force.")

    def keep_after(self, error: Exception) -> None:
        """Save what there is where the work failed, and say how to go on."""
        if not self.begun:
            self.remove()
            return
        with suppress(Exception):
            self.save()
            self._say_how("")

    def _say_how(self, why: str) -> None:
        say(f"{why}{self.done}; what was reached is kept in {self.path}")
        say(f"Go on with `{self.going_on}`.")


def _without_output(words: list[str]) -> list[str]:
    """Return the words of a command without what the file is called, and what else is repeated."""
    kept: list[str] = []
    left = iter(words)
    for word in left:
        if word in ("-o", "--output"):
            next(left, None)
        elif word != "--resume" and not word.startswith(("--output=", "-o")):
            kept.append(word)
    return kept


class Checkpoint(Unfinished):
    """Keeps weights: what has ended, and how far the rest has come.

    Parameters
    ----------
    target, command, total, items
        As of `Unfinished`.
    document : dict
        What decides the run, as JSON values.
    parts : dict of str to CheckpointEntry, optional
        What there is.
    """

    def __init__(
        self,
        target: Path,
        command: str,
        total: int,
        items: str,
        document: dict[str, Any],
        parts: dict[str, CheckpointEntry] | None = None,
    ) -> None:
        from lstmtool.training.checkpoint import CheckpointStore

        super().__init__(target, command, total, items, ARRAYS)
        self.document = document | {"command": command, "target": target.name}
        self.memory = CheckpointStore(parts, self._save_or_warn)
        self._warned = False

    @property
    def ended(self) -> int:
        """How many have ended."""
        return self.memory.counts()[0]

    @property
    def begun(self) -> bool:
        """Whether anything is worth keeping."""
        return any(self.memory.counts())

    def save(self) -> None:
        """Write all that is kept."""
        self._save(self.memory.parts())

    def keep_after(self, error: Exception) -> None:
        """Save what there is, unless all weights are lost."""
        from lstmtool.errors import DivergedError

        if isinstance(error, DivergedError):
            self.remove()
        else:
            super().keep_after(error)

    def _save(self, parts: dict[str, CheckpointEntry]) -> None:
        from lstmtool.io.unfinished import write_unfinished

        write_unfinished(self.path, self.document, parts)

    def _save_or_warn(self, parts: dict[str, CheckpointEntry]) -> None:
        """Train on where saving fails: the disk may have room again in the end."""
        from lstmtool.errors import LstmtoolError

        try:
            self._save(parts)
        except LstmtoolError as error:
            if not self._warned:
                say(f"Training goes on, but is not kept: {error}")
            self._warned = True


class Records(Unfinished):
    """Keeps a record of plain numbers of everything that has ended; a `runner.Store`.

    Parameters
    ----------
    target, command, total, items
        As of `Unfinished`.
    partial : Partial
        The open file.
    name : callable
        Gives the values by which the record of an item is known.
    """

    def __init__(
        self,
        target: Path,
        command: str,
        total: int,
        items: str,
        partial: Partial,
        name: Callable[[Any], tuple[Any, ...]],
    ) -> None:
        super().__init__(target, command, total, items, RECORDS)
        self.partial, self.name = partial, name
        self.show: Callable[[str, float, str], None] = lambda place, done, values: None

    @property
    def ended(self) -> int:
        """How many have ended."""
        return len(self.partial.records)

    def found(self, item: Any) -> dict[str, Any] | None:
        """Return the record of an item that has ended."""
        return self.partial.find(*self.name(item))

    def keep(self, item: Any, record: dict[str, Any]) -> dict[str, Any]:
        """Keep the record of an item."""
        kept = self.partial.append(record)
        self.show(_named(self.name(item)[0]), self.ended, "")
        return kept


def _named(name: Any) -> str:
    """Return what an item is called: its options in words, or its name."""
    from lstmtool.text import clean_text, option_text

    if isinstance(name, dict):
        return clean_text(", ".join(f"{key} {option_text(v)}" for key, v in name.items()))
    return str(name)


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
) -> Iterator[Records]:
    """Begin to keep records beside a file, or go on with those that are there.

    Raises
    ------
    UsageError, DataError, FileError
        If those belong to another plan, are damaged or cannot be written.
    """
    from lstmtool.io.partial import open_partial

    path = partial_path(target, RECORDS)
    if path.is_file() and not resume:
        path.unlink()
    with open_partial(path, plan, parts, command=command, target=target.name) as partial:
        found = Records(target, command, total, items, partial, name)
        if resume:
            found.refuse_to_overwrite(force)
        found.say_going_on()
        yield found
