"""What comes of files that others have made or changed: the error's type, exit code and place.

All are in ``refusals.txt``, of some also the sentences. After a change of them, run this file as a
program (``python -m tests.io.test_refusals``), which writes them anew, and read what has changed.
"""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from lstmtool.errors import LstmtoolError
from lstmtool.io import kinds
from lstmtool.io.clusters import read_clusters, write_clusters
from lstmtool.io.hdf5 import add_json, add_text
from lstmtool.io.pages import is_report_page
from lstmtool.io.reading import open_reading
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.sequences import open_sequences, read_sequences, write_sequences
from lstmtool.io.supervision import read_supervision, write_supervised
from lstmtool.io.trained import read_trained, write_trained
from tests.builders import small_run, small_sequences
from tests.io.test_clusters import FULL
from tests.io.test_trained import trained
from tests.wording import Wording, outcome

WORDS = Wording(
    Path(__file__).parent / "refusals.txt",
    r"\d+(?:,\d{3})+|(?<=written by lstmtool )[^:]+|Expecting property.*|'utf-8' codec.*",
    whole=(
        "sequences one-axis", "sequences text", "sequences soft", "sequences unpacks",
        "sequences nan", "sequences version", "run unknown", "run parameters", "run chosen",
        "trained no-seed",
    ),
)  # fmt: skip


def put(name, values, **attributes):
    """Put other values in the place of a dataset."""

    def change(file):
        if name in file:
            del file[name]
        file[name] = values
        for key, value in attributes.items():
            file[name].attrs[key] = value

    return change


def gone(name):
    return lambda file: file.__delitem__(name)


def attribute(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


def no_attribute(name):
    return lambda file: file.attrs.__delitem__(name)


def json(name, value):
    return lambda file: add_json(file, name, value)


def at(name, values, index):
    return lambda file: file[name].__setitem__(index, values)


def made(name, **options):
    """Put a dataset made in some way in the place of one."""

    def change(file):
        del file[name]
        file.create_dataset(name, **options)

    return change


def linked(name, link):
    def change(file):
        del file[name]
        file[name] = link

    return change


def virtual(name):
    def change(file):
        del file[name]
        layout = h5py.VirtualLayout((70, 1), "f8")
        layout[:] = h5py.VirtualSource("other.h5", "v", (70, 1))
        file.create_virtual_dataset(name, layout)

    return change


def write_beside(path):
    data = small_sequences()
    n = len(data.values)
    beside = {"targets": np.ones((n, 2)), "scored": np.arange(n) % 2 == 0}
    write_supervised(path, data, beside | {"allowed": np.ones((n, 2), bool)})


def streamed(path):
    with open_sequences(path) as file:
        return list(file.blocks(4))


WAYS = {
    "sequences": (lambda path: write_sequences(path, small_sequences()), read_sequences),
    "stream": (lambda path: write_sequences(path, small_sequences()), streamed),
    "supervision": (write_beside, read_supervision),
    "run": (lambda path: write_run(path, small_run()), read_run),
    "clusters": (lambda path: write_clusters(path, **FULL), read_clusters),
    "trained": (lambda path: write_trained(path, trained()), read_trained),
}
OFFSETS = small_sequences().offsets
VALUES = small_sequences().values
CASES = [
    # Parts and their shapes, types and places
    ("sequences", "no-values", gone("values")),
    ("sequences", "one-axis", put("values", VALUES.ravel())),
    ("sequences", "three-axes", put("values", VALUES[None])),
    ("sequences", "text", put("values", np.array([[b"1.5"]] * 70))),
    ("sequences", "complex", put("values", VALUES * 1j)),
    ("sequences", "wide", put("values", VALUES.astype(np.longdouble))),
    ("sequences", "pairs", put("values", np.zeros((70, 1), "(2,)f8"))),
    ("sequences", "objects", made("values", data=["a"] * 70, dtype=h5py.string_dtype())),
    ("sequences", "empty", made("values", data=h5py.Empty("f8"))),
    ("sequences", "group", lambda file: (gone("values")(file), file.create_group("values"))),
    ("sequences", "soft", linked("values", h5py.SoftLink("/offsets"))),
    ("sequences", "external", linked("values", h5py.ExternalLink("other.h5", "/v"))),
    ("sequences", "virtual", virtual("values")),
    ("sequences", "outside", made("values", shape=(70, 1), dtype="f8", external=[("o", 0, 560)])),
    ("sequences", "lzf", made("values", data=VALUES, compression="lzf")),
    ("sequences", "packed", made("values", data=VALUES, compression="gzip", shuffle=True)),
    ("sequences", "unpacks", made("values", shape=(10**9, 1), dtype="f8", compression="gzip")),
    ("sequences", "chunk", made("values", shape=(70, 1), maxshape=(None, 1), dtype="f8",
                                chunks=(10**8, 1), compression="gzip")),
    ("sequences", "nan", at("values", np.nan, (5, 0))),
    ("sequences", "floats-for-integers", put("offsets", OFFSETS.astype(float))),
    ("sequences", "two-axes", put("offsets", OFFSETS[None])),
    ("sequences", "back", at("offsets", OFFSETS[2], 3)),
    ("sequences", "beyond", at("offsets", 71, 12)),
    ("sequences", "before", at("offsets", -1, 0)),
    ("sequences", "late", at("offsets", 1, 0)),
    ("sequences", "early", at("offsets", 69, 12)),
    ("sequences", "one-offset", put("offsets", OFFSETS[:1])),
    ("sequences", "no-offset", put("offsets", OFFSETS[:0])),
    ("sequences", "label", at("labels", 3, 1)),
    ("sequences", "label-below", at("labels", -1, 1)),
    ("sequences", "labels", put("labels", np.zeros(11, int))),
    ("sequences", "names", put("names", np.array([b"a"] * 11))),
    ("sequences", "names-flat", put("names", np.array([[b"a"]] * 12))),
    ("sequences", "names-numbers", put("names", np.arange(12))),
    ("sequences", "names-bytes", put("names", np.array([b"\xff"] * 12))),
    ("sequences", "group-names", put("label_names", np.array([[b"a"]]))),
    ("sequences", "rate", attribute("sampling_rate", 0.0)),
    ("sequences", "rate-nan", attribute("sampling_rate", np.nan)),
    ("sequences", "rate-two", attribute("sampling_rate", [1.0, 2.0])),
    ("sequences", "rate-text", attribute("sampling_rate", "5")),
    ("sequences", "rate-one", attribute("sampling_rate", [[5]])),
    ("sequences", "attributes", json("attributes", [1])),
    ("sequences", "attributes-broken", lambda file: add_text(file, "attributes", "{")),
    ("sequences", "attributes-number", attribute("attributes", 5)),
    ("sequences", "attributes-texts", attribute("attributes", np.array([b"{}", b"{}"]))),
    ("sequences", "attributes-data", lambda file: (
        no_attribute("attributes")(file), put("attributes", b'{"a": 1}')(file))),
    ("sequences", "no-attributes", no_attribute("attributes")),
    ("sequences", "type", lambda file: add_text(file, "encoding-type", "other")),
    ("sequences", "no-type", no_attribute("encoding-type")),
    ("sequences", "version", lambda file: add_text(file, "encoding-version", "2.0")),
    ("sequences", "later", lambda file: add_text(file, "encoding-version", "1.9")),
    ("sequences", "no-version", no_attribute("encoding-version")),
    # Block by block
    ("stream", "as-it-is", lambda file: None),
    ("stream", "nan", at("values", np.inf, (37, 0))),
    ("stream", "nan-unnamed", lambda file: (
        gone("names")(file), at("values", np.inf, (37, 0))(file))),
    ("stream", "one-axis", put("values", VALUES.ravel())),
    ("stream", "no-inputs", put("values", VALUES[:, :0])),
    ("stream", "late", at("offsets", 1, 0)),
    ("stream", "early", at("offsets", 69, 12)),
    ("stream", "one-offset", put("offsets", OFFSETS[:1])),
    ("stream", "unpacks", made("values", shape=(10**9, 1), dtype="f8", compression="gzip")),
    # Targets
    ("supervision", "as-it-is", lambda file: None),
    ("supervision", "none", gone("supervision")),
    ("supervision", "targets", at("supervision/targets", np.nan, (3, 1))),
    ("supervision", "fewer", put("supervision/targets", np.ones((69, 2)))),
    ("supervision", "scored", put("supervision/scored", np.ones(69, np.int8))),
    ("supervision", "scored-floats", put("supervision/scored", np.ones(70))),
    ("supervision", "allowed", put("supervision/allowed", np.ones((70, 1), np.int8))),
    ("supervision", "no-allowed", gone("supervision/allowed")),
    # Runs
    ("run", "as-it-is", lambda file: None),
    ("run", "no-config", no_attribute("config")),
    ("run", "config", json("config", {"restarts": 0})),
    ("run", "config-list", json("config", [])),
    ("run", "unknown", json("config", {"speed": 1})),
    ("run", "no-maker", lambda file: (
        no_attribute("created-by")(file), json("config", {"speed": 1})(file))),
    ("run", "empty", at("lengths", 0, 3)),
    ("run", "none", put("lengths", np.zeros(0, int))),
    ("run", "parameters", at("parameters", np.nan, 2)),
    ("run", "initial", at("initial_parameters", np.inf, 2)),
    ("run", "initial-fewer", put("initial_parameters", np.zeros(9))),
    ("run", "table", json("parameter_table", [["a", [2], 9]])),
    ("run", "table-fits", json("parameter_table", [["a", [2], 8]])),
    ("run", "table-negative", json("parameter_table", [["a", [-1], 0]])),
    ("run", "table-offset", json("parameter_table", [["a", [1], -1]])),
    ("run", "table-fraction", json("parameter_table", [["a", [1.0], 0]])),
    ("run", "table-name", json("parameter_table", [[5, [1], 0]])),
    ("run", "table-short", json("parameter_table", [["a", [1]]])),
    ("run", "table-none", json("parameter_table", None)),
    ("run", "columns", lambda file: add_json(file["history"], "columns", "epoch")),
    ("run", "columns-numbers", lambda file: add_json(file["history"], "columns", [1])),
    ("run", "column", put("history/objective", np.zeros(5))),
    ("run", "no-column", gone("history/objective")),
    ("run", "outputs", put("outputs/after/net_inputs", np.zeros((12, 1)))),
    ("run", "outputs-nan", at("outputs/after/net_inputs", np.nan, (1, 0))),
    ("run", "no-outputs", gone("outputs/untrained")),
    ("run", "chosen", attribute("chosen", 3)),
    ("run", "chosen-last", attribute("chosen", 2)),
    ("run", "chosen-below", attribute("chosen", -1)),
    ("run", "chosen-half", attribute("chosen", 0.5)),
    ("run", "no-chosen", no_attribute("chosen")),
    ("run", "notes", json("notes", {"a": 1})),
    ("run", "notes-numbers", json("notes", [1])),
    ("run", "no-notes", no_attribute("notes")),
    ("run", "source", json("source", "text")),
    ("run", "provenance", json("provenance", 5)),
    ("run", "mean", at("preprocessing/mean", np.nan, 0)),
    ("run", "matrix", put("preprocessing/matrix", np.eye(3))),
    ("run", "matrix-nan", at("preprocessing/matrix", np.nan, (1, 0))),
    ("run", "scaling", lambda file: add_json(file["preprocessing"], "settings", {"scaling": "x"})),
    # Clusters
    ("clusters", "as-it-is", lambda file: None),
    ("clusters", "floats", put("clusters", np.zeros(12))),
    ("clusters", "fewer", put("clusters", np.zeros(11, int))),
    ("clusters", "codes", put("codes", np.zeros((12, 1), np.uint8))),
    ("clusters", "density", put("density", np.zeros(11))),
    ("clusters", "confidence", put("confidence", np.zeros(11))),
    ("clusters", "confident", put("confidence", np.ones(12))),
    ("clusters", "scores", json("scores", [])),
    ("clusters", "source", json("source", [1])),
    # Trained networks
    ("trained", "as-it-is", lambda file: None),
    *(("trained", f"no-{name}", no_attribute(name)) for name in
      ("task", "rule", "update", "counted", "seed", "sequences", "n_weights", "solved", "options")),
    ("trained", "half", attribute("seed", 0.5)),
    ("trained", "history", put("history", np.zeros((4, 2)))),
    ("trained", "figures", json("figures", 1)),
    ("trained", "topology", json("topology", 1)),
    ("trained", "settings", json("settings", 1)),
    ("trained", "parameters", at("parameters", np.nan, 1)),
    ("trained", "initial", at("initial_parameters", np.nan, 1)),
    ("trained", "initial-fewer", put("initial_parameters", np.zeros(5))),
    ("trained", "table", json("parameter_table", [["a", [7], 0]])),
]  # fmt: skip
NAMES = [f"{kind} {name}" for kind, name, _ in CASES]
CHANGES = {f"{kind} {name}": change for kind, name, change in CASES}


def told(folder, name):
    """What comes of reading a changed file, as lines of text."""
    (write, read), change = WAYS[name.split()[0]], CHANGES[name]
    path = folder / "a.h5"
    write(path)
    with h5py.File(path, "r+") as file:
        parts = set(file.attrs)
        file.visit(parts.add)
        change(file)
        file.visit(parts.add)
    try:
        found = read(path)
    except LstmtoolError as error:
        named = [word for word in re.split("[ .,;]", error.what) if word in parts]
        lines = [f"refused {type(error).__name__}, {error.exit_code}", *str(error).splitlines()]
        lines.insert(1, f"at {' '.join(named)}".rstrip())
    else:
        lines = ["read", *shown(found)]
    return WORDS.cleaned(lines, folder)


def shown(found):
    """What tells apart what was read."""
    if isinstance(found, list):
        return [f"{len(block)} sequences: {', '.join(block.names)}" for block in found]
    if found is None:
        return ["nothing"]
    parts = found if isinstance(found, dict) else vars(found)
    words = []
    for name, value in sorted(parts.items()):
        if isinstance(value, np.ndarray):
            words.append(f"{name} {value.dtype} {value.shape} {value.sum():.6g}")
        elif isinstance(value, str | int | float | tuple | None):
            words.append(f"{name} {value}")
    return words


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


KINDS = {
    kinds.SEQUENCES: ("sequences", "lstmtool train {}", "lstmtool gen-data"),
    kinds.RUN: ("a run", "lstmtool report {}", "lstmtool train"),
    kinds.CLUSTERS: ("clusters", "lstmtool info {}", "lstmtool report --export FILE"),
    kinds.STUDY: ("a study", "lstmtool report {}", "lstmtool reproduce"),
    kinds.SWEEP: ("a sweep", "lstmtool report {}", "lstmtool sweep CONFIG.toml"),
    kinds.TRAINED: ("a trained network", "lstmtool report {}", "lstmtool learn NAME"),
    kinds.UNFINISHED: ("an unfinished run", "lstmtool train --resume", "lstmtool train"),
}


def test_kinds_are_called_as_they_were():
    names = ("sequences", "run", "clusters", "study", "sweep", "trained", "unfinished")
    assert list(KINDS) == [f"lstmtool-{name}" for name in names]
    assert kinds.VERSION == "1.0"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wanted", KINDS)
def test_what_a_file_of_another_kind_is_and_what_to_do(tmp_path, kind, wanted):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        add_text(file, "encoding-type", kind)
        add_text(file, "encoding-version", "1.0")
    if kind == wanted:
        with open_reading(path, wanted) as root:
            assert root.text("encoding-type") == kind
        return
    with pytest.raises(LstmtoolError) as caught, open_reading(path, wanted):
        pass
    (holds, reads, _), (wants, _, makes) = KINDS[kind], KINDS[wanted]
    assert str(caught.value).splitlines() == [
        f"{path} holds {holds}, not {wants}.",
        f"`{reads.format(path)}` reads it.",
        f"`{makes}` makes {wants}.",
    ]


def test_what_is_none_of_ours(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        add_text(file, "encoding-type", "x" * 100)
    fixes = {None: "Name a file that lstmtool wrote.", kinds.RUN: "`lstmtool train` makes a run."}
    for wanted, fix in fixes.items():
        with pytest.raises(LstmtoolError) as caught, open_reading(tmp_path / "a.h5", wanted):
            pass
        first, second, third = str(caught.value).splitlines()
        assert first == f"{tmp_path / 'a.h5'} was not written by lstmtool."
        assert second == f"encoding-type '{'x' * 79}" and third == fix


def page(generator="lstmtool 1.0 report", run="run.h5"):
    return (
        f'<!doctype html><meta name="generator" content="{generator}">'
        f'<meta name="lstmtool-run" content="{run}">'
    )


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (page(), True),
        (page(run="a&amp;b.h5"), False),
        (page(run="other.h5"), False),
        (page("lstmtool 1.0 study"), False),
        (page("lstmtool  report"), False),
        (page(f"lstmtool {'1' * 40} report"), True),
        (page(f"lstmtool {'1' * 41} report"), False),
        (page().replace("lstmtool-run", "run"), False),
        (page() + "x" * 9999, True),
        (" " * (4096 - len(page())) + page(), True),
        (" " * (4097 - len(page())) + page(), False),
    ],
)
def test_only_pages_of_the_same_run_are_ours(tmp_path, text, ours):
    (tmp_path / "a.html").write_text(text)
    assert is_report_page(tmp_path / "a.html", "run.h5") is ours
    assert is_report_page(tmp_path / "none.html", "run.h5") is False
    assert is_report_page(tmp_path, "run.h5") is False


def test_a_page_of_a_run_whose_name_is_escaped(tmp_path):
    (tmp_path / "a.html").write_text(page(run="a&amp;b.h5"))
    assert is_report_page(tmp_path / "a.html", "a&b.h5")


if __name__ == "__main__":
    WORDS.write(NAMES, told)
