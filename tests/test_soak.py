"""A few of the trials of `tests/soak/`, and that each guard is needed: without it they fail."""

import ast
import subprocess
import sys

import h5py
import numpy as np
import pytest

from lstmtool.errors import DataError
from lstmtool.io import reading
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.sequences import read_sequences, write_sequences
from tests.builders import small_run, small_sequences
from tests.soak import (
    determinism,
    interruption,
    long_run,
    mutants,
    mutations,
    numerics,
    running,
    strings,
)


@pytest.mark.slow
def test_killed_commands_leave_whole_files():
    kills = interruption.trials(4)
    assert kills["train"] >= 2


def test_mutated_files_are_read_or_refused():
    counts = mutations.trials(240)
    assert {end for _, end in counts} == {"0", "3"}
    assert sum(counts.values()) >= 240


@pytest.mark.slow
def test_bombs_are_refused():
    assert set(mutations.bomb_trials(1 << 28).values()) == {"3"}


def test_without_a_limit_a_bomb_takes_the_memory(tmp_path, monkeypatch):
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape=(400, 1 << 17), dtype="f8", chunks=(1, 1 << 17))

    def told():
        return mutations.limited(lambda: mutations.read_one(mutations._foreign, path))

    assert told() == "3"
    monkeypatch.setattr(reading, "UNPACKED", 1 << 40)
    monkeypatch.setattr(reading, "LARGEST_RATIO", 1 << 40)
    assert "memory" in told().lower()


def damage(path, place=0.5):
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("place", np.linspace(0.001, 0.99, 25))
def test_every_damage_to_our_own_files_is_seen(tmp_path, place):
    write_run(tmp_path / "run.h5", small_run())
    damage(tmp_path / "run.h5", place)
    with pytest.raises(DataError, match=r"run\.h5"):
        read_run(tmp_path / "run.h5")


def test_without_the_checksum_damage_goes_unseen(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    write_sequences(path, small_sequences(200))
    content = path.read_bytes()
    place = content.index(small_sequences(200).values.tobytes()[:64])
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(DataError, match="is damaged"):
        read_sequences(path)
    monkeypatch.setattr(reading, "refuse_damaged", lambda path: True)
    assert (read_sequences(path).values != small_sequences(200).values).any()


def test_files_without_a_checksum_are_read(tmp_path):
    """Those that another tool has changed, and so every file that is not ours."""
    write_sequences(tmp_path / "a.h5", small_sequences())
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["sampling_rate"] = 5.0
    assert read_sequences(tmp_path / "a.h5").sampling_rate == 5.0


def test_files_are_opened_for_reading_only(tmp_path, monkeypatch):
    """Opened for writing, a file with external storage would write into others."""
    modes, plain = [], h5py.File

    def opening(path, mode="r", **options):
        modes.append(mode)
        return plain(path, mode, **options)

    write_sequences(tmp_path / "a.h5", small_sequences())
    monkeypatch.setattr(h5py, "File", opening)
    read_sequences(tmp_path / "a.h5")
    assert modes == ["r"]


def test_a_file_opened_for_writing_would_write_into_another(tmp_path):
    other = tmp_path / "other.bin"
    other.write_bytes(bytes(80))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        storage = [(str(other), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("values", shape=(10, 1), dtype="f8", external=storage)
    with pytest.raises(DataError):
        read_sequences(tmp_path / "a.h5")
    assert other.read_bytes() == bytes(80)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["values"][:] = 1.0
    assert other.read_bytes() != bytes(80)


def test_numbers_of_any_size_train_or_are_refused():
    counts = numerics.trials(60)
    assert set(counts) == {"finite", "3"}


@pytest.mark.parametrize(("n", "sigma"), [(6, 1.0), (40, 0.3), (30, 1e5)])
def test_parzen_sums_of_points_far_apart(n, sigma):
    assert numerics.parzen_error(n, sigma, 1e6) < 1e-10


def test_long_runs_stay_small():
    found = long_run.measure(25_000)
    assert found["MB more"] <= 5
    assert found["run.h5"] < 1


FAULTS = {
    "x = a < b": ["None", "(a <= b)"],
    "x += y * 2": ["x -= y * 2", "x = y * 2", "(y / 2)", "(3)", "(1)"],
    "if not a and b: f('key')": [
        "(not (not a and b))", "(not a or b)", "(a)", "pass", "'XXkey'",
    ],
    "while a:\n    break": ["(not (a))", "continue"],
    "def f(x: int = 1):\n    'Text.'\n    return x": ["(2)", "(0)", "None"],
    "raise ValueError('a message')": [],
    "x = 1  # pragma: no cover": [],
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS)
def test_faults_that_are_put_into_code(text):
    made = list(mutants.mutants_of("x.py", text))
    assert sorted(m.new for m in made) == sorted(FAULTS[text])
    for m in made:
        compile(text[: m.start] + m.new + text[m.end :], "x.py", "exec")


PROJECT = {
    "Makefile": "CORE_TESTS := tests/kernels\n",
    "lstmtool/kernels/sums.py": "def total(x):\n    return x + 1\n",
    "lstmtool/words.py": """
import os, subprocess, sys

LIMIT = 3

def inner(n):
    return n * 2

def unseen(n):
    return n + 2

def outer(n):
    return int(subprocess.check_output([sys.executable, "-c", CALL.format(n)]))

def wait(n):
    while n < LIMIT:
        n += 1

CALL = "from lstmtool.words import inner; print(inner({}))"
""",
    "tests/kernels/test_sums.py": """
from lstmtool.kernels.sums import total

def test_total():
    assert total(2) == 3
""",
    "tests/test_words.py": """
import pytest
from lstmtool.words import outer, unseen, wait

@pytest.fixture(scope="module")
def shared():
    return unseen(1)

def test_nothing(shared):
    assert shared

def test_value(shared):
    assert shared == 3

def test_outer():
    assert outer(2) == 4

def test_wait():
    wait(0)
""",
}
KILLERS = {  # a fault, and the test that finds it
    "`x + 1` -> `(x - 1)`": "tests/kernels/test_sums.py::test_total",
    "`n * 2` -> `(n / 2)`": "tests/test_words.py::test_outer",  # in a process of its own
    "`n + 2` -> `(n - 2)`": "tests/test_words.py::test_value",  # of what another test computed
    "`n += 1` -> `n -= 1`": "tests/test_words.py::test_wait",  # never ends
    "`3` -> `(4)`": None,
}


@pytest.mark.slow
def test_faults_are_found_by_the_tests_that_come_by_them(tmp_path):
    pytest.importorskip("coverage")
    for name, text in PROJECT.items():
        path = tmp_path / "project" / name
        for folder in (path.parent, path.parent.parent):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").touch()
        path.write_text(text)
    script = f"""
from pathlib import Path
from tests.soak import mutants
mutants.ROOT, mutants.MORE = Path({str(tmp_path / "project")!r}), 1
copy = mutants.Copy(Path({str(tmp_path)!r}) / "copy")
faults = {{str(m).split(": ", 1)[1]: m for m in mutants.all_mutants()}}
print({{fault: copy.killer(faults[fault]) for fault in {list(KILLERS)}}})
"""
    command = [sys.executable, "-c", script]
    found = ast.literal_eval(subprocess.check_output(command, cwd=running.ROOT, text=True))
    assert found == KILLERS


@pytest.mark.slow
def test_same_seed_same_bytes():
    (counts,) = determinism.trials(4, ("bingo",), fresh=0).values()
    assert (len(counts), counts.total()) == (1, 4)


@pytest.mark.slow
def test_without_seeds_every_run_is_another():
    """The digests see what differs."""
    unseeded = (
        "import numpy as np, lstmtool.training.restart as r; "
        "r.generators = lambda seed, number: [np.random.default_rng() for _ in range(4)]; "
    )
    (counts,) = determinism.trials(2, ("bingo",), fresh=0, before=unseeded).values()
    assert len(counts) == 2


@pytest.mark.slow
def test_names_and_paths_do_no_harm():
    assert strings.strings() == 40
    assert strings.paths() == 30
