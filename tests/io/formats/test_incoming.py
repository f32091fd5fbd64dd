import bz2
import gzip
import io
import lzma
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from lstmtool.errors import FileError
from lstmtool.io.formats import incoming
from lstmtool.io.formats.load import is_own_file
from lstmtool.io.sequences import read_sequences, write_sequences
from tests.builders import small_sequences

TEXT = "id,x,y\nä,1,2\nä,3,4\nb,5,6\n"
PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.fixture
def piped(monkeypatch):
    """Return a function that puts bytes on standard input."""

    def put(content):
        stream = io.TextIOWrapper(io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", stream)

    return put


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_packed_text_is_read_in_its_encoding(load, file, ending, encoding):
    path = file(f"a.csv.{ending}", PACKERS[ending](TEXT.encode(encoding)))
    data = load(path)
    assert data.names == ("ä", "b")
    assert data[0].tolist() == [[1, 2], [3, 4]]
    assert data.attributes["file"] == f"a.csv.{ending}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_standard_input_is_read_in_its_encoding(load, piped, encoding):
    piped(TEXT.encode(encoding))
    data = load(Path("-"))
    assert data.names == ("ä", "b")
    assert data.attributes["file"] == "standard input"


def test_packed_files_of_other_formats_and_their_parts(load, file, tmp_path, piped):
    write_sequences(tmp_path / "own.h5", small_sequences())
    content = (tmp_path / "own.h5").read_bytes()
    packed = file("own.h5.gz", gzip.compress(content))
    assert not is_own_file(packed)
    np.testing.assert_array_equal(load(packed).values, small_sequences().values)
    piped(content)
    assert len(load(Path("-:/values"))) == len(small_sequences().values)
    ts = "@univariate true\n@classLabel true a b\n@data\n1,2,3:a\n"
    assert load(file("a.ts.xz", lzma.compress(ts.encode()))).label_names == ("a", "b")


def test_packed_through_a_pipe_with_a_name(load, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    thread = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(TEXT.encode()),))
    thread.start()
    assert load(pipe).names == ("ä", "b")
    thread.join()


def test_a_pipe_without_a_name_is_called_the_same_every_time(load):
    """As a shell makes it of ``<(zcat sensors.csv.gz)``."""
    end, start = os.pipe()
    os.write(start, TEXT.encode())
    os.close(start)
    try:
        assert load(Path(f"/dev/fd/{end}")).attributes["file"] == str(end)
    finally:
        os.close(end)


def test_errors_and_remarks_name_what_was_asked_for(refused, load, notes, file, piped):
    refused(file("a.csv.gz", gzip.compress(b"x,y\n1,2\n3,no\n")), "a.csv.gz, line 3")
    piped(b"x,y\n1,2\n3,no\n")
    with pytest.raises(ValueError, match="standard input, line 3"):
        load(Path("-"))
    piped(b"")
    with pytest.raises(ValueError, match="standard input is empty"):
        load(Path("-"))


def test_damaged_and_hostile_packed_files(refused, file, monkeypatch):
    content = gzip.compress(bytes(range(256)) * 50)
    refused(file("a.csv.gz", content[:-9]), "cannot be decompressed (gzip)")
    refused(file("b.csv.gz", content[:40] + b"\xff" * 40), "cannot be decompressed")
    refused(file("c.csv.xz", lzma.compress(b"1,2")[:-5]), "cannot be decompressed (xz)")
    monkeypatch.setattr(incoming, "UNPACKED", 1000)
    refused(file("d.csv.gz", gzip.compress(bytes(10**6))), "it holds more than", "malicious")


def test_a_pipe_that_does_not_end(load, piped, monkeypatch):
    monkeypatch.setattr(incoming, "PIPED", 10)
    piped(TEXT.encode())
    with pytest.raises(ValueError, match="does not end"):
        load(Path("-"))


def test_nothing_piped(load, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileError, match="nothing is piped"):
        load(Path("-"))


def test_copies_go_afterwards(load, file, monkeypatch, tmp_path):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    load(file("a.csv.gz", gzip.compress(TEXT.encode())))
    with pytest.raises(ValueError):
        load(file("b.csv.gz", gzip.compress(b"x\n,\n")))
    assert not list((tmp_path / "tmp").iterdir())


def test_json_in_utf_16(load, file):
    text = '{"encoding-type": "lstmtool-sequences", "encoding-version": "1.0", "sequences": '
    text += '[{"values": [1, 2], "name": "ä"}]}'
    assert load(file("a.json", text.encode("utf-16"))).names == ("ä",)


def test_commands_read_standard_input(lstmtool_in, tmp_path):
    done = lstmtool_in(TEXT.encode(), "convert", "-", str(tmp_path / "a.h5"))
    assert done.exit_code == 0, done.output
    data = read_sequences(tmp_path / "a.h5")
    assert data.attributes["converted_from"] == "standard input"
    done = lstmtool_in((tmp_path / "a.h5").read_bytes(), "info", "-")
    assert done.exit_code == 0, done.output
    assert "standard input" in done.output and "lstmtool-sequences" in done.output


@pytest.fixture
def lstmtool_in():
    from click.testing import CliRunner

    from lstmtool.cli.main import cli

    return lambda content, *words: CliRunner().invoke(cli, words, input=content)
