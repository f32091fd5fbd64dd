import numpy as np
import pytest

from lstmtool.errors import DataError, UsageError
from lstmtool.io.formats.cells import shown_cell
from lstmtool.io.formats.options import ReadOptions

WIDE = "name,label,t0,t1,t2\na,up,1,2,3\nb,down,3,2,1\nc,up,2,3.5,4\n"
LONG = """machine,seconds,current,torque,state
m1,0,0.1,5,ok
m1,1,0.2,6,ok
m2,0,0.3,7,worn
m1,2,0.4,8,ok
m2,1,0.5,9,worn
"""
UNTIMED = LONG.replace("seconds", "pressure")


def groups(data):
    return [data.label_names[k] for k in data.labels]


def test_rows_are_sequences(load, file, notes):
    data = load(file("a.csv", WIDE))
    assert (len(data), data.n_inputs) == (3, 1)
    np.testing.assert_array_equal(data[2][:, 0], [2, 3.5, 4])
    assert data.names == ("a", "b", "c")
    assert groups(data) == ["up", "down", "up"]
    assert data.attributes["file"] == "a.csv"
    assert notes[0].startswith("CSV, commas, a header, a row per sequence")
    assert "names in column 'name'" in notes[0] and "labels in column 'label'" in notes[0]


def test_rows_are_steps_sorted_by_time(load, file):
    data = load(file("a.csv", LONG), id="machine", time="seconds", label="state")
    assert data.names == ("m1", "m2")
    np.testing.assert_array_equal(data[0], [[0.1, 5], [0.2, 6], [0.4, 8]])
    np.testing.assert_array_equal(data[1], [[0.3, 7], [0.5, 9]])
    assert groups(data) == ["ok", "worn"]
    assert data.attributes["inputs"] == ["current", "torque"]
    words = "--id machine --time seconds --label state"
    assert data.attributes["reading"] == words.split()


def test_rows_as_steps_are_guessed_from_the_header_and_said(load, file, notes):
    data = load(file("a.csv", LONG.replace("machine", "ID").replace("state", "class")))
    assert data.lengths.tolist() == [3, 2]
    assert groups(data) == ["ok", "worn"]
    for words in ("column 'ID'", "order of column 'seconds'", "labels in column 'class'"):
        assert words in notes[0]


def test_values_are_chosen(load, file):
    options = {"id": "machine", "time": "2", "label": "state"}
    data = load(file("a.csv", LONG), value=("torque",), **options)
    np.testing.assert_array_equal(data[1], [[7], [9]])
    data = load(file("a.csv", LONG), value=("torque", "current"), **options)
    np.testing.assert_array_equal(data[1], [[7, 0.3], [9, 0.5]])


def test_a_file_without_ids_is_one_sequence_that_can_be_cut(load, file, notes):
    rows = "".join(f"2024-01-{day:02d},{day}\n" for day in range(31, 0, -1))
    data = load(file("a.csv", "when,x\n" + rows))
    np.testing.assert_array_equal(data[0][:, 0], np.arange(1, 32))
    assert "the whole file is one sequence" in notes[0]


def test_columns_by_number_without_header(load, file):
    data = load(file("a.csv", "1,0,5\n1,1,6\n2,0,7\n"), id="1", time="2")
    assert [s[:, 0].tolist() for s in data] == [[5, 6], [7]]
    assert data.names == ("1", "2")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_delimiters_are_found(load, file, delimiter):
    text = "1.5,2,3\n4,5,-6e2\n".replace(",", delimiter)
    np.testing.assert_array_equal(load(file("a.csv", text)).values[:, 0], [1.5, 2, 3, 4, 5, -600])


def test_runs_of_spaces_are_one_delimiter(load, file):
    np.testing.assert_array_equal(
        load(file("a.txt", "  1   2\n 3  4\n")).values[:, 0], [1, 2, 3, 4]
    )


def test_a_given_delimiter_counts(load, file):
    data = load(file("a.csv", "1:2\n3:4\n"), delimiter=":")
    assert data.lengths.tolist() == [2, 2]


def test_decimal_commas(load, file, notes):
    data = load(file("a.csv", "x;y\n1,5;2\n-3;4,25e1\n"))
    np.testing.assert_array_equal(data.values[:, 0], [1.5, 2, -3, 42.5])
    assert "decimal commas" in notes[0]


def test_columns_of_nothing_but_decimal_commas_are_no_text(load, file):
    data = load(file("a.csv", "name;x;y\na;1,5;2,5\nb;3,5;4,5\n"))
    assert data.names == ("a", "b")
    np.testing.assert_array_equal(data.values[:, 0], [1.5, 2.5, 3.5, 4.5])


def test_rows_as_steps_may_be_said_to_be_unequal(load, file):
    path = file("a.csv", "id,t,x\na,0,1\na,1,2\nb,0,3\n")
    assert load(path, unequal=True).lengths.tolist() == [2, 1]


def test_a_sequence_without_a_name_is_called_by_its_line(load, file):
    names = load(file("a.csv", "name,x\na,1\n,2\n,3\n"), name="name").names
    assert names == ("a", "line 3", "line 4")


def test_commas_between_whole_numbers_are_delimiters(load, file):
    assert load(file("a.csv", "1,2,3\n4,5,6\n7,8,9\n")).lengths.tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("text", "n_sequences"),
    [
        ("a,b\n1,2\n3,4\n", 2),
        ("0,1,2\n0.5,1.5,2\n2.5,3,4\n", 2),  # as pandas writes it
        (",0,1\n0,5,6\n1,7,8\n", 2),
        ("1,2,3\n4,5,6\n", 2),
        ("0,1,2\n1,2,3\n", 2),
        ("0,1,2\n0,1,2\n", 2),
        ("0.5,,1\n1,2,3\n", 2),
    ],
)
def test_headers_are_told_from_data(load, file, text, n_sequences):
    assert len(load(file("a.csv", text), missing="interpolate")) == n_sequences


def test_a_first_row_without_any_value_is_no_header(refused, file):
    refused(file("a.csv", "nan,,\n1,2,3\n"), "3 values are missing", "line 1")


def test_header_options_count(load, file):
    assert len(load(file("a.csv", "1,2,3\n4,5,6\n"), header=True)) == 1
    assert len(load(file("a.csv", "1,2,3\n4,5,6\n"), header=False)) == 2


def test_comments_and_headers_as_numpy_writes_them(load, file, tmp_path):
    np.savetxt(tmp_path / "a.csv", [[1.5, 2], [3, 4]], delimiter=",", header="made here\na,b")
    assert load(tmp_path / "a.csv").lengths.tolist() == [2, 2]
    np.savetxt(tmp_path / "b.csv", [[1.5, 2], [3, 4]], delimiter=",", header="x")
    assert load(tmp_path / "b.csv").lengths.tolist() == [2, 2]


def test_the_index_that_pandas_writes_is_no_value(load, file):
    data = load(file("a.csv", ",a,b\n0,5.5,6\n1,7,8\n"))
    np.testing.assert_array_equal(data.values[:, 0], [5.5, 6, 7, 8])


def test_a_column_of_text_is_labels_if_it_repeats_else_names(load, file):
    data = load(file("a.csv", "up,1,2\ndown,3,4\nup,5,6\n"))
    assert groups(data) == ["up", "down", "up"]
    data = load(file("a.csv", "1,2,x\n3,4,y\n"))
    assert data.names == ("x", "y") and data.labels is None


def test_numeric_labels_are_no_values_and_sorted_as_numbers(load, file):
    text = "label,a,b\n10,1,2\n9.0,3,4\n10,5,6\n"
    data = load(file("a.csv", text))
    assert data.label_names == ("9", "10")
    assert data.lengths.tolist() == [2, 2, 2]


def test_columns_beside_counted_steps_are_no_values(load, file, notes):
    data = load(file("a.csv", "subject,age,t0,t1,t2\n1,30,5,6,7\n1,31,8,9,10\n2,50,1,2,3\n"))
    assert [s[:, 0].tolist() for s in data] == [[5, 6, 7], [8, 9, 10], [1, 2, 3]]
    assert "not used: column 'subject', column 'age'" in notes[0]


def test_several_inputs_in_a_row(load, file):
    data = load(file("a.csv", "1,2,3,4\n5,6,7,8\n"), inputs=2)
    np.testing.assert_array_equal(data[0], [[1, 2], [3, 4]])


def test_short_rows_are_shorter_sequences_only_when_said(load, file, refused):
    path = file("a.csv", "1,2,3\n4,5\n6,7,\n")
    refused(path, "2 cells", "line 2", "--unequal")
    assert load(path, unequal=True).lengths.tolist() == [3, 2, 2]


def test_rows_may_grow_where_lengths_are_unequal(load, file):
    path = file("a.csv", "up,4,5\ndown,1,2,3\nup,1\n")
    data = load(path, unequal=True)
    assert data.lengths.tolist() == [2, 3, 1]
    assert groups(data) == ["up", "down", "up"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(load, tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("name,a,b\nMüller,1,2\nÅse,3,4\n".encode(encoding))
    assert load(path).names == ("Müller", "Åse")


def test_names_cannot_steer_a_terminal(load, file):
    assert load(file("a.csv", "name,a\n\x1b[31mred,1\nb,2\n")).names == ("[31mred", "b")


def test_a_line_of_one_empty_quotation_is_blank(load, file):
    assert [len(x) for x in load(file("a.csv", '1,2,3\n""\n4,5,6\n'))] == [3, 3]


def test_quoted_cells_may_have_line_ends(load, file, refused):
    path = file("a.csv", 'name,a,b\n"two\nlines",1,2\nb,3,x\n')
    refused(path, "'x' is not a number", "line 4", "column 'b'")


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        (WIDE.replace("3.5", "abc"), ("'abc' is not a number", "line 4", "column 't1'"), {}),
        (WIDE.replace("3.5", "1_000"), ("'1_000' is not a number", "line 4"), {}),
        (WIDE.replace("3.5", "inf"), ("'inf' is not a number", "line 4"), {}),
        (WIDE.replace("3.5", ""), ("1 value is missing", "line 4", "'c'", "step 2 of 3"), {}),
        (WIDE.replace("3.5", "NaN"), ("1 value is missing", "--missing"), {}),
        (WIDE.replace("3.5,", ""), ("4 cells", "others have 5", "line 4"), {}),
        (WIDE.replace("3.5", "3,5"), ("6 cells", "line 4"), {"unequal": True}),
        (WIDE.replace("c,", "a,"), ("name 'a' is repeated", "lines 2 and 4"), {"name": "name"}),
        (WIDE, ("no column 'lable'", "Did you mean 'label'"), {"label": "lable"}),
        (WIDE, ("no column '9'", "1 to 5"), {"label": "9"}),
        (WIDE, ("--name and --label name the same column",), {"label": "name", "name": "name"}),
        (WIDE, ("not a whole number of steps of 2",), {"inputs": 2}),
        (LONG, ("'ok' is not a number", "line 2", "column 'state'"), {"id": "machine"}),
        (
            UNTIMED,
            ("id 'm1' are not consecutive", "lines 2 and 5", "--time"),
            {"id": "1", "value": ("torque",)},
        ),
        (
            LONG.replace("m1,2", "m1,1"),
            ("time of sequence 'm1' is repeated", "lines 3 and 5"),
            {"id": "machine", "time": "seconds", "label": "state"},
        ),
        (
            LONG.replace("m2,1,0.5,9,worn", "m2,1,0.5,9,ok"),
            ("label changes", "'worn' to 'ok'", "line 6"),
            {"id": "machine", "time": "seconds", "label": "state"},
        ),
        (
            LONG.replace("m1,2", "m1,soon"),
            ("'soon' is not a time", "line 5"),
            {"id": "machine", "time": "seconds", "label": "state"},
        ),
        (
            LONG.replace("m1,2", ",2"),
            ("id is missing", "line 5"),
            {"id": "1", "time": "2", "label": "5"},
        ),
        (LONG + "m3,1\n", ("2 cells", "line 7"), {"id": "machine", "time": "2", "label": "5"}),
        ("x,a\ny,b\nz,c\nx,d\n", ("No column is left",), {}),
        ("x,a,1\ny,b,2\nx,a,3\n", ("Two columns could hold labels", "column 1 and"), {}),
        ('a,b\n1,"2\n3,4\n', ("not CSV", "line"), {}),
        ("a,b\n", ("header and no rows",), {"header": True}),
        ("\n\n", ("no rows",), {}),
        ("", ("is empty",), {}),
    ],
)
def test_bad_tables_are_refused_with_the_place(refused, file, text, words, options):
    refused(file("bad.csv", text), *words, **options)


def test_bytes_that_are_no_text_are_refused(refused, file):
    refused(file("a.csv", b"1,2\n3,\x00\x01\n"), "is not supported")
    refused(file("b.csv", b"1,2\n" * 40_000 + b"\xff\xfe\x81,3\n"), "not text in UTF-8")


@pytest.mark.parametrize(
    ("word", "mark"),
    [("tab", "\t"), ("\\t", "\t"), ("space", " "), ("comma", ","), ("semicolon", ";")],
)
def test_delimiters_have_names(load, file, word, mark):
    """Beside a character that would be found to delimit cells by itself."""
    other = ";" if mark != ";" else "|"
    text = f"a{other}b{mark}c{other}d\n1{mark}2\n3{mark}4\n"
    assert load(file("a.csv", text), delimiter=word).lengths.tolist() == [2, 2]


def test_a_given_delimiter_must_be_one_character(load, file):
    with pytest.raises(UsageError, match="--delimiter: 'ab'"):
        load(file("a.csv", WIDE), delimiter="ab")


def test_a_label_that_only_some_have_is_not_kept(load, file, notes):
    assert load(file("a.csv", "label,a\nup,1\n,2\n")).labels is None
    assert "1 of 2 sequences have no label" in notes[-1]


def test_long_files_are_read_like_a_naive_reader(load, tmp_path):
    rng = np.random.default_rng(0)
    steps = [
        (f"s{n}", t, *rng.normal(size=2)) for n in range(20) for t in range(rng.integers(1, 30))
    ]
    shuffled = [steps[k] for k in rng.permutation(len(steps))]
    lines = ["id,step,x,y", *(",".join(map(str, row)) for row in shuffled)]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    data = load(tmp_path / "a.csv")
    for name, sequence in zip(data.names, data, strict=True):
        wanted = [row[2:] for row in steps if row[0] == name]
        np.testing.assert_array_equal(sequence, wanted)
    assert set(data.names) == {row[0] for row in steps}


def test_a_point_beside_decimal_commas_is_no_number(refused, file):
    refused(file("a.csv", "a;b\n1,5;2,5\n3,5;1.000,5\n"), "'1.000,5' is not a number")


def test_a_name_of_two_columns_is_refused(refused, file):
    refused(file("a.csv", "a,b,a\n1,2,3\n4,5,6\n"), "2 columns 'a'", value=("a",))


def test_labels_that_all_are_missing_are_none(load, file, notes):
    path = file("a.csv", "a,b,label\n1,2,\n3,4,\n5,6,\n")
    assert load(path, label="label").labels is None


def test_times_that_cannot_be_read_are_not_used(load, file, notes):
    text = "id,time,v\n" + "".join(
        f"{k},{t},{n}\n" for k in "ab" for n, t in enumerate(("soon", "x"))
    )
    data = load(file("a.csv", text))
    assert [s.ravel().tolist() for s in data] == [[0, 1], [0, 1]]
    assert any("no readable times" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "n_inputs"), [("step", 3), ("time_step", 3), ("timestep", 3), ("time", 1)]
)
def test_beside_counted_columns_a_step_is_of_a_row_and_a_time_of_a_sequence(
    load, file, name, n_inputs
):
    data = load(file("a.csv", f"id,{name},x1,x2,x3\na,0,1,2,3\nb,0,4,5,6\nc,0,7,8,9\n"))
    assert (len(data), data.n_inputs) == (3, n_inputs)


IDS = """id sequence sequence_id seq series series_id unique_id case case_id unit unit_id subject
subject_id trial trial_id sample sample_id recording recording_id file filename name"""
TIMES = "time t timestamp timestamps step time_step timestep date datetime seconds ds"
LABELS = "label labels class class_label target group category"


@pytest.mark.parametrize("name", IDS.split())
def test_names_of_sequences_are_known_by_their_heading(load, file, name):
    data = load(file("a.csv", LONG.replace("machine", name)), label="state")
    assert data.names == ("m1", "m2")


@pytest.mark.parametrize("name", TIMES.split())
def test_times_are_known_by_their_heading(load, file, notes, name):
    load(file("a.csv", LONG.replace("machine", "id").replace("seconds", name)), label="state")
    assert f"order of column {name!r}" in notes[0]


@pytest.mark.parametrize("name", LABELS.split())
def test_labels_are_known_by_their_heading(load, file, name):
    data = load(file("a.csv", LONG.replace("machine", "id").replace("state", name)))
    assert groups(data) == ["ok", "worn"]


def test_a_first_column_of_dates_is_the_time_whatever_its_heading(load, file, notes):
    rows = "2024-01-02,m1,2\n2024-01-01,m1,1\n2024-01-02,m2,4\n2024-01-01,m2,3\n"
    data = load(file("a.csv", "when,machine,x\n" + rows), id="machine")
    assert [data[n][:, 0].tolist() for n in range(2)] == [[1, 2], [3, 4]]
    assert "order of column 'when'" in notes[0]


def test_a_first_column_of_dates_may_be_the_name(load, file, notes):
    rows = "2024-01-01,2,20\n2024-01-01,1,10\n2024-01-02,1,30\n2024-01-02,2,40\n"
    data = load(file("a.csv", "day,time,x\n" + rows), id="day")
    assert [data[n][:, 0].tolist() for n in range(2)] == [[10, 20], [30, 40]]
    assert data.names == ("2024-01-01", "2024-01-02")
    assert "order of column 'time'" in notes[0]


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "x" * 39 + "…")])
def test_cells_are_shown_up_to_forty_characters(length, shown):
    assert shown_cell("x" * length) == repr(shown)


@pytest.mark.parametrize(
    ("text", "n", "note"),
    [
        ("country,1990,1991,1992,1993\nChad,5,3,8,1\nMali,2,9,4,7\n", 2, "1990, 1991, 1992, …"),
        ("id,0.0,0.1\n1,5,6\n2,7,8\n", 2, "0.0, 0.1"),
        ("sample;400;410;420\na;5;3;8\nb;2;9;4\n", 2, "400, 410, 420"),
        ("400,410,420,label\n5,3,8,u\n2,9,4,v\n", 2, "400, 410, 420"),
        ("x,3,2,1\n7,5,6,1\n8,9,2,5\n", 2, "3, 2, 1"),
        ("0,1,2\n0.5,1.5,9\n2.5,3,7\n", 2, "0, 1, 2"),
        ("up,1,2,3,4\ndown,1,5,2,1\nup,3,1,2,9\n", 3, ""),
        ("2024-01-01,1,2,3,4\n2024-01-02,1,5,2,1\n", 2, ""),
        ("a,1,2,3,4\nb,2,3,4,5\nc,4,5,6,7\n", 3, "line 1 (a, 1, 2, …) is read as values"),
        ("4,1,3\n1,5,2\n", 2, ""),
    ],
)
def test_headers_of_numbers_are_told_and_said(load, file, notes, text, n, note):
    assert len(load(file("a.csv", text), missing="interpolate", rows="sequences")) == n
    assert (note or "a row per sequence") in notes[0]
    assert bool(note) == ("columns called" in notes[0] or "read as values" in notes[0])


@pytest.mark.parametrize(
    "text",
    [
        "400,410,420\n5,3,8\n2,9,4\n",
        "400.0,403.3,406.7,410,413.3\n5,3,8,1,2\n2,9,4,1,3\n",
        "0,1,2\n-5,1,2\n3,-4,5\n",
        "country,1990,1991,1992\nChad,5,3,8\nMali,2,9,4\n",
        "country,1990,1995,2000,2005,2008\nChad,5,3,8,1,2\nMali,2,9,4,1,3\n",
        "x,1\n7,5\n8,9\n",
    ],
)
def test_numbers_that_may_be_names_or_values_are_asked_about(load, file, refused, text):
    path = file("a.csv", text)
    refused(path, "It is unclear", "line 1", "--header", "--no-header")
    assert len(load(path, header=True, rows="sequences")) == 2
    if text[0].isdecimal():
        assert len(load(path, header=False)) == 3


def test_a_column_that_an_option_names_is_in_a_header(load, file):
    data = load(file("a.csv", "place,5,3\nChad,1,2\nMali,4,5\n"), name="place")
    assert data.names == ("Chad", "Mali")


def engines(header="engine,cycle,s1,s2", fields=2):
    rows = (
        [str(e), str(c), *(f"{(e * c * k) % 7}.5" for k in range(1, fields + 1))]
        for e in (1, 2, 3)
        for c in range(1, 17)
    )
    lines = [",".join(row) for row in rows]
    return "\n".join([header, *lines] if header else lines) + "\n"


@pytest.mark.parametrize(
    ("header", "fields", "words"),
    [
        ("engine,cycle,s1,s2", 2, "--id engine --time cycle"),
        ("engine,cycle,s1,s2,s3,s4", 4, "--id engine --time cycle"),
        ("the engine,cycle,s1,s2", 2, "--id 'the engine' --time cycle"),
        ("", 10, "--id 1 --time 2"),
    ],
)
def test_a_counter_that_starts_anew_is_asked_about(load, file, refused, header, fields, words):
    path = file("a.csv", engines(header, fields))
    refused(path, "counts up while", words, "--rows sequences")
    name = header.split(",")[0] or "1"
    data = load(path, id=name, time="2")
    assert (len(data), data.n_inputs) == (3, fields)
    assert len(load(path, rows="sequences")) == 48


def test_a_counter_beside_steps_is_of_rows(load, file, notes):
    assert len(load(file("a.csv", engines("subject,trial,t0,t1,t2", 3)))) == 48
    assert "not used: column 'subject', column 'trial'" in notes[0]


def test_short_rows_below_words_are_asked_about(load, file, refused, notes):
    rows = "".join(f"{k * k % 7},{k * k % 5}\n" for k in range(12))
    path = file("a.csv", "pressure,flow\n" + rows)
    refused(path, "'pressure', column 'flow'", "--id COLUMN", "--rows steps", "--rows sequences")
    assert load(path, rows="steps").lengths.tolist() == [12]
    assert load(path, inputs=1).lengths.tolist() == [2] * 12
    named = "name,pressure,flow\n" + "".join(f"r{k},{k * k % 7},1\n" for k in range(12))
    assert len(load(file("b.csv", named))) == 12
    wide = ",".join("abcdefghij") + "\n" + "3,1,4,1,5,9,2,6,5,3\n" * 6
    assert len(load(file("c.csv", wide))) == 6
    assert "10 values each (if rows are steps use --rows steps)" in notes[-1]


TRIALS = "subject,trial,x\n" + "".join(
    f"{s},{r},{10 * s + r}\n" for s in (1, 2) for r in (1, 2) for _ in range(3)
)


def test_several_ids_make_one(load, file, notes):
    path = file("a.csv", TRIALS)
    data = load(path, id=("subject", "trial"))
    assert data.names == ("1/1", "1/2", "2/1", "2/2")
    assert data.values[::3, 0].tolist() == [11, 12, 21, 22]
    assert data.attributes["inputs"] == ["x"]
    assert data.attributes["reading"] == ["--id", "subject", "--id", "trial"]
    assert load(path).names == data.names
    assert "in column 'subject' and column 'trial'" in notes[-1]


def test_ids_that_only_look_alike_together_are_apart(load, file):
    data = load(file("a.csv", "a,b,x\n1/1,1,5\n1,1/1,6\n"), id=("a", "b"))
    assert len(data) == 2


def test_one_of_several_ids_that_is_missing_is_refused(refused, file):
    text = TRIALS.replace("2,1,21", "2,,21", 1)
    refused(file("a.csv", text), "id is missing", "line 8", "'trial'", id=("subject", "trial"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1700000000000000100", "1700000000000000000"),
        ("2024-01-31T12:00:00.0000002Z", "2024-01-31T12:00:00.0000001Z"),
        ("0.1000000000000000002", "0.1000000000000000001"),
        ("31.01.2024 12:00", "30.01.2024 13:00"),
        ("01/31/2024", "01/02/2024"),
        ("31/01/2023", "01/02/2022"),
        ('"Jan 31, 2024"', '"Jan 4, 2024"'),
        ("31-Jan-2024 12:00:00", "30-Jan-2024 12:00:00"),
        ("01/31/2024 1:05 PM", "01/31/2024 11:05 AM"),
        ("01/31/2024 12:05 PM", "01/31/2024 12:05 AM"),
        ("13.01.99", "12.12.98"),
        ("Wed Jan 31 12:00:00 2024", "Wed Jan 31 11:59:59 2024"),
        ("2024/01/31 10:00", "2024/01/31 9:59"),
        ("2024-01-31T12:00:00+01:00", "2024-01-31T12:30:00+02:00"),
        ("31.01.2024 12:00 +01:00", "31.01.2024 12:30 +02:00"),
        ("1 days 00:00:01", "0 days 23:59:59"),
        ("100:00:00", "9:00:00"),
    ],
)
def test_times_of_all_kinds_order_the_steps(load, file, first, second):
    data = load(file("a.csv", f"time,x\n{first},2\n{second},1\n"))
    assert data.values[:, 0].tolist() == [1, 2]


def test_how_dates_are_read_is_said(load, file, notes):
    load(file("a.csv", "time,x\n02/03/2024,2\n13/02/2024,1\n"))
    assert "read as day/month/year" in notes[-1]
    load(file("a.csv", "time,x\n02.03.2024,2\n11.02.2024,1\n"))
    assert "read as day/month/year" in notes[-1]


@pytest.mark.parametrize(
    "dates", [("02/03/2024", "03/02/2024"), ("1-2-24", "1-3-24"), ("24/01/05", "24/02/03")]
)
def test_dates_of_two_meanings_are_refused(load, file, refused, dates):
    path = file("a.csv", "time,x\n{},2\n{},1\n".format(*dates))
    refused(path, dates[0].replace("-", "/"), "line 2", "--day-first", "--month-first")
    if dates[0].startswith("24"):
        return  # no option says that the year is first
    days = load(path, day_first=True).values[:, 0].tolist()
    months = load(path, day_first=False).values[:, 0].tolist()
    assert sorted(days) == sorted(months) == [1, 2]
    if dates[0] == "02/03/2024":
        assert (days, months) == ([1, 2], [2, 1])


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        (
            "time,x\n13/02/2024,1\n02/13/2024,2\n",
            ("in the order of day, month and year", "line 2"),
            {},
        ),
        ("time,x\n13/02/2024,1\n", ("in the order of day, month and year",), {"day_first": False}),
        ("time,x\n2024-01-31,1\n5,2\n", ("numbers", "dates", "lines 2 and 3"), {}),
        ("time,x\n0,1\n,2\n", ("time is missing", "line 3"), {}),
        ("time,x\n2024-01-31,1\nsoon,2\n", ("'soon' is not a time", "line 3"), {}),
        ("when,x\n2024-01-31,1\nsoon,2\n2024-02-01,3\n", ("'soon' is not a time",), {}),
        ("time,x\n23:59:00,1\n00:01:00,2\n", ("cross midnight", "lines 2 and 3"), {}),
        ("time,x\n1700000000000000100,1\n1700000000000000100,2\n", ("is repeated",), {}),
        (f"time,x\n{10**400},1\n2,2\n", ("is not a time", "line 2"), {}),
    ],
)
def test_times_that_give_no_order_are_refused(refused, file, text, words, options):
    refused(file("a.csv", text), *words, **options)


def test_the_order_of_lines_is_said_where_no_time_can_be_read(load, file, notes):
    load(file("a.csv", "time,x\nsoon,1\nlater,2\n"))
    assert "steps in the order of the lines" in notes[0]


def test_a_column_that_changes_with_the_times_is_proposed_as_id(load, file, notes, refused):
    text = engines("engine,time,s1,s2")
    refused(file("a.csv", text), "is repeated", "--id")
    assert "(if not, name --id engine)" in notes[0]


LATE = "time;x\n" + "".join(f"{k};{k}\n" for k in range(150))


@pytest.mark.parametrize(
    ("text", "cell", "options", "last"),
    [
        (LATE + "150;1,5\n", "1,5", {"decimal": ","}, 1.5),
        ("time;x\n0;1.234,5\n", "1.234,5", {"thousands": "."}, 1234.5),
        ("time;x\n0;1,234.5\n", "1,234.5", {"thousands": ","}, 1234.5),
        ("time;x\n0;1 234,5\n", "1 234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("time;x\n0;1\u202f234.5\n", "1\u202f234.5", {"thousands": " "}, 1234.5),
        ("time;x\n0;1'234.5\n", "1'234.5", {"thousands": "'"}, 1234.5),
        ('time,x\n0,"1,5"\n', "1,5", {"decimal": ","}, 1.5),
        ('time,x\n0,"1,234"\n', "1,234", {"thousands": ","}, 1234),
    ],
)
def test_numbers_written_otherwise_are_refused_with_the_option(
    load, file, refused, text, cell, options, last
):
    path = file("a.csv", text)
    words = [f"--{name} " for name in options]
    refused(path, repr(cell), *words)
    assert load(path, **options).values[-1, 0] == last


@pytest.mark.parametrize("mark", [",", "."])
def test_thousands_are_never_taken_for_decimals(load, file, refused, mark):
    path = file("a.csv", f"time;x\n0;1{mark}234\n1;345\n2;2{mark}345\n")
    refused(path, f"'1{mark}234' may be 1.234 or 1234", f"--decimal {mark}", f"--thousands {mark}")
    assert load(path, decimal=mark).values[:, 0].tolist() == [1.234, 345, 2.345]
    assert load(path, thousands=mark).values[:, 0].tolist() == [1234, 345, 2345]


def test_thousands_stand_between_three_digits_and_three(refused, file):
    path = file("a.csv", "time;x\n0;1,23\n")
    refused(path, "column 'x': '1,23'", "--decimal ,", thousands=",", decimal=".")


def test_decimal_commas_in_one_column_beside_points_in_another(load, file, notes):
    data = load(file("a.csv", "time;x;y\n0.1;1,5;2\n0.2;2,25;3\n"))
    assert data.values.tolist() == [[1.5, 2], [2.25, 3]]
    assert "decimal commas in column 'x'" in notes[0]


def test_signs_and_spaces_that_other_programs_write(load, file):
    assert load(file("a.csv", "−1.5,2\n\u00a04,\u00a0−5\n")).values[:, 0].tolist() == [
        -1.5,
        2,
        4,
        -5,
    ]


@pytest.mark.parametrize("cell", ["#N/A", "#DIV/0!", "#VALUE!", "-nan", "<NA>", "NaT"])
def test_missing_values_of_spreadsheets(load, file, refused, cell):
    path = file("a.csv", f"a,b,c\n1,{cell},3\n4,5,6\n")
    refused(path, "1 value is missing")
    assert load(path, missing="interpolate").values[1, 0] == 2


def test_ids_may_begin_with_a_hash(load, file, refused):
    assert load(file("a.csv", "#1,2,3\n#2,4,9\n")).names == ("#1", "#2")
    assert load(file("b.csv", "id,x,y\n#1,2,3\n#2,4,9\n")).names == ("#1", "#2")
    path = file("c.csv", "#1,2,3\n2,4,9\n")
    refused(path, "begins with #", "line 1: '#1,2,3'", "--header", "--no-header", "--skip-rows 0")
    assert load(path, skip_rows=0, header=False, name="1").names == ("#1", "2")
    assert len(load(path, header=False)) == len(load(path, header=True)) == 1


@pytest.mark.parametrize("text", ["1,2,3\n4,5\n6,7,8\n9,1,2\n", "1,2\n3,4\n5,6,7\n8,9,1\n"])
def test_rows_of_other_lengths_are_nothing_above_a_table(refused, file, text):
    refused(file("a.csv", text), "A row has", header=False)


def test_a_text_of_words_above_quoted_lines_is_found(refused, file):
    text = 'Report\nof Monday, all\nname,x,y\n"a\nb",1,2\nc,3,4\n'
    refused(file("a.csv", text), "begin at line 3", "'Report'", "--skip-rows 2")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"decimal": ";"}, "--decimal"),
        ({"thousands": "x"}, "--thousands"),
        ({"thousands": ",", "decimal": ","}, "both ','"),
        ({"rows": "sequences", "id": "x"}, "--rows sequences"),
        ({"rows": "steps", "inputs": 2}, "--rows steps"),
    ],
)
def test_options_that_make_no_sense_are_refused(load, file, options, words):
    with pytest.raises(UsageError, match=words):
        load(file("a.csv", WIDE), **options)


def test_options_of_tables_become_the_words_that_gave_them():
    options = ReadOptions(id=("a", "b"), rows="steps", skip_rows=0, decimal=",", thousands=".")
    words = "--id a --id b --rows steps --skip-rows 0 --decimal , --thousands ."
    assert " ".join(options.words()) == words
    assert ReadOptions(id="a") == ReadOptions(id=("a",))
    assert ReadOptions(id=None) == ReadOptions()
    assert ReadOptions(day_first=True).words() == ["--day-first"]
    assert ReadOptions(day_first=False).words() == ["--month-first"]


def test_times_may_be_as_large_as_numbers(load, file):
    text = f"time,x\n{10**308},2\n-{10**308},1\n1.5,3\n"
    assert load(file("a.csv", text)).values[:, 0].tolist() == [1, 3, 2]


def test_several_numbers_in_a_cell_are_no_names(load, file, refused):
    path = file("a.csv", "1,5 2,5\n3,5 4,5\n")
    refused(path, "more than one number", "column 2: '5 2'", "--delimiter", "--decimal")
    data = load(path, delimiter="space", decimal=",")
    assert data.values[:, 0].tolist() == [1.5, 2.5, 3.5, 4.5]


def test_numbers_without_names_in_short_rows_are_read_and_it_is_said_how_else(load, file, notes):
    assert len(load(file("a.csv", "3\n1\n4\n1\n5\n"))) == 5
    assert "1 value each (if rows are steps use --rows steps)" in notes[0]


def test_cells_of_two_lines_are_shown_in_one(refused, file):
    text = '"a\nb",1990,1991,1992\nu,5,3,8\nv,2,9,4\n'
    refused(file("a.csv", text), "line 2: a b, 1990, 1991, 1992")


def test_dates_with_days_of_many_digits_are_none(refused, file):
    refused(file("a.csv", f"time,x\n2024-1-{'9' * 300},1\n2024-1-2,2\n"), "is not a time")


def test_a_short_row_below_a_header_is_no_unit(refused, file):
    refused(file("a.csv", "name,x,y\nu\na,1,2\nb,3,4\n"), "is empty", "line 2", unequal=True)


def test_a_column_whose_name_is_no_word_is_proposed_by_its_number(refused, file):
    refused(file("a.csv", engines('"an\nengine",cycle,s1,s2')), "--id 1 --time cycle")


@pytest.mark.parametrize("header", [
    "-2,-1,0,1,2,3", "-1,-0.5,0,0.5,1,1.5", "0,0.5,1,1.5,2,2.5", "t-2,t-1,t0,t1,t2,t3",
    "T0,t1,t2,t3,t4,t5",
])  # fmt: skip
def test_all_columns_called_by_numbers_are_steps(load, file, header, notes):
    rows = "".join(f"q{k},1.5,{k}.5,3,2,{k},1\n" for k in range(12))
    data = load(file("a.csv", f"id,{header}\n{rows}"))
    assert data.lengths.tolist() == [6] * 12 and data.names[3] == "q3"
    np.testing.assert_array_equal(data[3][:, 0], [1.5, 3.5, 3, 2, 3, 1])
    assert "not used" not in notes[0]


@pytest.mark.parametrize("times", ["{k}", "{k}0", "0.{k}", "17000000000000000{k}00"])
def test_counters_are_asked_about_before_they_become_inputs(load, file, times):
    rows = "".join(
        f"{n},{times.format(k=k + 1)},{k * n % 5}.5,{n - k}.25\n"
        for n in range(4)
        for k in range(8)
    )
    table = file("a.csv", f"id,clock,a,b\n{rows}")
    with pytest.raises(DataError, match="an input or the time") as caught:
        load(table)
    assert caught.value.where == f"{table}: column 'clock' counts up in every sequence"
    assert "use --id id --time clock, " in caught.value.fix
    assert caught.value.fix.endswith("--id id --value clock --value a --value b.")
    assert load(table, id="id", time="clock").n_inputs == 2
    assert load(table, id="id", value=("clock", "a", "b")).n_inputs == 3


def test_a_counter_alone_is_the_input(load, file):
    rows = "".join(f"{n},{k}\n" for n in range(4) for k in range(8))
    assert load(file("a.csv", f"id,x\n{rows}"))[2][:, 0].tolist() == list(range(8))


@pytest.mark.parametrize("header", ["Time,s1,s2,s3", "s1,s2,When,s3", "u,When,v,w"])
def test_times_are_no_names_of_sequences(load, file, header):
    cells = [
        [f"2024-01-01 00:{k:02d}:00" if name in ("Time", "When") else f"{k * 7 % 5}.5"
         for name in header.split(",")] for k in range(30)
    ]  # fmt: skip
    table = file("a.csv", "\n".join([header, *map(",".join, cells)]))
    with pytest.raises(DataError, match="a row is a sequence or a step") as caught:
        load(table)
    assert "--time" in caught.value.fix and "--rows sequences" in caught.value.fix


def test_inputs_that_names_of_columns_tell_are_said(load, file, notes):
    rows = "".join(f"q{k},1,2,3,4\n" for k in range(4))
    assert load(file("a.csv", f"id,t0.0,t0.5,t1.0,t1.5\n{rows}")).n_inputs == 2
    assert "inputs 0, 5, by columns called t0.0, t0.5, t1.0, …" in notes[0]


@pytest.mark.parametrize("text", ["m,sec,cur,vib\n", "a;b\n", "name,t0,t1\n\n"])
def test_a_header_without_rows_is_said(load, file, text):
    table = file("a.csv", text)
    with pytest.raises(DataError, match="has a header and no rows"):
        load(table)


def test_late_decimal_commas_beside_a_column_of_points(load, file, notes):
    rows = "".join(f"{k // 25};{k % 25};{1 if k < 140 else '1,5'};{k}.25\n" for k in range(150))
    table = file("a.csv", f"id;time;a;b\n{rows}")
    with pytest.raises(DataError, match="'1,5' is not a number") as caught:
        load(table)
    assert "--decimal ," in caught.value.fix
    found = load(table, decimal=",")
    np.testing.assert_array_equal(found[5][[0, 24]], [[1, 125.25], [1.5, 149.25]])
    assert ", decimal commas, decimal points in column 'b', " in notes[-1]


def test_words_and_dates_that_repeat_are_ids_and_times(load, file):
    rows = "".join(f"m{k // 9};01.02.2024 12:{k % 9:02d};{k},5\n" for k in range(36))
    table = file("a.csv", f"Maschine;Zeit;Strom\n{rows}")
    with pytest.raises(DataError, match="a row is a sequence or a step") as caught:
        load(table)
    assert "--id Maschine --time Zeit" in caught.value.fix
    assert load(table, id="Maschine", time="Zeit").lengths.tolist() == [9] * 4
    with pytest.raises(DataError, match="could hold"):
        load(table, rows="sequences")


@pytest.mark.parametrize("titles", ["Report 2024;;;\n", "Report;;;\n;;;\nby me;;;\n"])
def test_titles_above_a_table_of_dates(load, file, titles):
    rows = "".join(f"m{k // 9};01.02.2024 12:{k % 9:02d};{k},5;\n" for k in range(36))
    table = file("a.csv", f"{titles}Maschine;Zeit;Strom;\n{rows}")
    with pytest.raises(DataError, match="The table seems to begin at line") as caught:
        load(table)
    skipped = titles.count("\n")
    assert f"--skip-rows {skipped}," in caught.value.fix
    data = load(table, skip_rows=skipped, id="Maschine", time="Zeit")
    assert data.lengths.tolist() == [9] * 4
