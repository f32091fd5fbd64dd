"""From the options of `lstmtool train` to settings, some of which depend on the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lstmtool.jobs.settings import PLACES, given, resolve

if TYPE_CHECKING:
    from lstmtool.config import TrainSettings
    from lstmtool.data.sequences import SequenceSource


@dataclass(frozen=True)
class Start:
    """Resolves the settings for given sequences.

    Parameters
    ----------
    values : mapping of str to object
        Values of the options of `train`, by name.
    from_file : mapping
        Contents of the configuration file.
    """

    values: Mapping[str, Any]
    from_file: Mapping[str, Any]

    @property
    def grow_outputs(self) -> bool:
        """Whether training searches for the number of outputs."""
        return bool(self.values["outputs"] == "auto")

    def first(self) -> TrainSettings:
        """Return settings before any data is read, to refuse bad ones early."""
        recipe, augment = self.values["recipe"], self.values["augment"]
        return self._settings("stationary" if recipe == "auto" else recipe, augment == "shift")

    def __call__(self, sequences: SequenceSource | None) -> tuple[TrainSettings, str]:
        """Return the settings, and a sentence on what the sequences decided."""
        from lstmtool.jobs.train import starting_point

        first = self.first()
        if self.from_file.get("stages"):  # the file says it all; the data decide nothing
            return first, ""
        name, shift, told = starting_point(
            self.values["recipe"], self.values["augment"], sequences, first.inputs.window
        )
        settings = self._settings(name, shift)
        if sequences is not None and not self._says_outputs:
            from lstmtool.recipes import with_few_codes

            settings = with_few_codes(settings, len(sequences))
        effort = self.values.get("effort")
        said = "restarts" in self.from_file or "restarts" in given(dict(self.values))
        if sequences is None or effort is None or said:
            return settings, told
        from lstmtool.training.effort import worthwhile_restarts

        restarts = settings.restarts
        settings = settings.model_copy(
            update={"restarts": worthwhile_restarts(settings, sequences, effort)}
        )
        if effort == "normal" and settings.restarts < restarts:
            told += (
                f" {settings.restarts} restarts instead of {restarts}, because each takes long "
                "(--effort high makes more)."
            )
        return settings, told.strip()

    @property
    def _says_outputs(self) -> bool:
        """Whether options or file say how many outputs there are, if only by the clusters."""
        said = {*given(dict(self.values)), *self.from_file, *self.from_file.get("network", {})}
        return bool({"outputs", "clusters"} & said)

    def _settings(self, recipe: str, shift: bool) -> TrainSettings:
        flags = {name: self.values[name] for name in PLACES}
        flags["augment"] = None if flags["augment"] == "auto" else flags["augment"]
        flags["outputs"] = 1 if self.grow_outputs else flags["outputs"]
        return resolve(
            self.values["objective"],
            self.values["stages"],
            recipe,
            shift,
            dict(self.from_file),
            flags,
            self.values["rate_factor"],
        )
