from dataclasses import fields

from lstmtool.cli.reading import _options
from lstmtool.io.formats.options import ReadOptions
from lstmtool.jobs.reading import READING


def test_every_option_of_the_readers_is_an_option_of_commands():
    assert tuple(_options("")) == READING
    assert {field.name for field in fields(ReadOptions)} == {*READING}
