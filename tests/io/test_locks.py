import errno
import fcntl
import os
import threading

import pytest

from lstmtool.errors import FileError, LockedError
from lstmtool.io.atomic import check_room, replace_file
from lstmtool.io.locks import _free, _try, let_go, locked, temporary_name
from tests.soak import locks


def held_by_another(target):
    """Hold a lock as another process would: by a descriptor of its own."""
    lock = target.with_name(f".lstmtool-{target.name}.lock")
    return lock, _try(lock)


def test_one_process_at_a_time(tmp_path):
    target = tmp_path / "run.h5"
    lock, descriptor = held_by_another(target)
    with pytest.raises(LockedError) as caught, locked(target):
        pass
    assert caught.value.exit_code == 6
    assert len(str(caught.value).splitlines()) <= 3
    _free(lock, descriptor)
    with locked(target), locked(target):  # the same process may ask again
        assert lock.exists()
    assert not list(tmp_path.iterdir())


def test_a_writer_waits_a_moment_for_another(tmp_path):
    lock, descriptor = held_by_another(tmp_path / "page.html")
    threading.Timer(0.2, lambda: _free(lock, descriptor)).start()
    replace_file(tmp_path / "page.html", b"whole")
    assert (tmp_path / "page.html").read_bytes() == b"whole"


def test_a_link_is_the_file_that_it_names(tmp_path):
    (tmp_path / "link.h5").symlink_to("run.h5")
    lock, descriptor = held_by_another(tmp_path / "run.h5")
    with pytest.raises(LockedError), locked(tmp_path / "link.h5"):
        pass
    _free(lock, descriptor)


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path):
    for name in ("run.h5", "other.h5", "busy.h5"):
        temporary_name(tmp_path / name, "0123abcd").write_bytes(b"half")
    (tmp_path / ".lstmtool-other.h5.lock").touch()
    lock, descriptor = held_by_another(tmp_path / "busy.h5")
    kept = [tmp_path / n for n in ("mine.tmp", ".lstmtool-notes", ".lstmtool-x.12.tmp", "run.h5")]
    for path in kept:
        path.touch()
    replace_file(tmp_path / "new.h5", b"new")
    left = {path.name for path in tmp_path.iterdir()}
    busy = {".lstmtool-busy.h5.lock", ".lstmtool-busy.h5.0123abcd.tmp"}
    assert left == {path.name for path in kept} | {"new.h5"} | busy
    _free(lock, descriptor)


def test_a_lock_leads_nowhere_else(tmp_path):
    (tmp_path / ".lstmtool-run.h5.lock").symlink_to("secret")
    with pytest.raises(FileError), locked(tmp_path / "run.h5"):
        pass
    assert not (tmp_path / "secret").exists()


def test_long_names(tmp_path):
    path = tmp_path / ("ä" * 120 + ".h5")
    replace_file(path, b"x")
    check_room(path, 100)
    assert os.listdir(tmp_path) == [path.name]


def test_room_is_looked_for_and_left_as_it_was(tmp_path):
    check_room(tmp_path / "run.h5", 1 << 20)
    with pytest.raises(FileError) as caught:
        check_room(tmp_path / "run.h5", 1 << 60)
    assert len(str(caught.value).splitlines()) == 3
    assert not list(tmp_path.iterdir())


def test_of_several_processes_one_wins(tmp_path):
    assert locks.race(tmp_path, 3) < 1.0


def test_readers_never_see_a_part_of_a_file(tmp_path):
    assert locks.read_while_writing(tmp_path, 100) > 1


IN_PLACE = """
from pathlib import Path
from lstmtool.io import hdf5
hdf5.replace_file = lambda path, *content, check: Path(path).write_bytes(b"".join(content))
"""


def test_a_file_written_in_place_would_be_seen_in_parts(tmp_path):
    with pytest.raises(locks.Torn):
        locks.read_while_writing(tmp_path, 20_000, IN_PLACE)


def test_where_nothing_can_be_locked_files_are_written_all_the_same(tmp_path, monkeypatch):
    def unable(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unable)
    replace_file(tmp_path / "a.h5", b"whole")
    assert os.listdir(tmp_path) == ["a.h5"]


def test_a_lock_that_its_holder_just_removed_is_taken_anew(tmp_path, monkeypatch):
    """Between our opening it and our locking it: what we hold then has no name."""
    flock, seen = fcntl.flock, []

    def removed(descriptor, operation):
        flock(descriptor, operation)
        if not seen:
            seen.append(descriptor)
            (tmp_path / ".lstmtool-a.h5.lock").unlink()

    monkeypatch.setattr(fcntl, "flock", removed)
    with locked(tmp_path / "a.h5"):
        assert (tmp_path / ".lstmtool-a.h5.lock").exists()
    assert seen


def test_no_file_is_left_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        replace_file(tmp_path / "a.h5", b"whole")
        lock, descriptor = held_by_another(tmp_path / "b.h5")
        with pytest.raises(LockedError), locked(tmp_path / "b.h5"):
            pass
        _free(lock, descriptor)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_process_that_ends_at_once_lets_go_of_its_locks(tmp_path):
    target = tmp_path / "run.h5"
    with locked(target):
        let_go()
        with locked(target):
            pass
