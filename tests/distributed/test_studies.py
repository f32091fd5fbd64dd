"""Studies of networks with targets on a real cluster."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.jobs.networks import Training
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import record_of_trial
from lstmtool.training.stage import Stop, Stopped
from tests.clusters import cluster


def run(*words):
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_networks_trained_on_a_cluster_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classic = ("reproduce", "classic", "--quick", "--systems", "parity-guessing-a2-,msd-kalman")
    paged = ("reproduce", "peepholes", "--quick", "--systems", "gts-10-exchanged", "--seeds", 2)
    with cluster(tmp_path, 2) as there:
        for name, words in (("classic", classic), ("paged", paged)):
            few = ("--seeds", 2) if name == "classic" else ()
            made = run(*words, *few, "--cluster", there.address, "-o", f"{name}-there.json")
            assert made.exit_code == 0, made.output
            assert "Computing at" in made.stderr
            assert run(*words, *few, "--threads", 1, "-o", f"{name}-here.json").exit_code == 0
            here, far = (Path(f"{name}-{place}.json").read_bytes() for place in ("here", "there"))
            assert here == far


@pytest.mark.parametrize("experiment", ["confidence", "phonemes", "bingo-artificial"])
def test_other_experiments_do_not_use_a_cluster(experiment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run("reproduce", experiment, "--quick", "--cluster", "tcp://there:1")
    assert refused.exit_code == 2
    assert "--cluster does not go with" in refused.stderr


def test_a_network_tells_how_far_it_is_and_ends_when_it_is_stopped():
    system = replace(SYSTEMS["gts"], stop=replace(SYSTEMS["gts"].stop, limit=200))
    told, stop = [], Stop()
    work = Training(record_of_trial)
    found = work(1, (system, 0), stop, told.append)
    assert (found["experiment"], found["seed"], found["sequences"]) == ("gts", 0, 200)
    assert told[-1][0] == "gts"
    assert told[-1][1].endswith(" streams")
    stop.set()
    with pytest.raises(Stopped):
        work(1, (system, 0), stop, told.append)
