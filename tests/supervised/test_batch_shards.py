"""The gradient of a batch in shards: without a cluster, and on processes of which one dies."""

import pickle
from functools import partial

import numpy as np
import pytest

from lstmtool.distributed import actors
from lstmtool.distributed.actors import Holder, Replicas
from lstmtool.distributed.dask_client import connect, identity
from lstmtool.errors import ClusterError, UsageError
from lstmtool.kernels._jit import config
from lstmtool.network.topology import Topology
from lstmtool.supervised.batch_shards import SMALL, BatchShards, BatchWorker
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch, parts_of
from lstmtool.supervised.target_sequences import Strings
from lstmtool.training.stage import Stop, Stopped
from tests.clusters import cluster

SHAPE = {"output": "softmax", "error": "cross-entropy", "g": "tanh", "h": "tanh"}
BLSTM = Topology(3, 4, (1, 2), directions="both", peepholes=True, **SHAPE)
DEEP = Topology(3, 4, (1,), plain=2, outputs_read_inputs=True, **SHAPE)


def strings(n, seed=0):
    rng = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(rng.integers(1, 8, n))])
    steps = starts[-1]
    targets = np.eye(4)[rng.integers(4, size=steps)]
    scored = rng.random(steps) < 0.8
    return Strings(rng.standard_normal((steps, 3)), targets, scored, targets > 0.0, starts)


def settings(batch, **more):
    return BatchSettings(0.05, batch=batch, clip=1.0, weights=0.5, **more)


def learned(topology, own, elsewhere=None):
    """Bytes of a network after some updates, and of the outputs before them."""
    rule = LstmBatch(topology, own, np.random.default_rng(5))
    rule.elsewhere = elsewhere
    given, said = strings(130), []
    for _ in range(2):
        outputs = np.zeros_like(given.targets)
        rule.learn(given, outputs)
        said.append(outputs.tobytes())
    return [array.tobytes() for array in rule.state], said


class Here:
    """Workers in this process, to which messages are pickled as to others."""

    def __init__(self, topology, own):
        self._make, self.workers = partial(BatchWorker, topology, own), []

    def __call__(self, method, arguments):
        while len(self.workers) < len(arguments):
            self.workers.append(Holder())
            held = pickle.dumps(self._make(len(self.workers)))
            self.workers[-1].hold(pickle.dumps(("tcp://w", identity(), held)))
        messages = [pickle.dumps((method, own)) for own in arguments]
        pairs = zip(self.workers, messages, strict=False)
        return [pickle.loads(pickle.dumps(worker.call(own))) for worker, own in pairs]


@pytest.mark.parametrize("number", [1, 2, 3, 9])
@pytest.mark.parametrize(
    ("topology", "more"),
    [
        (BLSTM, {}),
        (BLSTM, {"precision": "single", "mean": False}),
        (DEEP, {"exact": False, "optimiser": "momentum"}),
    ],
)
def test_the_number_of_shards_changes_no_bit(topology, more, number):
    own = settings(100, **more)
    here = Here(topology, own)
    shards = BatchShards(here, number)
    assert learned(topology, own, shards) == learned(topology, own)
    n_parts = len(parts_of(100, own.precision))
    assert n_parts > 3
    assert len(here.workers) == shards.most(own) == min(number, n_parts)


def test_parts_are_those_of_a_machine_with_many_groups():
    """More groups than parts: a part has several, and a shard several parts."""
    own = settings(130, precision="double")
    whole = parts_of(24 * 40, "double")
    assert len(whole) == 16
    assert (whole[0], whole[-1]) == ((0, 2), (37, 40))
    shards = BatchShards(Here(DEEP, own), 2)
    rule = LstmBatch(DEEP, own, np.random.default_rng(0))
    given, lanes = strings(130), np.arange(130)
    lanes = lanes[np.argsort(-np.diff(given.starts), kind="stable")]
    parts = [(0, 1), (1, 4), (4, 6)]
    one, two = np.zeros_like(given.targets), np.zeros_like(given.targets)
    here, there = (
        found(*arguments, parts)
        for found, arguments in (
            (rule.part_sums, (given, lanes, one)),
            (shards, (rule, given, lanes, two)),
        )
    )
    for ours, theirs in (*zip(here, there, strict=True), (one, two)):
        assert ours.any()
        np.testing.assert_array_equal(ours, theirs)


def test_little_work_stays_here():
    own = settings(100)
    here, told = Here(BLSTM, own), []
    assert learned(BLSTM, own, BatchShards(here, 2, 10**9, told.append)) == learned(BLSTM, own)
    assert here.workers == []
    assert told == [SMALL]  # of four batches


def test_weights_that_overflow_are_no_error_of_a_worker():
    worker = BatchWorker(BLSTM, settings(100), 1)
    given = strings(30)
    sums, errors, outputs = worker.part_sums(
        np.full(BLSTM.size, 1e200), given, parts_of(given.count, "double")
    )
    assert len(sums) == len(errors) == 2
    assert outputs.shape == given.targets.shape


# --- actors that hold an object ------------------------------------------------------------------


def test_a_holder_refuses_a_head_that_computes_otherwise():
    with pytest.raises(UsageError, match="could compute other results"):
        Holder().hold(pickle.dumps(("tcp://w", {"lstmtool": "0.0.1"}, b"")))


class Client:
    def scheduler_info(self):
        return {"address": "tcp://s"}

    def nthreads(self):
        return {"a": 2, "b": 1, "c": 1}


def test_auto_is_one_for_every_worker_and_a_stop_ends_waiting(monkeypatch):
    replicas = Replicas(Client(), "auto", str, Stop())
    assert replicas.count == 3
    assert Replicas(Client(), 7, str, Stop()).count == 7
    assert replicas._held(2, 8) == "8"  # made for that many threads
    asked = []

    def ask(calls, stop):
        asked.append(calls)
        return None if stop[0] else ["answer"]

    monkeypatch.setattr(replicas, "ask", ask)
    assert replicas.call_all("upper", [()]) == ["answer"]
    assert asked == [[[("call", ("upper", ()))]]]
    replicas._stop.set()
    with pytest.raises(Stopped):
        replicas.call_all("upper", [()])


# --- on processes --------------------------------------------------------------------------------

needs_machine_code = pytest.mark.skipif(config.DISABLE_JIT, reason="takes minutes uncompiled")


@pytest.mark.slow
@needs_machine_code
def test_a_worker_that_dies_changes_nothing(tmp_path, monkeypatch):
    """Its shard is sent to the other one; without any, learning ends."""
    own = settings(100)
    make, lost = partial(BatchWorker, BLSTM, own), []
    forget = Replicas._forget
    monkeypatch.setattr(
        Replicas, "_forget", lambda self, s, loss: (lost.append(s), forget(self, s, loss))
    )
    monkeypatch.setattr(actors, "LONELY", 3.0)
    with cluster(tmp_path) as made:
        workers = [made.worker(), made.worker()]
        made.until_joined(2)
        with connect(made.address) as client:
            replicas, calls = Replicas(client, "auto", make, Stop()), []

            def call_all(method, arguments):
                calls.append(len(arguments))
                if len(calls) == 3:
                    workers[0].kill()
                return replicas.call_all(method, arguments)

            assert learned(BLSTM, own, BatchShards(call_all, replicas.count)) == learned(BLSTM, own)
            assert calls == [2] * 4
            assert len(lost) == 1
            assert len(client.nthreads()) == 1
            workers[1].kill()
            with pytest.raises(ClusterError, match="was lost"):
                learned(BLSTM, own, BatchShards(call_all, replicas.count))
