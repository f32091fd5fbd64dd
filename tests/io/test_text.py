import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lstmtool.io.text import encode_texts, from_json, to_json
from lstmtool.text import clean_text, option_text

ANY_TEXT = st.text(st.characters(codec=None))


@given(ANY_TEXT)
@example("\x1b[31mred\x1b[0m")
@example("\x9b31m")
@example("invoice\u202efdp.exe")
@example("\u2066a\u2069\u200f\u061c")
@example("a\u200bb\ufeff\u2060")
@example("a\u2028b\r\nc\x00\ud800")
def test_clean_text_leaves_nothing_that_steers(text):
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in cleaned)
    assert not set(cleaned) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2069")
    assert not set(cleaned) & set("\u200b\u2060\ufeff")
    cleaned.encode()


@pytest.mark.parametrize("text", ["", "Klänge", "クラリネット", "a b", "👩‍🎤", "[red]<b>"])
def test_clean_text_keeps_what_is_harmless(text):
    assert clean_text(text) == text


def test_clean_text_keeps_words_apart():
    assert clean_text("one\ntwo\tthree") == "one two three"


@given(st.lists(ANY_TEXT))
def test_texts_survive_their_bytes(texts):
    assert [t.decode() for t in encode_texts(texts).tolist()] == [clean_text(t) for t in texts]


@pytest.mark.parametrize("value", [{"b": 1, "a": {"d": [], "c": None}}, [1, 2.5, True, "ä"]])
def test_json_keeps_values_and_their_order(value):
    assert to_json(from_json(to_json(value))) == json.dumps(value)


def test_json_has_no_nan_and_knows_numpy():
    value = {"x": np.float64("nan"), "n": np.int64(3), "v": np.arange(2.0), "t": np.bool_(True)}
    assert json.loads(to_json(value)) == {"x": None, "n": 3, "v": [0.0, 1.0], "t": True}


def test_strings_from_json_are_cleaned_wherever_they_are():
    assert from_json('{"\\u001b[1m": ["\\u202ea", {"b": "\\u0007"}]}') == {"[1m": ["a", {"b": ""}]}


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000, "1" * 5000])
def test_json_that_cannot_be_read_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "yes"), (False, "no"), ((1, 2.5), "1,2.5"), ("a", "a"), (3, "3")]
)
def test_values_of_options_as_in_a_command(value, text):
    assert option_text(value) == text
