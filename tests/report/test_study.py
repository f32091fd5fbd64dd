import io

import numpy as np
import pytest
from rich.console import Console

from lstmtool.clustering.assess import assess
from lstmtool.experiments.success_rates import pooled_calibration, summarise
from lstmtool.report.study import tables as study_tables
from lstmtool.report.study.figures import scatter
from lstmtool.report.study.page import Typical, page
from lstmtool.report.study.terminal import show
from tests.builders import small_run
from tests.report.test_page import Reader
from tests.studies import record

KINDS = (("bingo-artificial", None), ("neo-clarinet", "shipped"))


def part(name, sounds, n=5, **changes):
    key = f"{name}-{sounds}" if sounds else name
    extra = {"true_features_ari": None} if sounds else {}
    records = [record(1000 + k, experiment=key, **extra | changes) for k in range(n)]
    return {
        "experiment": key,
        "name": name,
        "sounds": sounds,
        "settings": {},
        "records": records,
        "summary": summarise(records),
    }


def study(n=5, **changes):
    return {
        "plan": {"version": "1.0", "seed": 1000, "seeds": n, "sounds": ["shipped"]},
        "experiments": (parts := [part(*kind, n, **changes) for kind in KINDS]),
        "calibration": pooled_calibration(parts),
    }


def test_scores_are_told_with_how_often_they_were_right():
    both = study(n=3)
    kinds = (("bingo-artificial", None), ("bingo-clarinet", "shipped"))
    parts = [part(*kinds[0], 3), part(*kinds[1], 2, clusters=3)]
    same = both | {"experiments": parts, "calibration": pooled_calibration(parts)}
    table = study_tables.calibration_table(both)
    assert table.headings[1:3] == ("99.5\u00a0% and more", "from 97.5\u00a0%")
    assert table.rows == [
        ("BINGO, artificial data", "–", "–", "3 of 3", "–", "0"),
        ("NEO, real clarinet sounds", "–", "–", "3 of 3", "–", "0"),
    ]
    assert study_tables.calibration_table(same).rows == [
        ("BINGO, artificial data", "–", "–", "3 of 3", "–", "0"),
        ("BINGO, real clarinet sounds", "–", "–", "–", "–", "2"),
        ("BINGO, all of these", "–", "–", "3 of 3", "–", "2"),
    ]


def typical():
    found = {}
    for one in study()["experiments"]:
        run, literal = small_run(one["name"].split("-")[0]), small_run(seed=1)
        found[one["experiment"]] = Typical(run, assess(run), literal, assess(literal))
    return found


@pytest.fixture(scope="module")
def text():
    return page(study(), typical(), "<b>study.h5", "lstmtool reproduce <script>")


def test_the_page_is_well_formed_and_fetches_nothing(text):
    read = Reader(text)
    assert "http" not in text.replace("http-equiv", "")
    assert not {tag for tag, _ in read.tags} & {"script", "link", "iframe", "object", "base", "b1"}
    assert all(i["src"].startswith("data:image/svg+xml;base64,") for i in read.all("img"))
    assert all(i["alt"] for i in read.all("img"))
    assert len(read.all("img")) == 2
    assert text.count('class="plot"') == 2 * (2 + 2) + 2
    assert "url(" not in text
    assert "<b>study.h5" not in text


def test_the_page_says_what_matters(text):
    words = " ".join(" ".join(Reader(text).words).split())
    for said in (
        "From the paper: the data",
        "Added by lstmtool: the conditioning",
        "the consistency stages",
        "Labels are used only for scoring",
        "is not available to a user",
        "Success means an adjusted Rand index (ARI) of 1 on a data set",
        "seed 1002, the median, not the best",
        "As figure 2 of the paper",
        "As figure 5 of the paper",
        "The literal form on the same data set",
        "BINGO, artificial data",
        "NEO, real clarinet sounds",
        "5 data sets of each kind (seeds 1000 to 1004)",
    ):
        assert said in words


def test_the_page_of_many_restarts_is_small():
    many = {"aris": [0.5] * 20, "scores": np.linspace(0, 2, 20).tolist()}
    filled = {k: [1.0] * 20 for k in ("objectives", "epochs", "control_aris", "control_scores")}
    assert len(page(study(40, **many, **filled), typical(), "s.h5", "x")) < 700_000


def test_rows_of_an_experiment():
    rows = {row[0]: row[1:] for row in study_tables.methods_table(study()["experiments"][0]).rows}
    assert rows["Label-free choice"] == ("5 of 5", "100\xa0%", "57–100\xa0%", "1.00")
    assert rows["Default recipe, single runs"][:2] == ("5 of 10", "50\xa0%")
    assert "– on data sets without a stray" not in rows


def test_data_sets_with_strays_are_told_apart():
    one = part("bingo-artificial", None, splittable=False, true_features_ari=0.8)
    rows = {row[0]: row[1:] for row in study_tables.methods_table(one).rows}
    assert rows["– on data sets without a stray"] == ("0 of 0", "–", "–", "–")
    said = " ".join(study_tables.sentences(one))
    assert "5 of 5 data sets have a stray sequence" in said
    assert "fails on 5 of 5" in said


def test_nothing_is_said_of_true_features_of_sounds():
    assert "true features" not in " ".join(study_tables.sentences(study()["experiments"][1]))


def test_neo_is_shown_beside_the_papers_ranges():
    run = small_run("neo")
    same = study_tables.typical_table(part("neo-artificial", None), run, assess(run))
    assert "The paper's run" not in same.headings  # three groups, not the paper's four
    one = {"name": "neo-artificial"}
    ranges = assess(run).ranges
    four = study_tables.typical_table(
        one, run, type("Some", (), {"ranges": (*ranges, ranges[0])})()
    )
    assert four.headings[-1] == "The paper's run"
    assert four.rows[0][-1] == "12.93 – 13.68"


def test_the_scatter_shows_every_restart():
    axes = scatter(study()["experiments"][0]).axes[0]
    points, chosen = axes.lines
    assert len(points.get_xdata()) == 10
    np.testing.assert_array_equal(chosen.get_ydata(), [1.0] * 5)


def test_no_scatter_without_scores():
    assert scatter(part("bingo-artificial", None, scores=[None, None])) is None


def test_the_terminal_is_80_columns_wide():
    console = Console(width=80, record=True, file=io.StringIO())
    show(study(), console)
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "BINGO, artificial data"
    assert any("Best by labels (no user can have it)" in line for line in lines)


def test_nothing_is_said_of_times_that_are_not_known():
    records = [record(1000), record(1001)]
    told = study_tables.sentences({"summary": summarise(records)})
    assert any("took 2.0 seconds" in line for line in told)
    for one in records:
        del one["seconds"]
    told = study_tables.sentences({"summary": summarise(records)})
    assert not any("seconds" in line for line in told)
