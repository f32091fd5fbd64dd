import json

import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.clustering import consensus_null_test
from lstmtool.experiments import confidence_study, large_kinds, other_kinds, shape_kinds
from lstmtool.experiments.confidence_kinds import FEWEST, KINDS, LARGE, LARGE_KINDS, MOST
from lstmtool.experiments.confidence_study import WAYS, WORDS, reliability, run_one, summarise
from lstmtool.jobs import study_confidence
from lstmtool.jobs.study_confidence import as_train_does

BY_NAME = {kind.name: kind for kind in KINDS}


@pytest.fixture
def short(monkeypatch):
    """Two restarts of four epochs, and two surrogates."""

    def settings(sequences, way, seed, restarts=2):
        chosen = as_train_does(sequences, way, seed, restarts)
        stages = tuple(stage.model_copy(update={"epochs": 4}) for stage in chosen.stages)
        initial = chosen.initial.model_copy(update={"trials": 1})
        return chosen.model_copy(update={"stages": stages, "initial": initial})

    monkeypatch.setattr(study_confidence, "as_train_does", settings)
    monkeypatch.setattr(consensus_null_test, "SURROGATES", 2)
    return settings


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kinds_are_drawn_by_seed(kind):
    one, again, other = (kind.sequences(seed) for seed in (3, 3, 4))
    assert (one.values == again.values).all()
    assert one.values.shape != other.values.shape or (one.values != other.values).any()
    assert FEWEST <= len(one) <= MOST
    assert len(set(one.lengths)) == 1
    assert other_kinds.SHORTEST <= one.lengths[0] <= other_kinds.LONGEST
    if one.labels is not None:
        assert np.bincount(one.labels).min() >= 1
        assert 2 <= len(one.label_names) <= 5


def test_kinds_have_names_of_their_own_and_some_groups():
    assert len(BY_NAME) == len(KINDS)
    for held_back in (False, True):
        groups = [k.sequences(0).labels is not None for k in KINDS if k.held_back is held_back]
        assert 9 <= sum(groups) <= len(groups) - 9


@pytest.mark.parametrize("kind", LARGE_KINDS, ids=lambda kind: kind.name)
def test_large_kinds_are_drawn_by_seed(kind):
    for seed in range(5):
        one = kind.sequences(seed)
        assert (one.values == kind.sequences(seed).values).all()
        assert LARGE[0] <= len(one) <= LARGE[1]
        assert one.lengths.min() >= large_kinds.SHORTEST
        assert one.lengths.max() <= large_kinds.LONGEST
        assert one.lengths.sum() <= large_kinds.MOST_STEPS
        assert (len(set(one.lengths)) > 1) == ("unequal" in kind.name)
        if one.labels is not None:
            sizes = np.bincount(one.labels)
            assert sizes.min() >= 2 and len(sizes) <= large_kinds.MOST_GROUPS
            if "95:5" in kind.name:
                assert sizes[1] == max(2, len(one) // 20)


def test_large_kinds_cover_what_they_say():
    drawn = [kind.sequences(seed) for kind in LARGE_KINDS for seed in range(20)]
    assert min(map(len, drawn)) < 60 and max(map(len, drawn)) > 1500
    assert min(one.lengths.max() for one in drawn) < 30
    assert max(one.lengths.max() for one in drawn) > 1000
    assert {1, 3, 4, 6} == {one.values.shape[1] for one in drawn}
    counts = {len(one.label_names) for one in drawn if one.labels is not None}
    assert counts == {2, 3, 5, 6, 7, 8}


def test_groups_have_their_shares():
    rng = np.random.default_rng(0)
    for kinds, name, sizes in (
        (shape_kinds.KINDS, "rare bumps", [40, 10]),
        (shape_kinds.KINDS, "rare form", [40, 10]),
        (other_kinds.KINDS, "bumps 90:10", [45, 5]),
        (other_kinds.KINDS, "levels 50:25:15:10", [25, 12, 8, 5]),
        ({"uneven": BY_NAME["uneven"].draw}, "uneven", [45, 5]),
    ):
        found = np.bincount(kinds[name](rng, 50)[1])
        assert np.abs(found - sizes).max() <= 1, name


def test_filtered_noise_has_unit_variance():
    rng = np.random.default_rng(0)
    drawn = np.array([shape_kinds._filtered(rng, 60, 0.1) for _ in range(2000)])
    np.testing.assert_allclose(drawn.var(axis=0), 1.0, atol=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "way"), [("rare bumps", "bingo"), ("rare form", "neo"), ("slopes", "bingo-auto")]
)
def test_a_run_says_the_word_with_and_without_the_test(short, name, way):
    record = run_one(BY_NAME[name], way, 3, short)
    assert record == run_one(BY_NAME[name], way, 3, short, threads=2)
    assert record["word"] in WORDS
    assert record["untested"] in WORDS
    assert 0.0 <= record["gap"] <= 1.0
    assert record["ari"] is not None
    json.dumps(record)


def test_settings_are_those_of_the_command():
    data = BY_NAME["rare bumps"].sequences(3)
    settings = as_train_does(data, "bingo-1", 5)
    assert (settings.network.outputs, settings.seed, settings.restarts) == (1, 5, 16)
    assert settings.until_stable
    assert settings.initial.input_bias == "auto"
    assert as_train_does(data, "neo", 0).objective == "neo"
    assert as_train_does(data, "bingo", 0, restarts=3).restarts == 3


def record(kind, way, word, untested, ari, clusters=2):
    found = {"kind": kind, "way": way, "word": word, "untested": untested}
    return found | {"ari": ari, "clusters": clusters}


RECORDS = [
    record("var2", "neo", "high", "moderate", 1.0),
    record("var2", "neo", "low", "moderate", 0.95),
    record("var2", "neo", "high", "moderate", 0.1),
    record("white", "bingo-2", "low", "high", None),
    record("white", "bingo-2", "unknown", "unknown", None, clusters=1),
    record("sinus", "neo", "moderate", "high", None),
]


def test_words_are_counted_by_kind_and_way():
    white, _, var = summarise(RECORDS)
    assert (white["kind"], white["groups"], white["right"]) == ("white", False, None)
    assert (white["untested"]["high"], white["word"]["low"]) == (1, 1)
    assert white["one_cluster"] == 1
    assert (var["runs"], var["right"]) == (3, 2)
    assert var["right_word"] == {"high": 1, "moderate": 0, "low": 1, "unknown": 0}
    assert var["word"] == {"high": 2, "moderate": 0, "low": 1, "unknown": 0}


def test_words_are_compared_with_the_truth_by_way_and_over_all():
    two, neo, everything = reliability(summarise(RECORDS))
    assert [one["way"] for one in (two, neo, everything)] == ["bingo-2", "neo", "all"]
    assert two["false"] == (0, 2)
    assert (neo["false"], neo["right_high"]) == ((1, 1), (1, 2))
    assert neo["right"] == {"high": (1, 2), "moderate": (0, 1), "low": (1, 1), "unknown": (0, 0)}
    assert everything["false"] == (1, 3)


def test_the_command_goes_on_where_it_was(short, tmp_path, monkeypatch, capsys):
    from lstmtool.experiments import confidence_kinds

    kind = next(kind for kind in KINDS if kind.name == "any height")
    monkeypatch.setattr(confidence_kinds, "KINDS", (kind,))
    monkeypatch.setattr(confidence_study, "WAYS", {way: WAYS[way] for way in ("bingo-1", "neo")})
    target, asked = tmp_path / "confidence.json", []

    def failing(kind, way, seed, *rest):
        asked.append(way)
        if len(asked) == 2:
            raise RuntimeError("lost")
        return record(kind.name, way, "low", "low", None) | {"seed": seed}

    monkeypatch.setattr(confidence_study, "run_one", failing)
    options = {"seeds": 1, "seed": 5, "restarts": 1, "threads": 1, "target": target, "force": False}
    options["large"] = False
    with pytest.raises(RuntimeError):
        study_confidence.reproduce_confidence(**options, resume=False, as_json=False)
    assert not target.exists()
    study_confidence.reproduce_confidence(**options, resume=True, as_json=False)
    assert asked == ["bingo-1", "neo", "neo"]
    document = json.loads(target.read_text())
    assert [row["runs"] for row in document["rows"]] == [1, 1]
    assert document["reliability"][-1]["false"] == [0, 2]
    printed = capsys.readouterr().out
    assert "any height" in printed
    assert "0 of 2 without groups" in printed


@pytest.mark.parametrize(
    ("study", "kinds", "ways"),
    [("confidence", 20, len(WAYS)), ("confidence-large", len(LARGE_KINDS), 2)],
)
def test_each_study_has_its_own_kinds_and_ways(study, kinds, ways, tmp_path, monkeypatch):
    asked = []

    def found(kind, way, seed, *rest):
        asked.append((kind.name, way, seed))
        return record(kind.name, way, "low", "low", None) | {"seed": seed}

    monkeypatch.setattr(confidence_study, "run_one", found)
    path = tmp_path / "found.json"
    told = CliRunner().invoke(cli, ["reproduce", study, "--seeds", "2", "-o", str(path)])
    assert told.exit_code == 0, told.output
    assert len(set(asked)) == len(asked) == 2 * kinds * ways
    assert {seed for *_, seed in asked} == {1000, 1001}
    assert {row["runs"] for row in json.loads(path.read_text())["rows"]} == {2}
    alone = CliRunner().invoke(cli, ["reproduce", study, "bingo-artificial"])
    assert alone.exit_code == 2 and f"{study} stands alone" in alone.output
