"""Disks and folders that cannot be written; `tests/soak/disk.py` tries every command."""

import pytest

from tests.soak import disk

mounts = pytest.mark.skipif(not disk.can_mount(), reason="only root can mount a disk")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    for parent in (folder, folder.parent):
        parent.chmod(0o755)
    disk.inputs(folder)
    return folder


@mounts
@pytest.mark.parametrize("name", ["train", "export", "convert to CSV"])
def test_a_full_disk(here, name):
    assert "No space left on device" in disk.full(name, here)


@mounts
def test_a_disk_with_little_room(here):
    assert "No space left on device" in disk.full("train", here, leave=4096)


@mounts
@pytest.mark.parametrize("name", ["train", "report"])
def test_a_read_only_disk(here, name):
    disk.read_only(name, here)


@pytest.mark.parametrize("name", ["train", "convert to HDF5"])
def test_a_folder_without_permission(here, name):
    disk.forbidden(name, here)


@mounts
def test_a_disk_that_fills_up_during_training(here):
    disk.full_in_the_end(here)


@mounts
def test_files_written_in_place_would_be_lost(here):
    """What the checks are worth: a writer that opens the file itself leaves half of it."""
    spoilt = "from pathlib import Path\nfrom lstmtool.io import hdf5, locks\n"
    spoilt += "def write(path, *content, check):\n    with locks.as_file_error(path):\n"
    spoilt += "        Path(path).write_bytes(b''.join(content))\nhdf5.replace_file = write"
    with disk.disk("size=1m") as folder:
        disk.old_files(folder)
        disk.fill(folder, 4096)
        with pytest.raises(AssertionError):
            disk.refused("convert to HDF5", here, folder, spoilt)
