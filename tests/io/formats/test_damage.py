"""Files of every format with bytes changed, lost or added: read, or refused in three lines."""

import gzip
import importlib
import random

import numpy as np
import pytest

from lstmtool.errors import LstmtoolError
from lstmtool.io.formats.load import load_sequences
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.write import write
from tests.builders import small_sequences

SEEDS = range(150)
BITS = (
    b",",
    b"\n",
    b":",
    b'"',
    b"nan",
    b"@",
    b"\t",
    b"(",
    b"\x00",
    b"1e999",
    b"null",
    b"\xe9",
    b"#",
)
ARFF = """@relation x
@attribute bag relational
@attribute c0 numeric
@end bag
@attribute kind {up,'do wn'}
@data
'1,2,3\\n4,5,6',up
"7,8\\n9,?",'do wn'
"""
TS = """@problemName x
@univariate false
@equalLength false
@classLabel true a b
@data
1,2,3:4,5,6:a
7,8:9,10:b
"""


def original(folder, ending):
    path = folder / f"good.{ending}"
    if ending == "ts":
        path.write_text(TS)
    elif ending == "arff":
        path.write_text(ARFF)
    elif ending == "csv.gz":
        path.write_bytes(gzip.compress(b"name,x,y\na,1,2\nb,3,4\n" * 20))
    elif ending in ("parquet", "feather"):
        pyarrow = pytest.importorskip("pyarrow")
        table = pyarrow.table({"id": ["a", "a", "b"], "x": [1.5, 2.5, 3.5], "y": [[1], [2], [3]]})
        importlib.import_module(f"pyarrow.{ending}")
        write_table = {"parquet": "write_table", "feather": "write_feather"}[ending]
        getattr(getattr(pyarrow, ending), write_table)(table, path)
    elif ending == "npy":
        np.save(path, np.ones((3, 4)))
    elif ending == "npz":
        np.savez(path, X=np.ones((3, 4)), y=[1, 2, 1])
    elif ending == "wav":
        pytest.importorskip("soundfile").write(path, np.zeros(50), 8000)
    else:
        write(path, small_sequences(4, n_inputs=2))
    return path.read_bytes()


def damaged(content, rng):
    content = bytearray(content)
    for _ in range(rng.randint(1, 5)):
        place = rng.randrange(len(content) + 1)
        how = rng.randrange(4)
        if how == 0:
            content[place : place + 1] = bytes([rng.randrange(256)])
        elif how == 1:
            del content[place : place + rng.randint(1, 40)]
        elif how == 2:
            content[place:place] = rng.choice(BITS)
        else:
            content = content[:place]
    return bytes(content)


@pytest.mark.parametrize(
    "ending",
    ["csv", "json", "ts", "npy", "npz", "h5", "wav", "arff", "csv.gz", "parquet", "feather"],
)
def test_damaged_files_are_read_or_refused(tmp_path, ending):
    content = original(tmp_path, ending)
    path = tmp_path / f"bad.{ending}"
    for seed in SEEDS:
        path.write_bytes(damaged(content, random.Random(seed)))
        try:
            load_sequences(path, ReadOptions())
        except LstmtoolError as error:
            assert len(str(error).splitlines()) <= 3
            assert "bad." in str(error)
