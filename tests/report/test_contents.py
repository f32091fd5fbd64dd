"""What the page shows of the sequences themselves."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering.assess import assess
from lstmtool.clustering.certainty import Members
from lstmtool.data.features import Feature
from lstmtool.data.sequences import from_arrays
from lstmtool.records.run import Outputs
from lstmtool.report.run import differences, members
from lstmtool.report.run.contents import contents
from lstmtool.report.run.page import page
from tests.builders import small_ensemble, small_run, small_sequences
from tests.clustering.test_activations import FAMILY, random_run
from tests.report.conftest import HOSTILE
from tests.report.test_page import MEGABYTE, Reader


def run_on(arrays, clusters, names=True, **source):
    """A run that puts sequences into given clusters, named by their bits, and their contents."""
    n, width = len(arrays), max(2, int(max(clusters)).bit_length())
    run = small_run(n=n, outputs=width, labelled=False)
    bits = (np.asarray(clusters)[:, None] >> np.arange(width)[::-1]) & 1
    net = np.where(bits, 4.0, -4.0) + np.linspace(0, 0.5, n)[:, None]
    outputs = Outputs.of(net, "logistic")
    data = from_arrays(arrays)
    run = replace(
        run,
        after=outputs,
        before=outputs,
        untrained=outputs,
        lengths=data.lengths,
        names=tuple(f"s{k}" for k in range(n)) if names else (),
        source={"file": "x.h5"} | source,
    )
    return run, assess(run), data


def shown(arrays, clusters, **options):
    run, told, data = run_on(arrays, clusters, **options)
    found = contents(run, told, data)
    return found, members.section(run, found), run, told


def waves(n, steps, n_inputs=1, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(k % 4, 1.0, (steps, n_inputs)) for k in range(n)]


def lines(text, css):
    return re.findall(rf'<path class="{css}[^>]*><title>([^<]*)</title>', text)


def test_every_member_is_drawn_once_and_named_on_hover():
    found, text, *_ = shown(waves(20, 30), np.arange(20) % 4)
    drawn = lines(text, "member") + lines(text, "exemplar")
    assert sorted(name.split(" ")[0] for name in drawn) == sorted(f"s{k}" for k in range(20))
    assert len(lines(text, "exemplar")) == 4
    assert all(re.fullmatch(r"s\d+ \(\d\.\d\d\), 30 steps", name) for name in drawn)
    assert text.count("<article") == 4
    assert len(re.findall(r'class="median" d=', text)) == 4 + 1  # and the key
    assert sum(len(one.order) for one in found.members) == 20


def test_of_many_members_some_are_drawn_and_the_page_says_how_many():
    clusters = np.array([0] * 100 + [1] * 5)
    _, text, *_ = shown(waves(105, 20), clusters)
    assert len(lines(text, "member") + lines(text, "exemplar")) == members.MAX_LINES + 5
    assert "60 of 100 drawn" in text
    assert "of 5 drawn" not in text


def test_many_panels_have_fewer_and_coarser_lines():
    arrays = waves(400, 900, n_inputs=8)
    found, text, *_ = shown(arrays, np.arange(400) % 4)
    assert text.count('class="plot"') == 4 * members.MAX_INPUTS
    assert "first 6 of 8 inputs" in text
    assert len(text.encode()) < 1.3 * members.BUDGET
    scales = members._scales(*_parts(arrays, found), 4)
    assert members.FEWEST_LINES <= scales.lines < members.MAX_LINES
    assert f"in each of {scales.columns} parts" in text
    assert not found.sequences.n_inputs <= members.MAX_INPUTS


def _parts(arrays, found):
    run, *_ = run_on(arrays, np.arange(len(arrays)) % 4)
    return run, found


def test_medians_and_quartiles_end_where_fewer_than_half_go_on():
    rng = np.random.default_rng(3)
    sequences = [rng.normal(size=length) for length in (3, 9, 5, 7)]
    steps, found = members.over_steps(sequences)
    assert steps.tolist() == list(range(7))
    for t in steps:
        going = [s[t] for s in sequences if len(s) > t]
        np.testing.assert_allclose(found[:, t], np.percentile(going, [25, 50, 75]))
    steps, _ = members.over_steps([np.zeros(5000), np.zeros(6000)])
    assert len(steps) == members.GRID
    assert (steps[0], steps[-1]) == (0, 5999)


def test_unequal_lengths_are_drawn_on_their_own_steps():
    arrays = [np.ones((length, 1)) * k for k, length in enumerate((10, 20, 40, 12, 14, 16))]
    _, text, *_ = shown(arrays, [0, 0, 0, 1, 1, 1])
    assert "Every sequence has its own length" in text
    assert any("10 steps" in name for name in lines(text, "member") + lines(text, "exemplar"))


def test_a_sampling_rate_makes_time():
    _, text, *_ = shown(waves(8, 30), np.arange(8) % 4, sampling_rate=10.0)
    assert "Time (s)" in text
    _, text, *_ = shown(waves(8, 30), np.arange(8) % 4, sampling_rate=44100)
    assert "Time (ms)" in text


def test_a_value_far_out_does_not_flatten_the_others():
    arrays = waves(40, 100)
    arrays[3][50] = 1e6
    found, text, *_ = shown(arrays, np.arange(40) % 4)
    assert "beyond the plots" in text
    assert members._ends(found.sequences.values[:, 0])[1] < 100


def test_the_least_sure_are_named():
    run, _, data = run_on(waves(12, 10), np.arange(12) % 4)
    net = run.after.net_inputs.copy()
    net[5] = 0.05 * np.sign(net[5])
    run = replace(run, after=Outputs.of(net, "logistic"))
    found = contents(run, assess(run), data)
    assert "Least sure: s5 (0." in members.section(run, found)


def test_a_cluster_of_sure_sequences_says_so():
    run, _, data = run_on(waves(12, 10), np.arange(12) % 4)
    run = replace(run, after=Outputs.of(10 * run.after.net_inputs, "logistic"))
    text = members.section(run, contents(run, assess(run), data))
    assert text.count("All are sure") == 4


def test_one_cluster_and_one_sequence():
    _, text, run, told = shown(waves(6, 12), [0] * 6)
    assert text.count("<article") == 1
    data = from_arrays(waves(6, 12))
    assert "How the clusters differ" not in page(
        run, told, "run.h5", found=contents(run, told, data)
    )
    _, text, *_ = shown([np.ones((1, 1)), np.zeros((1, 1))], [0, 1], names=False)
    assert "sequence 0 (" in text
    assert "1 step<" in text


def test_only_the_largest_clusters_are_drawn():
    found, text, *_ = shown(waves(60, 10), np.arange(60) % 20)
    assert len(found.members) == 20
    assert text.count("<article") == members.MAX_CLUSTERS
    assert "16 largest clusters; 4 smaller" in text


def test_of_a_window_only_what_is_read_is_shown():
    run, told, data = run_on(waves(8, 30), np.arange(8) % 4)
    inputs = run.settings.inputs.model_copy(update={"window": 12})
    run = replace(run, settings=run.settings.model_copy(update={"inputs": inputs}))
    found = contents(run, told, data)
    assert set(found.sequences.lengths) == {12}
    assert "that the network reads" in members.section(run, found)


def test_clusters_have_the_colour_of_their_group():
    run = small_run(n=24)
    found = contents(run, assess(run), small_sequences(24))
    for one in found.members:
        groups = run.labels[one.order]
        assert members.colour_of(run, found, one) == np.bincount(groups).argmax()
    assert "Groups of the file: " in members.section(run, found)


def test_clusters_of_a_consensus_are_those_shown():
    run = small_ensemble(small_run())
    found = contents(run, assess(run), small_sequences())
    assert {one.name for one in found.members} == {"1", "2", "3"}


# How clusters differ


def compared(features, clusters):
    names = sorted(set(clusters))
    orders = [np.flatnonzero(np.asarray(clusters) == k) for k in names]
    found = tuple(
        Members(k, f"{k:02b}", order, int(order[0])) for k, order in zip(names, orders, strict=True)
    )
    made = tuple(Feature(n, "", "steps", np.asarray(v, float)) for n, v in features.items())
    return differences.differences(found, made)


def test_two_clusters_that_differ_by_length_alone():
    rng = np.random.default_rng(0)
    told = compared(
        {"Length": [*range(80, 90), *range(110, 120)], "Level": rng.normal(size=20)},
        [0] * 10 + [1] * 10,
    )
    (sentence,) = told.sentences
    assert re.search(r"00 and 01 differ by length alone: 84.* against 114.* steps", sentence)
    assert told.table.headings == ("Cluster", "Sequences", "Length, steps", "Level, steps")
    assert [row[:2] for row in told.table.rows] == [("00", "10"), ("01", "10")]
    assert told.table.rows[0][2].split("\n")[1] == "82 to 87"


def test_nothing_simple_tells_them_apart():
    rng = np.random.default_rng(1)
    told = compared({"Level": rng.normal(size=40)}, [0] * 20 + [1] * 20)
    assert re.search(
        r"No simple feature tells clusters 00 and 01 apart \(.*level", told.sentences[0]
    )
    told = compared({"Level": np.ones(40)}, [0] * 20 + [1] * 20)
    assert told.sentences == ("No simple feature tells clusters 00 and 01 apart.",)


def test_several_features_are_named_the_best_first():
    level = [*range(10), *range(20, 30)]
    trend = [*range(9), 21, 8, *range(21, 30)]
    (sentence,) = compared({"Trend": trend, "Level": level}, [0] * 10 + [1] * 10).sentences
    assert "differ most by level" in sentence
    assert sentence.endswith("also by trend.")


def test_each_of_many_clusters_has_a_sentence():
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(4), 10)
    level = np.array([0.0, 1.0, 1.0, 5.0])[clusters] + rng.normal(0, 0.1, 40)
    trend = np.array([0.0, 0.0, 3.0, 3.0])[clusters] + rng.normal(0, 0.1, 40)
    told = compared({"Level": level, "Trend": trend}, clusters).sentences
    assert re.match(r"Cluster 00 has the lowest level: .*; the next is ", told[0])
    assert re.match(r"Cluster 01 differs from 00 and 11 by level, .*; from 10 by trend, ", told[1])
    assert re.match(r"Cluster 11 has the highest level: .*; the next is ", told[3])
    assert "Only level tells apart 00 and 01; 10 and 11." in told
    assert "Only trend tells apart 01 and 10." in told
    level = np.array([0.0, 1.0, 2.0, 5.0])[clusters] + rng.normal(0, 0.1, 40)
    told = compared({"Level": level}, clusters).sentences
    assert re.match(r"Cluster 01 differs from every other by level: .* neighbours have", told[1])


def test_many_clusters_that_nothing_tells_apart():
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(5), 8)
    told = compared({"Level": rng.normal(size=40)}, clusters).sentences
    assert told[0] == "No simple feature tells cluster 00 apart from another."
    assert "and 4 more pairs" in told[-1]


def test_a_sentence_names_no_more_than_three_features():
    rng = np.random.default_rng(6)
    clusters = np.repeat(np.arange(6), 10)
    features = {f"F{k}": rng.normal(0, 0.1, 60) for k in range(5)}
    for k in range(5):
        features[f"F{k}"][clusters == k + 1] += 5.0
    told = compared(features, clusters).sentences[0]
    assert told.startswith("Cluster 00 differs from ")
    assert told.count(" by ") == differences.MAX_PARTS


@pytest.mark.parametrize("scale", [1e9, 1e-9])
def test_large_and_small_figures_keep_their_digits(scale):
    table = compared({"Level": scale * np.arange(1, 21)}, [0] * 10 + [1] * 10).table
    cells = [row[2].split("\n")[0] for row in table.rows]
    assert cells == [f"{v * scale:.3g}" for v in (5.5, 15.5)]


def test_figures_that_overflow_are_left_blank():
    values = np.array([-1.7e308] * 10 + [1.7e308] * 10)
    with np.errstate(over="ignore"):
        table = compared({"Level": values}, [0] * 10 + [1] * 10).table
    assert [row[2] for row in table.rows] == ["–", "–"]


def test_small_and_surplus_clusters_are_mentioned():
    clusters = [*np.repeat(np.arange(20), 4), 20, 20]
    told = compared({"Level": np.asarray(clusters, float)}, clusters)
    assert any("16 largest of 21" in s for s in told.sentences)
    assert len(told.table.rows) == 16
    told = compared({"Level": [1, 1, 1, 2, 2, 2, 5]}, [0, 0, 0, 1, 1, 1, 2])
    assert "Cluster 10 has too few sequences to say how they differ." in told.sentences
    told = compared({"Level": np.arange(6.0)}, [0, 0, 1, 1, 2, 2])
    assert told.sentences == (
        "Clusters 00, 01 and 10 have too few sequences to say how they differ.",
    )


def test_values_that_few_have_are_left_blank():
    level = np.arange(20.0)
    period = np.where(np.arange(20) < 10, np.nan, 7.0)
    told = compared({"Level": level, "Period": period}, [0] * 10 + [1] * 10)
    column = told.table.headings.index("Period, steps")
    assert [row[column] for row in told.table.rows] == ["–", "7.00"]


def test_the_table_has_the_features_that_differ_most():
    rng = np.random.default_rng(4)
    clusters = [0] * 10 + [1] * 10
    features = {f"F{k}": rng.normal(size=20) for k in range(9)}
    features["F7"] = np.arange(20.0)
    headings = compared(features, clusters).table.headings
    assert len(headings) == 2 + differences.MAX_FEATURES
    assert "F7, steps" in headings


# The page as a whole


@pytest.mark.parametrize("n_inputs", [1, 8])
def test_two_thousand_sequences_fit_into_two_megabytes(n_inputs):
    arrays = waves(2000, 300 if n_inputs == 1 else 100, n_inputs)
    run, told, data = run_on(arrays, np.arange(2000) % 4)
    names = tuple(f"a recording with a long name {k:04d}" for k in range(2000))
    run = replace(run, names=names)
    text = page(run, told, "run.h5", found=contents(run, told, data))
    assert len(text.encode()) < 2 * MEGABYTE
    read = Reader(text)
    assert all(
        s["role"] == "img" and s["aria-label"]
        for s in read.all("svg")
        if "plot" in s.get("class", "").split()
    )
    rows = [t for t, a in read.tags if t == "th" and a.get("scope") == "row"]
    assert len(rows) >= 2000


def test_the_same_run_makes_the_same_page_with_its_sequences():
    run, data = random_run(FAMILY["several cells"])
    data = small_sequences(12)
    told = assess(run)
    first, again = (page(run, told, "run.h5", found=contents(run, told, data)) for _ in range(2))
    assert first == again
    assert "What the memory blocks did" in first
    assert "Input gates" in first


def test_a_run_whose_weights_do_not_fit_shows_its_sequences_alone():
    run = small_run()
    told = assess(run)
    text = page(run, told, "run.h5", found=contents(run, told, small_sequences()))
    assert "The sequences of every cluster" in text
    assert "weights do not fit its network" in text
    assert "Input gates" not in text
    alone = contents(run, told, small_sequences(), with_work=False)
    assert "What the memory blocks did" not in page(run, told, "run.h5", found=alone)


def test_why_there_are_no_sequences_is_said():
    run = small_run()
    text = page(run, assess(run), "run.h5", why="x.h5: gone <b>.")
    assert "The sequences are not shown: x.h5: gone &lt;b&gt;." in text
    assert "The sequences of every cluster" not in text


def test_hostile_names_are_shown_and_not_obeyed():
    run, told, data = run_on(waves(12, 10, 2), np.arange(12) % 4, inputs=list(HOSTILE[:2]))
    run = replace(run, names=tuple(HOSTILE[k % 3] for k in range(12)))
    text = page(run, told, "run.h5", found=contents(run, told, data))
    assert not {"script", "img", "link"} & {tag for tag, _ in Reader(text).tags}
    links = [a[k] for _, a in Reader(text).tags for k in ("href", "src") if k in a]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "\x1b" not in text
