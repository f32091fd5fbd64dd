import re
import shlex
import tomllib
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from lstmtool.clustering.assess import assess
from lstmtool.config import TrainSettings
from lstmtool.records.run import Outputs
from lstmtool.report.run import origin
from lstmtool.report.run.page import page
from tests.builders import small_run
from tests.report.conftest import HOSTILE

MEGABYTE = 1_000_000
VOID = {"meta", "img", "br", "hr", "link"}


class Reader(HTMLParser):
    """Tags with their attributes, text, and whether every element is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def made(run, file="run.h5"):
    return page(run, assess(run), file)


def test_the_page_is_well_formed_and_says_who_made_it(text):
    read = Reader(text)
    assert read.all("html") == [{"lang": "en"}]
    assert text[: text.index("</head>")].count("<title>") == len(read.all("h1")) == 1
    assert any(m.get("name") == "generator" for m in read.all("meta"))
    plots = [svg for svg in read.all("svg") if svg["class"] == "plot"]
    assert len(plots) >= 4
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in plots)
    assert all(cell.get("scope") for cell in read.all("th"))


def test_nothing_is_fetched(text):
    read = Reader(text)
    assert "http" not in text.replace("http-equiv", "")
    assert not {tag for tag, _ in read.tags} & {"script", "link", "iframe", "object", "base", "img"}
    assert {use["href"][:2] for use in read.all("use")} == {"#m"}
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_shows_what_was_asked_for(case, text):
    words = " ".join(Reader(text).words)
    for title in ("Network output", "Scores", "Untrained control", "Learning curves", "Restarts"):
        assert title in words
    for title in ("Repeat this run", "Configuration", "What is the paper's, and what is ours"):
        assert title in words
    for warning in case[1].warnings:
        assert warning in words
    assert "2 – chosen" in words


def test_names_are_shown_and_not_obeyed(hostile):
    text = page(*hostile, '"><script>.h5')
    read = Reader(text)
    assert not {"script", "link"} & {tag for tag, _ in read.tags}
    assert "<script" not in text
    assert not read.all("img")
    assert HOSTILE[0] in " ".join(read.words)
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(("objective", "outputs"), [("neo", 1), ("bingo", 5)])
def test_many_sequences_fit_into_two_megabytes(objective, outputs):
    run = small_run(objective, outputs=outputs, n=5000)
    run = replace(run, names=tuple(f"sequence with a rather long name {n}" for n in range(5000)))
    history = {
        name: np.interp(np.linspace(0, 5, 20_000), np.arange(6), np.asarray(column, float))
        for name, column in run.history.items()
    }
    text = made(replace(run, history=history))
    assert len(text.encode()) < 2 * MEGABYTE


def test_many_groups_and_restarts_fit_into_two_megabytes():
    run = small_run("bingo", n=5000)
    rng = np.random.default_rng(0)
    restarts = {name: np.resize(column, 1000) for name, column in run.restarts.items()}
    labels = rng.integers(0, 2000, 5000)
    names = tuple(f"group {g}" for g in range(2000))
    crowded = replace(run, labels=labels, label_names=names, restarts=restarts)
    assert len(made(crowded).encode()) < 2 * MEGABYTE


@pytest.mark.parametrize("kind", ["bingo-2", "neo-1"], indirect=True)
def test_the_same_run_makes_the_same_page(case, text):
    assert made(case[0]) == text


def test_one_restart_no_labels_no_names():
    run = small_run("neo", labelled=False)
    one = {name: column[1:2] for name, column in run.restarts.items()}
    text = made(replace(run, restarts=one, chosen=0, names=(), source={}))
    assert "Outputs of every cluster" in text


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_outputs_that_are_not_finite_make_a_page(objective):
    run = small_run(objective)
    y = np.full_like(run.after.activations, np.nan)
    assert "not finite" in made(replace(run, after=Outputs(y, y)))


def test_the_settings_file_gives_the_same_settings():
    for objective in ("bingo", "neo", "consistency"):
        run = small_run(objective)
        read = TrainSettings(**tomllib.loads(origin.settings_file(run)))
        assert read == run.settings


ARTIFICIAL = {
    "generator": "artificial",
    "groups": [[0.4, 0.3], [0.2, 0.2]],
    "per_group": 5,
    "length": [80, 120],
    "seed": 3,
    "file": "my data.h5",
}


def test_commands_repeat_the_run():
    run = replace(small_run(), source=ARTIFICIAL)
    lines = origin.commands(run, "run.h5").splitlines()
    assert shlex.split(lines[0]) == [
        *("lstmtool", "gen-data", "artificial", "--groups", "0.4:0.3,0.2:0.2"),
        *("--per-group", "5", "--length", "80:120", "--seed", "3", "-o", "my data.h5"),
    ]
    assert lines[1] == "lstmtool train 'my data.h5' --config settings.toml -o run.h5"
    assert lines[2] == "lstmtool report run.h5"


def test_clarinet_commands():
    about = {"generator": "clarinet", "source": "synthetic", "phase": "trigger", "scale": "sd"}
    source = ARTIFICIAL | about | {"length": 100}
    first = origin.commands(replace(small_run(), source=source), "run.h5").splitlines()[0]
    assert first.startswith("lstmtool gen-data clarinet --synthetic --phase trigger --scale sd")
    recorded = replace(small_run(), source=source | {"source": "recorded", "sha256": "ab12"})
    assert origin.commands(recorded, "run.h5").startswith("# data with SHA-256 ab12\n")


def test_commands_quote_what_the_file_says():
    run = replace(small_run(), source=ARTIFICIAL | {"file": "a; rm -rf ~\n$(b)", "seed": "`c`"})
    lines = origin.commands(run, "-x'.h5").splitlines()
    assert "a; rm -rf ~ $(b)" in shlex.split(lines[0])
    assert "`c`" in shlex.split(lines[0])
    assert len(lines) == 3


def test_what_is_ours_follows_the_settings():
    run = small_run("neo")
    assert any("affine-invariant" in text for text in origin.of_our_own(run))
    stage = run.settings.stages[-1].model_copy(update={"form": "literal"})
    literal = replace(run, settings=run.settings.model_copy(update={"stages": (stage,)}))
    assert not any("affine-invariant" in text for text in origin.of_our_own(literal))
    assert any("equation 6" in text for text in origin.of_the_paper(literal))
    assert re.search(r"3 restarts", " ".join(origin.of_our_own(run)))
