"""Names made to do harm, and names that lead out of the folder.

Forty strings stand as labels, names of sequences, names of files and attributes: nothing of them
reaches the terminal, HTML, JSON or CSV but as harmless text. Thirty paths stand in the same places
and in options: nothing outside the folder is written.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
import tempfile
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import h5py
import numpy as np

from lstmtool.cli.main import main
from lstmtool.data.sequences import from_arrays
from lstmtool.io.sequences import write_sequences

STRINGS = (
    *("\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x9b31m", "\x1bP1;1|17/ab\x1b\\"),
    *(
        "\x00nul",
        "bell\x07",
        "back\x08\x08\x08space",
        "line\nfeed",
        "carriage\rreturn",
        "tab\there",
    ),
    *("\x7fdelete", "vertical\x0btab", "form\x0cfeed", "next\x85line", "para\u2029graph"),
    *("\u202ereversed", "\u2066isolate\u2069", "\u200fmark\u200e", "\u061carabic", "\ufeffbom"),
    *("zero\u200bwidth", "word\u2060joiner", "[bold red]markup[/]", "[link=http://x]here[/link]"),
    *("[/]", ":smile:", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>"),
    *('"><svg onload=alert(1)>', "</title><script>1</script>", "<!-- comment", "]]>", "&lt;b&gt;"),
    *("=1+1", "=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@SUM(1)", "javascript:alert(1)"),
)
PATHS = (
    *(
        "../evil",
        "../../evil",
        "..",
        ".",
        "/evil",
        "/etc/passwd",
        "~/evil",
        "./../evil",
        "a/../../evil",
    ),
    *(
        "..\\evil",
        "\\evil",
        "C:\\evil",
        "//evil",
        "/tmp/lstmtool-evil",
        "file:///evil",
        "%2e%2e/evil",
    ),
    *("..%2fevil", "..;/evil", "..\x00/evil", "evil\x00.h5", "\u2025/evil", "\uff0e\uff0e/evil"),
    *("../evil.h5", "../evil.html", "../evil.csv", "../.lstmtool-evil.lock", "a/b/c", "-o../evil"),
    *("$(touch ../evil)", "`touch ../evil`; |touch ../evil"),
)
SHORT = ("--stages", "bingo", "--epochs", 2, "--restarts", 1, "--trials", 1, "--outputs", 1)
PAGES = "<\x1b"  # in names of files of which a page is written, which takes a while
CELLS = "=+-@\t\r"


class Tags(HTMLParser):
    """The tags of a page, and its attributes that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            assert not (value or "").lower().startswith("javascript:"), (tag, name)
            if name in ("src", "href"):
                assert value.startswith(("data:image/", "#")), (tag, value)


def lstmtool(*arguments, code=0):
    """Run the command line here; return stdout and stderr, which must be fit to be shown."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            ended = end.code
    assert code is None or ended == code, (arguments, ended, err.getvalue())
    assert ended != 1, err.getvalue()
    harmless(out.getvalue(), str(arguments))
    harmless(err.getvalue(), str(arguments))
    return out.getvalue(), err.getvalue()


def harmless(text: str, where: str) -> None:
    """Check that nothing in a text steers what shows it."""
    for character in text:
        kind = unicodedata.category(character)
        bad = kind in ("Cc", "Cs", "Zl", "Zp") and character != "\n"
        bad |= character in "\u061c\u200e\u200f\u200b\u2060\ufeff"
        bad |= "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
        assert not bad, f"{where}: {character!r} in {text[:2000]!r}"


def harmless_page(path: Path) -> None:
    """Check that a page has no tag that a page may not have."""
    text = path.read_text()
    harmless(text, path.name)
    read = Tags()
    read.feed(text)
    assert not {"script", "iframe", "object", "base", "link"} & set(read.tags), path
    assert "<script" not in text


def harmless_table(text: str) -> None:
    """Check that no cell is one that a spreadsheet would compute."""
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            with contextlib.suppress(ValueError):
                float(cell)
                continue
            assert not cell.startswith(tuple(CELLS)), cell


def _data(names) -> None:
    """Write sequences with such names in every place that has any, by HDF5 itself and as CSV."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(k % 2, 1.0, 5) for k in range(len(names))]
    groups = np.arange(len(names))
    hostile = from_arrays(arrays)
    hostile = replace(hostile, attributes={name: name for name in names})
    write_sequences("data.h5", hostile)
    with h5py.File("data.h5", "r+") as file:
        encoded = np.array([name.encode() for name in names])
        file["names"], file["label_names"], file["labels"] = encoded, encoded, groups
        file.attrs["attributes"] = json.dumps({"file": names[0], "inputs": [names[-1]]})
    with open("data.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "label", *(f"t{t}" for t in range(5))])
        for name, values in zip(names, arrays, strict=True):
            name = name.replace("\x00", "0")  # which no CSV has
            writer.writerow([name, name, *values])


def _commands(names) -> None:
    """Run every command that shows or writes names."""
    _data(names)
    for source in ("data.h5", "data.csv"):
        lstmtool("info", source, "--json")
        lstmtool("info", source)
        lstmtool("train", source, *SHORT, "-o", "run.h5", "--force")
        lstmtool("info", "run.h5")
        lstmtool("report", "run.h5", "--html", "page.html", "--export", "c.h5", "--force")
        harmless_page(Path("page.html"))
        told, _ = lstmtool("report", "run.h5", "--json")
        json.loads(told)
        lstmtool("info", "c.h5")
        lstmtool("assign", "run.h5", source)
        harmless_table(lstmtool("assign", "run.h5", source, "--csv")[0])
        json.loads(lstmtool("assign", "run.h5", source, "--json")[0])
        for ending in ("csv", "json", "h5"):
            lstmtool("convert", source, f"out.{ending}", "--force")
        harmless_table(Path("out.csv").read_text())
        harmless(Path("out.csv").read_text(), "out.csv")
        json.loads(Path("out.json").read_text())


def strings() -> int:
    """Try all strings; return how many."""
    with folder():
        _commands(STRINGS)
        for text in STRINGS:
            name = text.replace("/", "").replace("\x00", "") or "empty"
            lstmtool("train", f"{name}.h5", code=None)
            lstmtool("info", f"{name}.h5", code=None)
            Path(f"{name}.csv").write_bytes(Path("data.csv").read_bytes())
            lstmtool("convert", f"./{name}.csv", "named.h5", "--force")
            Path(f"{name}-run.h5").write_bytes(Path("run.h5").read_bytes())
            lstmtool("report", f"./{name}-run.h5", "--no-html", "--export", f"./{name}-c.h5")
            if any(character in text for character in PAGES):
                lstmtool("report", f"./{name}-run.h5")
                harmless_page(Path(f"{name}-run.html"))
    return len(STRINGS)


def paths() -> int:
    """Try all paths; return how many."""
    with folder() as outside:
        _commands(PATHS)
        was = _tree(outside)
        for path in PATHS:
            _data((path,) * 4)
            # As names within files, of parts of files, and as values of options that name no file.
            given = path.replace("\x00", "0")  # which no command line can hold
            for inner in (f"data.h5:/{given}", f"data.h5:{given}"):
                lstmtool("convert", inner, "inner.h5", "--force", code=None)
            for option in ("--id", "--name", "--label", "--value", "--delimiter"):
                lstmtool("convert", "data.csv", "by.h5", option, given, "--force", code=None)
            for option in ("--stages", "--objective", "--recipe", "--selection", "--config"):
                lstmtool("train", "data.h5", f"{option}={given}", code=None)
            lstmtool("reproduce", "--", given, code=None)
            lstmtool("gen-data", "--", given, code=None)
            with contextlib.suppress(ValueError, OSError):
                h5py.File("named.h5", "w").create_dataset(path, data=np.ones((3, 4))).file.close()
                lstmtool("convert", "named.h5", "named.csv", "--force", code=None)
            np.savez("named.npz", **{path: np.ones((3, 4))})
            lstmtool("convert", "named.npz", "named.csv", "--force", code=None)
        assert _tree(outside) == was, _tree(outside) ^ was
    assert not any(Path(p).exists() for p in ("/evil", "/tmp/lstmtool-evil", "/tmp/evil"))
    return len(PATHS)


@contextlib.contextmanager
def folder():
    """Work in an empty folder deep in another, whose path is given."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as outside:
        inside = Path(outside, "a", "b", "c")
        inside.mkdir(parents=True)
        os.chdir(inside)
        try:
            yield Path(outside)
        finally:
            os.chdir(before)


def _tree(outside: Path) -> set[str]:
    """All files outside the folder that is worked in."""
    inside = outside / "a/b/c"
    return {str(p) for p in outside.rglob("*") if inside not in p.parents}


if __name__ == "__main__":
    print(f"{strings()} strings shown harmlessly everywhere")
    print(f"{paths()} paths: nothing was written outside")
    sys.exit(0)
