"""Shards of one network's sequences: without a cluster, and on processes that come and go."""

import asyncio
import pickle
import re
import signal
from concurrent.futures import Future

import numpy as np
import pytest

import lstmtool.training.batch as learner_module
from lstmtool.config import NetworkSettings, Stage
from lstmtool.data.sequences import from_arrays
from lstmtool.distributed import actors as acting
from lstmtool.distributed import shards as sharding
from lstmtool.distributed.chunked_batch import pass_over
from lstmtool.distributed.dask_client import connect
from lstmtool.distributed.shard_actor import Shard
from lstmtool.distributed.shards import ShardedBatch, Shards
from lstmtool.errors import ClusterError, UsageError
from lstmtool.kernels._jit import config
from lstmtool.kernels.augment import crop_fraction, fill
from lstmtool.kernels.records import GO_ON
from lstmtool.names import AUGMENTATIONS
from lstmtool.network.layout import Network
from lstmtool.training.batch import (
    ComputeOptions,
    SequenceBatch,
    batch_data,
    new_optimiser_state,
    stage_options,
    train_epochs,
)
from lstmtool.training.stage import Stop
from lstmtool.training.train import train
from tests.builders import assert_same, small_sequences
from tests.clusters import cluster
from tests.training.test_train import small

LENGTHS = (*range(60, 0, -1), *(9,) * 110)
WAYS = AUGMENTATIONS


class Here(Shards):
    """Shards in this process, whose messages are pickled as those of others."""

    class Client:
        """What is asked of a cluster before anything is sent."""

        def scheduler_info(self):
            return {"address": "here"}

        def nthreads(self):
            return {"a": 1, "b": 1, "c": 1}

    def __init__(self, number):
        super().__init__(self.Client(), number)
        self.made = {}

    def ask(self, calls, stop):
        return [self.call(s, *of_shard[-1]) for s, of_shard in enumerate(calls)]

    def call(self, s, method, message):
        if s not in self.made:
            self.made[s] = Shard()
            self.call(s, *self._holding(s, "here", 1))
        return getattr(self.made[s], method)(pickle.dumps(message))


@pytest.fixture
def in_parts(monkeypatch):
    """Small networks too share their sequences out."""
    monkeypatch.setattr(learner_module, "PARALLEL", 1)


def setup(outputs=2, **settings):
    rng = np.random.default_rng(3)
    data = batch_data(from_arrays([rng.standard_normal((n + 4, 2)) for n in LENGTHS]), None)
    return Network(NetworkSettings(blocks=(2, 1), outputs=outputs, **settings), 2), data


def learned(lanes, network, stage, epochs=3):
    flat = np.random.default_rng(1).uniform(-1, 1, network.size) * network.exists
    learner, rng = new_optimiser_state(flat), np.random.default_rng(0)
    rows = train_epochs(learner, lanes, stage_options(stage), epochs, rng, GO_ON)
    return learner.parameters.tobytes(), rows.tobytes(), rng.bit_generator.state


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("copies", [1, 2])
def test_passing_over_draws_what_filling_draws(way, copies):
    network, data = setup()
    data = data._replace(lengths=np.minimum(data.lengths, 30))
    data = data._replace(order=np.argsort(-data.lengths, kind="stable"))
    options = stage_options(Stage(augmentation=way, block=0.13))
    filled, passed = np.random.default_rng(5), np.random.default_rng(5)
    fill(data, SequenceBatch(network, data, copies).batch, copies, options, filled)
    crop_fraction(options, passed)
    for share in np.split(data.lengths[data.order], [40, 77]):
        pass_over(passed, share, 2, copies, options)
    assert filled.bit_generator.state == passed.bit_generator.state


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize(
    ("objective", "way", "precision"),
    [
        ("bingo", "none", "double"),
        ("bingo", "crop", "double"),
        ("neo", "none", "double"),
        ("consistency", "bootstrap", "double"),
        ("consistency", "noise", "single"),
        ("consistency", "shape", "double"),
    ],
)
def test_the_number_of_shards_changes_no_bit(in_parts, number, objective, way, precision):
    network, data = setup(output_unit="linear" if objective == "neo" else "logistic")
    compute, copies = ComputeOptions(precision), 2 if objective == "consistency" else 1
    sample = (20, 30) if objective == "neo" else None
    stage = Stage(objective=objective, augmentation=way, crop=(0.5, 0.9), sample=sample, rate=0.1)
    wanted = learned(SequenceBatch(network, data, copies, compute), network, stage)
    shards = Here(number)
    assert shards.begin(network, data, compute) == number
    lanes = shards.lanes(network, copies)
    assert isinstance(lanes, ShardedBatch)
    assert learned(lanes, network, stage) == wanted


DEEP = {"above": ((1, 1),), "directions": "both", "readout": ("last", "mean", "max"), "plain": 1}


def test_layers_in_both_directions_change_no_bit_in_shards(in_parts):
    network, data = setup(**DEEP)
    stage = Stage(objective="consistency", augmentation="crop", crop=(0.5, 0.9), rate=0.1)
    wanted = learned(SequenceBatch(network, data, 2), network, stage)
    shards = Here(3)
    assert shards.begin(network, data, ComputeOptions()) == 3
    assert learned(shards.lanes(network, 2), network, stage) == wanted


def test_other_outputs_other_copies_and_whole_runs_in_shards(in_parts):
    data, settings = small_sequences(n=90), small("consistency", "bingo", "neo")
    alone, shards = train(data, settings), Here(3)
    assert_same(train(data, settings, shards=shards), alone)
    assert len(shards.made) == 3


def test_little_work_stays_here():
    told = []
    network, data = setup()
    shards = Here(2)
    shards._say = told.append
    assert shards.begin(network, data, ComputeOptions()) == 0
    assert type(shards.lanes(network)) is SequenceBatch
    assert told == ["Networks are trained locally, undivided, since there is little to compute."]


def test_auto_shards_where_it_pays(in_parts, monkeypatch):
    network, data = setup()
    shards = Here("auto")
    assert shards.begin(network, data, ComputeOptions()) == 0
    monkeypatch.setattr(sharding, "PAYS", 1)
    assert shards.begin(network, data, ComputeOptions()) == 3  # as many as there are workers
    assert Here(1000).begin(network, data, ComputeOptions()) == len(
        SequenceBatch(network, data).parts
    )


def test_a_shard_refuses_a_head_that_computes_otherwise():
    with pytest.raises(UsageError, match="could compute other results"):
        Shard().hold(pickle.dumps(("tcp://w", {"lstmtool": "0.0.1"}, b"")))


# --- what goes wrong, without processes ----------------------------------------------------------


class Answers(Shards):
    """One shard or several, whose workers answer as they are told, or never."""

    def __init__(self, number=1, answers=None, threads=None, status="finished", wrong=None):
        released = self.released = []
        waiting = status == "pending"

        class Held:
            def __init__(self):
                self.status = status

            def done(self):
                return not waiting

            def exception(self, timeout):
                return wrong

            def release(self):
                released.append(self)

        class Client:
            def scheduler_info(self):
                return {"address": "tcp://s"}

            def nthreads(self):
                if isinstance(threads, Exception):
                    raise threads
                return {"tcp://w": 1} if threads is None else threads

            def submit(self, *arguments, **how):
                return Held()

        super().__init__(Client(), number)
        self._places, self._losses = [None] * number, [0] * number
        self.answers, self.begun = answers or {}, []

    def _holding(self, s, address, threads):
        return "hold", s

    def _begin(self, place, call):
        future = Future()
        self.begun.append((call[0], future))
        answer = self.answers.get(call[0], "done")
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif answer != "never":
            future.set_result(answer)
        return future


PASS = [("forward", None), ("backward", None)]
STOPPED = np.ones(1, np.int64)


def test_a_shard_is_placed_and_goes_on_where_it_was():
    shards = Answers(answers={"backward": 7})
    assert shards.ask([PASS], GO_ON) == [7]
    assert [method for method, _ in shards.begun] == ["hold", "forward", "backward"]
    assert shards.ask([PASS], GO_ON) == [7]
    assert [method for method, _ in shards.begun[3:]] == ["backward"]


def test_one_shard_may_not_end_all_workers():
    shards = Answers(answers={"backward": acting.Lost("gone")})
    with pytest.raises(ClusterError, match="lost") as raised:
        shards.ask([PASS], GO_ON)
    assert "5 workers were lost with the same shard (gone)" in raised.value.where
    assert len(shards.released) == 5


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"threads": {}}, "it has no worker"),
        ({"threads": OSError()}, r"its scheduler does not answer \(OSError\)"),
        ({"status": "pending"}, "the worker at tcp://w does not answer"),
        ({"status": "lost"}, "the worker at tcp://w was lost"),
        ({"status": "error", "wrong": MemoryError()}, "the worker at tcp://w was lost"),
    ],
)
def test_a_shard_that_finds_no_place_is_given_up(monkeypatch, how, said):
    monkeypatch.setattr(acting, "LONELY", 0.0)
    monkeypatch.setattr(acting, "PATIENCE", 0.0)
    with pytest.raises(ClusterError) as raised:
        Answers(**how).ask([PASS], GO_ON)
    assert re.search(f"tcp://s: {said}, for 0 seconds", raised.value.where)


def test_a_worker_without_this_module_is_refused():
    shards = Answers(
        status="error", wrong=ImportError("no module lstmtool.distributed.shard_actor")
    )
    with pytest.raises(UsageError, match="lacks this version of lstmtool"):
        shards.ask([PASS], GO_ON)


def test_a_stop_lets_go_of_what_was_asked():
    shards = Answers(2, answers={"backward": "never"})
    shards._places[0] = acting.ActorHandle("tcp://w", "key", None)
    assert shards.ask([PASS, PASS], STOPPED) is None
    assert shards.begun[0][0] == "backward"
    assert shards.begun[0][1].cancelled()
    assert Answers(status="pending").ask([PASS], STOPPED) is None


def test_a_pass_that_was_stopped_changes_nothing(in_parts, monkeypatch):
    network, data = setup()
    shards = Here(2)
    shards.begin(network, data, ComputeOptions())
    lanes = shards.lanes(network)
    lanes.fill(stage_options(Stage()), np.random.default_rng(0))
    monkeypatch.setattr(shards, "ask", lambda calls, stop: None)
    before, gradient = lanes.work.read.copy(), np.zeros(network.size)
    lanes.forward(np.ones(network.size))
    lanes.backward(gradient)
    np.testing.assert_array_equal(lanes.work.read, before)
    assert not gradient.any()


@pytest.mark.parametrize(
    ("wrong", "raised", "said"),
    [
        (UsageError("Other version."), UsageError, "Other version"),
        (MemoryError("too much"), acting.Lost, r"failed \(MemoryError: too much\)"),
        (None, acting.Lost, r"was lost \(OSError: gone\)"),
    ],
)
def test_what_a_worker_says_is_passed_on(wrong, raised, said):
    class Client:
        def rpc(self, address):
            return self

        async def actor_execute(self, **what):
            if wrong is None:
                raise OSError("gone")
            return {"status": "error", "exception": wrong}

    place = acting.ActorHandle("tcp://w", "key", None)
    with pytest.raises(raised, match=said):
        asyncio.run(acting._answer(Client(), place, "forward", b""))


# --- on processes --------------------------------------------------------------------------------

needs_machine_code = pytest.mark.skipif(config.DISABLE_JIT, reason="takes minutes uncompiled")


def whole_run(client, number=2, report=lambda progress: None, epochs=40):
    data = small_sequences(n=90)
    settings = small("consistency", "bingo", epochs=epochs, restarts=1)
    shards = None if client is None else Shards(client, number)
    return train(data, settings, shards=shards, report=report)


@pytest.fixture
def lost(monkeypatch):
    """What is said of every loss of a shard's worker."""
    told, forget = [], Shards._forget

    def noted(self, s, loss):
        told.append(str(loss))
        forget(self, s, loss)

    monkeypatch.setattr(Shards, "_forget", noted)
    return told


class Once:
    """A report that does something after so many epochs, once."""

    def __init__(self, do, epoch=10):
        self.do, self.epoch, self.done = do, epoch, False

    def __call__(self, progress):
        if progress.epoch > self.epoch and not self.done:
            self.done = True
            self.do()


@pytest.mark.slow
@needs_machine_code
def test_a_worker_that_is_killed_in_mid_run_changes_nothing(in_parts, lost, tmp_path):
    alone = whole_run(None)
    with cluster(tmp_path) as made:
        workers = [made.worker(), made.worker()]
        made.until_joined(2)
        with connect(made.address) as client:
            kill = Once(workers[0].kill)
            assert_same(whole_run(client, report=kill), alone)
            assert kill.done
            assert len(lost) == 1
            assert len(client.nthreads()) == 1


@pytest.mark.slow
@needs_machine_code
def test_a_worker_that_freezes_is_given_up(in_parts, lost, tmp_path, monkeypatch):
    monkeypatch.setattr(acting, "LOOK", 0.5)
    monkeypatch.setattr(acting, "PATIENCE", 8.0)
    alone = whole_run(None)
    with cluster(tmp_path) as made:
        workers = [made.worker(), made.worker()]
        made.until_joined(2)
        with connect(made.address) as client:
            freeze = Once(lambda: workers[0].send_signal(signal.SIGSTOP))
            assert_same(whole_run(client, report=freeze), alone)
            assert freeze.done
            assert lost


@pytest.mark.slow
@needs_machine_code
def test_a_scheduler_that_comes_back_changes_nothing(in_parts, lost, tmp_path):
    """Its workers end with it, and others come."""
    alone = whole_run(None)
    with cluster(tmp_path) as made:
        made.worker()
        made.until_joined(1)

        def again():
            made.scheduler.kill()
            made.scheduler.wait()
            port = made.address.rpartition(":")[2]
            made.scheduler = made._start("dask_scheduler", "--host", "127.0.0.1", "--port", port)
            made.worker()

        with connect(made.address) as client:
            restart = Once(again)
            assert_same(whole_run(client, report=restart), alone)
            assert restart.done
            assert lost


@pytest.mark.slow
@needs_machine_code
def test_without_workers_a_run_ends(in_parts, tmp_path, monkeypatch):
    monkeypatch.setattr(acting, "LONELY", 3.0)
    with cluster(tmp_path) as made:
        worker = made.worker()
        made.until_joined(1)
        with connect(made.address) as client, pytest.raises(ClusterError) as raised:
            whole_run(client, report=Once(worker.kill))
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.slow
@needs_machine_code
def test_a_worker_that_joins_and_would_compute_otherwise_is_refused(in_parts, tmp_path):
    with cluster(tmp_path) as made:
        worker = made.worker()
        made.until_joined(1)

        def exchange():
            made.worker(NUMBA_DISABLE_JIT="1")
            worker.kill()

        words = "could compute other results"
        with connect(made.address) as client, pytest.raises(UsageError, match=words):
            whole_run(client, report=Once(exchange))


@pytest.mark.slow
@needs_machine_code
def test_a_stop_ends_a_run_in_shards(in_parts, tmp_path):
    data, settings, stop = small_sequences(n=90), small("bingo", epochs=100_000), Stop()
    with cluster(tmp_path, 1) as made, connect(made.address) as client:
        run = train(data, settings, shards=Shards(client, 1), stop=stop, report=Once(stop.set))
    assert run.restarts["epochs"].max() < 1000


@pytest.mark.slow
@needs_machine_code
def test_processes_here_compute_the_same(in_parts):
    with acting.local_workers(2) as client:
        assert_same(whole_run(client, report=Once(lambda: None)), whole_run(None))
        assert len(client.nthreads()) == 2
