"""Sections of a page on music and on learning within a sequence."""

import io

import numpy as np
from rich.console import Console

from lstmtool.records.activations import LearningCurves
from lstmtool.records.score import Note, Score
from lstmtool.report.tasks import lessons, music, task_study

CURVES = LearningCurves(
    ("the network", "the mean"),
    np.array([[1.0, 0.5, 1e-7, np.nan], [1.0] * 4]),
    np.array([[1.0, 2.0], [0.2, 0.9]]),
    7,
)


def test_errors_are_tabulated_by_examples_seen():
    table = lessons.table(CURVES)
    assert table.headings == ("Examples seen", "0", "1", "2", "3")
    assert table.rows[0] == ("the network", "1.0000", "0.5000", "1e-07", "–")
    text = lessons.section(CURVES)
    assert text.count('<svg class="plot"') == 2
    assert "7 new functions" in text


def test_a_piano_roll_has_every_note_once_and_names_it():
    notes = tuple(Note(60 + k % 3, 4 * k, 4, k % 2) for k in range(48))
    score = Score(notes, 192, 8, ("C7",) * 12 + ("F7",) * 12, 24)
    text = music.section(score, {"cycles": 2.0, "in scale": 0.5})
    assert text.count('<rect class="block c0"') == text.count('<rect class="block c1"') == 24
    assert text.count("<title>C4</title>") == 16
    assert text.count("<svg") == 2
    assert text.count('class="heard"') == 1
    assert ">F7<" in text
    assert "Bars 4 to 15" in text


def test_the_table_of_a_study():
    screen = Console(file=io.StringIO(), width=120)
    right, cycles = list(task_study.STUDIES["blues"].columns)[:2]
    own = {"name": "a", "task": "t", "network": "2 x 2, lstm", "weights": 1000, "limit": 50}
    own |= {"solved": 1, "networks": 2, "needed": [30, 35.0, 40], "counted": "songs"}
    own |= {"note": "Noted.", "ours": "changed", "published": "any", "published weights": 1200}
    own |= {"source": "Them 2002", "figures": {right: [0.25, 0.5, 960.0], cycles: [3.0] * 3}}
    rival = {
        "name": "b",
        "task": "t",
        "network": "",
        "weights": None,
        "figures": {right: [1.0] * 3},
    }
    failed = own | {"name": "c", "needed": [], "note": "", "ours": "", "published": ""}
    failed["figures"] = {}
    document = {"study": "blues", "systems": [own, failed], "rivals": [rival]}
    task_study.show(document, screen)
    text = screen.file.getvalue()
    assert " 0.5 " in text
    assert "35 (30 to 40)" in text
    assert "> 50" in text
    assert "Needed songs" in text
    assert "Cycles" in text
    assert "New bars" not in text
    assert "Published (1,200 weights): any; Them 2002. Noted. Ours: changed." in text
    assert "c: 2 x 2, lstm." in text
