import base64
import io
import re
import wave

import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.report.run import sounds
from lstmtool.report.run.contents import contents
from lstmtool.report.run.page import POLICY, page
from tests.report.test_contents import run_on, shown


def played(text):
    """Rate and samples of every player of a page."""
    for data in re.findall(r'<audio [^>]*src="data:audio/wav;base64,([^"]*)"', text):
        with wave.open(io.BytesIO(base64.b64decode(data))) as file:
            assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
            yield file.getframerate(), np.frombuffer(file.readframes(10**6), "<i2").astype(float)


def pitch(rate, samples):
    """The frequency of the highest peak of the spectrum, in Hz."""
    size = 1 << 17
    return np.abs(np.fft.rfft(samples, size)).argmax() * rate / size


def tone(hertz, steps, rate=44100.0):
    return np.sin(2 * np.pi * hertz * np.arange(steps) / rate + 1)[:, None]


@pytest.mark.parametrize("hertz", [440.0, 1320.0])
def test_a_tone_is_heard_at_its_pitch(hertz):
    ((rate, samples),) = played(sounds.player("a", tone(hertz, 40_000), 44100.0, 1))
    assert rate == pytest.approx(16_000, abs=1)
    assert pitch(rate, samples) == pytest.approx(hertz, rel=0.005)
    assert len(samples) / rate == pytest.approx(40_000 / 44100, rel=0.01)
    assert 29_000 < np.abs(samples).max() < 32_768
    assert samples[0] == samples[-1] == 0


@pytest.mark.parametrize("hertz", [880.0, 1480.0])
def test_what_is_too_short_to_be_heard_is_repeated_in_whole_periods(hertz):
    text = sounds.player("a", tone(hertz, 120), 44100.0, 1)
    ((rate, samples),) = played(text)
    assert "repeated" in text
    assert len(samples) / rate > 0.9
    assert pitch(rate, samples) == pytest.approx(hertz, rel=0.02)


def test_noise_is_repeated_whole():
    assert sounds.loop_length(np.random.default_rng(0).normal(size=100)) == 100
    assert sounds.loop_length(np.zeros(1)) == 1


def test_players_share_two_hundred_kilobytes():
    arrays = [tone(300 + 10 * n, 50_000) for n in range(16)]
    _, text, *_ = shown(arrays, np.arange(16) % 8, sampling_rate=44100.0)
    made = re.findall(r"<audio .*?</audio>", text)
    assert len(made) == 8
    assert sum(map(len, made)) < 200_000
    assert all(len(samples) / rate > 0.5 for rate, samples in played(text))


def test_a_low_rate_is_kept_and_silence_is_no_trouble():
    ((rate, samples),) = played(sounds.player("a", np.ones((8000, 1)), 8000.0, 1))
    assert (rate, len(samples)) == (8000, 8000)
    assert not samples.any()


@pytest.mark.parametrize(
    ("rate", "n_inputs", "heard"),
    [
        (44100.0, 1, True),
        (8000.0, 2, True),
        (50.0, 1, False),
        (None, 1, False),
        (44100.0, 3, False),
    ],
)
def test_only_sounds_are_played(rate, n_inputs, heard):
    data = from_arrays([np.zeros((5, n_inputs))] * 2)
    assert sounds.are_sounds(data, rate) == heard


def test_the_page_may_play_what_it_holds():
    run, told, data = run_on(
        [tone(400 + n, 500) for n in range(8)], np.arange(8) % 4, sampling_rate=22050
    )
    text = page(run, told, "run.h5", found=contents(run, told, data))
    assert len(list(played(text))) == 4
    assert "media-src data:" in POLICY
