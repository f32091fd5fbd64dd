"""Thousands of mutated files of every format, and files made to take all memory.

Each is read in a process with limits: a finite result or a message, no crash, no more than ten
seconds, no more than 300 MB above the file, no other file touched.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np

from lstmtool.errors import LstmtoolError
from lstmtool.io.checksum import _SIZE, trailer
from lstmtool.io.formats.load import load_sequences
from lstmtool.io.formats.write import write
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.unfinished import read_unfinished, write_unfinished
from lstmtool.records.run import CheckpointEntry
from tests.builders import small_run, small_sequences
from tests.soak.running import count

SECONDS, MEMORY = 10, 300 << 20
PER_PROCESS = 50
TS = "@problemName x\n@univariate false\n@equalLength false\n@classLabel true a b\n@data\n"
TS += "1,2,3:4,5,6:a\n7,8:9,10:b\n"
BITS = (b",", b"\n", b'"', b"nan", b"@", b"\x00", b"1e999", b"null", b"\xff" * 8, b"\x00" * 8)
BITS += ((1 << 62).to_bytes(8, "little"), (1).to_bytes(8, "little"), b"[" * 50, b"9" * 400)


def _sequences(path):
    load_sequences(path)  # Sequences refuse what is not finite


def _run(path):
    run = read_run(path)
    assert np.isfinite(run.parameters).all()


def _foreign(path):
    load_sequences(Path(f"{path}:/x"))


def originals(folder: Path) -> dict[str, tuple[bytes, object]]:
    """Return a file of every kind, and how it is read.

    Our HDF5 files are there with their checksum and without, as a tool that edits them leaves
    them.
    """
    found = {}
    for ending in ("csv", "json", "h5"):
        write(folder / f"a.{ending}", small_sequences(4, n_inputs=2))
        found[f"sequences.{ending}"] = (folder / f"a.{ending}").read_bytes(), _sequences
    write_run(folder / "run.h5", small_run())
    found["run.h5"] = (folder / "run.h5").read_bytes(), _run
    part = CheckpointEntry({"epochs": 3}, {"rows": np.ones((3, 5))})
    write_unfinished(folder / "unfinished.h5", {"version": "0"}, {"2/0": part})
    found["unfinished.h5"] = (folder / "unfinished.h5").read_bytes(), read_unfinished
    for name in ("sequences.h5", "run.h5", "unfinished.h5"):
        content, read = found[name]
        found[f"unguarded-{name}"] = content[:-_SIZE], read
    with h5py.File(folder / "foreign.h5", "w") as file:
        values = np.random.default_rng(0).normal(size=(10, 20))
        file.create_dataset("x", data=values, chunks=(5, 10), compression="gzip", fletcher32=True)
        file["y"], file["deep/er/z"] = np.arange(10), np.arange(3.0)
        file.attrs["about"] = "text"
    found["foreign.h5"] = (folder / "foreign.h5").read_bytes(), _foreign
    found["a.ts"] = TS.encode(), _sequences
    np.save(folder / "a.npy", np.ones((3, 4)))
    np.savez_compressed(folder / "a.npz", X=np.ones((30, 4)), y=np.arange(30))
    for name in ("a.npy", "a.npz"):
        found[name] = (folder / name).read_bytes(), _sequences
    return found


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Change, lose, add or repeat a few bytes; half of the places are near the beginning."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        near = min(len(changed), 2000) if rng.random() < 0.5 else len(changed)
        place, how = rng.randrange(near + 1), rng.randrange(6)
        if how == 0:
            changed[place : place + 1] = bytes([rng.randrange(256)])
        elif how == 1:
            changed[place : place + 1] = bytes(
                [changed[place] ^ 1 << rng.randrange(8)] if place < len(changed) else []
            )
        elif how == 2:
            bit = rng.choice(BITS)
            changed[place : place + len(bit)] = bit
        elif how == 3:
            changed[place:place] = rng.choice(BITS)
        elif how == 4:
            del changed[place : place + rng.randint(1, 40)]
        else:
            changed = changed[: max(1, place)]
    return bytes(changed)


def limited(function) -> str:
    """Call a function in a process with limits; return how it ended, `bug` or `signal` included."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            page = os.sysconf("SC_PAGE_SIZE")
            now = int(Path("/proc/self/statm").read_text().split()[0]) * page
            resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
            result = function()
        except BaseException:
            result = f"bug\n{traceback.format_exc()}"
        os.write(writing, result.encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else told


def read_one(read, path: Path) -> str:
    """Read a file; return 0, 2 or 3 as the command would exit, or raise what should not be."""
    signal.alarm(SECONDS)
    try:
        read(path)
        return "0"
    except LstmtoolError as error:
        assert len(str(error).splitlines()) <= 3, error
        assert error.exit_code in (2, 3), repr(error)
        return str(error.exit_code)
    finally:
        signal.alarm(0)


def trials(n: int) -> Counter:
    """Read n mutated files, as many of every kind; return how often each ended how."""
    counts: Counter = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = originals(folder)
        bystander = folder / "bystander.bin"
        bystander.write_bytes(bytes(4096))
        per_kind = -(-n // len(kinds))
        for kind, (content, read) in kinds.items():
            path = folder / f"mutated-{kind}"

            def batch(first, kind=kind, content=content, read=read, path=path):
                ends = []
                for seed in range(first, min(first + PER_PROCESS, per_kind)):
                    path.write_bytes(mutated(content, random.Random(f"{kind} {seed}")))
                    try:
                        ends.append(read_one(read, path))
                    except BaseException as error:
                        raise AssertionError(f"{kind}, seed {seed}") from error
                return " ".join(ends)

            for first in range(0, per_kind, PER_PROCESS):
                told = limited(lambda first=first, batch=batch: batch(first))
                ends = told.split()
                if not set(ends) <= {"0", "2", "3"}:
                    raise AssertionError(f"{kind}, seeds from {first}: {told}")
                for end in ends:
                    counts[kind, end] += 1
        assert bystander.read_bytes() == bytes(4096)
    return counts


def bombs(folder: Path, packed_size: int) -> dict[str, tuple[Path, object]]:
    """Write files that declare or unpack (to so many bytes) far more than they hold."""
    found = {}

    def hdf5(name, **options):
        path = folder / f"{name}.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("x", **options)
        found[name] = path, _foreign

    hdf5("8 TiB declared", shape=(1 << 20, 1 << 20), dtype="f8")
    hdf5("8 TiB in chunks", shape=(1 << 20, 1 << 20), dtype="f8", chunks=(1, 1024))
    hdf5("a chunk of 2 GiB", shape=(3, 4), maxshape=(None, None), dtype="f8", chunks=(1 << 14,) * 2)
    packed = {"chunks": (1 << 20,), "compression": "gzip", "compression_opts": 9}
    hdf5("float64 from nothing", data=np.zeros(packed_size // 8), **packed)
    hdf5("int8 that becomes float64", data=np.zeros(packed_size // 8, np.int8), **packed)
    data = np.zeros(packed_size // 8)
    np.savez_compressed(folder / "packed.npz", X=data)
    del data
    found["packed NPZ"] = folder / "packed.npz", _sequences
    header = np.lib.format
    with zipfile.ZipFile(folder / "liar.npz", "w") as file, file.open("X.npy", "w") as part:
        about = {"descr": "<f8", "fortran_order": False, "shape": (1 << 20, 1 << 20)}
        header.write_array_header_1_0(part, about)
    found["8 TiB NPZ header"] = folder / "liar.npz", _sequences
    with open(folder / "liar.npy", "wb") as part:
        header.write_array_header_1_0(part, about)
    found["8 TiB NPY header"] = folder / "liar.npy", _sequences
    (folder / "pickled.npy").write_bytes(b"")
    np.save(folder / "pickled.npy", np.array([print], dtype=object), allow_pickle=True)
    found["a pickle in NPY"] = folder / "pickled.npy", _sequences
    np.savez(folder / "pickled.npz", X=np.array([[1, "a"], [2, "b"]], dtype=object))
    found["a pickle in NPZ"] = folder / "pickled.npz", _sequences
    (folder / "deep.json").write_text("[" * 100_000)
    found["deep JSON"] = folder / "deep.json", _sequences
    with h5py.File(folder / "loop.h5", "w") as file:
        file["x"], file["a/b"] = h5py.SoftLink("/y"), h5py.SoftLink("/a")
        file["y"], file["loop"] = h5py.SoftLink("/x"), file["/"]
    found["loops of links"] = folder / "loop.h5", _foreign
    write_run(folder / "run.h5", small_run())
    content = (folder / "run.h5").read_bytes()[:-_SIZE]
    with h5py.File(folder / "run.h5", "r+") as file:
        del file["history/objective"]
        file.create_dataset("history/objective", shape=(1 << 40,), dtype="f8", chunks=(1024,))
    content = (folder / "run.h5").read_bytes()
    (folder / "run.h5").write_bytes(content + trailer(content))
    found["a run of 8 TiB, its checksum right"] = folder / "run.h5", _run
    return found


def bomb_trials(packed_size: int = 1 << 30) -> dict[str, str]:
    """Read every such file; return how each ended."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            name: limited(lambda read=read, path=path: read_one(read, path))
            for name, (path, read) in bombs(Path(folder), packed_size).items()
        }


if __name__ == "__main__":
    ends = bomb_trials()
    print("bombs:", ends)
    if set(ends.values()) - {"2", "3"}:
        sys.exit(1)
    total = trials(count(10_000))
    print(f"{sum(total.values())} mutated files, each read or refused:")
    for (kind, end), number in sorted(total.items()):
        print(f"  {kind}: {number} ended with {end}")
