"""Which evidence is gathered for which run."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering import cross_check as module
from lstmtool.clustering import learned_from
from lstmtool.clustering.assess import assess
from lstmtool.clustering.consensus_null_test import null_test_of_consensus
from lstmtool.clustering.cross_check import with_cross_check
from lstmtool.clustering.evidence import AS_DRAWN, BINARY, WIDER, WITHOUT_GROUPS, with_evidence
from lstmtool.training import readout
from lstmtool.training.null_test import SURROGATES, null_test
from lstmtool.training.train import train
from tests.builders import assert_same
from tests.clustering.test_consensus_null_test import bumps_at, trained
from tests.clustering.test_consensus_null_test import grouped as grouped
from tests.training import test_null_test
from tests.training.test_readout import settings_for

pytestmark = pytest.mark.cross_check


@pytest.fixture(scope="module")
def blocks_trained(grouped):
    """Sequences, and a run that trained its memory blocks on them."""
    data, _ = grouped
    return data, train(data, test_null_test.settings(network={"outputs": 1}))


def test_a_consensus_of_output_units_is_tested(grouped):
    data, run = grouped
    told = []
    found = with_evidence(run, data, tell=told.append)
    assert told == [WITHOUT_GROUPS.format(SURROGATES)]
    assert len(found.null_test.surrogates) == SURROGATES
    assert_same(replace(found, null_test=None), run)
    assert len(with_evidence(run, data, 2).null_test.surrogates) == 2


def test_a_consensus_of_fewer_outputs_is_judged_by_one_of_as_many_as_the_recipe_has(grouped):
    data, _ = grouped
    run = trained(data, network={"blocks": (1,) * 20, "outputs": 1})
    told = []
    found = with_evidence(run, data, 19, tell=told.append)
    assert told == [WIDER, WITHOUT_GROUPS.format(19)]
    assert_same(replace(found, null_test=None, cross_check=None), run)
    assert (found.cross_check.recipe, found.cross_check.agreement) == ("3 outputs", 1.0)
    assert found.null_test != null_test_of_consensus(run, data, 19)
    sure = assess(found).confidence
    assert (sure.word, sure.check, sure.as_good) == ("high", found.cross_check, 0)
    assert assess(found, 0).confidence.check is None  # of the chosen restart alone


def test_more_groups_than_one_output_can_tell_apart_are_told():
    data = bumps_at(np.repeat([0.2, 0.4, 0.9], 14))
    run = trained(data, network={"blocks": (1,) * 20, "outputs": 1}, clusters=None)
    halves = np.where(np.arange(42) < 28, 1.0, -1.0)  # the first two groups together
    nets = np.broadcast_to(halves[:, None], run.ensemble.net_inputs.shape).astype(np.float32)
    run = replace(run, ensemble=replace(run.ensemble, net_inputs=nets))
    found = with_evidence(run, data, 19)
    assert found.cross_check.agreement > 0.9
    assert found.cross_check.more == 3
    judged = assess(found)
    assert judged.confidence.word == "moderate"
    assert any("tell 3 apart" in text for text in judged.warnings)
    asked = replace(run, settings=run.settings.model_copy(update={"clusters": 2}))
    assert with_evidence(asked, data, 4).cross_check.more == 0


def test_halves_that_networks_with_more_outputs_do_not_find_are_not_sure():
    rare = bumps_at(np.where(np.arange(40) < 5, 0.3, 0.7))
    run = trained(rare, network={"blocks": (1,) * 20, "outputs": 1}, clusters=2)
    codes = np.where(np.arange(40) % 2, 1.0, -1.0)  # as if it had halved them
    nets = np.broadcast_to(codes[:, None], run.ensemble.net_inputs.shape).astype(np.float32)
    run = replace(run, ensemble=replace(run.ensemble, net_inputs=nets))
    found = with_evidence(run, rare, 4)
    assert found.cross_check.agreement < 0.3
    judged = assess(found).confidence
    assert judged.word == "low"
    assert "Networks with 3 outputs find other clusters." in judged.reasons


def test_memory_blocks_do_not_run_again(grouped, monkeypatch):
    data, _ = grouped
    run = trained(data, network={"blocks": (1,) * 20, "outputs": 1})

    def read(*_):
        raise AssertionError("What was read was kept.")

    monkeypatch.setattr(readout, "read_of_copies", read)
    found = with_evidence(run, data, 4)
    assert len(found.null_test.surrogates) == 4
    assert_same(found, with_evidence(run, data, 4, threads=2))


def test_fewer_outputs_that_cannot_be_compared_are_not(grouped, monkeypatch):
    data, _ = grouped
    run = trained(data, network={"blocks": (1,) * 20, "outputs": 1})

    def lost(networks, components, *_):
        return np.full((components.shape[1], 3), np.nan)

    monkeypatch.setattr(learned_from, "trained_on_components", lost)
    assert with_evidence(run, data, 4) is run
    monkeypatch.undo()
    monkeypatch.setattr(module, "MOST_CLUSTERS", 1)
    assert with_evidence(run, data, 4) is run


@pytest.mark.parametrize("again", [0, 1])
def test_a_consensus_of_linear_outputs_is_judged_by_one_of_binary_ones(grouped, again):
    data, _ = grouped
    network = {"blocks": (1,) * 20, "outputs": 2}
    settings = settings_for("neo", restarts=8, network=network)
    stages = (*settings.stages, *settings.stages[-1:] * again)  # once more, or not
    run = train(data, settings.model_copy(update={"stages": stages}))
    told = []
    found = with_evidence(run, data, 19, tell=told.append)
    assert told == [BINARY, WITHOUT_GROUPS.format(19)]
    assert_same(replace(found, null_test=None, cross_check=None), run)
    assert (found.cross_check.recipe, found.cross_check.agreement) == ("3 binary outputs", 1.0)
    sure = assess(found).confidence
    assert (sure.word, sure.as_good, sure.sizes) == ("high", 0, (20, 20))
    nets = np.zeros_like(run.ensemble.net_inputs)
    told.clear()
    alike = replace(run, ensemble=replace(run.ensemble, net_inputs=nets))
    assert with_evidence(alike, data, 19, tell=told.append) is alike  # of one cluster
    assert not told


def test_one_cluster_of_fewer_outputs_is_no_last_word(grouped):
    data, wide = grouped
    run = trained(data, network={"blocks": (1,) * 20, "outputs": 1}, restarts=4)
    for some, advised in ((run, True), (wide, False)):
        nets = np.random.default_rng(0).choice([-1.0, 1.0], some.ensemble.net_inputs.shape)
        ensemble = replace(some.ensemble, net_inputs=nets.astype(np.float32))
        found = assess(replace(some, ensemble=ensemble))
        assert len(found.confidence.sizes) == 1
        assert any("leave the number of outputs" in text for text in found.warnings) == advised


@pytest.mark.slow
def test_trained_blocks_are_checked_and_tested_if_asked(blocks_trained):
    data, run = blocks_trained
    told = []
    found = with_evidence(run, data, tell=told.append)
    assert told == [AS_DRAWN]
    assert found.cross_check == with_cross_check(run, data, threads=2).cross_check
    assert_same(replace(found, cross_check=None), run)
    both = with_evidence(run, data, 1)
    assert both.cross_check == found.cross_check
    assert both.null_test == null_test(data, run.settings, 1)


def test_no_evidence_if_none_is_wanted_or_nothing_suits(grouped, blocks_trained):
    for data, run in (grouped, blocks_trained):
        assert with_evidence(run, data, 0) is run
    data, run = grouped
    alone = replace(run, ensemble=None)
    assert with_evidence(alone, data) is alone
    of_other_outputs = settings_for("neo", restarts=2).stages[0].model_copy(update={"outputs": 2})
    stages = (of_other_outputs, *run.settings.stages[1:])
    other = replace(run, settings=run.settings.model_copy(update={"stages": stages}))
    assert with_evidence(other, data) is other


def test_sequences_on_disk_are_tested_only_if_asked(grouped, blocks_trained, tmp_path, monkeypatch):
    from lstmtool.io.sequences import open_sequences, write_sequences

    data, run = grouped
    write_sequences(tmp_path / "data.h5", data)
    monkeypatch.setattr(module, "with_cross_check", None)
    with open_sequences(tmp_path / "data.h5") as file:
        assert with_evidence(run, file) is run
        found = with_evidence(run, file, 1).null_test
        assert found == null_test_of_consensus(run, data, 1)
        assert with_evidence(blocks_trained[1], file, 1).cross_check is None
