"""What the documents publish of their systems, and what was measured here; from `measured.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("measured.toml")
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Measured:
    """A system, its published figure, and the figure here.

    Attributes
    ----------
    name, group : str
        A system of `learn` or `reproduce`, or what else it is; title of its group.
    of : tuple of str
        Documents that show it, keys of `documents`; empty if none does.
    published, quoted : str
        The published figure, in short and in the words of the page; "" if there is none.
    memory : bool
        Whether that is from memory or later texts, and was not read again.
    short : str
        The figure here, if it does not follow from `solved` and `needed`.
    by, page : str
        What measures it, and the page below `docs/` that explains the figure.
    solved, needed, weights, about : str
        Columns of the table of the classic tasks; "" if it is not in that.
    choice : bool
        Whether it is as published but for one choice of ours.
    """

    name: str
    group: str
    by: str
    page: str
    of: tuple[str, ...] = ()
    published: str = ""
    quoted: str = ""
    memory: bool = False
    short: str = ""
    solved: str = ""
    needed: str = ""
    weights: str = ""
    about: str = ""
    choice: bool = False

    @property
    def here(self) -> str:
        """The figure here, in short, or that there is none."""
        if self.short or not self.solved:
            return self.short or NOT_MEASURED
        share = self.solved.split(";")[0]
        if self.needed:
            return f"{share.split(' within ')[0]} after {self.needed}"
        return share.replace(" within ", " in ")

    @property
    def command(self) -> str:
        """The command that measures it; "" if there is none."""
        return f"lstmtool reproduce {self.by}" if self.by else ""


@cache
def _table() -> tuple[dict[str, str], tuple[Measured, ...]]:
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    systems = []
    for group in document["group"]:
        shared = {"by": group["by"], "page": group["page"], "group": group["title"]}
        for row in group["system"]:
            own = {"short" if name == "here" else name: value for name, value in row.items()}
            systems.append(Measured(**(shared | own | {"of": tuple(row.get("of", ()))})))
    return document["documents"], tuple(systems)


def documents() -> dict[str, str]:
    """Return the documents by their short names."""
    return _table()[0]


def measured() -> tuple[Measured, ...]:
    """Return all systems, group after group."""
    return _table()[1]


def of_documents() -> tuple[Measured, ...]:
    """Return the systems that the documents show."""
    return tuple(system for system in measured() if system.of)
