import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.data.alignment import find_alignment, note, phase_locking, slowness
from lstmtool.data.generators.artificial import generate
from lstmtool.data.sequences import from_arrays


def waves(phases, n_steps=100, cycles=3):
    t = np.arange(n_steps) / n_steps
    return from_arrays([np.sin(2 * np.pi * (cycles * t + phase)) for phase in phases])


def test_equal_sequences_lock_fully():
    data = waves(np.zeros(12))
    assert phase_locking(data) == pytest.approx(12.0)
    assert find_alignment(data).recipe == "phase-locked"
    assert find_alignment(data).copies == "noise"


def test_phases_spread_over_the_circle_cancel():
    assert phase_locking(waves(np.arange(12) / 12)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_steady_data_does_not_lock(seed):
    data = generate(np.random.default_rng(seed))
    assert phase_locking(data) < 2.0
    assert find_alignment(data).recipe == "stationary"
    assert find_alignment(data).copies == "bootstrap"


def test_means_and_scales_of_sequences_do_not_count():
    data = waves(np.zeros(6))
    moved = from_arrays([xs + 100.0 * n for n, xs in enumerate(data)])
    assert phase_locking(moved) == pytest.approx(6.0)
    apart = from_arrays([np.full(5, n) for n in range(4)])
    assert phase_locking(apart) == 1.0


def test_unequal_lengths_are_compared_as_far_as_they_go():
    data = waves(np.zeros(4))
    cut = from_arrays([data[0], data[1], data[2][:50], data[3][:70]])
    assert phase_locking(cut) == pytest.approx(4.0)


def test_only_the_window_tells():
    """Sequences that fall into step after the window do not count as locked."""
    data = waves(np.arange(12) / 12)
    later = from_arrays([np.concatenate([s, np.sin(np.arange(400.0))[:, None]]) for s in data])
    assert find_alignment(later).recipe == "phase-locked"
    assert find_alignment(later, 100).recipe == "stationary"


@pytest.mark.parametrize(
    ("window", "copies"),
    [(None, "bootstrap"), (100, "bootstrap"), (67, "bootstrap"), (66, "shift")],
)
def test_windows_are_shifted_where_every_sequence_has_room(window, copies):
    data = generate(np.random.default_rng(0))
    assert find_alignment(data, window).copies == copies
    longer = from_arrays([*list(data)[1:], np.random.default_rng(0).normal(size=1000)])
    assert find_alignment(longer, window).copies == copies


def test_locked_sequences_are_not_shifted_out_of_step():
    found = find_alignment(waves(np.zeros(6)), 20)
    assert (found.recipe, found.copies) == ("phase-locked", "noise")
    assert "shift" not in found.reason


def test_a_note_says_which_copies_were_used_which_suit_and_why():
    data = waves(np.zeros(6))
    prepared = ("consistency", "bingo")

    def told(name, **changes):
        return note(data, recipes.checked(recipes.merge(recipes.recipe(prepared, name), changes)))

    locking = "the steps of different sequences correspond (phase locking 6.00)"
    locking += ", and there are at most 20 of them"
    assert told("phase-locked") == (
        f"Trained on copies by noise, which suit these sequences: {locking}."
    )
    assert told("stationary") == (
        f"Trained on copies by bootstrap; copies by noise would suit these: {locking}."
    )
    assert told("literal").startswith("Trained on the sequences as they are; copies by noise")
    steady = recipes.checked(recipes.merge(recipes.recipe(prepared), {"inputs": {"window": 50}}))
    said = note(generate(np.random.default_rng(0)), steady)
    assert "copies by shift would suit these" in said
    assert "room to shift the window of 50 steps" in said


def test_slowness_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(0, 1, (n, 2)).cumsum(axis=0) for n in (7, 12, 31)]
    shares = []
    for sequence in sequences:
        n_steps, t = len(sequence), np.arange(len(sequence))
        for values in sequence.T:
            slow = np.zeros(n_steps)
            for cycles in (1, 2):
                for wave in (np.cos, np.sin):
                    basis = wave(2 * np.pi * cycles * t / n_steps)
                    slow += basis * (basis @ values) / (basis @ basis)
            by_chance = 4 / (n_steps - 1)
            shares.append((slow.var() / values.var() - by_chance) / (1 - by_chance))
    assert slowness(from_arrays(sequences)) == pytest.approx(np.mean(shares))


def test_noise_is_not_slow_and_trends_are():
    rng = np.random.default_rng(1)
    assert abs(slowness(from_arrays(list(rng.normal(0, 1, (200, 12)))))) < 0.05
    assert slowness(from_arrays([np.linspace(0, n, 50) for n in (1e-300, 1, 1e300)])) > 0.7
    assert slowness(waves(np.zeros(4), cycles=1)) == pytest.approx(1.0)
    assert slowness(from_arrays([np.full(20, 1e5), np.arange(4.0)])) == 0.0


def test_slow_sequences_are_shapes_unless_a_window_is_wanted():
    later = waves(np.arange(12) / 12, cycles=2)
    assert find_alignment(later).recipe == "shapes" and find_alignment(later).copies == "shape"
    assert "100 % of the variance" in find_alignment(later).reason
    assert find_alignment(later, 50).recipe != "shapes"
    assert find_alignment(waves(np.zeros(12), cycles=3)).recipe == "phase-locked"


def test_blocks_are_trained_on_few_sequences_alone():
    noisy = np.random.default_rng(2).normal(0, 0.3, (21, 100, 1))
    locked = [wave + noise for wave, noise in zip(waves(np.zeros(21)), noisy, strict=True)]
    assert find_alignment(from_arrays(locked[:20])).recipe == "phase-locked"
    found = find_alignment(from_arrays(locked))
    assert (found.recipe, found.copies) == ("waveforms", "noise")
    assert find_alignment(from_arrays(locked), 50).recipe == "phase-locked"
    assert find_alignment(from_arrays(list(noisy[:20]))).recipe == "stationary"
    found = find_alignment(from_arrays(list(noisy)))
    assert (found.recipe, found.copies) == ("shapes", "shape")
    assert "do not correspond" in found.reason and "at most" not in found.reason


def test_what_very_many_sequences_have_in_common_may_be_a_trifle():
    rng, wave = np.random.default_rng(3), np.sin(np.arange(60.0))
    data = from_arrays([0.12 * wave + rng.normal(size=60) for _ in range(1000)])
    assert 3.0 < phase_locking(data) < 20.0
    assert find_alignment(data).locked_above == 20.0
    assert not find_alignment(data).locked


def test_chance_is_that_of_sequences_moved_round():
    rng, t = np.random.default_rng(4), np.arange(80)
    packet = np.sin(t / 3) * np.exp(-(((t - 30) / 12) ** 2))
    weak = [0.5 * packet + rng.normal(0, 0.8, 80) for _ in range(60)]
    found = find_alignment(from_arrays(weak))
    assert 2.0 < found.locking < 4.0 and found.locked
    moved = [np.roll(s, rng.integers(80)) for s in weak]
    assert not find_alignment(from_arrays(moved)).locked
    tone = waves(rng.uniform(0, 1, 60), 80, 5)
    assert find_alignment(tone).locked_above > 4.0  # tones may agree by chance, noise may not
    assert find_alignment(from_arrays(list(rng.normal(size=(60, 80))))).locked_above < 2.5
    assert find_alignment(tone) == find_alignment(tone)
