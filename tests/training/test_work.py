"""The share of a restart that is done: it rises from nothing to the whole, by the work planned."""

import numpy as np
import pytest

from lstmtool import recipes
from lstmtool.config import Stage
from lstmtool.training.restart import CONTROL, ENDED, INITIAL, OTHERS
from lstmtool.training.rounds import FIRST, ends_of_rounds
from lstmtool.training.train import train
from lstmtool.training.watch import place_of, values_of
from lstmtool.training.work import BACKWARD, work_of
from tests.builders import small_sequences


def records_of(recipe, *stages, restarts=2, **changes):
    nested = recipes.recipe(stages, recipe)
    nested["stages"] = [stage | {"epochs": 30} for stage in nested["stages"]]
    few = {"trials": 2, "trial_epochs": 20} if nested.get("initial", {}).get("trials") else {}
    nested = recipes.merge(nested, {"restarts": restarts, "selection_pairs": 2, "initial": few})
    settings = recipes.checked(recipes.merge(nested, changes))
    seen = []
    train(small_sequences(), settings, report=seen.append)
    return settings, seen


@pytest.mark.parametrize(
    ("recipe", "stages"),
    [
        ("stationary", ("consistency", "bingo")),
        ("stationary", ("consistency", "neo", "neo")),
        ("phase-locked", ("bingo",)),
        ("shapes", ("consistency", "bingo")),
    ],
)
def test_shares_rise_to_the_whole(recipe, stages):
    settings, seen = records_of(recipe, *stages)
    trained_alone = all(stage.trains == "output" for stage in settings.stages)
    for restart in range(settings.restarts):
        own = [record for record in seen if record.restart == restart]
        shares = [record.share for record in own]
        assert shares == sorted(shares) and 0.0 < shares[0] < 1.0
        assert shares[-2] < shares[-1] == 1.0
        assert own[-1].doing == ENDED
        told = {record.doing for record in own}
        assert (INITIAL in told) == (settings.initial.trials > 1)
        assert (CONTROL in told) != trained_alone
        assert (OTHERS in told) <= (stages[-1] == "neo")
        epochs = [record.epoch for record in own]
        assert epochs == sorted(epochs)
        assert max(epochs) == own[0].n_epochs == 30 * len(settings.stages)
        for record in own:
            assert np.isnan(record.values).all() == bool(record.doing)
            assert bool(values_of(record)) != bool(record.doing)


def test_a_stage_takes_passes_for_every_copy_and_epoch():
    alone = Stage(objective="bingo", epochs=10)
    pairs = Stage(objective="consistency", epochs=10, augmentation="crop")
    assert work_of(alone, 20) == 10 * BACKWARD
    assert work_of(alone, 20, hidden=False) < 10
    assert work_of(pairs, 20) > 2 * work_of(alone, 20) > work_of(pairs, 20, hidden=False)
    outputs = Stage(objective="bingo", epochs=10, trains="output", draws=4)
    assert work_of(outputs, 20) == 5.0


def test_a_record_says_in_words_what_is_done():
    settings, seen = records_of("stationary", "consistency", "bingo", restarts=1)
    words = list(dict.fromkeys(place_of(record, settings) for record in seen))
    assert words == [
        "initial weights, restart 1/1",
        "consistency, restart 1/1",
        "bingo, restart 1/1",
        "untrained control, restart 1/1",
        "restart 1/1 done",
    ]


def test_rounds_end_with_all_restarts():
    assert ends_of_rounds(FIRST + 6) == (FIRST, FIRST + 4, FIRST + 6)
    assert ends_of_rounds(FIRST) == (FIRST,)
    assert ends_of_rounds(3) == (3,)
