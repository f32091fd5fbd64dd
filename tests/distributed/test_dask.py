"""Restarts on a real scheduler and real workers, all on this machine."""

import shutil
import signal
import sys
import threading
import time

import pytest

import lstmtool
from lstmtool.config import Stage
from lstmtool.distributed import dask_client as cluster
from lstmtool.distributed import dask_tasks as pieces
from lstmtool.distributed.dask_client import connect, identity, refuse_other
from lstmtool.distributed.parallel_map import DaskExecutor
from lstmtool.errors import ClusterError, UsageError
from lstmtool.training.checkpoint import CheckpointStore
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train
from tests.builders import assert_same, small_sequences, small_settings
from tests.clusters import ROOT, until
from tests.clusters import cluster as started

SHORT = small_settings().model_copy(update={"restarts": 4})
ENDLESS = SHORT.model_copy(update={"stages": (Stage(epochs=10**8),)})


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A scheduler with two workers, which no test may end."""
    with started(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


@pytest.fixture
def client(two):
    with connect(two.address) as client:
        yield client


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)


def test_a_cluster_gives_the_same_run_as_this_process(client):
    data, told = small_sequences(20), []
    there = train(data, SHORT, executor=DaskExecutor(client), report=told.append)
    assert_same(train(data, SHORT), there)
    until(lambda: {progress.restart for progress in told} == {0, 1, 2, 3})
    assert told[0].values.shape == (5,)


def test_what_was_reached_before_is_gone_on_with(client):
    data, memory = small_sequences(20), CheckpointStore()
    whole = train(data, SHORT, executor=DaskExecutor(client), keeper=memory)
    assert memory.counts() == (4, 0)
    parts = {key: part for key, part in memory.parts().items() if not key.endswith("/2")}
    again = CheckpointStore(parts)
    assert_same(train(data, SHORT, executor=DaskExecutor(client), keeper=again), whole)
    assert again.counts() == (4, 0)


def test_a_stop_ends_soon_and_leaves_the_workers_free(client):
    stop = Stop()
    threading.Timer(0.5, stop.set).start()
    start = time.monotonic()
    with pytest.raises(Stopped):
        train(small_sequences(20), ENDLESS, executor=DaskExecutor(client), stop=stop)
    assert time.monotonic() - start < 5
    until(lambda: not any(client.processing().values()))
    train(small_sequences(20), SHORT, executor=DaskExecutor(client))


def _restarts_that_were_told(client, settings, at_first=lambda: None, *, enough):
    """Train on a cluster until restarts were told of that are enough, and return them."""
    stop, told = Stop(), set()

    def report(progress):
        if not told:
            at_first()
        told.add(progress.restart)
        if len(told) == enough:
            stop.set()

    late = threading.Timer(60, stop.set)
    late.start()
    try:
        with pytest.raises(Stopped):
            train(
                small_sequences(20),
                settings,
                executor=DaskExecutor(client),
                stop=stop,
                report=report,
            )
    finally:
        late.cancel()
    return told


def test_no_worker_stands_idle_while_another_has_two_pieces(client):
    """What all need lies on one of them, to which the scheduler might therefore send all."""
    settings = ENDLESS.model_copy(update={"restarts": 2})
    assert _restarts_that_were_told(client, settings, enough=2) == {0, 1}


@pytest.mark.slow
@pytest.mark.parametrize("restarts", [2, 20])
def test_a_worker_that_joins_later_gets_something_to_do(tmp_path, restarts):
    settings = ENDLESS.model_copy(update={"restarts": restarts})
    with started(tmp_path, 1) as made, connect(made.address) as client:
        assert len(_restarts_that_were_told(client, settings, made.worker, enough=2)) == 2


def test_a_worker_has_the_identity_of_this_process(client):
    assert set(map(str, client.run(identity).values())) == {str(identity())}
    assert cluster.other_processors(client) == ""


def test_other_processors_are_named(monkeypatch):
    assert cluster._others(["a", "b", "b"], "a") == ["b"]

    class Client:
        def run(self, function):
            return {"tcp://1": "pdp11 123456"}

    assert "pdp11 123456" in cluster.other_processors(Client())


@pytest.mark.parametrize("name", identity())
def test_a_worker_that_would_compute_otherwise_is_refused(name):
    with pytest.raises(UsageError) as error:
        refuse_other("tcp://1", identity() | {name: "0.0"}, identity())
    assert name in error.value.what
    assert "0.0" in error.value.where


def test_a_worker_without_this_lstmtool_is_refused():
    with pytest.raises(UsageError, match="lacks this version of lstmtool"):
        refuse_other("tcp://1", ModuleNotFoundError("No module named 'lstmtool'"), identity())


def test_the_identity_is_that_of_the_text(monkeypatch, tmp_path):
    before = identity.__wrapped__()
    shutil.copytree(ROOT / "lstmtool", tmp_path / "lstmtool")
    monkeypatch.setattr(lstmtool, "__file__", str(tmp_path / "lstmtool" / "__init__.py"))
    monkeypatch.setattr(cluster, "_PACKAGES", ("no-such-package",))
    same = identity.__wrapped__()
    assert same["no-such-package"] == "none"
    assert same["source text of lstmtool"] == before["source text of lstmtool"]
    for changed in ("__init__.py", "kernels/forward.py", "training/stage.py"):
        with (tmp_path / "lstmtool" / changed).open("a") as file:
            file.write("# another\n")
        after = identity.__wrapped__()["source text of lstmtool"]
        assert after != same["source text of lstmtool"]
        same = {"source text of lstmtool": after}


@pytest.mark.parametrize("address", ["nonsense", "foo://127.0.0.1:1", "tcp://127.0.0.1", ""])
def test_what_is_no_address_is_said(address):
    with pytest.raises(UsageError, match="is not a valid address"):
        connect(address)


def test_where_nobody_listens_is_said(impatient):
    with pytest.raises(ClusterError, match="No Dask scheduler answers"):
        connect("tcp://127.0.0.1:1")


def test_where_somebody_else_listens_is_said(two, client, impatient):
    with pytest.raises(UsageError, match="is no Dask scheduler"):
        connect(next(iter(client.scheduler_info()["workers"])))


def test_a_cluster_needs_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="not installed"):
        connect("tcp://127.0.0.1:1")


def test_a_cluster_without_workers_is_refused(client, monkeypatch):
    def none(count, timeout):
        raise TimeoutError

    monkeypatch.setattr(client, "wait_for_workers", none)
    with pytest.raises(ClusterError, match="has no worker"):
        cluster.check_workers(client)


@pytest.mark.slow
def test_another_lstmtool_on_a_worker_is_refused_at_once_or_when_it_joins(tmp_path):
    """It is the same but for a comment in one file."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "lstmtool", other / "lstmtool")
    with (other / "lstmtool" / "training" / "stage.py").open("a") as file:
        file.write("# another\n")
    with started(tmp_path, 1) as made, connect(made.address) as client:
        made.worker(PYTHONPATH=str(other))
        with pytest.raises(UsageError, match="source text of lstmtool"):
            train(small_sequences(20), ENDLESS, executor=DaskExecutor(client))
        with pytest.raises(UsageError, match="source text of lstmtool"):
            connect(made.address)


@pytest.mark.slow
def test_what_a_killed_worker_was_doing_is_done_again(tmp_path):
    data = small_sequences(20)
    longer = SHORT.model_copy(update={"stages": (Stage(epochs=30_000),)})
    with started(tmp_path, 1) as made:
        doomed = made.worker()
        made.until_joined(2)
        with connect(made.address) as client:
            told = []

            def report(progress):
                if not told:
                    doomed.send_signal(signal.SIGKILL)
                told.append(progress)

            there = train(data, longer, executor=DaskExecutor(client), report=report)
    assert_same(train(data, longer), there)


@pytest.mark.slow
def test_what_a_worker_that_is_told_to_end_was_doing_is_handed_over(tmp_path):
    """It ends soon, though it was in the middle of something endless."""
    with started(tmp_path, 1) as made, connect(made.address) as client:
        ending, stop, ended = made.worker(), Stop(), []
        made.until_joined(2)

        def end(progress):
            if not ended:
                ended.append(progress)
                ending.terminate()
                ending.wait(20)
                stop.set()

        with pytest.raises(Stopped):
            train(
                small_sequences(20), ENDLESS, executor=DaskExecutor(client), stop=stop, report=end
            )
        assert ending.returncode is not None


@pytest.mark.slow
def test_a_scheduler_that_is_gone_is_said(tmp_path):
    with started(tmp_path, 1) as made:
        with connect(made.address) as client:
            start = time.monotonic()
            with pytest.raises(ClusterError, match="was lost"):
                train(
                    small_sequences(20),
                    ENDLESS,
                    executor=DaskExecutor(client),
                    report=lambda progress: made.scheduler.kill(),
                )
        assert time.monotonic() - start < 20


@pytest.mark.slow
def test_a_cluster_whose_workers_are_all_gone_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "LONELY", 2.0)
    with started(tmp_path) as made:
        only = made.worker()
        made.until_joined(1)
        with connect(made.address) as client, pytest.raises(ClusterError, match="no worker for"):
            train(
                small_sequences(20),
                ENDLESS,
                executor=DaskExecutor(client),
                report=lambda progress: only.kill(),
            )


class _Failing:
    """A future whose result cannot be had."""

    def __init__(self, error):
        self.error = error

    def done(self):
        return True

    def result(self, timeout):
        raise self.error


def _failing(client, error):
    made = pieces.DaskTasks(client, "topic")
    made.waiting[_Failing(error)] = 0
    return made


def test_what_goes_wrong_with_a_piece_is_told_in_our_words(client):
    from distributed import KilledWorker

    with pytest.raises(ClusterError, match="was lost") as error:
        list(_failing(client, KilledWorker("piece", None, 3)).ended())
    assert "4 workers died" in error.value.where
    with pytest.raises(UsageError, match="lacks this version of lstmtool"):
        list(_failing(client, ModuleNotFoundError("No module named 'lstmtool'")).ended())
    with pytest.raises(ClusterError, match="was lost"):
        list(_failing(client, OSError("broken")).ended())
    with pytest.raises(UsageError, match="ours"):
        list(_failing(client, UsageError("ours")).ended())


def test_a_result_that_was_lost_is_waited_for(client):
    made = _failing(client, TimeoutError())
    assert list(made.ended()) == []
    assert len(made.waiting) == 1
