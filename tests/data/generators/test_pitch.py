import numpy as np
import pytest

from lstmtool.data.generators import pitch
from lstmtool.data.generators.pitch import frame_pitch, steady_parts
from tests.data.generators.sounds import note


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
@pytest.mark.parametrize("pitch", [146.83, 440.0, 466.16, 1320.0, 1480.0])
def test_pitch_of_a_short_frame(pitch, rate):
    frame = note(pitch, seconds=0.2, rate=rate)[int(0.08 * rate) : int(0.12 * rate)]
    assert frame_pitch(frame, rate) == pytest.approx(pitch, rel=1e-3)


def test_even_harmonics_as_strong_as_the_fundamental_do_not_move_the_octave():
    frame = note(1397.0, seconds=0.2, weights=(1, 0.9, 0.2, 0.6))[4000:5764]
    assert frame_pitch(frame, 44100) == pytest.approx(1397.0, rel=1e-3)


def test_the_steady_part_leaves_out_silence_attack_and_release():
    silence = np.zeros(22050)
    sound = np.concatenate([silence, note(440.0, seconds=1.0), silence])
    (part,) = steady_parts(sound, 44100)
    assert 22050 < part.start < 26000
    assert 62000 < part.stop < 66150
    assert part.pitch == pytest.approx(440.0, rel=1e-4)


def test_two_notes_are_two_parts():
    parts = steady_parts(np.concatenate([note(440.0), note(523.25)]), 44100)
    assert [round(part.pitch) for part in parts] == [440, 523]


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(44100),
        np.ones(44100),
        np.random.default_rng(0).normal(size=44100),
        note(440.0)[:100],
        np.zeros(0),
        np.sin(2 * np.pi * 440 * np.cumsum(np.linspace(1, 3, 22050)) / 44100),
    ],
    ids=["silence", "offset", "noise", "short", "empty", "glide"],
)
def test_what_holds_no_pitch_has_no_steady_part(sound):
    assert steady_parts(sound, 44100) == []


def test_no_period_where_a_sound_never_turns():
    assert pitch._period(np.array([1.0, 0.9, 0.8, 0.9]), 1) == 0
    assert pitch._summit(np.array([0.1, 0.2, 0.3]), 2.0, 1.0) == 2.0
    assert pitch._steadiest(np.array([100.0, 200.0]), 0, 2) == (0, 0)


def test_the_steadiest_frames_are_the_longest_near_the_median():
    found = np.array([0, 440, 500, 500, 440, 440, 440, 440, 500, 440.0])
    assert pitch._steadiest(found, 1, 10) == (4, 8)
