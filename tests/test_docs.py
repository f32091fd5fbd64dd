"""What README and pages tell a newcomer to type works, in that order.

Each page has a folder of its own. Every command is run in this process to its end, those of the
README with a few epochs before.
"""

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lstmtool.cli.main import main
from lstmtool.jobs import interruption
from lstmtool.training import stage
from tests import draw_rooms
from tests.recipes import make_files

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RECIPES = ROOT / "docs" / "RECIPES.md"
CLASSIC = ROOT / "docs" / "CLASSIC.md"
PHONEMES = ROOT / "docs" / "PHONEMES.md"
EXPERIMENTS = ROOT / "docs" / "EXPERIMENTS.md"


def console_lines(page):
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.strip().splitlines()]


HOW_TO = ROOT / "docs" / "how-to"
EXPLANATION = ROOT / "docs" / "explanation"
PAGES = {
    README: {"artificial.h5", "run.h5", "run.html", "machines-run.h5"},
    CLASSIC: {"adding.h5", "trained-order-2.html", "error-flow.html", "blues.wav", "noisy.h5"},
    PHONEMES: {"phonemes.h5", "trained-phonemes.html"},
    RECIPES: {"machines-run.html", "days-run.h5", "signals.json"},
    HOW_TO / "examples.md": {"machines-run.h5", "clarinet-run.h5", "two-run.h5"},
    HOW_TO / "how-many.md": {"grown.h5", "agreed.html"},
    HOW_TO / "how-sure.md": {"run.html"},
    HOW_TO / "networks.md": {"deep.h5", "warp.h5"},
    HOW_TO / "new-sequences.md": {"new-clusters.csv", "machines-run.h5"},
    HOW_TO / "recordings.md": {"pieces-run.h5", "pieces.csv"},
    HOW_TO / "reproducible.md": {"one.h5"},
    HOW_TO / "sizes.md": {"single.h5", "segments.h5"},
    HOW_TO / "sweeps.md": {"sweep.h5", "rates.csv", "ranges.json"},
    EXPLANATION / "copies.md": {"literal.h5"},
    EXPLANATION / "memory-block.md": set(),
}
"""Files that are there when all commands of a page have run."""
TASKS = sorted((ROOT / "docs" / "tasks").glob("*.md"))
SHORTER = {"learn": ("--limit", "100"), "reproduce": ("--seeds", "1"), "report": ()}
"""What is added to the commands of these pages, which otherwise train to the end."""
WITH_FILES = (RECIPES, HOW_TO / "new-sequences.md", HOW_TO / "recordings.md")
MACHINES = HOW_TO / "machines.md"
EPOCHS = 3  # of every stage


def commands(page, folder):
    """The words of every command, in a folder with all that they read."""
    if page in WITH_FILES:
        pytest.importorskip("soundfile")
        make_files(folder)
    for name, text in re.findall(r"```toml (\S+)\n(.*?)```", page.read_text(), re.DOTALL):
        (folder / name).write_text(text)
    for line in console_lines(page):
        program, *words = shlex.split(line)
        assert program == "lstmtool"
        yield words


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_readme_has_the_bare_commands_in_order():
    lines = console_lines(README)
    assert lines[:3] == ["lstmtool gen-data", "lstmtool train --objective bingo", "lstmtool report"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "whole"),
    [(README, False), *((page, True) for page in PAGES)],
    ids=lambda value: ("few", "whole")[value] if isinstance(value, bool) else value.stem,
)
def test_every_command_works_in_this_order(page, whole, tmp_path, monkeypatch, capsys):
    def few(state, plan, next_chunk=stage._next_chunk):
        return max(0, min(next_chunk(state, plan), EPOCHS - state.epochs))

    monkeypatch.chdir(tmp_path)
    if not whole:
        monkeypatch.setattr(stage, "_next_chunk", few)
    monkeypatch.setattr(interruption, "PATIENCE", 600.0)  # compiling may take long
    monkeypatch.setattr(interruption, "LONGEST", 601.0)
    for words in commands(page, tmp_path):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 0, f"{shlex.join(words)}\n{capsys.readouterr().err}"
    assert PAGES[page] <= names(tmp_path)


@pytest.mark.parametrize("page", TASKS, ids=lambda page: page.stem)
def test_the_commands_of_a_task_work(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in commands(page, tmp_path):
        with pytest.raises(SystemExit) as end:
            main([*words, *SHORTER[words[0]]])
        assert end.value.code == 0, f"{shlex.join(words)}\n{capsys.readouterr().err}"


@pytest.mark.slow
def test_the_commands_of_a_cluster_give_the_same_file(tmp_path):
    """Each runs as the page says, at another port."""
    (block,) = re.findall(r"```sh\n(.*?)```", MACHINES.read_text(), re.DOTALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    *services, train = [shlex.split(line) for line in block.replace("8786", port).splitlines()]
    lstmtool = [sys.executable, "-m", "lstmtool.cli.main"]
    made = "gen-data artificial --per-group 4 --length 20:30 -o two.h5"
    subprocess.run([*lstmtool, *made.split()], cwd=tmp_path, check=True, capture_output=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [
        subprocess.Popen([sys.executable, "-m", *words, "--no-dashboard"], cwd=tmp_path, **quiet)
        for words in services
    ]
    try:
        subprocess.run([*lstmtool, *train[1:]], cwd=tmp_path, check=True, capture_output=True)
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(60)
    here = [word for word in train[1:-2] if not word.startswith(("--cluster", "tcp:"))]
    subprocess.run([*lstmtool, *here, "-o", "here.h5"], cwd=tmp_path, check=True)
    assert (tmp_path / "here.h5").read_bytes() == (tmp_path / "there.h5").read_bytes()


def test_the_excerpts_in_the_recipes_are_from_those_files(tmp_path):
    pytest.importorskip("soundfile")
    make_files(tmp_path)
    excerpts = re.findall(r"```\w+ (\S+)\n(.*?)```", RECIPES.read_text(), re.DOTALL)
    assert len(excerpts) == 3
    for name, excerpt in excerpts:
        assert (tmp_path / name).read_text().startswith(excerpt.removesuffix("...\n"))


@pytest.mark.parametrize(
    "page", ["RECIPES", "CLASSIC", "EXPERIMENTS", "FILES", "PHONEMES", "SCALING"]
)
def test_the_readme_leads_to_the_other_pages(page):
    assert f"(docs/{page}.md)" in README.read_text()


@pytest.mark.parametrize(
    ("page", "files"),
    [(README, {"outputs.png"}), (HOW_TO / "python.md", {"run.h5", "states.png"})],
    ids=["README", "python"],
)
def test_the_python_of_a_page_runs(page, files, tmp_path, monkeypatch):
    """One block after the other: later ones use the names of earlier ones."""
    pytest.importorskip("xarray")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    assert blocks
    known: dict = {}
    for block in blocks:
        exec(compile(block, page.name, "exec"), known)
    assert names(tmp_path) == files


def test_pages_with_commands_are_run():
    told = {page for page in (ROOT / "docs").rglob("*.md") if console_lines(page)}
    tutorials = set((ROOT / "docs" / "tutorials").glob("*.md"))  # see test_site.py
    assert told - tutorials - {ROOT / "docs" / "index.md", EXPERIMENTS} == {*PAGES, *TASKS} - {
        README
    }
    assert console_lines(ROOT / "docs" / "index.md") == console_lines(README)[:3]


def test_the_picture_of_the_rooms_is_that_of_the_imports():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert draw_rooms.with_picture(page) == page, "python -m tests.draw_rooms --write"


def test_what_the_page_of_the_rooms_names_is_there():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    paths = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", page))
    assert len(paths) > 20
    folders = (ROOT, ROOT / "lstmtool", ROOT / "lstmtool" / "supervised")
    assert not [path for path in paths if not any((folder / path).exists() for folder in folders)]
