import json
import resource
from contextlib import contextmanager

import numpy as np
import pytest

from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.partial import difference, open_partial, read_header
from tests.studies import record

PLAN = {"version": "1", "seed": 1000, "settings": {"a": {"restarts": 8}}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.partial.jsonl"


def begin(path, *records):
    with open_partial(path, PLAN) as partial:
        for one in records:
            partial.keep((one["experiment"], one["seed"]), one)


def test_records_come_back_as_they_were_used(path):
    one = record(scores=[0.1 + 0.2, float("nan")], aris=[np.float64(1 / 3), 1.0])
    with open_partial(path, PLAN) as partial:
        partial.keep((one["experiment"], one["seed"]), one)
        used = partial.records[0]
    with open_partial(path, PLAN) as partial:
        assert partial.records == [used]
    assert used["scores"] == [0.1 + 0.2, None]
    assert used["aris"] == [1 / 3, 1.0]


def test_every_record_is_in_the_file_at_once(path):
    with open_partial(path, PLAN) as partial:
        assert len(path.read_bytes().splitlines()) == 1
        partial.keep((0,), record())
        assert json.loads(path.read_bytes().splitlines()[1])["seed"] == 1000


def test_a_line_cut_short_is_dropped(path):
    begin(path, record(1000), record(1001))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with open_partial(path, PLAN) as partial:
        assert [r["seed"] for r in partial.records] == [1000]
        partial.keep((0,), record(1001))
    assert path.read_bytes() == whole


@pytest.mark.parametrize("left", [b"", b'{"kind": "lstm'])
def test_a_header_cut_short_is_written_again(path, left):
    path.write_bytes(left)
    begin(path, record())
    with open_partial(path, PLAN) as partial:
        assert len(partial.records) == 1


def test_other_settings_are_refused_and_named(path):
    begin(path, record())
    before = path.read_bytes()
    other = PLAN | {"settings": {"a": {"restarts": 20}}}
    with pytest.raises(UsageError) as caught, open_partial(path, other):
        pass
    assert caught.value.where == "settings.a.restarts: it has 8, now 20"
    assert path.read_bytes() == before


def test_another_version_is_refused(path):
    begin(path, record())
    with (
        pytest.raises(UsageError, match="other settings"),
        open_partial(path, PLAN | {"version": "2"}),
    ):
        pass


@pytest.mark.parametrize("text", ["not JSON\n", "[1]\n", '{"kind": "other"}\n'])
def test_other_peoples_files_are_kept(path, text):
    path.write_text(text)
    with pytest.raises(UsageError, match="no unfinished study"), open_partial(path, PLAN):
        pass
    assert path.read_text() == text


def test_a_damaged_line_is_named(path):
    begin(path, record())
    with path.open("a") as file:
        file.write("rubbish\n")
    with pytest.raises(DataError) as caught, open_partial(path, PLAN):
        pass
    assert caught.value.where == "line 3"


def test_places_that_cannot_be_written(path, tmp_path):
    with pytest.raises(FileError), open_partial(tmp_path, PLAN):
        pass
    with pytest.raises(FileError), open_partial(tmp_path / "missing" / "x.jsonl", PLAN):
        pass


@contextmanager
def full_disk(size):
    """Let no file become larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 9])
def test_a_file_that_a_full_disk_cut_short_is_begun_again(path, size):
    with full_disk(size), pytest.raises(FileError, match="Cannot write"), open_partial(path, PLAN):
        pass
    assert path.exists() == (size > 0)
    begin(path, record())
    assert len(path.read_bytes().splitlines()) == 2


def test_what_is_there_outlives_a_full_disk(path):
    begin(path, record())
    whole = path.read_bytes()
    with full_disk(len(whole) + 9), pytest.raises(FileError), open_partial(path, PLAN) as partial:
        partial.keep((0,), record(1001))
    assert path.read_bytes().startswith(whole)
    with open_partial(path, PLAN) as partial:
        assert [r["seed"] for r in partial.records] == [1000]


def test_a_line_that_is_no_record_is_named(path):
    begin(path)
    with path.open("a") as file:
        file.write("3\n")
    with pytest.raises(DataError, match="damaged"), open_partial(path, PLAN):
        pass


def test_a_part_that_is_nothing_is_not_one_that_is_missing():
    assert difference({"a": {"b": 1}}, {"a": {"b": 2}}) == "a.b: it has 1, now 2"
    assert difference({"a": None}, {}) == ': it has {"a": null}, now {}'


def test_a_header_says_what_was_told(path):
    assert not read_header(path)
    with open_partial(path, PLAN, command="sweep"):
        pass
    assert read_header(path)["command"] == "sweep"
    begin(path, record())  # other words do not make it another plan


def test_records_are_found_by_their_parts(path):
    with open_partial(path, PLAN) as partial:
        one = partial.keep((record()["experiment"], 1000), record(1000))
        assert partial.found((one["experiment"], 1000)) == one
        assert partial.found((one["experiment"], 1001)) is None
    with open_partial(path, PLAN) as partial:
        assert partial.found((one["experiment"], 1000)) == one
