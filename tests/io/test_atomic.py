import os
import subprocess
import sys
from pathlib import Path

import pytest

from lstmtool.errors import FileError
from lstmtool.io import atomic
from lstmtool.io.atomic import replace_file


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "a.h5"
    replace_file(path, b"old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "a.h5"
    replace_file(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, step, fail)
    with pytest.raises(FileError, match="No space left") as caught:
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    assert len(str(caught.value).splitlines()) == 3
    assert "Free some space" in caught.value.fix


def test_interruption_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a.h5", b"new")
    assert not list(tmp_path.iterdir())


LIMITED = """
import resource, sys
from lstmtool.errors import FileError
from lstmtool.io.atomic import replace_file
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
replace_file(sys.argv[1], b"x" * 1000)
try:
    replace_file(sys.argv[1], b"y" * 1001)
except FileError as error:
    print(error.exit_code, error, sep="\\n")
"""


def run(script, path):
    """Lines that a script of its own process prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(atomic.__file__).parents[2])},
    )
    return done.stdout.splitlines()


def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.h5"
    assert run(LIMITED, path)[:3] == ["4", f"Cannot write {path}.", "File too large"]
    assert path.read_bytes() == b"x" * 1000
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileError, match="Make the folder first"):
        replace_file(tmp_path / "none" / "a.h5", b"")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_replaces_nothing_but_files(tmp_path, make):
    make(tmp_path / "a.h5")
    with pytest.raises(FileError, match="is not a file"):
        replace_file(tmp_path / "a.h5", b"")


def test_follows_a_symbolic_link(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "a.h5"
    link.symlink_to("disk/a.h5")
    replace_file(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "disk" / "a.h5").read_bytes() == b"new"


def test_new_files_have_the_usual_permissions(tmp_path):
    replace_file(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


# No permission stops root, who therefore becomes nobody once all modules are loaded.
FORBIDDEN = """
import os, sys
from lstmtool.errors import FileError
from lstmtool.io.atomic import replace_file
if os.getuid() == 0:
    os.setuid(65534)
try:
    replace_file(sys.argv[1], b"")
except FileError as error:
    print(error.exit_code, error, sep="\\n")
"""


def test_read_only_folder_gives_a_file_error(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    code, what, why, fix = run(FORBIDDEN, folder / "a.h5")
    assert (code, what) == ("4", f"Cannot write {folder / 'a.h5'}.")
    assert (why, fix) == ("Permission denied", "Choose a writable folder.")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells open files on Linux")
def test_no_file_stays_open(tmp_path):
    replace_file(tmp_path / "a.h5", b"first")
    before = len(os.listdir("/proc/self/fd"))
    for n in range(3):
        replace_file(tmp_path / "a.h5", bytes(n))
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("size", [0, 5])
def test_room_is_looked_for_only_where_a_file_can_be(tmp_path, size):
    atomic.check_room(tmp_path / "a.h5", size)
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileError, match="is not a file"):
        atomic.check_room(tmp_path, size)
