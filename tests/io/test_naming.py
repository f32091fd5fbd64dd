import os
from pathlib import Path

import pytest

from lstmtool.io.locks import temporary_name
from lstmtool.io.naming import LONGEST, beside, fitting, without_ending


def test_short_names_are_kept():
    assert fitting("run", ".html") == "run.html"
    assert beside(Path("a/run.h5"), ".partial.h5") == Path("a/run.partial.h5")


@pytest.mark.parametrize(
    ("name", "without"),
    [("a/run.h5", "a/run"), ("a/..h5", "a/..h5"), ("..h5", "..h5"), (".h5", ".h5"), ("run", "run")],
)
def test_a_name_without_its_ending_is_a_name(name, without):
    assert without_ending(Path(name)) == Path(without)


@pytest.mark.parametrize("letter", ["x", "α", "日", "\udcff"])
@pytest.mark.parametrize("ending", [".html", ".partial.jsonl"])
def test_every_name_fits_and_tells_names_apart(tmp_path, letter, ending):
    count = (LONGEST - 3) // len(os.fsencode(letter))
    one, two = (tmp_path / f"{letter * (count - 1)}{last}.h5" for last in "ab")
    one.touch()
    names = {beside(path, ending).name for path in (one, two)}
    assert len(names) == 2
    for name in names:
        assert len(os.fsencode(name)) <= LONGEST
        (tmp_path / name).touch()
    made = temporary_name(one, "0" * 8)
    assert len(os.fsencode(made.name)) < 143  # what encrypted folders allow
    assert made != temporary_name(two, "0" * 8)
