import json

import numpy as np
import pytest

from lstmtool.experiments import confidence_study as study
from lstmtool.experiments import shape_kinds
from lstmtool.experiments.confidence_study import KINDS, Kind, run_one, settings_of, summarise


@pytest.fixture
def short(monkeypatch):
    """Trainings of four epochs."""

    def settings(*asked):
        chosen = settings_of(*asked)
        stages = tuple(stage.model_copy(update={"epochs": 4}) for stage in chosen.stages)
        initial = chosen.initial.model_copy(update={"trials": 1})
        return chosen.model_copy(update={"stages": stages, "initial": initial})

    monkeypatch.setattr(study, "settings_of", settings)
    monkeypatch.setattr(study, "SURROGATES", 2)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kinds_are_drawn_by_seed(kind):
    one, again, other = (kind.sequences(seed) for seed in (3, 3, 4))
    assert (one.values == again.values).all()
    assert one.values.shape != other.values.shape or (one.values != other.values).any()
    assert kind.sizes[0] <= len(one) <= kind.sizes[1]
    of_shapes = kind.ways == (study.SHAPES,)
    assert set(one.lengths) <= set(range(30, 201) if of_shapes else [study.N_STEPS])
    assert len(set(one.lengths)) == 1
    if one.labels is not None:
        assert np.bincount(one.labels).min() >= 5
        assert len(one.label_names) in (range(2, 6) if of_shapes else [2])


@pytest.mark.parametrize("kinds", [shape_kinds.CHOSEN_ON, shape_kinds.HELD_BACK])
def test_shapes_of_either_half_have_groups_in_five_kinds(kinds):
    drawn = [draw(np.random.default_rng(0), 40)[1] for draw in kinds.values()]
    assert [groups is not None for groups in drawn] == [True] * 5 + [False] * (len(drawn) - 5)


def test_rare_shapes_are_a_fifth():
    for kinds, name in (
        (shape_kinds.CHOSEN_ON, "rare bumps"),
        (shape_kinds.HELD_BACK, "rare form"),
    ):
        assert np.bincount(kinds[name](np.random.default_rng(0), 50)[1]).tolist() == [40, 10]


def test_filtered_noise_has_unit_variance():
    rng = np.random.default_rng(0)
    drawn = np.array([shape_kinds._filtered(rng, 60, 0.1) for _ in range(2000)])
    np.testing.assert_allclose(drawn.var(axis=0), 1.0, atol=0.15)


def test_shapes_are_clustered_by_their_recipe_and_compared(short):
    kind = next(kind for kind in KINDS if kind.name == "rare bumps")
    record = run_one(kind, study.SHAPES, 3, restarts=2)
    assert record == run_one(kind, study.SHAPES, 3, restarts=2, threads=2)
    assert 0.0 <= record["gap"] <= 1.0
    assert settings_of(kind.sequences(3), study.SHAPES, 3, 20).restarts == 16
    json.dumps(record)


def test_half_of_the_kinds_are_held_back():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 12
    assert abs(sum(kind.held_back for kind in KINDS) - len(KINDS) / 2) <= 1


@pytest.mark.slow
def test_a_run_says_the_word_with_and_without_the_test(short):
    kinds = {kind.name: kind for kind in KINDS}
    for name, way in (("white", "bingo-2"), ("var2", "neo")):
        record = run_one(kinds[name], way, 1, restarts=1)
        assert record == run_one(kinds[name], way, 1, restarts=1, threads=2)
        assert record["word"] in study.WORDS
        assert record["untested"] in study.WORDS
        assert (record["ari"] is None) == (name == "white")
        json.dumps(record)


def test_words_are_counted_by_kind_and_way():
    def record(kind, way, word, untested, ari):
        return {"kind": kind, "way": way, "word": word, "untested": untested, "ari": ari}

    rows = summarise(
        [
            record("var2", "neo", "high", "moderate", 1.0),
            record("var2", "neo", "low", "moderate", 0.95),
            record("var2", "neo", "high", "moderate", 0.1),
            record("white", "bingo-2", "low", "high", None),
        ]
    )
    white, var = rows
    assert (white["kind"], white["groups"], white["right"]) == ("white", False, None)
    assert (white["untested"]["high"], white["word"]["low"]) == (1, 1)
    assert (var["runs"], var["right"], var["right_high"]) == (3, 2, 1)
    assert var["word"] == {"high": 2, "moderate": 0, "low": 1, "unknown": 0}


def test_the_command_goes_on_where_it_was(short, tmp_path, monkeypatch, capsys):
    from lstmtool.jobs.study_confidence import reproduce_confidence

    white = next(kind for kind in KINDS if kind.name == "white")
    monkeypatch.setattr(study, "KINDS", (Kind("white", white.draw, ways=("bingo-1", "bingo-2")),))
    target, asked = tmp_path / "confidence.json", []

    def failing(kind, way, *rest):
        asked.append(way)
        if len(asked) == 2:
            raise RuntimeError("lost")
        return run_one(kind, way, *rest)

    monkeypatch.setattr(study, "run_one", failing)
    options = {"seeds": 1, "seed": 5, "restarts": 1, "threads": 1, "target": target, "force": False}
    with pytest.raises(RuntimeError):
        reproduce_confidence(**options, resume=False, as_json=False)
    assert not target.exists()
    reproduce_confidence(**options, resume=True, as_json=False)
    assert asked == ["bingo-1", "bingo-2", "bingo-2"]
    document = json.loads(target.read_text())
    assert [row["runs"] for row in document["rows"]] == [1, 1]
    assert "white" in capsys.readouterr().out
