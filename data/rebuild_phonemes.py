"""Rebuild phonemes.npz from the Debian package that it was made from.

For maintainers: needs `apt-get`, `dpkg-deb` and `pip install '.[audio]'`. From the top folder:

    python data/rebuild_phonemes.py                  rebuild data/phonemes.npz
    python data/rebuild_phonemes.py --check          compare with data/phonemes.npz, write nothing
    python data/rebuild_phonemes.py --deb FILE       use a package that is already here

The same versions of numpy and scipy give the same bytes; others nearly always do, since
coefficients are rounded to 16 bits.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from lstmtool.data.phonemes import default_parts, frames_of
from lstmtool.io.phonemes import read_spoken

PACKAGE = "festvox-ru=0.5+dfsg-6"
CHECKSUM = "21ef3f0f2978ecf2e2eddb367cb0ff4a72572196d28dc69feb84f4177af5e6c4"
VOICE = "usr/share/festival/voices/russian/msu_ru_nsh_clunits"
FILE = Path(__file__).parent / "phonemes.npz"
SENTENCES = 620


def main() -> int:
    """Write the file, or compare with it; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--deb", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = given.deb or fetch(Path(folder))
        check(package)
        subprocess.run(["dpkg-deb", "-x", str(package.resolve()), folder], check=True)
        new = build(Path(folder) / VOICE)
    if given.check:
        same = FILE.is_file() and FILE.read_bytes() == new
        print(f"{FILE}: {'the same bytes' if same else 'differs'}")
        return 0 if same else 1
    FILE.write_bytes(new)
    print(FILE)
    return 0


def fetch(folder: Path) -> Path:
    """Download the package."""
    order = ["apt-get", "download", PACKAGE]
    subprocess.run(order, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.deb"))


def check(package: Path) -> None:
    """Refuse another package."""
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != CHECKSUM:
        raise SystemExit(f"{package} is not {PACKAGE}: sha256 is {found}, not {CHECKSUM}")


def chosen(at: int) -> bool:
    """Whether a sentence, by its place among all, is shipped: 60 for training, 8 and 12 others."""
    return (at % 10 == 0 and at < 600) or at % 80 == 8 or at % 50 == 49


def build(voice: Path) -> bytes:
    """Return the content of phonemes.npz: one row per frame, sentence after sentence."""
    parts = default_parts(SENTENCES)
    names, coefficients, labels, kept = [], [], [], []
    for at, spoken in enumerate(read_spoken(voice)):
        if chosen(at):
            found, own = frames_of(spoken)
            names.append(Path(spoken.name).stem)
            coefficients.append(found)
            labels.append(own)
            kept.append(parts[at])
    label_names = sorted({label for own in labels for label in own})
    index = {label: n for n, label in enumerate(label_names)}
    buffer = io.BytesIO()
    # Not compressed: what zlib writes depends on its version.
    np.savez(
        buffer,
        names=np.array(names),
        parts=np.array(kept, dtype=np.int8),
        lengths=np.array([len(own) for own in labels], dtype=np.int32),
        label_names=np.array(label_names),
        labels=np.array([index[label] for own in labels for label in own], dtype=np.uint8),
        coefficients=np.concatenate(coefficients),
    )
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
