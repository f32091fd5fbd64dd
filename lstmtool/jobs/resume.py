"""The unfinished run beside the file that `lstmtool train` writes: kept, found, gone on with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.files import say

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings
    from lstmtool.data.sequences import SequenceSource
    from lstmtool.jobs.train import Request
    from lstmtool.records.run import CheckpointEntry, Run

ENDING = ".partial.h5"
ROOM = 1 << 16
"""Bytes of a run file besides its numbers and names, roughly."""


def partial_path(target: Path) -> Path:
    """Return where the unfinished run of a file is kept."""
    from lstmtool.io.naming import beside

    return beside(target, ENDING)


def newest_unfinished() -> Path:
    """Return the file that the newest unfinished run in the current folder is to become.

    Raises
    ------
    FileError
        If there is none.
    """
    from lstmtool.errors import FileError
    from lstmtool.io.locate import encoding_type
    from lstmtool.io.unfinished import read_unfinished

    found = [p for p in Path().glob(f"*{ENDING}") if encoding_type(p) == "lstmtool-unfinished"]
    if not found:
        raise FileError(
            "There is no unfinished run in this folder.",
            str(Path.cwd()),
            "Repeat the options of the run, with -o FILE, or leave --resume out.",
        )
    path = max(found, key=lambda p: (p.stat().st_mtime_ns, p.name))
    named = path.with_name(Path(str(read_unfinished(path)[0].get("target"))).name or "run")
    return (
        named if partial_path(named) == path else path.with_name(f"{path.name[: -len(ENDING)]}.h5")
    )


@dataclass(frozen=True)
class Plan:
    """What decides a run and how it was asked for.

    Parameters
    ----------
    settings : TrainSettings
    sha256 : str
        Of the sequences.
    data : Path
    reading : dict
    grow_outputs, provenance, force : bool
    """

    settings: TrainSettings
    sha256: str
    data: Path
    reading: dict[str, Any]
    grow_outputs: bool
    provenance: bool
    force: bool

    @classmethod
    def of(
        cls,
        request: Request,
        path: Path,
        sequences: SequenceSource,
        settings: TrainSettings,
    ) -> Plan:
        """Return the plan of what the user asked for."""
        return cls(
            settings,
            sequences.attributes["sha256"],
            path.absolute(),
            request.reading,
            request.grow_outputs,
            request.provenance,
            request.force,
        )

    @classmethod
    def read(cls, document: dict[str, Any], path: Path) -> Plan:
        """Make a plan of what a file says.

        Raises
        ------
        UsageError
            If another version of lstmtool wrote it.
        DataError
            If it makes no sense.
        """
        from lstmtool import __version__
        from lstmtool.errors import DataError, UsageError
        from lstmtool.io.checks import check_settings

        if document.get("version") != __version__:
            raise UsageError(
                f"{path} was begun by lstmtool {document.get('version')!s:.40}.",
                f"this is {__version__}, which may compute otherwise",
                "Use that version, or start over with --force.",
            )
        reading, sha256, data = (document.get(name) for name in ("reading", "sha256", "data"))
        if (
            not isinstance(reading, dict)
            or not isinstance(sha256, str)
            or not isinstance(data, str)
        ):
            raise DataError(f"{path} is damaged.", "its plan", "Remove it, and train again.")
        return cls(
            check_settings("TrainSettings", document.get("settings"), None),
            str(sha256),
            Path(str(data)),
            {k: tuple(v) if isinstance(v, list) else v for k, v in reading.items()},
            *(bool(document.get(name)) for name in ("grow_outputs", "provenance", "force")),
        )

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        from lstmtool import __version__

        return {
            "version": __version__,
            "settings": self.settings.model_dump(mode="json"),
            "sha256": self.sha256,
            "data": str(self.data),
            "reading": self.reading,
            "grow_outputs": self.grow_outputs,
            "provenance": self.provenance,
            "force": self.force,
        }

    def refuse_other(self, asked: Plan, path: Path, settings_too: bool) -> None:
        """Refuse to go on with other data or, if these were told, other settings.

        Raises
        ------
        DataError, UsageError
        """
        from lstmtool.errors import DataError, UsageError
        from lstmtool.io.partial import difference

        if asked.sha256 != self.sha256:
            raise DataError(
                "These are not the sequences that the run was begun with.",
                f"data {asked.data}, unfinished run {path}",
                f"It was begun with {self.data}.",
            )
        mine, other = ((p.settings.model_dump(mode="json"), p.grow_outputs) for p in (self, asked))
        if settings_too and mine != other:
            raise UsageError(
                f"{path} is an unfinished run with other settings.",
                difference(mine[0], other[0]) if mine[0] != other[0] else "--outputs auto",
                "Give --resume without them, or --force instead to start over.",
            )


class Checkpoint:
    """The unfinished run beside a file; it is gone once the file is written.

    Parameters
    ----------
    target : Path
        The file, which is locked for this process.
    plan : Plan
    parts : dict of str to Part, optional
        What there is.
    """

    def __init__(
        self, target: Path, plan: Plan, parts: dict[str, CheckpointEntry] | None = None
    ) -> None:
        from lstmtool.training.checkpoint import CheckpointStore

        self.target, self.plan, self.path = target, plan, partial_path(target)
        self.memory = CheckpointStore(parts, self._save_or_warn)
        self._warned = False

    @classmethod
    def find(cls, target: Path) -> Checkpoint | None:
        """Return the unfinished run beside a file, if there is one.

        Raises
        ------
        DataError, FileError, UsageError
            If it cannot be read, or not be gone on with.
        """
        path = partial_path(target)
        if not path.exists():
            return None
        from lstmtool.io.unfinished import read_unfinished

        document, parts = read_unfinished(path)
        return cls(target, Plan.read(document, path), parts)

    def begin(self, sequences: SequenceSource) -> None:
        """Write the first of it, after a look at whether the run could be written in the end.

        Raises
        ------
        FileError
            If the disk is too full.
        """
        from lstmtool.io.atomic import check_room

        check_room(self.target, self._size_of_run(sequences))
        self._save(self.memory.parts())

    def leave(self) -> None:
        """Save what there is after a signal, and say how to go on."""
        from lstmtool.errors import FileError

        ended, _ = self.memory.counts()
        try:
            self._save(self.memory.parts())
        except FileError as error:
            say(f"Interrupted, and what was reached cannot be kept: {error}")
            return
        say(
            f"Interrupted: {ended} of {self.plan.settings.restarts} restarts have ended; all that "
            f"was reached is in {self.path}"
        )
        say(f"Go on with `lstmtool train --resume -o {self.target}`.")

    def is_written(self, force: bool) -> bool:
        """Whether the file is there already, and of this plan: the process ended just after.

        Raises
        ------
        UsageError
            If it is another, which nobody allowed to overwrite.
        """
        from lstmtool.errors import DataError, UsageError
        from lstmtool.io.runs import read_run

        if not self.target.exists() or force or self.plan.force:
            return False
        try:
            run = read_run(self.target)
        except DataError:
            run = None
        if run is not None and run.source.get("sha256") == self.plan.sha256:
            wanted = self.plan.settings.model_copy(update={"network": run.settings.network})
            wanted = wanted if self.plan.grow_outputs else self.plan.settings
            if run.settings == wanted:
                return True
        raise UsageError(f"{self.target} exists, and is another run.", fix="Use --force.")

    def finish(self, run: Run) -> None:
        """Write the run, and remove what is no longer needed.

        Raises
        ------
        FileError
            If the run cannot be written; it is then kept unfinished, if that can be written.
        """
        from lstmtool.errors import FileError
        from lstmtool.io.runs import write_run

        try:
            write_run(self.target, run)
        except FileError as error:
            with suppress(FileError):  # what was saved last is still there
                self._save(self.memory.parts())
            raise FileError(
                error.what,
                error.where,
                f"{error.fix} Then `lstmtool train --resume -o {self.target}` writes it.",
            ) from error
        self.remove()

    def remove(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)

    def _save(self, parts: dict[str, CheckpointEntry]) -> None:
        from lstmtool.io.unfinished import write_unfinished

        write_unfinished(self.path, self.plan.document() | {"target": self.target.name}, parts)

    def _save_or_warn(self, parts: dict[str, CheckpointEntry]) -> None:
        """Train on where saving fails: the disk may have room again in the end."""
        from lstmtool.errors import LstmtoolError

        try:
            self._save(parts)
        except LstmtoolError as error:
            if not self._warned:
                say(f"Training goes on, but is not kept: {error}")
            self._warned = True

    def _size_of_run(self, sequences: SequenceSource) -> int:
        """Bytes of the run file, roughly; rather too many."""
        from lstmtool.kernels.records import HISTORY
        from lstmtool.training.stage import MOST_ROWS

        settings = self.plan.settings
        rows = sum(min(stage.epochs, MOST_ROWS) + 1 for stage in settings.stages)
        per_sequence = 6 * settings.network.outputs + 4
        numbers = rows * (len(HISTORY) + 2) + per_sequence * len(sequences) + 7 * settings.restarts
        longest = max(map(len, sequences.names), default=0) * 4
        return ROOM + 8 * numbers + longest * len(sequences)
