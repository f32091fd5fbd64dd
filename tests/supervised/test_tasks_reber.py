"""The embedded Reber grammar, against an automaton written from the grammar's rules as patterns."""

import re
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from lstmtool.kernels.supervised.reber import draw_nodes
from lstmtool.supervised.tasks import make
from lstmtool.supervised.tasks.reber import SYMBOLS, letters
from tests.supervised.chi_square import p_value

# The graph has two loops that lead into each other: from the lower right node P goes to the upper
# right, whence X goes to the lower left. INTO_LOWER reads all from the lower left node to the end.
INTO_LOWER = "T*V(?:PXT*V)*(?:V|PS)"
REBER = f"B(?:TS*X(?:S|X{INTO_LOWER})|P{INTO_LOWER})E"
EMBEDDED = re.compile(f"B(?:T{REBER}T|P{REBER}P)E")


def test_long_strings_find_room():
    """One string at a time, of which some are longer than the room that is made at first."""
    rng, lengths = np.random.default_rng(0), []
    for _ in range(300):
        nodes, symbols, starts = draw_nodes(rng, 1, 0)
        assert len(nodes) == len(symbols) == starts[1]
        assert EMBEDDED.fullmatch("".join(SYMBOLS[s] for s in symbols))
        lengths.append(len(nodes))
    assert max(lengths) > 16


def texts(strings):
    """Every string with its last symbol, which is only a target."""
    ends = strings.starts[1:] - 1
    return [
        letters(strings, i) + SYMBOLS[strings.targets[end].argmax()] for i, end in enumerate(ends)
    ]


def legal(longest, _made={}):  # noqa: B006 - kept between calls
    """All legal strings of at most `longest` symbols, by growing strings and matching whole."""
    if longest not in _made:
        found, grown = [], [""]
        for _ in range(longest):
            grown = [g + s for g in grown for s in "BTPSXVE" if might_be_legal(g + s)]
            found += [g for g in grown if EMBEDDED.fullmatch(g)]
        _made[longest] = found
    return _made[longest]


def might_be_legal(text):
    """Whether the pattern matches with some end: one of a few rests that finish any beginning."""
    inner_ends = ("", "E", "VE", "VVE", "SE", "XVVE", "XSE", "TXSE", "PVVE", "BTXSE")
    ends = [f"{inner}{outer}E" for inner in inner_ends for outer in "TP"]
    ends += ["E", "", *(f"{o}BTXSE{o}E" for o in "TP"), "BTBTXSETE"]
    return any(EMBEDDED.fullmatch(text + end) for end in ends)


def chance(text):
    """Probability of a string: one half for every place where two symbols could have followed."""
    p = Fraction(1)
    for k in range(len(text)):
        followers = sum(might_be_legal(text[:k] + symbol) for symbol in "BTPSXVE")
        assert followers in (1, 2)
        p /= followers
    return p


@pytest.fixture(scope="module")
def drawn():
    return make("reber").sample(np.random.default_rng(7), 4000)


def test_every_string_is_legal(drawn):
    assert all(EMBEDDED.fullmatch(text) for text in texts(drawn))


@pytest.mark.parametrize("text", ["BTBTXSEPE", "BTBTXSETB", "BPBPVVETE", "BTBTSSETE", "BTXSETE"])
def test_the_automaton_of_the_tests_refuses(text):
    assert not EMBEDDED.fullmatch(text)


def test_allowed_are_the_symbols_that_some_legal_string_continues_with(drawn):
    for i, text in enumerate(texts(drawn)[:150]):
        rows = slice(drawn.starts[i], drawn.starts[i + 1])
        for k, allowed in enumerate(drawn.allowed[rows], start=1):
            expected = [might_be_legal(text[:k] + symbol) for symbol in SYMBOLS]
            assert allowed.tolist() == expected


def test_targets_are_the_next_symbols_one_hot(drawn):
    assert (drawn.targets.sum(axis=1) == 1).all()
    assert drawn.scored.all()
    inner = np.setdiff1d(np.arange(len(drawn.inputs) - 1), drawn.starts[1:] - 1)
    np.testing.assert_array_equal(drawn.targets[inner], drawn.inputs[inner + 1])
    assert drawn.allowed[drawn.targets.astype(bool)].all()


def test_strings_have_the_chances_of_the_grammar(drawn):
    common = legal(10)
    shares = [float(chance(text)) for text in common]
    counts = Counter(texts(drawn))
    observed = [counts[text] for text in common]
    observed.append(drawn.count - sum(observed))
    assert p_value(observed, [*shares, 1.0 - sum(shares)]) > 1e-3


def test_no_string_of_the_training_set_is_in_the_test_set():
    train, test = make("reber").sets(np.random.default_rng(1), 40)
    assert train.count == test.count == 40
    assert not set(texts(train)) & set(texts(test))
    assert len(set(texts(train))) < 40  # as the grammar makes them
    assert all(EMBEDDED.fullmatch(text) for text in texts(train) + texts(test))


def test_published_sets_have_256_strings_and_follow_the_seed():
    first, second = (make("reber").sets(np.random.default_rng(5)) for _ in range(2))
    assert first[0].count == first[1].count == 256
    assert texts(first[0]) == texts(second[0])
    assert texts(first[0]) != texts(make("reber").sets(np.random.default_rng(6))[0])


def test_streams_are_strings_end_to_end():
    strings = make("continual-reber", length=300).sample(np.random.default_rng(0), 3)
    for i in range(3):
        text = letters(strings, i)
        assert len(text) >= 300
        parts = [part for part in re.split(r"(?<=TE)(?=B)|(?<=PE)(?=B)", text) if part]
        whole = list(join(parts))
        assert all(EMBEDDED.fullmatch(part) for part in whole)
        assert len("".join(whole[:-1])) < 300


def join(parts):
    """Put together parts until each is a whole string: TE and PE stand within strings, too."""
    text = ""
    for part in parts:
        text += part
        if EMBEDDED.fullmatch(text):
            yield text
            text = ""
    assert not text


def test_targets_of_streams_are_all_legal_successors():
    strings = make("continual-reber", length=100).sample(np.random.default_rng(0), 2)
    np.testing.assert_array_equal(strings.targets, strings.allowed)
    for i in range(2):
        rows = slice(strings.starts[i], strings.starts[i + 1])
        last = strings.starts[i + 1] - 1
        assert strings.targets[last].tolist() == [1, 0, 0, 0, 0, 0, 0]
        assert strings.allowed[rows][:-1][strings.inputs[rows][1:].astype(bool)].all()
