"""A full disk, a read-only one, a folder without permission: code 4 in three lines, nothing lost.

Full and read-only disks are small tmpfs, for which one must be root; permission is tried after
privileges have been dropped, since nothing stops root.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from lstmtool.io.runs import write_run
from lstmtool.io.sequences import write_sequences
from tests.builders import small_run, small_sequences
from tests.soak.running import run, start

SHORT = ("--stages", "bingo", "--epochs", 5, "--restarts", 1, "--trials", 1, "--threads", 1)
COMMANDS = {
    "gen-data": ("gen-data", "-o", "{out}.h5"),
    "train": ("train", "{here}/data.h5", *SHORT, "-o", "{out}.h5"),
    "report": ("report", "{here}/run.h5", "--html", "{out}.html"),
    "export": ("report", "{here}/run.h5", "--no-html", "--export", "{out}.h5"),
    "convert to HDF5": ("convert", "{here}/data.h5", "{out}.h5"),
    "convert to CSV": ("convert", "{here}/data.h5", "{out}.csv"),
    "convert to JSON": ("convert", "{here}/data.h5", "{out}.json"),
    "assign to HDF5": ("assign", "{here}/trained.h5", "{here}/data.h5", "-o", "{out}.h5"),
    "assign to CSV": ("assign", "{here}/trained.h5", "{here}/data.h5", "-o", "{out}.csv"),
    "reproduce": ("reproduce", "bingo-artificial", "--seeds", 1, "--restarts", 1, "-o", "{out}.h5"),
}
# Root without the capabilities CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH is held to permissions.
NOBODY = """
import ctypes
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)()
libc = ctypes.CDLL(None)
assert libc.capget(header, data) == 0
for n in (0, 1):
    data[n] &= ~0b110
assert libc.capset(header, data) == 0
"""
OLD = b"an old file"


def can_mount() -> bool:
    """Return whether a tmpfs can be mounted here."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


@contextmanager
def disk(options: str):
    """Mount a tmpfs and give its folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill the disk of a folder, but for so many bytes; return the file that does it."""
    path = folder / "filling"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    path.write_bytes(b"x" * (free - leave))
    return path


def inputs(folder: Path) -> None:
    """Write what the commands read."""
    folder.chmod(0o755)
    write_sequences(folder / "data.h5", small_sequences())
    write_run(folder / "run.h5", small_run())
    run(("train", "data.h5", *SHORT, "-o", "trained.h5"), folder)
    for path in folder.iterdir():
        path.chmod(0o644)


def refused(name: str, here: Path, folder: Path, before: str = "", force: bool = True) -> str:
    """Run a command that cannot write to a folder, check all that must hold, return its words."""
    out = folder / "out"
    arguments = [str(a).format(here=here, out=out) for a in COMMANDS[name]]
    was = {path: path.read_bytes() for path in folder.iterdir()}
    process = start((*arguments, *(["--force"] if force else [])), here, before)
    _, err = process.communicate(timeout=120)
    lines = err[err.index("Error: ") :].splitlines() if "Error: " in err else []
    assert process.returncode == 4, f"{name}: {process.returncode}\n{err}"
    assert 1 <= len(lines) <= 3, err
    assert "Traceback" not in err
    now = {path: path.read_bytes() for path in folder.iterdir()}
    assert now == was, f"{name}: {sorted(set(now) ^ set(was))}"
    return " / ".join(line.strip() for line in lines)


def old_files(folder: Path) -> None:
    """Put an old file where each command will write."""
    for ending in ("h5", "html", "csv", "json"):
        (folder / f"out.{ending}").write_bytes(OLD)
        (folder / f"out.{ending}").chmod(0o644)


def full(name: str, here: Path, leave: int = 0) -> str:
    """Let a command write to a disk with hardly any room."""
    with disk("size=1m,mode=777") as folder:
        old_files(folder)
        fill(folder, leave)
        return refused(name, here, folder)


def read_only(name: str, here: Path) -> str:
    """Let a command write to a disk that cannot be written."""
    with disk("size=1m,mode=777") as folder:
        old_files(folder)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        return refused(name, here, folder)


def forbidden(name: str, here: Path) -> str:
    """Let a command write to a folder without permission."""
    with tempfile.TemporaryDirectory() as other:
        folder = Path(other)
        old_files(folder)
        folder.chmod(0o555)
        try:
            return refused(name, here, folder, NOBODY if os.getuid() == 0 else "")
        finally:
            folder.chmod(0o755)


FILLS = """
import lstmtool.io.runs as runs
from pathlib import Path
from tests.soak.disk import fill
plain = runs.write_run
def filling(path, run, *rest):
    fill(Path(path).parent)
    plain(path, run, *rest)
runs.write_run = filling
"""


def full_in_the_end(here: Path) -> None:
    """Let the disk fill up while a network is trained; once there is room, the run is the same."""
    with disk("size=2m,mode=777") as folder:
        arguments = [str(a).format(here=here, out=folder / "out") for a in COMMANDS["train"]]
        run(arguments, here)
        whole = (folder / "out.h5").read_bytes()
        process = start((*arguments, "--force"), here, FILLS)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 4, err
        assert "lstmtool train --resume -o" in err
        assert (folder / "out.h5").read_bytes() == whole
        assert {p.name for p in folder.iterdir()} == {"out.h5", "out.partial.h5", "filling"}
        (folder / "filling").unlink()
        (folder / "out.h5").unlink()
        run(("train", "--resume", "-o", folder / "out.h5"), here)
        assert (folder / "out.h5").read_bytes() == whole
        assert [p.name for p in folder.iterdir()] == ["out.h5"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        inputs(here)
        for name in COMMANDS:
            for way in (full, read_only, forbidden):
                print(f"{name}, {way.__name__}: {way(name, here)}")
        full_in_the_end(here)
        print("a disk that fills up during training: code 4, then --resume gives the same bytes")
