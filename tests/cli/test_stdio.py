"""What is printed where a stream takes not all of it, or nothing; every command is a process."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lstmtool.cli.main import main
from lstmtool.cli.stdio import Outlet, escaped, tolerant
from lstmtool.io.pages import is_report_page
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import write_sequences
from tests.builders import small_sequences
from tests.clustering.test_assign import trained

ROOT = Path(__file__).parents[2]
NAMES = ("αβγ", "Kraków", "π – ½", "日本")
COMMANDS = (
    "report run.h5",
    "report run.h5 --json",
    "report run.h5 --baselines --data data.h5",
    "assign run.h5 data.h5",
    "assign run.h5 data.h5 --csv",
    "assign run.h5 data.h5 --json",
    "info data.h5",
    "info run.h5 --json",
    "convert data.h5 αβγ.csv",
    "train --help",
    "train --objective αβγ",
    "info αβγ.h5",
    "gen-data --per-group 2 -o ω.h5",
)


@pytest.fixture
def folder(tmp_path):
    """A run and its sequences, with names that few encodings have."""
    data = small_sequences()
    names = tuple(f"{NAMES[n % len(NAMES)]} {n}" for n in range(len(data)))
    data = replace(data, names=names, label_names=NAMES[: len(data.label_names)])
    write_sequences(tmp_path / "data.h5", data)
    run = replace(trained("bingo", data=data), source={"file": "data.h5"})
    write_run(tmp_path / "run.h5", run)
    return tmp_path


def command(folder, words, more=None, **streams):
    program = [sys.executable, "-m", "lstmtool.cli.main", *words.split()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | (more or {})
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.run(program, cwd=folder, env=environment, timeout=120, **piped)


def printed(monkeypatch, words, encoding):
    """Exit code, stdout and stderr of a command in this process, whose streams have an encoding."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n") for _ in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        with pytest.raises(SystemExit) as end:
            main(words.split())
    return end.value.code, *(s.buffer.getvalue().decode(encoding) for s in streams)


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("cp1252", marks=pytest.mark.slow),
        "latin-1",
        "ascii",
        pytest.param("utf-16", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_prints_in_every_encoding(folder, monkeypatch, words, encoding):
    monkeypatch.chdir(folder)
    wanted = printed(monkeypatch, words, "utf-8")
    for made in ("αβγ.csv", "run.html", "ω.h5"):
        (folder / made).unlink(missing_ok=True)
    code, out, err = printed(monkeypatch, words, encoding)
    assert (code, bool(out)) == (wanted[0], bool(wanted[1]))
    assert "bug" not in err.lower()
    if "--json" in words:
        assert json.loads(out) == json.loads(wanted[1])
    if words == "report run.h5":
        assert is_report_page("run.html", "run.h5")


@pytest.mark.slow
def test_a_locale_without_letters_beyond_ascii(folder):
    more = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = command(folder, "report run.h5", more)
    assert done.returncode == 0
    assert b"Balance (share above 1/2)" in done.stdout
    assert done.stdout.isascii()
    assert is_report_page(folder / "run.html", "run.h5")


def test_what_is_escaped_is_said_and_csv_has_nothing_in_its_stead(folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = "assign run.h5 data.h5 --csv"
    _, out, err = printed(monkeypatch, words, "ascii")
    assert r"\u03c0 \u2013 \xbd 2" in out  # not "- 1/2", which is another name
    assert "Stdout is ascii" in err
    assert "PYTHONIOENCODING=utf-8" in err
    assert "Stdout is" not in printed(monkeypatch, words, "utf-8")[2]


def test_our_own_signs_become_plain_ones():
    out = Outlet(io.TextIOWrapper(buffer := io.BytesIO(), encoding="ascii", newline="\n"))
    out.write("−1 – 2 … ×3 ½ │\n")
    assert not out.escaped
    out.write("α\udcff\n")
    assert out.escaped
    out.flush()
    assert buffer.getvalue() == b"-1 - 2 ... x3 1/2 |\n\\u03b1\\udcff\n"
    assert escaped("αé–", "latin-1") == "\\u03b1é\\u2013"


def test_a_full_stdout_is_said_and_the_files_are_there(folder):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with open("/dev/full", "wb") as full:
        done = command(folder, "report run.h5", stdout=full)
        assert command(folder, "info missing.h5", stderr=full).returncode == 4
    assert done.returncode == 4
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("data.h5: not the sequences")
    assert lines[1] == "Error: Cannot write to stdout."
    assert len(lines) == 4
    assert is_report_page(folder / "run.html", "run.h5")


@pytest.mark.slow
def test_a_reader_that_is_gone_ends_quietly_and_the_files_are_there(folder):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        done = command(folder, "report run.h5", stdout=pipe)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("data.h5: not the sequences")
    assert done.returncode == 141
    assert is_report_page(folder / "run.html", "run.h5")


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        ("convert data.h5 c.h5", ">&-"),
        ("convert data.h5 c.h5", "2>&-"),
        ("report run.h5 --export c.h5", "<&- >&- 2>&-"),
    ],
)
def test_closed_streams_are_no_error_and_no_file_gets_their_number(
    folder, monkeypatch, words, closed
):
    monkeypatch.chdir(folder)
    line = f'"{sys.executable}" -m lstmtool.cli.main {words} {closed}'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", line], cwd=folder, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "report" not in words or is_report_page("run.html", "run.h5")
    assert printed(monkeypatch, "info c.h5", "utf-8")[0] == 0


@pytest.mark.parametrize("columns", ["0", "1", "-3", "many"])
def test_a_screen_without_width_shows_the_report_all_the_same(folder, monkeypatch, columns):
    monkeypatch.chdir(folder)
    for name, value in {"COLUMNS": columns, "TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    code, out, _ = printed(monkeypatch, "report run.h5 --no-html", "utf-8")
    assert code == 0
    assert "BINGO: 12 sequences" in out
    assert "\x1b" not in out


def test_a_closed_stream_of_another_program_is_no_error(monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with tolerant() as out:
        print("nobody reads this")
        assert not out.isatty()
    assert sys.stdout is closed


def test_nothing_stands_before_the_streams_afterwards():
    before = sys.stdout, sys.stderr
    with tolerant() as out:
        assert sys.stdout is out
        with tolerant() as again:
            assert again is out
    assert (sys.stdout, sys.stderr) == before


def test_bytes_are_taken_as_text_but_not_asked_for():
    stream = io.StringIO()
    outlet = Outlet(stream)
    outlet.write("plain,γ".encode())
    assert stream.getvalue() == "plain,γ"
    with pytest.raises(TypeError):
        outlet.write(b"")
