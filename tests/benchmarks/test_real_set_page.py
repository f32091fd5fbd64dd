"""From cells to the page: what is computed, kept, put into tables, ranked and tested."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import wilcoxon

from benchmarks.real_sets import protocols, ranks, run, table
from benchmarks.real_sets.baselines import DTW, EUCLIDEAN, K_SHAPE, STATISTICS
from benchmarks.real_sets.methods import METHODS, OverCeilingError
from benchmarks.real_sets.same_cells import SAME_CELLS
from benchmarks.real_sets.sets import DEVELOPMENT, HELD_BACK, SETS
from tests.benchmarks.small import parts

BINGO, NEO = "BINGO", "NEO"


def cell(method, ari, seed=0, name="GunPoint", protocol=protocols.MERGED, **known):
    key = {"protocol": protocol, "set": name, "method": method, "seed": seed}
    return key | {"ari": ari, "nmi": ari, "clusters": 2, "seconds": 2.5} | known


def over(method, seconds, seed=0, name="GunPoint"):
    key = {"protocol": protocols.MERGED, "set": name, "method": method, "seed": seed}
    return key | {"over": seconds, "plan": ""}


def test_the_page_has_medians_with_quartiles_and_seconds():
    cells = [cell(BINGO, ari, seed) for seed, ari in enumerate([0.6, 0.7, 0.9])]
    cells += [cell(EUCLIDEAN, 0.1, seed, seconds=12.6) for seed in range(3)]
    page = table.page(cells)
    assert "| GunPoint | 0.70 [0.65, 0.80] | 0.10 [0.10, 0.10] |" in page
    assert "| GunPoint | 2.5 | 13 |" in page
    assert "| mean rank | 1.00 | 2.00 |" in page
    assert "medians of 3 seeds, first" in page
    late = table.page([*cells, cell(EUCLIDEAN, 0.1, 3)])
    assert "medians of 4 seeds (BINGO 3), first" in late


def test_a_page_that_lacks_seeds_or_methods_says_so():
    cells = [
        cell(method, 0.5, seed, name, protocol)
        for method in METHODS
        for seed in range(table.SEEDS)
        for name in SETS
        for protocol in protocols.PROTOCOLS
    ]
    assert "Unfinished" not in table.page(cells)
    assert "**Unfinished**: 10 seeds (NEO 9 to 10) of 10" in table.page(
        [c for c in cells if c["method"] != NEO or c["seed"] or c["set"] != "Trace"]
    )
    without = table.page([c for c in cells if c["method"] != DTW])
    assert f"**Unfinished**: 10 seeds of 10, and {2 * len(SETS)} entries not at all" in without


def test_the_page_says_where_the_features_are_not_the_same():
    cells = [cell(SAME_CELLS, 0.5, recipe="shapes"), cell(BINGO, 0.6)]
    assert "`train` chose a recipe with such features for every set." in table.page(cells)
    other = cell(SAME_CELLS, 0.5, name="BasicMotions", recipe="stationary")
    page = table.page([*cells, other, cell(BINGO, 0.6, name="BasicMotions")])
    assert "not of the same features: BasicMotions (stationary)." in page


def test_the_protocols_are_never_mixed():
    cells = [cell(BINGO, 1.0), cell(BINGO, 0.0, protocol=protocols.HELD_OUT)]
    merged, held_out = table.page(cells).split("## Protocol ")[1:]
    held_out = held_out.split("## Published")[0]
    assert "1.00 [1.00, 1.00]" in merged and "0.00 [0.00, 0.00]" not in merged
    assert "0.00 [0.00, 0.00]" in held_out and "1.00 [1.00, 1.00]" not in held_out


def test_what_was_stopped_is_a_dash_and_counts_as_chance():
    cells = [cell(EUCLIDEAN, 0.2), over(DTW, 60), cell(DTW, 0.9, 1), cell(K_SHAPE, -0.1)]
    page = table.page(cells)
    assert "| GunPoint | 0.20 [0.20, 0.20] | - | -0.10 [-0.10, -0.10] |" in page
    assert "stopped after 60 seconds" in page
    assert "| mean rank | 1.00 | 2.00 | 3.00 |" in page


def test_tests_are_of_the_sets_held_back_alone():
    of_both = [
        cell(m, ari + 0.01 * n * ari, name=name)
        for m, ari in ((BINGO, 0.9), (EUCLIDEAN, 0.1))
        for n, name in enumerate(SETS)
    ]
    turned = [c | {"ari": -c["ari"]} if c["set"] in DEVELOPMENT else c for c in of_both]
    page = table.page(turned)
    assert f"On the {len(HELD_BACK)} sets held back" in page
    assert f"| BINGO | {len(HELD_BACK)}, 0, 0; 6.1e-05 |" in page
    assert "held back, ranks" not in table.page([c for c in of_both if c["set"] in DEVELOPMENT])


def test_a_method_that_lacks_a_set_is_not_ranked():
    cells = [cell(m, 0.5, name=name) for m in (BINGO, EUCLIDEAN, DTW) for name in HELD_BACK]
    names, methods, values = table.scores(table.gather(cells[:-1]), protocols.MERGED, HELD_BACK)
    assert names == list(HELD_BACK) and methods == [BINGO, EUCLIDEAN]
    assert values.shape == (len(HELD_BACK), 2)


def test_ranks_begin_at_the_best_and_ties_are_shared():
    scores = [[0.9, 0.5, 0.5], [0.1, 0.3, 0.2]]
    np.testing.assert_allclose(ranks.mean_ranks(scores), [2.0, 1.75, 2.25])


def test_pairs_are_corrected_after_holm():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(12, 3)) + np.array([0.0, 0.5, 2.0])
    plain = {
        (i, j): wilcoxon(*scores[:, (i, j)].T).pvalue for i in range(3) for j in range(i + 1, 3)
    }
    order = sorted(plain, key=plain.get)
    corrected = ranks.pairs(scores)
    assert corrected[order[0]] == pytest.approx(min(1, 3 * plain[order[0]]))
    assert corrected[order[1]] == pytest.approx(max(3 * plain[order[0]], 2 * plain[order[1]]))
    assert corrected[order[2]] >= corrected[order[1]]
    assert ranks.pairs(scores[:, (0, 0)])[0, 1] == 1.0


def test_ranks_that_do_not_differ_are_probable():
    assert ranks.friedman(np.ones((5, 4))) == 1.0
    assert ranks.friedman(np.ones((5, 2))) == 1.0
    assert ranks.friedman(np.arange(3) + np.zeros((12, 1))) < 1e-4


def test_cliques_are_methods_of_which_no_two_differ():
    alike = dict.fromkeys([(0, 1), (1, 2), (2, 3)], 0.5)
    apart = dict.fromkeys([(0, 2), (0, 3), (1, 3)], 0.01)
    found = ranks.cliques(np.array([3.0, 2.0, 1.0, 4.0]), alike | apart)
    assert found == [[2, 1], [1, 0]]
    every = dict.fromkeys([*alike, *apart], 0.5)
    assert ranks.cliques(np.array([3.0, 2.0, 1.0, 4.0]), every) == [[2, 1, 0, 3]]


def test_the_diagram_names_every_method_and_is_the_same_every_time(tmp_path):
    scores = np.random.default_rng(0).normal(size=(9, 5)) + np.arange(5)
    names = ["first", "second", "third", "fourth", "fifth"]
    for file in ("one.svg", "two.svg"):
        ranks.diagram(tmp_path / file, names, scores, "mean ranks")
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    assert all(name in text for name in names)


def test_diagrams_are_drawn_where_two_methods_have_two_sets(tmp_path):
    cells = [cell(m, 0.5, name=name) for m in (BINGO, EUCLIDEAN) for name in HELD_BACK[:2]]
    drawn = run.draw(cells, tmp_path)
    assert drawn == {protocols.MERGED: "real-sets-merged.svg"}
    assert (tmp_path / "real-sets-merged.svg").is_file()
    assert "](real-sets-merged.svg)" in table.page(cells, drawn)
    assert run.draw(cells[:2], tmp_path) == {}


@pytest.fixture
def small(monkeypatch):
    """Every set is the same small one, and cells are computed in this process."""
    train, test = parts()
    monkeypatch.setattr(run, "_parts", lambda name, folder: (train, test))
    monkeypatch.setattr(run, "ProcessPoolExecutor", ThreadPoolExecutor)


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    wanted = run.all_cells(["GunPoint"], [EUCLIDEAN], 2)
    path = tmp_path / "results.jsonl"
    first = cell(EUCLIDEAN, 0.25) | {"plan": ""}
    path.write_text(json.dumps(first) + "\n" + '{"protocol": "mer')  # cut while it was written
    assert run.run(wanted, tmp_path, 0, path) == [first]
    other = cell(EUCLIDEAN, 0.5, seed=1) | {"plan": "older settings"}
    path.write_text(json.dumps(first) + "\n" + json.dumps(other) + "\n")
    assert run.run(wanted, tmp_path, 0, path) == [first]


def test_figures_follow_a_cut_line_on_a_line_of_their_own(tmp_path, small):
    path = tmp_path / "results.jsonl"
    path.write_text('{"protocol": "mer')
    wanted = run.all_cells(["GunPoint"], [EUCLIDEAN], 1)
    computed = run.run(wanted, tmp_path, 1, path)
    assert [c["protocol"] for c in computed] == list(protocols.PROTOCOLS)
    assert run.run(wanted, tmp_path, 0, path) == computed


def test_what_one_seed_gave_up_is_tried_again_with_more_seconds_only(tmp_path, small, monkeypatch):
    tried = []

    def timed(method, real, data, seed, ceiling):
        tried.append((data.protocol, seed))
        raise OverCeilingError

    monkeypatch.setattr(run, "timed", timed)
    path = tmp_path / "results.jsonl"
    wanted = run.all_cells(["GunPoint"], [DTW], 3)
    found = run.run(wanted, tmp_path, 1, path, ceiling=60)
    assert tried == [(protocol, 0) for protocol in protocols.PROTOCOLS]
    assert [c["over"] for c in found] == [60, 60]
    run.run(wanted, tmp_path, 1, path, ceiling=30)
    assert len(tried) == 2
    run.run(wanted, tmp_path, 1, path, ceiling=90)
    assert len(tried) == 4


def test_a_cell_that_fails_is_told_and_not_kept(tmp_path, small, monkeypatch, capsys):
    def timed(method, real, data, seed, ceiling):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(run, "timed", timed)
    path = tmp_path / "results.jsonl"
    assert run.run(run.all_cells(["GunPoint"], [DTW], 1), tmp_path, 1, path) == []
    assert path.read_text() == ""
    said = capsys.readouterr().err
    assert "merged, GunPoint, k-means, DTW, 0, ZeroDivisionError: division by zero" in said
    assert "2 cells failed" in said


def test_cells_are_computed_seed_by_seed():
    cells = run.all_cells(["Trace", "GunPoint"], [DTW, BINGO], 2)
    assert len(cells) == len(set(cells)) == 16
    assert [seed for *_, seed in cells] == [0] * 8 + [1] * 8


@pytest.mark.parametrize(
    "arguments, sets",
    [
        ([], list(SETS)),
        (["--development-only"], list(DEVELOPMENT)),
        (["--sets", "Trace,Waveform", "--development-only"], ["Trace"]),
        (["--sets", "Waveform"], ["Waveform"]),
    ],
)
def test_sets_and_methods_are_chosen(arguments, sets, tmp_path, monkeypatch):
    computed = []

    def remember(cells, folder, jobs, path, ceiling=0):
        if jobs:
            computed.extend(cells)
        return [cell(EUCLIDEAN, 0.5)]

    monkeypatch.setattr(run, "run", remember)
    monkeypatch.setattr(run, "fetch", lambda cache, sets: [])
    monkeypatch.setattr(run, "PAGE", tmp_path / "page.md")
    chosen = ["--methods", f"{BINGO};{EUCLIDEAN}", "--seeds", "1", "--cache", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["run", *chosen, *arguments])
    run.main()
    assert computed == run.all_cells(sets, [BINGO, EUCLIDEAN], 1)
    assert (tmp_path / "page.md").is_file()


def test_a_set_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr("sys.argv", ["run", "--sets", "Iris"])
    with pytest.raises(SystemExit, match="There is no 'Iris'"):
        run.main()


def test_only_our_own_methods_depend_on_options_and_recipes():
    bingo = run.plan_of((protocols.MERGED, "GunPoint", BINGO, 0))
    assert bingo == run.plan_of((protocols.HELD_OUT, "GunPoint", BINGO, 3))
    others = [
        run.plan_of((protocols.MERGED, name, m, 0))
        for name, m in (("Trace", BINGO), ("GunPoint", NEO))
    ]
    assert len({bingo, *others}) == 3
    assert run.plan_of((protocols.MERGED, "GunPoint", STATISTICS, 0)) == ""
    assert run.plan_of((protocols.MERGED, "GunPoint", SAME_CELLS, 0)) != ""
