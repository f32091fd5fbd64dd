import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.errors import DataError
from lstmtool.experiments.sweep import ranked, summarise
from lstmtool.io import sweeps
from lstmtool.io.pages import is_report_page
from lstmtool.io.sweeps import read_sweep, write_sweep
from lstmtool.report.sweep.page import answer, page
from tests.report.conftest import HOSTILE
from tests.report.test_page import Reader


def sweep(scores, seeds=3, labelled=True, name="rate"):
    """A sweep with a setting for every score, around which its runs lie."""
    settings = []
    for k, score in enumerate(scores):
        records = [
            {
                "seed": s,
                "score": None if score is None else score + 0.01 * s,
                "ari": 0.5 if labelled else None,
                "nmi": None,
                "objective": 1.0,
                "clusters": 4,
                "outputs": 2,
                "epochs": 7,
                "diverged": score is None,
                "collapsed": False,
            }
            for s in range(seeds)
        ]
        settings.append(
            {
                "options": {name: 0.1 * (k + 1)},
                "command": f"lstmtool train a.h5 --rate {k + 1}",
                "summary": summarise(records),
                "records": records,
            }
        )
    made = {"plan": {"seeds": list(range(seeds))}, "tried": [name], "settings": settings}
    return made | {"ranked": ranked([s["summary"] for s in settings])}


def test_a_sweep_is_read_as_it_was_written(tmp_path):
    made = sweep([1.0, None, 2.0])
    write_sweep(tmp_path / "s.h5", made)
    found = read_sweep(tmp_path / "s.h5")
    assert found["plan"] == made["plan"]
    assert found["tried"] == ["rate"]
    for mine, other in zip(found["settings"], made["settings"], strict=True):
        assert mine["summary"] == other["summary"]
        assert mine["command"] == other["command"]
        assert mine["options"] == {"rate": str(other["options"]["rate"])}
        kept = ("seed", *sweeps.OF_RUN)
        assert mine["records"] == [{n: r[n] for n in kept} for r in other["records"]]
    assert page(found | {"ranked": made["ranked"]}, "s.h5") == page(made, "s.h5")


def test_a_sweep_without_runs_is_refused(tmp_path):
    write_sweep(tmp_path / "s.h5", sweep([1.0]))
    with h5py.File(tmp_path / "s.h5", "a") as file:
        del file["seeds"]
        file["seeds"] = np.zeros(0, dtype=np.int64)
    with pytest.raises(DataError, match="no runs"):
        read_sweep(tmp_path / "s.h5")


def test_every_run_is_a_mark_and_the_best_setting_is_on_top():
    text = page(sweep([1.0, 2.0, None]), "s.h5")
    read = Reader(text)
    assert len(re.findall(r'class="plot"', text)) == 2  # score and ARI
    assert text.count('class="mark ') == 6 + 9
    names = re.findall(r">rate 0\.\d+</text>", text)
    assert names[:3] == [">rate 0.2</text>", ">rate 0.1</text>", ">rate 0.30000000000000004</text>"]
    assert "rate 0.2 – best" in " ".join(read.words)
    assert not {tag for tag, _ in read.tags} & {"script", "img", "link"}
    assert page(sweep([1.0], labelled=False), "s.h5").count('class="plot"') == 1


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([1.0, 2.0], "Of 2 settings, rate 0.2 has the highest median score: 2.01 bits."),
        ([1.995, 2.0], "The next, rate 0.1, may be as good"),
        ([1.0], "rate 0.1 has the highest median score: 1.01 bits."),
        ([None], "No run has a score."),
    ],
)
def test_the_first_sentence_says_what_is_best_and_how_clearly(scores, said):
    told = answer(sweep(scores))
    assert said in told
    assert ("as good" in said) == ("as good" in told)
    assert f"<p>{told}</p>" in page(sweep(scores), "s.h5")


def test_of_many_settings_the_best_are_drawn():
    text = page(sweep([0.01 * k for k in range(60)]), "s.h5")
    assert "The 40 best of 60 settings." in text
    assert text.count('class="mark ') == 2 * 40 * 3


def test_hostile_options_are_shown_and_not_obeyed():
    text = page(sweep([1.0, 2.0], name=HOSTILE[1]), HOSTILE[2])
    assert not {"script", "img"} & {tag for tag, _ in Reader(text).tags}
    assert "\x1b" not in text


def test_the_command_makes_the_page_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_sweep(Path("s.h5"), sweep([1.0, 2.0]))

    def report(*words):
        done = CliRunner().invoke(cli, ["report", "s.h5", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    done = report()
    assert done.stdout.splitlines()[-1] == "s.html"
    assert "2.010 (2.005 – 2.015)" in done.stdout
    assert is_report_page("s.html", "s.h5")
    told = json.loads(report("--json").stdout)
    assert told["ranked"] == [1, 0]
    assert report("--baselines").exit_code == 2
    assert report("--no-html").stdout.splitlines()[-1] != "s.html"
