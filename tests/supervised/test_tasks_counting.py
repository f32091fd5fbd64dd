"""a^n b^n and a^n b^n c^n, against all strings of the language written out."""

import tracemalloc

import numpy as np
import pytest

from lstmtool.errors import UsageError
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.counting import accepted, coming
from tests.supervised.chi_square import is_uniform

LETTERS = {"anbn": "ab", "anbncn": "abc"}


@pytest.fixture(params=list(LETTERS))
def name(request):
    return request.param


def words(name, longest):
    """All legal strings up to n = longest, with the end symbol."""
    return ["".join(letter * n for letter in LETTERS[name]) + "T" for n in range(longest + 1)]


def successors(name, prefix, longest=40):
    return {w[len(prefix)] for w in words(name, longest) if w.startswith(prefix) and w != prefix}


def read(name, strings, i):
    """Letters of a sequence after the S."""
    rows = strings.inputs[strings.starts[i] : strings.starts[i + 1]]
    assert set(rows.ravel()) == {-1.0, 1.0}
    assert ((rows == 1).sum(axis=1) == 1).all()
    text = "".join(("S" + LETTERS[name])[k] for k in rows.argmax(axis=1))
    assert text.startswith("S")
    return text[1:]


def told(name, row):
    """The set of symbols that a row of booleans stands for."""
    return {symbol for symbol, on in zip(LETTERS[name] + "T", row, strict=True) if on}


def test_strings_are_legal_and_all_their_successors_are_told(name):
    strings = make(name).of([0, 1, 2, 7])
    for i, n in enumerate([0, 1, 2, 7]):
        text = read(name, strings, i)
        assert text + "T" == words(name, n)[n]
        for k, row in enumerate(range(strings.starts[i], strings.starts[i + 1])):
            assert told(name, strings.allowed[row]) == successors(name, text[:k])
    np.testing.assert_array_equal(strings.targets, np.where(strings.allowed, 1.0, -1.0))
    assert strings.scored.all()


def test_n_is_uniform(name):
    strings = make(name, lowest=2, highest=6).sample(np.random.default_rng(0), 500)
    ns = (np.diff(strings.starts) - 1) // len(LETTERS[name])
    assert is_uniform(ns, range(2, 7))


def test_published_ranges():
    assert np.diff(make("anbn").every().starts).tolist() == [1 + 2 * n for n in range(1, 11)]
    assert np.diff(make("anbncn").every().starts).tolist() == [1 + 3 * n for n in range(1, 51)]


def counts_of(name):
    legal = [(n,) * len(LETTERS[name]) for n in range(4)]
    return [*legal, *{"anbn": [(3, 2), (3, 4), (0, 2), (2, 0), (5, 50)]}.get(name, ILLEGAL)]


ILLEGAL = [(5, 4, 5), (5, 6, 5), (5, 5, 4), (5, 5, 6), (3, 0, 3), (3, 3, 0), (0, 1, 1), (0, 0, 2)]


def test_counted_strings_are_scored_until_the_first_illegal_symbol(name):
    task = make(name)
    for counts in counts_of(name):
        strings = task.counted(*counts)
        text = "".join(n * s for n, s in zip(counts, LETTERS[name], strict=True)) + "T"
        assert read(name, strings, 0) + "T" == text
        np.testing.assert_array_equal(
            coming(strings), [(LETTERS[name] + "T").index(s) for s in text]
        )
        legal = True
        for k, symbol in enumerate(text):
            assert strings.scored[k] == legal
            if legal:
                assert told(name, strings.allowed[k]) == successors(name, text[:k])
            legal = legal and symbol in successors(name, text[:k])


def test_perfect_outputs_accept_the_legal_and_reject_the_illegal():
    task = make("anbncn")
    for counts in ((500, 500, 500), (500, 499, 500), (500, 500, 499), (499, 500, 500)):
        strings = task.counted(*counts)
        assert accepted(strings, strings.targets).tolist() == [len(set(counts)) == 1]


def test_outputs_that_miss_the_end_reject():
    strings = make("anbn").of([3, 4])
    outputs = strings.targets.copy()
    outputs[-1, -1] = -1.0
    assert accepted(strings, outputs).tolist() == [True, False]


@pytest.mark.parametrize("counts", [(5,), (4, 6, 5), (0,), (7, 0, 7)])
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_parts_make_the_whole(counts, size):
    task = make("anbncn")
    whole = task.counted(*(counts * 3 if len(counts) == 1 else counts))
    parts = list(task.chunks(*counts, size=size))
    assert max(len(part.scored) for part in parts) <= size
    for field in ("inputs", "targets", "scored", "allowed"):
        joined = np.concatenate([getattr(part, field) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, field))


def test_memory_does_not_grow_with_n():
    task = make("anbn")
    next(task.chunks(5, size=100))
    tracemalloc.start()
    steps = sum(len(part.scored) for part in task.chunks(20_000, size=100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert steps == 40_001
    assert peak < 200_000


def test_a_wrong_number_of_counts_is_refused():
    with pytest.raises(UsageError, match="3 counts"):
        make("anbncn").counted(5, 5)
    with pytest.raises(UsageError, match="at least 0"):
        make("anbn").counted(-1, 2)
