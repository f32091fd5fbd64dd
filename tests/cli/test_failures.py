"""What the system refuses is said in three lines, and called no bug."""

import errno
import threading

import pytest

from lstmtool.cli.failures import told
from lstmtool.cli.main import cli, main
from lstmtool.errors import LockedError
from lstmtool.io.hdf5 import write_atomically
from lstmtool.io.locks import locked
from lstmtool.io.sequences import read_sequences, write_sequences
from tests.builders import small_sequences

FAST = ("--restarts", "1", "--epochs", "1", "--stages", "bingo")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), "shorter name"),
        (PermissionError(errno.EACCES, "Permission denied", b"a\xff"), "Choose a writable folder"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.ENOSPC, "No space left"), "Free some space"),
        (MemoryError("Unable to allocate 7 TiB"), "smaller network"),
    ],
)
def test_what_the_system_refuses_is_no_bug(error, said):
    lines, code = told(error)
    assert code == 4
    assert said in lines[2]
    assert all(len(line) < 150 for line in lines)


@pytest.mark.parametrize("words", [["info", "a\0.h5"], ["gen-data", "-o", "a\0.h5"]])
def test_a_null_byte_in_a_name_is_no_bug(lstmtool, words):
    code, _, err = lstmtool(*words)
    assert code == 2
    assert "null byte" in err
    assert "bug" not in err


def test_what_nobody_refused_is_a_bug():
    assert told(OSError("torn"))[1] == told(KeyError("x"))[1] == 1
    assert "A bug" in told(KeyError("x"))[0][0]


@pytest.mark.parametrize("words", ["train", "report", "info a.h5", "gen-data", "convert a b.csv"])
def test_a_folder_that_is_gone_is_said(capsys, monkeypatch, tmp_path, words):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit) as end:
        main(words.split())
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (4, "")
    assert "no longer exists" in err or "There is no file" in err
    assert len(err.splitlines()) <= 3


@pytest.mark.parametrize(
    "name", ["x" * 252 + ".h5", "α" * 126 + ".h5", "a\udcff.h5", "a\nb.h5", "..h5"]
)
def test_every_legal_name_works(lstmtool, tmp_path, name):
    write_sequences(tmp_path / "data.h5", small_sequences())
    assert lstmtool("train", "data.h5", *FAST, "-o", name)[0] == 0
    assert lstmtool("report", name, "--export", f"{name[:-5]}~.h5")[0] == 0
    assert lstmtool("info", name)[0] == 0
    assert sum(path.suffix == ".html" for path in tmp_path.iterdir()) == 1
    assert not list(tmp_path.glob(".lstmtool-*"))


@pytest.mark.parametrize("target", ["x" * 256, "loop", "file/x.h5", "/dev/null", "folder"])
def test_names_that_cannot_be_are_refused_in_three_lines(lstmtool, tmp_path, target):
    write_sequences(tmp_path / "data.h5", small_sequences())
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for words in (
        ("train", "data.h5", *FAST, "-o", target, "--force"),
        ("gen-data", "-o", target, "--force"),
        ("info", target),
        ("train", target),
        ("train", "--print-config", "--config", target),
        ("sweep", target, "--print-plan"),
        ("convert", target, "o.csv"),
        ("report", target),
        ("assign", "data.h5", "data.h5", "-o", f"{target}/x.csv"),
    ):
        code, _, err = lstmtool(*words)
        if code == 0:  # an empty file of settings is one
            assert (words[-1], words[0]) == ("/dev/null", "train")
            continue
        assert code in (2, 3, 4), err
        assert "A bug" not in err
        lines = err.splitlines()
        first = next(n for n, line in enumerate(lines) if line.startswith("Error: "))
        assert len(lines) - first <= 3


def test_commands_run_in_threads_beside_each_other(tmp_path):
    write_sequences(tmp_path / "data.h5", small_sequences())
    failed = []

    def train(name):
        words = ["train", str(tmp_path / "data.h5"), *FAST, "-o", str(tmp_path / name)]
        try:
            cli(words, standalone_mode=False)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=train, args=(f"{n}.h5",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    contents = {(tmp_path / f"{n}.h5").read_bytes() for n in range(3)}
    assert len(contents) == 1


def test_files_are_built_in_threads_beside_each_other(tmp_path):
    both = threading.Barrier(2, timeout=10)
    failed = []

    def write(name):
        try:
            write_atomically(tmp_path / name, lambda file: both.wait())
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_lock_is_kept_from_other_threads_that_would_be_alone(tmp_path):
    with locked(tmp_path / "a.h5", alone=True):
        with pytest.raises(LockedError), locked(tmp_path / "a.h5", alone=True):
            pass
        with locked(tmp_path / "a.h5"):  # what is under way may ask again
            write_sequences(tmp_path / "a.h5", small_sequences())
        assert list(tmp_path.glob(".lstmtool-*"))
    assert not list(tmp_path.glob(".lstmtool-*"))
    assert len(read_sequences(tmp_path / "a.h5")) == len(small_sequences())
