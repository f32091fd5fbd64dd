"""What determines a run of `lstmtool train`, so that a resumed one ends with the same bytes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.unfinished import refuse_to_overwrite

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings
    from lstmtool.data.sequences import SequenceSource
    from lstmtool.jobs.train import Request

ROOM = 1 << 16
"""Approximate bytes of a run file apart from its numbers and names."""


@dataclass(frozen=True)
class Plan:
    """Everything that determines a run, and how it was asked for.

    Parameters
    ----------
    sha256 : str
        Fingerprint of the sequences.
    data : Path
        File of sequences, absolute.
    reading : dict
        Reading options by name.
    grow_outputs : bool
        Whether training searches for the number of outputs.
    provenance : bool
        Whether the run file records where, when and how long training ran.
    force : bool
        Whether an existing file may be overwritten.
    surrogates : int or None
        See `lstmtool.training.null_test.with_null_test`.
    """

    settings: TrainSettings
    sha256: str
    data: Path
    reading: dict[str, Any]
    grow_outputs: bool
    provenance: bool
    force: bool
    surrogates: int | None = None

    @classmethod
    def of(
        cls, request: Request, path: Path, sequences: SequenceSource, settings: TrainSettings
    ) -> Plan:
        """Return the plan of a request."""
        sha256, r = sequences.attributes["sha256"], request
        asked = (r.reading, r.grow_outputs, r.provenance, r.force, r.surrogates)
        return cls(settings, sha256, path.absolute(), *asked)

    @classmethod
    def read(cls, document: dict[str, Any], path: Path) -> Plan:
        """Return the plan that a file holds.

        Raises
        ------
        DataError
            If it is damaged.
        """
        from lstmtool.errors import DataError
        from lstmtool.io.checks import check_settings

        reading, sha256, data = (document.get(name) for name in ("reading", "sha256", "data"))
        surrogates = document.get("surrogates")
        if (
            not isinstance(reading, dict)
            or not isinstance(sha256, str)
            or not isinstance(data, str)
            or not (surrogates is None or type(surrogates) is int)
        ):
            raise DataError(
                f"The unfinished run of {path} is damaged.",
                "its plan",
                "Remove it, and train again.",
            )
        return cls(
            check_settings("TrainSettings", document.get("settings"), None),
            str(sha256),
            Path(str(data)),
            {k: tuple(v) if isinstance(v, list) else v for k, v in reading.items()},
            bool(document.get("grow_outputs")),
            bool(document.get("provenance")),
            bool(document.get("force")),
            surrogates,
        )

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        from lstmtool import __version__

        names = ("sha256", "reading", "grow_outputs", "provenance", "force", "surrogates")
        told = {name: getattr(self, name) for name in names}
        settings = self.settings.model_dump(mode="json")
        return {"version": __version__, "settings": settings, "data": str(self.data)} | told

    def refuse_other(self, asked: Plan, path: Path, settings_too: bool) -> None:
        """Refuse to resume with other data or, if any were given, other settings.

        Raises
        ------
        DataError
            If the data differ.
        UsageError
            If the settings differ.
        """
        from lstmtool.errors import DataError, UsageError
        from lstmtool.io.partial import difference

        if asked.sha256 != self.sha256:
            raise DataError(
                "The run was started with other sequences.",
                f"data {asked.data}, unfinished run {path}",
                f"It was started with {self.data}.",
            )
        mine, other = ((p.settings.model_dump(mode="json"), p.grow_outputs) for p in (self, asked))
        if settings_too and mine != other:
            raise UsageError(
                f"{path} is an unfinished run with other settings.",
                difference(mine[0], other[0]) if mine[0] != other[0] else "--outputs auto",
                "Use --resume without them, or --force to start over.",
            )

    def is_written(self, target: Path, force: bool) -> bool:
        """Return whether the run's file exists: the process then ended just after writing it.

        Raises
        ------
        UsageError
            If the file is of another run, and may not be overwritten.
        """
        from lstmtool.errors import DataError
        from lstmtool.io.runs import read_run

        if not target.exists() or force or self.force:
            return False
        with suppress(DataError):
            run = read_run(target)
            network = run.settings if self.grow_outputs else self.settings
            wanted = self.settings.model_copy(update={"network": network.network})
            if (run.source.get("sha256"), run.settings) == (self.sha256, wanted):
                return True
        refuse_to_overwrite(target, force)
        return False

    def size_of_run(self, sequences: SequenceSource) -> int:
        """Return the approximate bytes of the run file, rather too many."""
        from lstmtool.kernels.records import HISTORY
        from lstmtool.network.layout import Network
        from lstmtool.training.stage import MOST_ROWS

        settings = self.settings
        rows = sum(min(stage.epochs, MOST_ROWS) + 1 for stage in settings.stages)
        per_sequence = 6 * settings.network.outputs + 4
        numbers = rows * (len(HISTORY) + 2) + per_sequence * len(sequences) + 7 * settings.restarts
        if settings.consensus:
            n_inputs = sequences.n_inputs * settings.inputs.of_each
            weights = Network(settings.network, n_inputs, settings.gradient == "exact").size
            of_each = weights + settings.network.outputs * len(sequences) + 2
            numbers += settings.restarts * of_each
        longest = max(map(len, sequences.names), default=0) * 4
        return ROOM + 8 * numbers + longest * len(sequences)
