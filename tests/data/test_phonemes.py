"""Frames of speech: coefficients against their definition, classes by a plain loop."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.data import cepstra as front
from lstmtool.data.phonemes import (
    FOLD,
    TEST,
    TRAINING,
    VALIDATION,
    VOICE,
    Spoken,
    check_labels,
    default_parts,
    folded,
    frames_of,
    from_spoken,
)
from lstmtool.errors import DataError
from lstmtool.io import shipped

RATE = 8000.0


def spoken(seconds=0.5, ends=(0.2, 0.5), labels=("aa", "pau"), seed=0):
    samples = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return Spoken(f"s{seed}", samples, RATE, np.array(ends), labels)


def naive_cepstrum(samples, rate, frame):
    """One frame by the definitions, in loops."""
    length, step, size = 200, 80, 256
    before = np.concatenate([[0.0], samples])
    cut = []
    for n in range(length):
        at = frame * step + n
        emphasised = samples[at] - 0.97 * before[at] if at else samples[0]
        cut.append(emphasised * (0.54 - 0.46 * np.cos(2 * np.pi * n / (length - 1))))
    power = np.abs(np.fft.fft(cut, size)) ** 2 / size
    mel = lambda f: 2595 * np.log10(1 + f / 700)  # noqa: E731
    edges = np.linspace(0, mel(rate / 2), 28)
    logs = []
    for band in range(26):
        low, middle, high = (700 * (10 ** (edges[band + k] / 2595) - 1) for k in range(3))
        energy = 0.0
        for bin_ in range(size // 2 + 1):
            f = bin_ * rate / size
            if low < f <= middle:
                energy += power[bin_] * (f - low) / (middle - low)
            elif middle < f < high:
                energy += power[bin_] * (high - f) / (high - middle)
        logs.append(np.log(max(energy, 1e-10)))
    return [
        np.sqrt((1 if k == 0 else 2) / 26)
        * sum(v * np.cos(np.pi * k * (2 * n + 1) / 52) for n, v in enumerate(logs))
        for k in range(13)
    ]


def test_coefficients_are_those_of_the_definition():
    samples = spoken().samples
    found = front.cepstra(samples, RATE)
    assert found.dtype == np.int16
    assert found.shape == (front.frame_count(len(samples), RATE), 13) == (48, 13)
    for frame in (0, 17, 47):
        wanted = naive_cepstrum(samples, RATE, frame)
        np.testing.assert_allclose(found[frame] / front.PER_UNIT, wanted, atol=0.6 / front.PER_UNIT)


def test_silence_is_finite_and_a_tone_lies_in_its_band():
    assert np.isfinite(front.cepstra(np.zeros(400), RATE)).all()
    bands = front.mel_bands(256, RATE)
    assert bands.shape == (26, 129)
    assert bands[:, 32].argmax() == np.argmax(bands @ np.eye(129)[32])
    assert front.frame_count(100, RATE) == 0


def test_slopes_are_those_of_a_line():
    line = np.arange(9)[:, None] * np.array([[2.0, -3.0]]) * front.PER_UNIT
    found = front.with_differences(line)
    np.testing.assert_allclose(found[2:-2, 2:], [[2.0, -3.0]] * 5)
    np.testing.assert_allclose(found[:, :2], line / front.PER_UNIT)
    assert abs(found[0, 2]) < 2.0
    assert len(front.feature_names()) == 26


def test_the_class_of_a_frame_is_the_phone_in_its_middle():
    one = spoken(ends=(0.1, 0.1, 0.317, 0.45), labels=("a", "b", "c", "d"))
    found, labels = frames_of(one)
    assert len(found) == len(labels)
    for t, label in enumerate(labels):
        middle = 0.010 * t + 0.0125
        wanted = next(w for end, w in zip(one.ends, one.labels, strict=True) if middle < end)
        assert label == wanted
    assert 0.010 * len(labels) + 0.0125 >= 0.45  # frames after the last phone are left out


def test_sentences_are_split_whole_and_labels_folded():
    parts = default_parts(40)
    assert np.flatnonzero(parts == TEST).tolist() == [9, 19, 29, 39]
    assert np.flatnonzero(parts == VALIDATION).tolist() == [8, 28]
    made = from_spoken(spoken(seed=n) for n in range(10))
    assert made.class_names == ("a", "pau")
    assert made.of(VALIDATION).tolist() == [8]
    assert made.sentences.names[9] == "s9"
    assert made.pauses.tolist() == [False, True]
    assert from_spoken((spoken(seed=n) for n in range(10)), unfolded=True).class_names == (
        "aa",
        "pau",
    )


def test_other_sets_of_labels_are_not_folded():
    made = from_spoken(spoken(labels=("aa", "h#"), seed=n) for n in range(10))
    assert made.class_names == ("aa", "h#")


def test_the_shipped_sentences():
    made, all_labels = shipped.phonemes(), shipped.phonemes(unfolded=True)
    assert [len(made.of(part)) for part in (TRAINING, VALIDATION, TEST)] == [60, 8, 12]
    assert len(made.class_names) == 27
    assert set(all_labels.class_names) <= VOICE
    assert len(VOICE) == 51
    for one, other in zip(made.classes[::997], all_labels.classes[::997], strict=True):
        label = all_labels.class_names[other]
        assert made.class_names[one] == FOLD.get(label, label)
    assert folded(made).class_names == made.class_names


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ends": (0.3, 0.2)}, "do not rise"),
        ({"ends": (np.nan, 0.5)}, "do not rise"),
        ({"ends": (-1.0, 0.5)}, "do not rise"),
        ({"ends": (0.2, 0.7)}, "do not fit"),
        ({"seconds": 2.0}, "do not fit"),
        ({"ends": (), "labels": ()}, "no labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(change, word):
    with pytest.raises(DataError, match=word):
        check_labels(spoken(**change))


def test_too_few_or_too_short():
    with pytest.raises(DataError, match="9 sentences"):
        from_spoken(spoken(seed=n) for n in range(9))
    with pytest.raises(DataError, match="shorter"):
        frames_of(spoken(seconds=0.02, ends=(0.02,), labels=("a",)))
    made = from_spoken(spoken(seed=n) for n in range(10))
    for wrong in (
        {"classes": made.classes[1:]},
        {"classes": made.classes + 1},
        {"parts": made.parts * 0},
    ):
        with pytest.raises(DataError):
            replace(made, **wrong)
