import pytest

from lstmtool.errors import LstmtoolError
from lstmtool.io.formats.load import load_sequences
from lstmtool.io.formats.options import ReadOptions


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file, of text or of bytes."""

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.fixture
def notes():
    return []


@pytest.fixture
def load(notes):
    """Return a function that reads sequences and notes what was said."""

    def read(path, **options):
        return load_sequences(path, ReadOptions(**options), notes.append)

    return read


@pytest.fixture
def refused(load):
    """Return a function that reads what must be refused, in three lines with these words."""

    def check(path, *words, code=3, **options):
        with pytest.raises(LstmtoolError) as caught:
            load(path, **options)
        text = str(caught.value)
        assert caught.value.exit_code == code, text
        assert len(text.splitlines()) <= 3
        for word in (*words, path.name.split(":")[0]):
            assert word in text, text

    return check
