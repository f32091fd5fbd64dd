"""`lstmtool reproduce blues` and `meta-learning`, with next to no training."""

import json
from dataclasses import replace

import pytest

from lstmtool.cli.reproduce import PAGED
from lstmtool.jobs.study_pages import STUDIES
from lstmtool.supervised import studies


@pytest.fixture
def short(monkeypatch):
    """Leave one system with one song or a few functions in each study, and one rival."""
    for name, quick in (
        ("blues", {"blues-chords": {"limit": 1, "played": 1}}),
        ("meta-learning", {"boolean-functions": {"limit": 2, "tests": 2}}),
    ):
        rival = studies._rival(next(iter(quick)), "a rival", {"x": 1.0})
        known = studies.STUDIES[name]
        made = replace(known, quick=quick, rivals=lambda seed, quick, rival=rival: [rival])
        monkeypatch.setitem(studies.STUDIES, name, made)


@pytest.mark.parametrize("name", ["blues", "meta-learning"])
def test_a_study_is_a_table_and_a_page(lstmtool, short, tmp_path, name):
    code, out, _ = lstmtool("reproduce", name, "--quick", "--seeds", 2)
    assert code == 0
    assert out.splitlines()[-2:] == [f"{name}.json", f"{name}.html"]
    assert "a rival" in out
    document = json.loads((tmp_path / f"{name}.json").read_text())
    assert (document["study"], document["quick"], document["seed"]) == (name, True, 1000)
    (trained,) = document["systems"]
    assert (trained["networks"], trained["solved"]) == (2, 0)
    assert [rival["name"] for rival in document["rivals"]] == ["a rival"]
    page = (tmp_path / f"{name}.html").read_text()
    assert "a rival" in page
    assert trained["name"] in page
    assert not list(tmp_path.glob("*.partial*"))
    assert lstmtool("reproduce", name, "--quick", "-o", f"{name}.json")[0] == 2
    code, out, _ = lstmtool("reproduce", name, "--quick", "--seeds", 2, "--json", "-o", "b.json")
    assert json.loads(out)["systems"] == document["systems"]
    assert (tmp_path / "b.html").read_text().replace("b.json", f"{name}.json") == page


def test_report_shows_a_study_again(lstmtool, short, tmp_path):
    code, printed, _ = lstmtool("reproduce", "blues", "--quick", "--seeds", 1)
    assert code == 0
    page = (tmp_path / "blues.html").read_text()
    (tmp_path / "blues.html").unlink()
    code, out, _ = lstmtool("report", "blues.json")
    assert code == 0
    assert out == "\n".join(line for line in printed.splitlines() if line != "blues.json") + "\n"
    assert (tmp_path / "blues.html").read_text() == page
    document = json.loads((tmp_path / "blues.json").read_text())
    code, out, _ = lstmtool("report", "blues.json", "--json")
    assert json.loads(out) == document
    code, _, err = lstmtool("report", "blues.json", "--baselines")
    assert (code, "runs without labels" in err) == (2, True)
    del document["systems"]
    (tmp_path / "blues.json").write_text(json.dumps(document))
    code, _, err = lstmtool("report", "blues.json")
    assert code != 0
    assert "not as lstmtool writes it" in err
    (tmp_path / "other.json").write_text('{"study": "else"}')
    assert "is JSON, not a run" in lstmtool("report", "other.json")[2]


def test_every_study_with_a_page_is_known():
    assert set(STUDIES) == set(PAGED)


def test_it_stands_alone(lstmtool):
    code, _, err = lstmtool("reproduce", "blues", "classic")
    assert code == 2
    assert "stands alone" in err
    code, _, err = lstmtool("reproduce", "meta-learning", "--systems", "reber-3x2-0.5")
    assert code == 2
    assert "There is no system 'reber-3x2-0.5' in meta-learning" in err
    code, _, err = lstmtool("reproduce", "blues", "-o", "a.json", "--html", "a.json")
    assert code == 2
    assert "must be different files" in err
