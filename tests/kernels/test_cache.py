"""Compiled kernels on the disk: whatever happens there, what is computed is the same."""

import logging
import os
import pickle
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numba
import pytest

from lstmtool.kernels import _folder
from lstmtool.kernels._jit import kernel
from tests.soak.disk import NOBODY, can_mount, disk, fill

compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="not compiled")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can do it")
mounts = pytest.mark.skipif(not can_mount(), reason="only root can mount a disk")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for kernels, of whose troubles nothing was said."""
    monkeypatch.setattr(_folder, "FOLDER", tmp_path / "lstmtool" / "0123456789ab")
    monkeypatch.setattr(_folder, "said", set())
    return _folder.FOLDER


@pytest.fixture
def told(caplog):
    """What was logged so far, which is then forgotten."""
    caplog.set_level(logging.INFO, "lstmtool")

    def messages():
        found = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return found

    return messages


ONCE = "Compiling what doubles: about 7 s, once."
ON_EVERY_CALL = "Compiling what doubles: about 7 s, in every process, since it cannot be cached."


def twice(x):
    return 2 * x


def fresh():
    """A kernel as another process has it, which compiled nothing yet."""
    return kernel(twice, costs=("what doubles", 7))


def hits(function, argument=21):
    """How often something was loaded from the disk by a call."""
    assert function(argument) == 2 * argument
    return sum(function.stats.cache_hits.values())


def files(folder, ending):
    return sorted(folder.rglob(f"*.{ending}"))


@compiled
def test_compiling_is_said_and_loading_is_not(folder, told):
    assert not hits(fresh())
    assert told() == [ONCE]
    again = fresh()
    assert hits(again) == 1
    assert not told()
    assert hits(again, 1.5) == 1  # of other types
    assert told() == [ONCE]
    assert hits(fresh(), 1.5) == 1
    assert len(files(folder, "nbi")) == 1
    assert len(files(folder, "nbc")) == 2


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


def another(content):
    """Whole, and no index and no kernel."""
    made = pickle.dumps(numba.__version__) + pickle.dumps(["something else"])
    return made + sha256(made).digest()


def unsigned(content):
    """As Numba writes it."""
    return content[:-32]


@compiled
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damaged",
    [truncated, flipped, another, unsigned, lambda content: b"", lambda content: b"x" * 5000],
    ids=["truncated", "flipped", "another", "unsigned", "empty", "garbage"],
)
def test_a_damaged_file_is_named_and_made_anew(folder, told, ending, damaged):
    hits(fresh())
    hits(fresh(), 1.5)
    told()
    path = files(folder, ending)[0]
    path.write_bytes(damaged(path.read_bytes()))
    counts = [hits(fresh()), hits(fresh(), 1.5)]
    assert 0 in counts
    hits(fresh())  # was named by the index, which may be what had to go
    text = " ".join(told())
    assert "is compiled again" in text
    assert str(folder) in text
    assert text.count("was damaged") == 1
    assert [hits(fresh()), hits(fresh(), 1.5)] == [1, 1]
    assert not told()


@compiled
def test_a_damaged_file_is_not_unpickled(folder):
    hits(fresh())
    (path,) = files(folder, "nbi")
    path.write_bytes(b"cos\nsystem\n(S'touch " + str(folder / "run").encode() + b"'\ntR.")
    hits(fresh())
    assert not (folder / "run").exists()


@compiled
def test_files_that_vanish_are_made_anew(folder, told):
    hits(fresh())
    told()
    files(folder, "nbc")[0].unlink()
    assert not hits(fresh())
    assert hits(fresh()) == 1
    for path in [*files(folder, "nb?"), *sorted(folder.rglob("*/"), reverse=True)]:
        path.unlink() if path.is_file() else path.rmdir()
    folder.rmdir()
    assert not hits(fresh())
    assert hits(fresh()) == 1
    assert told() == [ONCE] * 2


@compiled
def test_a_folder_that_vanishes_while_something_is_compiled(folder, told, monkeypatch):
    monkeypatch.setattr(_folder, "make_folder", lambda inner: None)
    assert not hits(fresh())
    assert "No such file or directory" in told()[1]


@compiled
def test_a_file_where_the_folder_should_be(folder, told):
    folder.parent.write_text("a file")
    for _ in range(2):
        assert not hits(fresh())
    warned, *compiling = told()
    assert str(folder) in warned
    assert "NUMBA_CACHE_DIR" in warned
    assert (
        compiling
        == ["Compiling what doubles: about 7 s, in every process, since it cannot be cached."] * 2
    )
    assert folder.parent.read_text() == "a file"


@compiled
def test_two_kernels_are_never_given_one_name(folder):
    """Two processes that fill an empty folder both see no index before they write."""
    first, second = fresh(), fresh()
    hits(first)
    (index,) = files(folder, "nbi")
    index.unlink()
    hits(second, 1.5)
    assert len(files(folder, "nbc")) == 2
    index.unlink()
    hits(fresh())
    assert len(files(folder, "nbc")) == 2


@compiled
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o757])
def test_kernels_are_not_loaded_where_everybody_may_write(folder, told, mode):
    hits(fresh())
    told()
    inner = files(folder, "nbi")[0].parent
    for open_folder in (inner, folder, folder.parent):
        open_folder.chmod(mode)
        assert not hits(fresh())
        assert f"anybody may write to {open_folder}" in told()[0]
        _folder.said.clear()
        open_folder.chmod(0o755)
        assert hits(fresh()) == 1


@compiled
@as_root
def test_kernels_are_not_loaded_from_another_users_folder(folder, told):
    hits(fresh())
    told()
    os.chown(folder, 12345, -1)
    assert not hits(fresh())
    assert f"{folder} belongs to another user" in told()[0]


@compiled
def test_folders_are_never_made_for_everybody(folder):
    before = os.umask(0)
    try:
        hits(fresh())
    finally:
        os.umask(before)
    assert hits(fresh()) == 1


def cannot_be_kept(told, why):
    """Whether just that was said, once and with what to do, before what is compiled."""
    warned, *compiling = told
    assert warned.startswith(f"Compiled kernels cannot be cached in {_folder.FOLDER}: {why}. ")
    assert warned.endswith("Set NUMBA_CACHE_DIR to a folder that you can write to.")
    return compiling == [
        "Compiling what doubles: about 7 s, in every process, since it cannot be cached."
    ]


@pytest.fixture
def small_disk(folder, monkeypatch):
    """A disk of one MiB with a folder for kernels."""
    with disk("size=1m") as mounted:
        mounted.chmod(0o755)
        monkeypatch.setattr(_folder, "FOLDER", mounted / "lstmtool" / "0123456789ab")
        yield mounted


@compiled
@mounts
@pytest.mark.parametrize("room", [0, 4096, 3 * 4096])
def test_a_full_disk(small_disk, told, room):
    for inner in ("lstmtool", "lstmtool/0123456789ab"):
        (small_disk / inner).mkdir()
    fill(small_disk, room)
    assert not hits(fresh())
    text = told()
    cannot_be_kept([line for line in text if "cached" in line], "No space left on device")
    assert len(text) == 2
    assert not files(small_disk, "*tmp*")
    (small_disk / "filling").unlink()
    assert not hits(fresh())
    assert hits(fresh()) == 1


@compiled
@mounts
def test_a_read_only_disk_is_read_from(small_disk, told):
    hits(fresh())
    told()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert hits(fresh()) == 1
    assert not told()
    assert not hits(fresh(), 1.5)
    assert cannot_be_kept(told(), "Read-only file system")


@compiled
def test_a_limit_on_the_size_of_files(folder, told):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        assert not hits(fresh())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    compiling, *warned = told()
    cannot_be_kept(warned, "File too large")
    assert compiling == ONCE  # nobody could know
    assert not files(folder, "*tmp*")


def unprivileged(function):
    """Call in a thread that is held to permissions, also where the user is root."""

    def work():
        if os.getuid() == 0:
            exec(NOBODY, {})
        return function()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@compiled
def test_a_folder_without_permission(folder, told):
    hits(fresh())
    told()
    folder.chmod(0)
    assert not unprivileged(lambda: hits(fresh()))
    folder.chmod(0o755)
    assert cannot_be_kept(told(), "Permission denied")


@compiled
def test_a_file_without_permission_is_made_anew(folder, told):
    hits(fresh())
    told()
    (path,) = files(folder, "nbi")
    path.chmod(0)
    assert not unprivileged(lambda: hits(fresh()))
    assert told()[0] == f"Cannot read {path} (Permission denied); compiling it again."
    assert unprivileged(lambda: hits(fresh())) == 1


@compiled
def test_without_a_folder_every_call_compiles(told, folder, monkeypatch):
    monkeypatch.setattr(_folder, "FOLDER", None)
    monkeypatch.setattr(_folder, "NO_FOLDER", "this user has no home folder")
    for _ in range(2):
        assert not hits(fresh())
    warned, *compiling = told()
    assert warned == (
        "Compiled kernels cannot be cached: this user has no home folder. "
        "Set NUMBA_CACHE_DIR to a folder that you can write to."
    )
    assert len(compiling) == 2


def test_a_user_without_a_name_or_a_home_has_no_folder(monkeypatch):
    def unknown(number):
        raise KeyError(number)

    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    with pytest.raises(OSError, match="no home folder"):
        _folder.cache_folder()


NAMELESS = """
import ctypes, os
libc, data = ctypes.CDLL(None), (ctypes.c_uint32 * 6)()
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
libc.prctl(8, 1, 0, 0, 0)  # keeps the capabilities, as Python may lie where only root reads
os.setuid(12345)
assert libc.capget(header, data) == 0
data[0], data[3] = data[1], data[4]
assert libc.capset(header, data) == 0
from lstmtool import BingoLSTM
from lstmtool.kernels.subnormals import control
control()
"""


@compiled
@as_root
@pytest.mark.slow
def test_a_user_without_a_name_or_a_home_can_compute():
    environment = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", NAMELESS], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(
        "Compiled kernels cannot be cached: this user has no home folder."
    )


AT_ONCE = """
from pathlib import Path
from lstmtool.kernels import _folder
from tests.kernels.test_cache import fresh, hits
_folder.FOLDER = Path({folder!r})
print([hits(fresh(), x) for x in ({first}, {second}, 1j, True)])
"""


@compiled
@pytest.mark.slow
def test_two_processes_that_fill_a_folder_at_once(folder):
    orders = (1, 1.5), (1.5, 1)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE.format(folder=str(folder), first=a, second=b)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for a, b in orders
    ]
    for process in started:
        told = process.communicate(timeout=120)[1]
        assert (process.returncode, told) == (0, "")
    for argument in (1, 1.5, 1j, True):
        hits(fresh(), argument)  # compiles what one process wrote over in the index
        assert hits(fresh(), argument) == 1


def test_the_folder_changes_with_the_kernels_and_the_mode(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(_folder.config, "BOUNDSCHECK", None)
    folder = _folder.cache_folder()
    assert folder.parent == tmp_path / "lstmtool"
    monkeypatch.setattr(_folder.config, "BOUNDSCHECK", 1)
    assert _folder.cache_folder().name == f"{folder.name}-checked"
    monkeypatch.setattr(_folder.config, "BOUNDSCHECK", None)
    copy = shutil.copytree(Path(_folder.__file__).parent, tmp_path / "kernels")
    monkeypatch.setattr(_folder, "__file__", str(copy / "_folder.py"))
    assert _folder.cache_folder() == folder
    for changed in ("records.py", "supervised/lstm.py"):
        with (copy / changed).open("a") as file:
            file.write("CHANGED = True\n")
        before, folder = folder, _folder.cache_folder()
        assert folder != before


def test_kernels_of_another_text_lie_apart_whatever_folder_is_named(tmp_path, monkeypatch):
    """Numba itself would load a kernel whose own file is as before, and one that it calls not."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    found = []
    for named in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        monkeypatch.setenv(named, str(tmp_path / named))
        found.append(_folder.cache_folder())
        assert found[-1].parent == tmp_path / named / "lstmtool"
    assert len({folder.name for folder in found}) == 1


def test_a_relative_folder_stays_where_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "kernels")
    assert _folder.cache_folder().parent == tmp_path / "kernels" / "lstmtool"


def test_a_relative_folder_of_a_folder_that_is_gone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", "kernels")
    with pytest.raises(OSError, match="No such file"):
        _folder.cache_folder()


def test_folders_that_cannot_be_made(folder):
    _folder.make_folder(folder / "new")
    assert (folder / "new").is_dir()
    (folder / "file").touch()
    with pytest.raises(OSError):
        _folder.make_folder(folder / "file" / "kernels")


def test_the_home_folder_is_the_last_choice(tmp_path, monkeypatch):
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in Path(_folder.cache_folder()).parents
