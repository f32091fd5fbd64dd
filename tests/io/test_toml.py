import codecs
import os

import pytest

from lstmtool.errors import FileError, UsageError
from lstmtool.io.toml import LARGEST, place_in, read_toml

TEXT = '# café\nseed = 3\n\n[[stages]]\nepochs = 5\n[[stages]]\n"rate" = "x"\n'


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_mark_is_passed_over(tmp_path, mark):
    (tmp_path / "a.toml").write_bytes(mark + TEXT.replace("\n", "\r\n").encode())
    assert read_toml(tmp_path / "a.toml")["stages"] == [{"epochs": 5}, {"rate": "x"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT.encode("utf-16"), "it is UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "it is UTF-16"),
        (TEXT.encode("utf-32"), "it is UTF-32"),
        (TEXT.encode("utf-16-le"), "it is UTF-16 without a byte order mark"),
        (TEXT.encode("latin-1"), "line 1 has the byte 0xe9"),
        (b"a = 1\na = 2\n", "at line 2"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "5000 digits"),
        (b"#" * (LARGEST + 1), "over 1,048,576 bytes"),
    ],
)
def test_what_is_no_toml_is_said_with_its_place(tmp_path, content, said):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(UsageError) as error:
        read_toml(tmp_path / "a.toml")
    assert said in error.value.where
    assert "a.toml" in error.value.what


def test_what_cannot_be_read_is_said(tmp_path):
    for path in (tmp_path, tmp_path / "missing.toml", tmp_path / ("x" * 300)):
        with pytest.raises(FileError):
            read_toml(path)


@pytest.mark.parametrize("name", ["pipe", "/dev/null"])
def test_what_cannot_be_read_twice_is_refused(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError) as error:
        read_toml(tmp_path / name)
    assert "is a pipe or a device" in error.value.what


def test_places_have_lines(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(TEXT, encoding="utf-8")
    lines = {"seed": 2, "stages": 4, "stages.0.epochs": 5, "stages.1.rate": 7}
    assert {name: place_in(path, name) for name in lines} == {
        name: f"{path}, line {line}" for name, line in lines.items()
    }
    assert place_in(path, "stages.0.rate") == place_in(path, "--rate") == ""
