import numpy as np
import pytest

from lstmtool.data.synthesis import frequency, synthesise, tone


def loudest_frequency(samples, rate):
    return np.abs(np.fft.rfft(samples, 1 << 16)).argmax() * rate / (1 << 16)


def test_pitches_are_those_of_equal_temperament():
    assert frequency(69) == 440.0
    assert frequency(81) == 880.0
    assert frequency(60) == pytest.approx(261.626, abs=1e-3)


@pytest.mark.parametrize(("pitch", "voice"), [(60, 0), (72, 1)])
def test_a_note_sounds_at_its_pitch_and_time(pitch, voice):
    samples = synthesise([(pitch, 2, 3, voice)], 8, 0.125, 8000)
    assert len(samples) == 8001
    assert np.abs(samples).max() == 1.0
    assert not samples[:2000].any()
    assert not samples[5000:].any()
    assert loudest_frequency(samples, 8000) == pytest.approx(frequency(pitch), rel=0.01)


def test_notes_begin_and_end_softly_and_have_no_harmonic_that_the_rate_cannot_carry():
    wave = tone(108, 0.1, 1, 9000)
    assert wave[0] == wave[-1] == 0.0
    assert np.abs(np.fft.rfft(wave)).argmax() * 9000 / len(wave) == pytest.approx(4186, rel=0.02)
    assert not synthesise([], 2, 0.1).any()
