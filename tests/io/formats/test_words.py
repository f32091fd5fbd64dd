"""What is read and refused: the values; the type, exit code and place of errors; some sentences.

All are in ``words.txt``. After a change of them, run this file as a program
(``python -m tests.io.formats.test_words``), which writes them anew, and read what has changed.
"""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from lstmtool.errors import LstmtoolError
from lstmtool.io.formats.cells import is_number, label, number, shown_cell, whole
from lstmtool.io.formats.detect import detect
from lstmtool.io.formats.load import load_sequences
from lstmtool.io.formats.options import ReadOptions, Span
from lstmtool.io.formats.raw import counted, ordered
from lstmtool.io.formats.times import exact, is_time
from lstmtool.io.formats.windows import resample
from lstmtool.io.sequences import write_sequences
from tests.builders import small_sequences
from tests.wording import Wording, outcome

WORDS = Wording(
    Path(__file__).parent / "words.txt",
    r"(?<=NumPy says: ).*|Error opening .*|Expecting property .*",
    whole=(
        "plain.csv", "header.csv", "comment-of-numbers.csv", "counted-from-2.csv", "ragged.csv",
        "missing.csv", "missing-drop.csv", "value.csv", "no-column.csv", "long-unsorted.csv",
        "long-same-time.csv", "words.csv", "stacked.csv", "dates-two.csv", "preamble.csv",
        "many.npz", "two.h5", "label.ts", "antiphase.wav", "pickle-2", "relation-uneven.arff",
    ),
)  # fmt: skip
X = np.arange(24.0).reshape(4, 3, 2)
TS = "@univariate false\n@dimensions 2\n@equalLength true\n@seriesLength 3\n@classLabel true a b\n"
TS_CASE = "1,2,3:4,5,6:a\n"
JSON = '{"encoding-type": "lstmtool-sequences", "encoding-version": "1.0", %s}'
ROWS = "id,time,label,x,y\na,0,u,1,5\na,1,u,2,6\nb,0,v,3,7\nb,1,v,4,8\n"
ARFF = "@relation x\n@attribute a1 real\n@attribute a2 real\n@attribute a3 real\n"
ARFF += "@attribute mood {b,a}\n@data\n"
BAG = "@relation x\n@attribute bag relational\n@attribute c0 numeric\n@attribute c1 numeric\n"
BAG += "@end bag\n@attribute kind {up,'do wn'}\n@data\n"
LONG_X = "".join(f"{n},{n % 3}\n" for n in range(130))


def npz(**arrays):
    return lambda path: np.savez(path, **arrays)


def npy(values):
    return lambda path: np.save(path, values)


def h5(**datasets):
    def write(path):
        with h5py.File(path, "w") as file:
            for name, values in datasets.items():
                file[name.replace("__", "/")] = values

    return write


def ours(data):
    return lambda path: write_sequences(path, data)


def sound(n, channels=1, rate=100, **options):
    def write(path):
        values = np.outer(np.arange(n), np.arange(1, channels + 1)) / 1024
        soundfile.write(path, values, rate, **({"subtype": "DOUBLE"} | options))

    return write


def opposed(part):
    """Two channels, the second the first upside down, and so much of it."""

    def write(path):
        wave = np.sin(np.arange(200) / 5)
        soundfile.write(path, np.stack([wave, -part * wave], axis=1), 100, subtype="DOUBLE")

    return write


def flat(value, channels):
    return lambda path: soundfile.write(path, np.full((5, channels), value), 100, subtype="DOUBLE")


def broken_sound(path):
    values = np.zeros((5, 2))
    values[[2, 4], 1] = np.nan, np.inf
    soundfile.write(path, values, 100, subtype="DOUBLE")


def folder(**files):
    def write(path):
        for name, content in files.items():
            file = path / name.replace("__", "/").replace("_wav", ".wav")
            file.parent.mkdir(parents=True, exist_ok=True)
            content(file)

    return write


def ts(case, *without, **instead):
    lines = [line for line in TS.splitlines() if line.split()[0][1:] not in (*without, *instead)]
    return "\n".join([*lines, *(f"@{k} {v}" for k, v in instead.items()), "@data", case]) + "\n"


# Name of a file and of the case, what is in the file, options.
FILES = [
    # CSV, a row per sequence
    ("plain.csv", "1,2,3\n4,5,6\n", {}),
    ("header.csv", "name,label,t0,t1\na,u,1,2\nb,v,3,4\n", {}),
    ("tabs.csv", "1\t2\t3\n4\t5\t6\n", {}),
    ("bars.csv", "1|2|3\n4|5|6\n", {}),
    ("spaces.txt", "1 2  3\n4 5 6\n", {}),
    ("spaces-bad.txt", "1 2\n3 x\n", {"value": ("2",)}),
    ("comma.csv", "x;y;z\n1,5;2;3\n4;5,25;6\n", {}),
    ("colon.csv", "1:2:3\n4:5:6\n", {"delimiter": ":"}),
    ("quote.csv", "1,2\n", {"delimiter": '"'}),
    ("return.csv", "1,2\n", {"delimiter": "\r"}),
    ("comments.csv", "# made here\n# a,b\n1,2\n3,4\n", {}),
    ("comment-of-numbers.csv", "# 1,2\n3,4\n", {}),
    ("two-headers.csv", "#a,b\n#c,d\n1,2\n", {}),
    ("counted.csv", "0,1,2\n0.5,1,2\n3,4.5,5\n", {}),
    ("counted-from-1.csv", "1,2,3\n0.5,1,2\n3,4.5,5\n", {}),
    ("counted-from-2.csv", "2,3,4\n0.5,1,2\n3,4.5,5\n", {}),
    ("counted-two.csv", "0,1\n0.5,1\n3,4.5\n", {}),
    ("counted-partly.csv", "0,1,2\n0.5,1,2\n3,4,5\n", {}),
    ("signed.csv", "0,1,2\n-5,+1,2\n3,-4,5\n", {}),
    ("pandas.csv", ",0,1\n0,5,6\n1,7,8\n", {}),
    ("pandas-without.csv", ",0,1\n,5,6\n1,7,8\n", {"missing": "drop"}),
    ("unnamed.csv", "Unnamed: 0,a,b\n0,5,6\n1,7,8\n", {}),
    ("index-of-others.csv", "index,a,b\n0,5,6\n2,7,8\n", {}),
    ("repeated-id.csv", "id,a,b\n7,5,6\n7,7,8\n", {}),
    ("steps.csv", "t0,t1,t2,t3,note\n1,2,3,4,5\n6,7,8,9,10\n", {}),
    ("few-steps.csv", "t0,t1,note,other\n1,2,3,4\n6,7,8,9\n", {}),
    ("other-steps.csv", "v1,v2,v3,w1,w2\n1,2,3,4,5\n6,7,8,9,10\n", {}),
    ("many-others.csv", "t0,t1,t2,t3,t4,t5,t6,a,b,c,d,e,f\n1,2,3,4,5,6,7,1,2,3,4,5,6\n", {}),
    ("dated-rows.csv", "date,t0,t1,t2\n2024-01-01,1,2,3\n2024-01-02,4,5,6\n", {}),
    ("inputs.csv", "t0.x,t0.y,t1.x,t1.y\n1,2,3,4\n5,6,7,8\n", {}),
    ("inputs-from-1.csv", "t1.x,t1.y,t2.x,t2.y\n1,2,3,4\n5,6,7,8\n", {}),
    ("inputs-unsorted.csv", "t0.x,t1.x,t0.y,t1.y\n1,2,3,4\n5,6,7,8\n", {}),
    ("inputs-left-over.csv", "t0.x,t0.y,t1.x\n1,2,3\n5,6,7\n", {}),
    ("inputs-told.csv", "1,2,3,4\n5,6,7,8\n", {"inputs": 2}),
    ("inputs-odd.csv", "1,2,3\n4,5,6\n", {"inputs": 2}),
    ("unequal.csv", "u,1,2,3\nv,4\nu,5,6,7,8\n", {"unequal": True}),
    ("unequal-headed.csv", "a,b\n1,2\n3,4,5\n", {"unequal": True}),
    ("unequal-label-last.csv", "1,2,3,u\n4,u\n", {"unequal": True, "label": "4"}),
    ("ragged.csv", "1,2,3\n4,5\n", {}),
    ("texts.csv", "u,a,1\nv,b,2\n", {}),
    ("labels-of-numbers.csv", "label,x\n2.0,1\n10,2\n2,3\n", {}),
    ("labels-missing.csv", "label,x,y\nu,1,4\n,2,5\n?,3,6\n", {}),
    ("labels-none.csv", "label,x,y\n,1,4\n?,2,5\n", {}),
    ("inputs-of-one.csv", "1,2,3\n4,5,6\n", {"inputs": 1}),
    ("missing.csv", "1,,3\n4,NaN,\n7,8,9\n", {}),
    ("missing-end.csv", "1,2,\n4,,\n7,8,9\n", {}),
    ("missing-drop.csv", "1,,3\n4,NaN,\n7,8,9\n", {"missing": "drop"}),
    ("missing-drop-all.csv", "1,,3\n4,NaN,\n", {"missing": "drop"}),
    ("missing-fill.csv", "name,a,b,c,d\np,1,,,4\nq,,8,9,\n", {"missing": "interpolate"}),
    ("missing-one.csv", "name,a,b,c\np,1,,4\nq,8,9,7\n", {"missing": "interpolate"}),
    ("missing-whole.csv", "t0.x,t0.y,t1.x,t1.y\n1,,3,\n5,6,7,8\n", {"missing": "interpolate"}),
    ("missing-unequal.csv", "1,2,\n4,,\n7,8,9\n", {"unequal": True}),
    ("value.csv", "1,x2\n3,4\n", {"header": False}),
    ("long-cell.csv", f"a,b\n1,{'x' * 50}\n3,4\n", {"value": ("b",)}),
    ("no-column.csv", "alpha,beta\n1,2\n", {"label": "alhpa"}),
    ("no-such-column.csv", "alpha,beta\n1,2\n", {"label": "gamma"}),
    ("no-header-column.csv", "1,2\n3,4\n", {"label": "gamma"}),
    ("number-too-high.csv", "1,2\n3,4\n", {"label": "3"}),
    ("number-0.csv", "1,2\n3,4\n", {"label": "0"}),
    ("same.csv", "a,b\n1,2\n", {"label": "a", "name": "a"}),
    ("same-value.csv", "a,b\n1,2\n", {"time": "a", "value": ("a",)}),
    ("twice.csv", "a,a,b\n1,2,3\n", {"label": "a"}),
    ("two-texts.csv", "u,x,1\nu,x,2\n", {}),
    ("two-names.csv", "name,who,x\na,c,1\nb,d,2\n", {}),
    ("names-twice.csv", "name,x\na,1\na,2\n", {"name": "name"}),
    ("only-text.csv", "label,name\nu,a\nu,b\n", {"header": True}),
    # CSV, a row per step
    ("long.csv", ROWS, {}),
    ("long-told.csv", ROWS, {"id": "id", "value": ("y", "x")}),
    ("long-unsorted.csv", ROWS + "a,2,u,9,9\na,4,u,10,9\n", {}),
    ("long-even.csv", "time,x\n0,1\n1,2\n2.005,3\n", {}),
    ("long-dates.csv", "day,x\n2024-01-02,1\n2024-01-01,2\n", {}),
    ("long-times.csv", "time,x\nsoon,1\nlater,2\n", {}),
    ("long-times-text.csv", "id,time,label,x\na,soon,u,1\na,then,u,2\n", {}),
    ("long-comma.csv", "id;time;x\na;1,5;2\na;0,5;3\n", {}),
    ("long-bad-time.csv", ROWS.replace("b,1", "b,soon"), {"id": "id", "time": "time"}),
    ("long-no-id.csv", ROWS.replace("b,1", ",1"), {}),
    ("long-same-time.csv", ROWS.replace("b,1", "b,0"), {}),
    ("long-same-time-alone.csv", "time,x\n0,1\n0,2\n", {}),
    ("long-label.csv", ROWS.replace("b,1,v", "b,1,u"), {}),
    ("long-label-missing.csv", ROWS.replace("b,1,v", "b,1,"), {}),
    ("long-name.csv", "id,who,x\n1,a,5\n1,a,6\n2,b,7\n", {"id": "id", "name": "who"}),
    ("long-back.csv", "id,x\na,1\nb,2\na,3\n", {"id": "id"}),
    ("long-short.csv", ROWS + "c,1\n", {}),
    ("long-one.csv", LONG_X, {"value": ("1", "2")}),
    ("long-inputs.csv", ROWS, {"id": "id", "inputs": 2}),
    ("long-ids.csv", "subject,trial,x\n1,1,5\n1,1,6\n1,2,7\n", {"id": ("subject", "trial")}),
    # CSV, what cannot be told
    ("years.csv", "country,1990,1991,1992,1993\na,5,3,8,1\nb,2,9,4,7\n", {}),
    ("spectra.csv", "400,410,420\n5,3,8\n2,9,4\n", {}),
    ("engines.csv", "engine,cycle,s\n1,1,5\n1,2,3\n1,3,6\n2,1,4\n2,2,9\n", {}),
    ("words.csv", "a,b\n1,5\n3,2\n7,3\n2,2\n9,1\n", {}),
    ("words-long.csv", "a,b\n1,5\n3,2\n7,3\n2,2\n9,1\n", {"rows": "steps"}),
    ("numbers-short.csv", "1,5\n3,2\n7,3\n2,2\n9,1\n", {}),
    ("rows-and-ids.csv", ROWS, {"rows": "sequences", "id": "id"}),
    ("stacked.csv", "id,t,kind,v\n1,0,F,5\n1,1,F,6\n1,0,T,7\n1,1,T,8\n", {}),
    ("dates-two.csv", "time,x\n02/03/2024,1\n03/02/2024,2\n", {}),
    ("dates-told.csv", "time,x\n02/03/2024,1\n03/02/2024,2\n", {"day_first": True}),
    ("dates-mixed.csv", "time,x\n13/02/2024,1\n02/13/2024,2\n", {}),
    ("dates-numbers.csv", "time,x\n2024-01-31,1\n5,2\n", {}),
    ("midnight.csv", "time,x\n23:59:00,1\n00:01:00,2\n", {}),
    ("time-missing.csv", "time,x\n0,1\n,2\n", {}),
    ("thousands.csv", "time;x\n0;1,234\n", {}),
    ("thousands-told.csv", "time;x\n0;1,234\n", {"thousands": ","}),
    ("thousands-other.csv", "time;x\n0;1,234\n", {"thousands": "x"}),
    ("otherwise.csv", "time;x\n0;1.234,5\n", {}),
    ("otherwise-late.csv", "time;x\n0;1\n1;1 234\n", {}),
    ("commas-some.csv", "time;x\n0.5;1,5\n", {}),
    ("preamble.csv", "Made by me\nx;y\n1;2\n3;4\n", {}),
    ("preamble-told.csv", "Made by me\nx;y\n1;2\n3;4\n", {"skip_rows": 1}),
    ("units.csv", "time;x\ns;V\n0;1\n1;2\n", {}),
    ("empty-column.csv", "time;x;note\n0;1;\n1;2;\n", {}),
    ("row-names.csv", "x,y\nr1,2,3\nr2,4,5\n", {}),
    ("delimiter-last.csv", "sep=;\nx;y;\n1;2;\n3;4;\n", {}),
    # What shapes them
    ("cut.csv", "1,2,3,4,5\n6,7,8,9,10\n", {"cut": Span(2, "steps")}),
    ("cut-hop.csv", "name,t0,t1,t2\na,1,2,3\nb,4,5,6\n",
     {"cut": Span(2, "steps"), "hop": Span(1, "steps")}),
    ("cut-some.csv", "1,2,3\n4\n", {"cut": Span(2, "steps"), "unequal": True}),
    ("cut-none.csv", "1,2\n3,4\n", {"cut": Span(3, "steps")}),
    ("cut-seconds.csv", "1,2\n3,4\n", {"cut": Span(0.5, "seconds")}),
    ("cut-sound.wav", sound(100), {"cut": Span(0.5, "seconds"), "hop": Span(0.25, "seconds")}),
    ("cut-little.wav", sound(100), {"cut": Span(0.001, "seconds")}),
    ("cut-nothing.csv", "1,2\n", {"cut": Span(0, "steps")}),
    ("hop-alone.csv", "1,2\n", {"hop": Span(1, "steps")}),
    ("rate.csv", "1,2\n", {"sampling_rate": 10.0}),
    ("rate-0.csv", "1,2\n", {"sampling_rate": 0.0}),
    ("rate-of-ours.h5", ours(small_sequences(2)), {"sampling_rate": 50.0}),
    ("rate-as-it-is.h5", ours(small_sequences(2)), {"sampling_rate": 100.0}),
    ("label-of-ours.h5", ours(small_sequences(2)), {"label": "x"}),
    ("long-steps.npy", npy(np.zeros((2, 20_001))), {}),
    # Arrays
    ("a.npy", npy(X), {}),
    ("wide.npy", npy(X.transpose(0, 2, 1)), {}),
    ("first.npy", npy(X), {"channels_first": True}),
    ("flat.npy", npy(X[:, :, 0]), {}),
    ("line.npy", npy(np.arange(3)), {}),
    ("four.npy", npy(X[None]), {}),
    ("complex.npy", npy(X * 1j), {}),
    ("infinite.npy", npy(np.array([[1.0, 2.0], [3.0, -np.inf]])), {}),
    ("one.npz", npz(x=X, y=[1, 2, 1, 2]), {}),
    ("texts.npz", npz(x=X, y=np.array(["u", "v", "u", ""])), {}),
    ("floats.npz", npz(x=X, y=[1.0, 2.5, np.nan, 1]), {}),
    ("dates.npz", npz(x=X, y=np.array([1, 2, 3, 4], "M8[s]")), {}),
    ("bytes.npz", npz(x=X, y=np.array([b"u", b"\xff", b"u", b"v"])), {}),
    ("many.npz", npz(**{f"x{k}": X for k in range(9)}), {}),
    ("eight.npz", npz(**{f"x{k}": X for k in range(8)}), {}),
    ("labels-only.npz", npz(y=np.arange(3)), {}),
    ("each.npz", npz(arr_0=np.arange(3), arr_1=np.arange(4)), {}),
    ("each-first.npz", npz(arr_0=X[0], arr_1=X[1][:, :1]), {"channels_first": True}),
    ("one.npz:z", npz(x=X), {}),
    ("nine.npz:z", npz(**{f"x{k}": X for k in range(9)}), {}),
    ("told.npz", npz(x=X, kind=[1, 2, 1, 2]), {"label": "kind"}),
    ("not-there.npz", npz(x=X, kind=[1, 2, 1, 2]), {"label": "knid"}),
    ("part.npy:x", npy(X), {}),
    # HDF5
    ("one.h5", h5(x=X, y=[1, 2, 1, 2], z=3), {}),
    ("two.h5", h5(a__x=X, b=X), {}),
    ("seven.h5", h5(**{f"x{k}": X for k in range(7)}), {}),
    ("six.h5", h5(**{f"x{k}": X for k in range(6)}), {}),
    ("none.h5", h5(), {}),
    ("line.h5", h5(x=np.arange(3)), {}),
    ("line.h5:/x", h5(x=np.arange(3)), {}),
    ("four.h5:/x", h5(x=X[None]), {}),
    ("flat.h5:/g", h5(g__a=X), {}),
    ("deep.h5", h5(**{"/".join("abcdefghijklmnop") + "/x": X}), {}),
    ("deeper.h5", h5(**{"/".join("abcdefghijklmnopq") + "/x": X}), {}),
    ("group.h5:/g/h", h5(g__h__a=np.arange(3), g__h__b=np.arange(2), g__other=X), {}),
    ("empty.h5:/g", h5(g__h__a=np.arange(3)), {}),
    ("labels.h5:/x", h5(x=X, g__kind=[1, 2, 1, 2]), {"label": "/g/kind"}),
    ("labels-beside.h5:/g/x", h5(g__x=X, g__labels=[1, 2, 1, 2], y=[1]), {}),
    ("labels-wrong.h5:/x", h5(x=X, y=[1, 2]), {}),
    ("labels-group.h5:/x", h5(x=X, g__kind=[1, 2]), {"label": "/g"}),
    # .ts
    ("a.ts", ts(TS_CASE), {}),
    ("percent.ts", ts("% c\n# d\n" + TS_CASE), {}),
    ("dimension-missing.ts", ts("1,2,3:?:a\n" + TS_CASE), {}),
    ("times.ts", ts("(0,1),(1,2):(0,5),(1,6):b", "seriesLength", timeStamps="true"), {}),
    ("clock.ts", ts("(2024-01-01T10:00:00,1),(2024-01-01T11:00:00,2):a", "dimensions",
                    "seriesLength", timeStamps="true"), {}),
    ("backward.ts", ts("(1,1),(1,2):(0,5),(1,6):b", "seriesLength", timeStamps="true"), {}),
    ("no-pair.ts", ts("(1),(2):(0,5),(1,6):b", "seriesLength", timeStamps="true"), {}),
    ("between.ts", ts("(0,1)x(1,2):(0,5),(1,6):b", "seriesLength", timeStamps="true"), {}),
    ("untimed.ts", ts("1,2:3,4:b", "seriesLength", timeStamps="true"), {}),
    ("pairs.ts", ts("(0,1),(1,2),(2,3):4,5,6:a"), {}),
    ("missing.ts", ts("1,?,3:4,5,6:a", missing="false"), {}),
    ("missing-said.ts", ts("1,?,3:4,5,6:a", missing="true"), {}),
    ("label.ts", ts("1,2,3:4,5,6:c"), {}),
    ("label-missing.ts", ts("1,2,3:4,5,6:?\n" + TS_CASE), {}),
    ("unlabelled.ts", ts("1,2,3:4,5,6", classLabel="false"), {}),
    ("label-only.ts", ts("a"), {}),
    ("target.ts", ts("1,2,3:4,5,6:7.5", classLabel="false", targetLabel="true"), {}),
    ("dimensions.ts", ts("1,2,3:a"), {}),
    ("univariate.ts", ts(TS_CASE, univariate="true"), {}),
    ("uneven.ts", ts("1,2,3:4,5:a"), {}),
    ("first-differs.ts", ts(TS_CASE + "1,2,3:a", "dimensions", "univariate"), {}),
    ("length.ts", ts(TS_CASE, seriesLength="4"), {}),
    ("length-free.ts", ts(TS_CASE, equalLength="false", seriesLength="4"), {}),
    ("equal.ts", ts(TS_CASE + "1,2:3,4:a", "seriesLength"), {}),
    ("unequal.ts", ts(TS_CASE + "1,2:3,4:a", "seriesLength", equalLength="false"), {}),
    ("number.ts", ts("1,x,3:4,5,6:a"), {}),
    ("no-cases.ts", TS + "@data\n", {}),
    ("no-data.ts", TS, {}),
    ("no-at.ts", "@problemName x\nname\n", {}),
    ("at-alone.ts", "@problemName\n@\n" + TS + "@data\n" + TS_CASE, {}),
    ("boolean.ts", ts(TS_CASE, missing="no"), {}),
    ("boolean-none.ts", ts(TS_CASE, missing=""), {}),
    ("zero.ts", ts(TS_CASE, dimensions="0"), {}),
    ("two-numbers.ts", ts(TS_CASE, dimensions="2 2"), {}),
    ("classes.ts", ts("1,2,3:4,5,6:x", classLabel="true a b c d e f g h i"), {}),
    # UCR
    ("a.tsv", "1\t0.5\t2\n2\t3\tNaN\n", {}),
    ("two.tsv", "1\t2\n2\t3\n", {}),
    ("header.tsv", "1\t0.5\t2\n2\t3\t4\n", {"header": False}),
    ("words.tsv", "u\t0.5\t2\nv\t3\t4\n", {}),
    # JSON
    ("a.json", JSON % '"sequences": [{"values": [[1, 2], [3, 4]], "name": "n", "label": "u"}]', {}),
    ("bare.json", JSON % '"sequences": [{"values": [1, null, 3]}, {"values": [1, 2]}]',
     {"missing": "drop"}),
    ("some.json", JSON % '"sequences": [{"values": [1], "label": "u"}, {"values": [2]}]', {}),
    ("some-names.json", JSON % '"sequences": [{"values": [1], "name": "u"}, {"values": [2]}]', {}),
    ("order.json", JSON % '"label_names": ["v", "u"], "sequences": [{"values": [1], "label": "u"}]',
     {}),
    ("order-wrong.json", JSON % '"label_names": ["v"], "sequences": [{"values": [1], "label": 5}]',
     {}),
    ("rate.json", JSON % '"sampling_rate": 5, "sequences": [{"values": [1]}]', {}),
    ("rate-0.json", JSON % '"sampling_rate": 0, "sequences": [{"values": [1]}]', {}),
    ("rate-true.json", JSON % '"sampling_rate": true, "sequences": [{"values": [1]}]', {}),
    ("rate-text.json", JSON % '"sampling_rate": "5", "sequences": [{"values": [1]}]', {}),
    ("attributes.json", JSON % '"attributes": {"a": 1}, "sequences": [{"values": [1]}]', {}),
    ("attributes-list.json", JSON % '"attributes": [1], "sequences": [{"values": [1]}]', {}),
    ("text.json", JSON % '"sequences": [{"values": [[1], ["x"]]}]', {}),
    ("true.json", JSON % '"sequences": [{"values": [[1], [true]]}]', {}),
    ("ragged.json", JSON % '"sequences": [{"values": [[1], [1, 2]]}]', {}),
    ("no-inputs.json", JSON % '"sequences": [{"values": [[], []]}]', {}),
    ("no-values.json", JSON % '"sequences": [{"values": [1]}, {"values": []}]', {}),
    ("no-objects.json", JSON % '"sequences": [[1]]', {}),
    ("large.json", JSON % ('"sequences": [{"values": [1%s]}]' % ("0" * 400)), {}),
    ("list.json", "[1]", {}),
    ("broken.json", "{", {}),
    ("other.json", '{"a": 1}', {}),
    ("run.json", '{"encoding-type": "lstmtool-run", "encoding-version": "1.0"}', {}),
    ("version.json", '{"encoding-type": "lstmtool-sequences", "encoding-version": "2.0"}', {}),
    ("no-version.json", '{"encoding-type": "lstmtool-sequences"}', {}),
    # Sounds
    ("one.wav", sound(4), {}),
    ("two.wav", sound(4, 2), {}),
    ("inputs.wav", sound(4, 2), {"channels": "inputs"}),
    ("split.wav", sound(4, 2), {"channels": "split"}),
    ("split-one.wav", sound(4), {"channels": "split"}),
    ("nothing.wav", sound(0), {}),
    ("wrong.wav", "1,2\n", {}),
    ("infinite.wav", broken_sound, {}),
    ("folder", folder(a__1_wav=sound(3), a__2_wav=sound(4), b__1_wav=sound(5)), {}),
    ("flat-folder", folder(one_wav=sound(3), two_wav=sound(4)), {}),
    ("mixed-folder", folder(one_wav=sound(3), b__two_wav=sound(4)), {}),
    ("one-group", folder(b__one_wav=sound(3), b__two_wav=sound(4)), {}),
    ("split-folder", folder(a__1_wav=sound(3, 2), b__1_wav=sound(5)), {"channels": "split"}),
    ("rates", folder(a__1_wav=sound(3), b__1_wav=sound(5, rate=50)), {}),
    ("rates-told", folder(a__1_wav=sound(6), b__1_wav=sound(3, rate=50)), {"sampling_rate": 50.0}),
    ("channels-differ", folder(a_wav=sound(3), b_wav=sound(5, 2)), {"channels": "inputs"}),
    ("antiphase.wav", opposed(1.0), {}),
    ("nearly-antiphase.wav", opposed(0.7), {}),
    ("silent.wav", flat(0.0, 1), {}),
    ("constant", folder(a_wav=flat(0.5, 2), b_wav=sound(4)), {}),
    ("skipped", folder(a_wav=sound(3), b_wav=lambda path: path.write_text("no")),
     {"skip_unreadable": True}),
    ("skipped-all", folder(b_wav=lambda path: path.write_text("no")), {"skip_unreadable": True}),
    ("skipped-file.wav", sound(3), {"skip_unreadable": True}),
    ("no-sounds", folder(a__notes=npy(X)), {}),
    # Other files
    ("gzip.csv", b"\x1f\x8b\x08", {}),
    ("old.xls", b"\xd0\xcf\x11\xe0....", {}),
    ("old.mat", b"MATLAB 5.0 MAT-file", {}),
    ("octave.mat", b"# Created by Octave 9", {}),
    ("packed-twice.csv", gzip.compress(gzip.compress(b"1,2")), {}),
    ("packed.csv.gz", gzip.compress(b"1,2\n3,4\n"), {}),
    ("packed-bad.csv.gz", gzip.compress(b"1,2\n3\n"), {}),
    ("paper.pdf", b"%PDF-1.5", {}),
    ("new.xlsx", b"PK\x03\x04....xl/....", {}),
    ("types.docx", b"PK\x03\x04....[Content_Types]", {}),
    ("other.zip", b"PK\x03\x04........", {}),
    ("empty-zip.npz", b"PK\x03\x04........", {}),
    ("pickle-2", b"\x80\x02....", {}),
    ("pickle-5", b"\x80\x05....", {}),
    ("pickle-6", b"\x80\x06\x00...", {}),
    *((f"text{ending}", "1,2\n", {}) for ending in (".pkl", ".pickle", ".joblib", ".pt", ".PT")),
    ("text.h5", "1,2\n", {}),
    ("text.hdf5", "1,2\n", {}),
    ("text.npy", "1,2\n", {}),
    ("text.npz", "1,2\n", {}),
    ("bytes.bin", bytes(range(32)), {}),
    ("weka.arff", "% c\n@RELATION x\n", {}),
    ("a.arff", ARFF + "1,2,?,b\n3,4,5,a\n", {"unequal": True}),
    ("short.arff", ARFF + "1,2,3\n", {}),
    ("sparse.arff", ARFF + "{1 2}\n", {}),
    ("open.arff", ARFF + "1,2,3,'a\n", {}),
    ("type.arff", "@attribute a odd\n@data\n1\n", {}),
    ("no-such.arff", ARFF + "1,2,3,a\n", {"label": "z"}),
    ("relation.arff", BAG + "'1,2,3\\n4,5,6',up\n'7,8\\n9,?',\"do wn\"\n", {"unequal": True}),
    ("relation-uneven.arff", BAG + "'1,2,3\\n4,5',up\n", {}),
    ("relation-text.arff", BAG + "'1,2,x',up\n", {}),
    ("relation.txt", "  @relation x\n", {}),
    ("a-ts.txt", "% c\n\n#x\n" + ts(TS_CASE), {}),
    ("a-json.txt", "  " + JSON % '"sequences": [{"values": [1]}]', {}),
    ("empty.csv", "", {}),
    ("blank.csv", "\n\n", {}),
]  # fmt: skip
NAMES = [name for name, _, _ in FILES]
CASES = {name: rest for name, *rest in FILES}


def told(folder, name):
    """What comes of a file, as lines of text."""
    content, options = CASES[name]
    path = folder / name
    file = folder / name.split(":")[0]
    if callable(content):
        content(file)
    else:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    said = []
    try:
        data = load_sequences(path, ReadOptions(**options), said.append)
    except LstmtoolError as error:
        lines = [f"refused {type(error).__name__}, {error.exit_code}", *str(error).splitlines()]
    else:
        lines = [f"{len(data)} sequences of {data.n_inputs} inputs"]
        for n, values in enumerate(data):
            if n < 6:
                shown = " / ".join(" ".join(f"{v:.6g}" for v in step) for step in values[:8])
                group = "" if data.labels is None else f" [{data.label_names[data.labels[n]]}]"
                lines.append(f"{data.names[n] if data.names else '-'}{group}: {shown}")
        lines.append(f"groups {data.label_names}, rate {data.sampling_rate}, {data.attributes}")
    lines += [f"said: {text}" for text in said]
    return WORDS.cleaned(lines, folder)


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_of_a_file(tmp_path, name):
    outcomes, sentences = WORDS.recorded()
    lines = told(tmp_path, name)
    assert outcome(lines) == outcomes[name]
    assert lines == sentences.get(name, lines)


def test_there_is_no_case_twice_and_none_too_many():
    outcomes, sentences = WORDS.recorded()
    assert list(outcomes) == NAMES
    assert set(sentences) == set(WORDS.whole)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        *((start + b"....", "sound") for start in (b"RIFF", b"fLaC", b"OggS", b"FORM", b"ID3")),
        (b"\x89HDF\r\n\x1a\n....", "hdf5"),
        (b"\x93NUMPY....", "npy"),
        (b"PK\x03\x04" + b"." * 292 + b".npy", "npz"),
        (b"\xef\xbb\xbf{}", "json"),
        ("﻿{}".encode("utf-16-be"), "json"),
        ("1,é".encode("cp1252"), "csv"),
    ],
)
def test_formats_by_their_first_bytes(tmp_path, head, kind):
    (tmp_path / "a").write_bytes(head)
    assert detect(tmp_path / "a") == kind


@pytest.mark.parametrize(("at", "read"), [(65_000, True), (65_540, False)])
def test_the_encoding_is_told_by_the_first_64_kib(tmp_path, at, read):
    text = b"name,x\n" + b"a,1\n" * (at // 4) + "é,2\n".encode("cp1252")
    (tmp_path / "a.csv").write_bytes(text)
    options = ReadOptions(value=("x",))
    if read:
        assert load_sequences(tmp_path / "a.csv", options).n_inputs == 1
        return
    with pytest.raises(LstmtoolError, match="not text in UTF-8 throughout"):
        load_sequences(tmp_path / "a.csv", options)


@pytest.mark.parametrize("name", ["wav", "FLAC", "aif", "aiff", "ogg", "mp3"])
def test_formats_by_their_ending(tmp_path, name):
    (tmp_path / f"a.{name}").write_bytes(b"....")
    assert detect(tmp_path / f"a.{name}") == "sound"


def test_cells():
    assert [number(c) for c in (" 1.5 ", "-2e3", "+4")] == [1.5, -2000, 4]
    assert np.isnan([number(c) for c in ("", "?", "NA", "n/a", "NaN", "null", " None ")]).all()
    assert number("1,5", comma=True) == 1.5
    assert [is_number(c) for c in ("1", "", "x", "inf", "1_0", "1,5")] == [True] + [False] * 5
    assert is_number("1,5", comma=True) and not is_number("1.5", comma=True)
    assert exact("1970-01-01") == 0 and exact("1970-01-01T00:00:01+00:00") == 1
    assert exact("1970-01-01T01:00:00+01:00") == 0 and exact("2.5") == 2.5
    assert [is_time(c) for c in ("2024-01-31", "3", "", "soon")] == [True, True, False, False]
    assert [whole(v) for v in (3.0, -2.0, 2.5)] == ["3", "-2", "2.5"]
    assert [label(c) for c in (" u ", "1.0", "1.5", "1", "", "na", "1e0", "x.0")] == [
        "u", "1", "1.5", "1", None, None, "1e0", "x.0",
    ]  # fmt: skip
    assert shown_cell("a'b") == '"a\'b"'


def test_words_for_numbers_and_their_order():
    assert [counted(n, "step") for n in (0, 1, 2, 1000)] == [
        "0 steps", "1 step", "2 steps", "1,000 steps",
    ]  # fmt: skip
    assert ordered(["10", "9", "9.0"]) == ["9", "9.0", "10"]
    assert ordered(["10", "9", "x"]) == ["10", "9", "x"]


def test_resampling_keeps_means_and_slow_waves():
    wave = 5 + np.sin(np.arange(400) / 20)[:, None] * [1.0, 2.0]
    half = resample(wave, 100.0, 50.0)
    assert half.shape == (200, 2)
    np.testing.assert_allclose(half[20:-20], wave[::2][20:-20], atol=1e-3)
    assert resample(wave, 100.0, 100.0) is wave
    assert resample(wave, 3e5, 1e5 + 1 / 3).shape == (134, 2)


if __name__ == "__main__":
    WORDS.write(NAMES, told)
