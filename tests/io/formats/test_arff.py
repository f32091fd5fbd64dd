import pytest

HEAD = "@relation x\n@attribute a1 real\n@attribute a2 INTEGER\n@attribute 'a 3' numeric\n"
BAG = "@relation x\n@attribute bag relational\n@attribute c0 numeric\n@end bag\n"


def test_rows_are_sequences_and_groups_keep_their_order(load, file):
    text = (
        HEAD + "@attribute mood {sad, glad}\n@data\n% none\n1,2,3,glad\n\n4,5,6, sad\n7,8,9,glad\n"
    )
    data = load(file("a.arff", text))
    assert data.label_names == ("sad", "glad")
    assert data.labels.tolist() == [1, 0, 1]
    assert data[1].tolist() == [[4], [5], [6]]


def test_groups_that_are_numbers(load, file):
    data = load(file("a.arff", HEAD + "@attribute target {2,1}\n@data\n1,2,3,1\n4,5,6,2\n"))
    assert data.label_names == ("2", "1")
    assert data.lengths.tolist() == [3, 3]


def test_rows_that_are_steps(load, file):
    text = "@relation x\n@attribute id string\n@attribute time date\n@attribute v real\n@data\n"
    text += "'it\\'s a',2024-01-02,1\n'it\\'s a',2024-01-01,2\n\"b\",2024-01-01,3\n"
    data = load(file("a.arff", text))
    assert data.names == ("it's a", "b")
    assert data[0].tolist() == [[2], [1]]


def test_a_relational_attribute_has_a_line_for_every_input(load, file):
    text = BAG + "@attribute kind {up,down}\n@data\n'1,2,3\\n4,5,6',down\n\"7,8\\n9,10\",up\n"
    data = load(file("a.arff", text))
    assert data[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert data.lengths.tolist() == [3, 2]
    assert [data.label_names[k] for k in data.labels] == ["down", "up"]
    assert load(file("b.arff", BAG + "@data\n'1,2'\n")).labels is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "@data\n1,2\n", ("line 6", "2 cells for 3 attributes")),
        (HEAD + "@data\n1,2,x\n1,2,3\n", ("line 6", "'x'", "not a number")),
        (HEAD + "@data\n", ("no rows",)),
        (HEAD + "@data\n{1 2}\n", ("line 6", "sparse")),
        (HEAD + "1,2,3\n", ("line 5", "before @data")),
        (HEAD, ("no @data",)),
        ("@relation x\n@attribute\n", ("line 2", "no name")),
        ("@relation x\n@attribute a odd\n", ("line 2", "'odd'")),
        (BAG + BAG.split("\n", 1)[1].replace("bag", "other") + "@data\n'1','2'\n", ("'other'",)),
        (BAG + "@data\n'1,2\\n3'\n", ("line 6", "Input 2 has 1 values")),
        (BAG + "@data\n'1,x'\n", ("line 6", "input 1, step 2")),
        (BAG + "@data\n'1,2\n", ("line 6", "quotation is not closed")),
    ],
)
def test_files_that_make_no_sense_are_refused_with_the_line(refused, file, text, words):
    refused(file("a.arff", text), *words)
