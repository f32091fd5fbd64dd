"""The table of published and measured figures: its file, `learn --list`, and the pages."""

import re
from pathlib import Path

import pytest

from docs_site.classic_results import needed, solved, with_results
from docs_site.measured import DOCS, pages, renewed
from lstmtool.cli.reproduce import CLASSIC, CONFIDENCE, PAGED, PHONEMES
from lstmtool.names import EXPERIMENTS
from lstmtool.records.measured import NOT_MEASURED, Measured, documents, measured, of_documents
from lstmtool.report.tasks.measured import HERE, NAME, PUBLISHED, lines, published
from lstmtool.supervised.systems import SYSTEMS

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")


def numbers(text):
    return set(NUMBER.findall(text))


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_the_pages_have_the_tables_of_the_file(path):
    assert path.read_text() == pages()[path], "run python -m docs_site.measured"


@pytest.mark.parametrize("system", measured(), ids=lambda system: system.name)
def test_an_entry_holds_what_its_page_and_its_system_say(system):
    assert set(system.of) <= set(documents())
    known = {*EXPERIMENTS, CLASSIC, CONFIDENCE, PHONEMES, *PAGED, ""}
    assert system.by in known
    page = (DOCS / system.page).read_text()
    assert numbers(system.short) <= numbers(page)
    if system.weights:
        assert int(system.weights.replace(",", "")) == SYSTEMS[system.name].n_weights
    if system.name in SYSTEMS and system.by == CLASSIC and not system.quoted:
        assert numbers(system.published) <= numbers(SYSTEMS[system.name].figure)


def test_the_table_fits_a_terminal_and_says_what_is_missing():
    for width, most in ((79, 79), (120, 120)):
        shown = lines(width)
        assert max(map(len, shown)) <= most
        for system in of_documents():
            (line,) = [line for line in shown if line.startswith(f"{system.name:<{NAME}} ")]
            assert system.here in line
            assert published(system) in line
    for system in of_documents():
        assert len(system.name) <= NAME
        assert len(published(system)) <= PUBLISHED
        assert len(system.here) <= HERE
    assert sum(NOT_MEASURED in line for line in lines(80)) == sum(
        system.here == NOT_MEASURED for system in of_documents()
    )


def test_the_figure_here_follows_from_what_was_solved():
    entry = Measured(
        "a", "b", "", "c", solved="7 of 10 within 5,000; of the 7, 2 wrong", needed="9"
    )
    assert entry.here == "7 of 10 after 9"
    assert Measured("a", "b", "", "c", solved="0 of 3 within 5,000").here == "0 of 3 in 5,000"
    assert Measured("a", "b", "", "c", short="x", solved="1 of 2").here == "x"
    assert Measured("a", "b", "", "c").here == NOT_MEASURED


def test_marks_and_parts_must_match():
    page = "a\n<!-- measured -->\nold\n<!-- /measured -->\nb"
    assert renewed(page, "new") == "a\n<!-- measured -->\nnew\n<!-- /measured -->\nb"
    with pytest.raises(ValueError, match="1 marks for 2"):
        renewed(page, "new", "newer")


def test_the_readme_leads_to_the_table():
    assert "(docs/PUBLISHED.md)" in (Path(__file__).parents[2] / "README.md").read_text()


def test_results_of_a_run_go_into_the_table():
    table = (
        '[[group]]\npage = "C.md"\n\n[[group.system]]\nname = "gts"\nof = ["tutorial"]\n'
        'here = "old"\nsolved = "old"\nneeded = "old"\nweights = "17"\n\n'
        '[[group.system]]\nname = "gts-ours"\nsolved = "other"\n'
    )
    row = {"name": "gts", "trials": 10, "solved": 0, "needed": [], "counted": "streams"}
    made = with_results(table, [row | {"figures": {"longest test stream": [9.0] * 4}}])
    assert made == table.replace('here = "old"\nsolved = "old"\nneeded = "old"\n', "").replace(
        'weights = "17"\n', 'weights = "17"\nsolved = "0 of 10 within 10,000,000"\n'
    )
    with pytest.raises(ValueError, match="no system other"):
        with_results(table, [row | {"name": "other"}])


def test_what_the_table_says_of_results():
    row = {"name": "adding-100", "trials": 4, "solved": 4, "needed": [3_000, 1_000, 2_500, 2_000]}
    wrong = [2.0, 0.0, 7.0, 2.5]
    found = row | {
        "counted": "sequences",
        "figures": {"wrong of 2560": wrong, "test error": [1.0] * 4},
    }
    assert solved(found) == "4 of 4; 0 to 7 of 2560 wrong, 2.5 on average"
    assert needed(found) == "2,250"
    assert solved(found | {"figures": {"wrong of 2560": [0.0] * 4}}) == "4 of 4; none of 2560 wrong"
    assert solved(found | {"solved": 1}).startswith("1 of 4 within 1,000,000; 0 to 7")
    languages = {"right to n": [1.0, 12.0, 63.0, 2.0], "right to n, best": [1000.0] * 4}
    assert solved(found | {"figures": languages}) == (
        "4 of 4; right to n = 12 to 63 at once; "
        "right to n = 1,000 in the best state of longer training"
    )
    assert needed(found | {"counted": "guesses"}) == "2,250 (2,125 on average)"
