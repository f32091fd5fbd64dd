import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from lstmtool.clustering.assess import assess
from lstmtool.records.run import Outputs
from lstmtool.report.picture import _strip, picture
from lstmtool.report.run.tables import Table
from lstmtool.report.run.terminal import rich_table, show
from tests.builders import small_run
from tests.report.conftest import hostile_run


def printed(run, assessment, **options):
    file = io.StringIO()
    show(run, assessment, Console(file=file, width=80, **options))
    return file.getvalue()


def test_what_the_terminal_shows(case):
    run, assessment = case
    text = printed(run, assessment)
    assert "20 sequences, 5 epochs" in text
    assert "Untrained control" in text
    assert "3 restarts; number 2 was chosen" in text
    assert "Confidence is" in text
    assert text.count("Warning: ") == len(assessment.warnings) > 0
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_colour_only_where_it_is_wanted(monkeypatch):
    run = small_run()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[33m" in printed(run, assess(run), force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[33m" not in printed(run, assess(run), force_terminal=True)


def test_names_are_printed_and_not_obeyed(hostile):
    text = printed(*hostile)
    assert "[bold red]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\u2066" not in text


def test_hostile_names_make_no_links_in_a_terminal():
    run = hostile_run()
    assert "]8;" not in printed(run, assess(run), force_terminal=True)


def test_the_square_shows_where_groups_are():
    run = small_run(n=12)
    lines = picture(run, assess(run))
    top, bottom = lines[2], lines[-4]
    before, after = len(top) // 2, slice(len(top) // 2, None)
    assert "o" in bottom[after]
    assert "+" in bottom[after]
    assert "*" in top[after]
    assert not set("o+*") & set(top[:before])
    assert lines[-1] == "groups:   o low   + high   * wide   ? several"


def test_the_strip_has_a_line_per_group():
    run = small_run("neo")
    title, *rows, scale = picture(run, assess(run))
    assert title == "after"
    assert [row.split("|")[0].strip() for row in rows] == ["low", "high", "wide"]
    assert rows[0].index("o") < rows[1].index("+") < rows[2].index("*")
    assert scale.strip()


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_pictures_of_outputs_that_are_not_finite_or_all_the_same(outputs):
    run = small_run("neo", outputs=outputs)
    for value in (np.nan, 1.0):
        y = np.full_like(run.after.activations, value)
        odd = replace(run, after=Outputs(y, y))
        assert picture(odd, assess(odd))
        assert printed(odd, assess(odd))


def test_the_square_is_drawn_where_there_are_two_outputs():
    run = small_run()
    narrow = Outputs(*(part[:, :1] for part in (run.before.net_inputs, run.before.activations)))
    lines = picture(replace(run, before=narrow), assess(run))
    assert "after" in "\n".join(lines)
    assert "before" not in "\n".join(lines)


@pytest.mark.parametrize("labelled", [True, False])
def test_a_strip_has_ten_lines_at_most(labelled):
    run = small_run("neo", n=36, labelled=labelled)
    lines = _strip(run, assess(run), np.full(36, "*"))
    assert 1 + len(assess(run).ranges) + 1 == len(lines)
    many = small_run("neo", n=36)
    many = replace(many, labels=np.arange(36) % 12, label_names=tuple("abcdefghijkl"))
    assert "2 more" in "\n".join(_strip(many, assess(many), np.full(36, "*")))


def test_numbers_stand_to_the_right_of_their_column():
    table = rich_table(Table(("group", "size", "score"), [("a", "1", "0.5")]))
    assert [column.justify for column in table.columns] == ["left", "right", "right"]
