"""Sequences that stay on the disk while a network learns: the same bytes as from memory."""

import numpy as np
import pytest

import lstmtool.training.batch as learner_module
from lstmtool.config import InputSettings, Stage
from lstmtool.data import preprocessing, sequences
from lstmtool.data.preprocessing import Preprocessing
from lstmtool.data.sequences import from_arrays
from lstmtool.distributed import out_of_core as streaming
from lstmtool.distributed.out_of_core import Stream, StreamedLanes
from lstmtool.errors import DataError
from lstmtool.io.spool import spool
from lstmtool.kernels.records import GO_ON
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.stack import bytes_of_step
from lstmtool.training.batch import SequenceBatch, batch_data
from lstmtool.training.stage import Stop
from lstmtool.training.train import train
from tests.builders import assert_same, small_sequences
from tests.distributed.test_shards import DEEP, LENGTHS, Here, learned, setup
from tests.training.test_train import small


@pytest.fixture
def in_parts(monkeypatch):
    """Small networks too share their sequences out, in a few parts."""
    monkeypatch.setattr(learner_module, "PARALLEL", 1)
    monkeypatch.setattr(learner_module, "FEW_PARTS", 3)
    monkeypatch.setattr(learner_module, "MOST_PARTS", 3)


@pytest.fixture
def in_pieces(monkeypatch):
    """Pieces are as small as they can be: a group of lanes."""
    monkeypatch.setattr(streaming, "CHUNK", 1)


@pytest.fixture
def stream(tmp_path):
    with spool(tmp_path) as file:
        yield Stream(file)


def filled(stream, window=None):
    """The sequences of `setup`, in the stream, not changed by the preprocessing."""
    rng = np.random.default_rng(3)
    data = from_arrays([rng.standard_normal((n + 4, 2)) for n in LENGTHS])
    as_they_are = Preprocessing(InputSettings(square=False, scaling="none"), np.zeros(2), np.eye(2))
    stream.fill(data, as_they_are, window)
    return batch_data(data, window)


def test_a_stream_gives_what_the_lanes_hold(stream):
    data = filled(stream, window=10)
    for first, after in [(0, 1), (3, 40), (0, len(LENGTHS))]:
        taken = stream.taken(first, after)
        assert taken.lengths.tolist() == data.lengths[data.order[first:after]].tolist()
        for place, n in enumerate(data.order[first:after]):
            mine = taken.values[taken.offsets[place] : taken.offsets[place + 1]]
            np.testing.assert_array_equal(mine, data.values[data.offsets[n] : data.offsets[n + 1]])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("objective", "way", "precision"),
    [
        ("bingo", "none", "double"),
        ("bingo", "crop", "double"),
        ("neo", "none", "double"),
        ("neo", "shift", "single"),
        ("consistency", "bootstrap", "double"),
        ("consistency", "noise", "single"),
        ("bingo", "warp", "double"),
        ("consistency", "shape", "single"),
    ],
)
def test_pieces_change_no_bit(in_parts, in_pieces, stream, threads, objective, way, precision):
    linear = {"output_unit": "linear" if objective == "neo" else "logistic"}
    window = 4 if way == "shift" else None
    network, _ = setup(**linear)
    data = filled(stream, window)
    copies = 2 if objective == "consistency" else 1
    stage = Stage(objective=objective, augmentation=way, crop=(0.5, 0.9), rate=0.1)
    wanted = learned(
        SequenceBatch(network, data, copies, ComputeOptions(precision)), network, stage
    )
    lanes = stream.lanes(network, copies, ComputeOptions(precision, threads=threads), GO_ON)
    assert len(lanes.ranges) > len(lanes.parts)
    assert learned(lanes, network, stage) == wanted


def test_layers_in_both_directions_change_no_bit(in_parts, in_pieces, stream):
    network, _ = setup(**DEEP)
    data, stage = filled(stream, None), Stage(augmentation="crop", crop=(0.5, 0.9), rate=0.1)
    wanted = learned(SequenceBatch(network, data), network, stage)
    lanes = stream.lanes(network, 1, ComputeOptions(threads=2), GO_ON)
    assert len(lanes.ranges) > len(lanes.parts)
    assert learned(lanes, network, stage) == wanted


@pytest.mark.parametrize("way", ["none", "shift"])
def test_what_is_one_part_is_held(stream, way):
    network, _ = setup()
    data = filled(stream, 10 if way == "shift" else None)
    stage = Stage(rate=0.1, augmentation=way)
    lanes = stream.lanes(network, 1, ComputeOptions(), GO_ON)
    assert type(lanes) is SequenceBatch
    np.testing.assert_array_equal(lanes.data.values, data.values)
    assert learned(lanes, network, stage) == learned(SequenceBatch(network, data), network, stage)


def test_what_networks_give_is_in_the_order_of_the_sequences(in_parts, in_pieces, stream):
    network, _ = setup()
    data = filled(stream)
    flat = np.random.default_rng(1).uniform(-1, 1, network.size) * network.exists
    nets = []
    for lanes in (SequenceBatch(network, data), stream.lanes(network, 1, ComputeOptions(), GO_ON)):
        net, last = lanes.evaluate(flat)
        nets.append(net.tobytes() + last.tobytes())
    assert nets[0] == nets[1]


def test_a_piece_is_about_as_large_as_is_said(in_parts, stream, monkeypatch):
    network, _ = setup()
    filled(stream)
    per_group = (max(LENGTHS) + 4) * bytes_of_step(network.levels, ComputeOptions())
    monkeypatch.setattr(streaming, "CHUNK", 2 * per_group)
    lanes = stream.lanes(network, 1, ComputeOptions(), GO_ON)
    groups = [(after - first + lanes.width - 1) // lanes.width for first, after in lanes.ranges]
    assert max(groups) == 2
    assert sum(groups) == len(lanes.work.read[0]) // lanes.width


@pytest.mark.parametrize("threads", [1, 2])
def test_whole_runs_from_the_disk(in_parts, in_pieces, stream, monkeypatch, threads):
    data, settings = small_sequences(n=90), small("consistency", "bingo", "neo")
    monkeypatch.setattr(sequences.SequenceSource.blocks, "__defaults__", (64,))
    assert len(list(data.blocks())) > 3
    alone = train(data, settings)
    assert_same(train(data, settings, stream=stream, threads=threads), alone)


def test_shards_from_the_disk(in_parts, in_pieces, stream):
    data, settings = small_sequences(n=90), small("consistency", "bingo", "neo")
    shards = Here(3)
    run = train(data, settings, shards=shards, stream=stream)
    assert_same(run, train(data, settings))
    assert len(shards.made) == 3
    assert shards._data.values.size == 0


def test_shards_that_do_not_pay_leave_the_sequences_on_the_disk(in_parts, stream):
    network, _ = setup()
    filled(stream)
    shards = Here("auto")
    assert shards.begin(network, stream.data, ComputeOptions(), stream) == 0
    assert isinstance(shards.lanes(network), StreamedLanes)


def test_a_stop_ends_passes_half_done(in_parts, in_pieces, stream):
    network, _ = setup()
    filled(stream)
    stop = Stop()
    lanes = stream.lanes(network, 1, ComputeOptions(), stop.flag)
    asked = []

    def taken(first, after, read=stream.taken):
        asked.append(first)
        stop.set()
        return read(first, after)

    stream.taken = taken
    lanes.evaluate(np.zeros(network.size))
    assert asked == [0]


# --- what is fitted and told block by block -------------------------------------------------------


@pytest.fixture
def in_blocks(monkeypatch):
    monkeypatch.setattr(sequences.SequenceSource.blocks, "__defaults__", (40,))


@pytest.mark.parametrize("scaling", ["none", "standardise", "whiten"])
@pytest.mark.parametrize("window", [None, 3])
def test_fitting_in_blocks_is_fitting(scaling, window, monkeypatch):
    data = small_sequences(n=40, n_inputs=2)
    settings = InputSettings(scaling=scaling, window=window, normalise=window is None)
    whole = preprocessing.fit(data, settings)
    monkeypatch.setattr(sequences.SequenceSource.blocks, "__defaults__", (40,))
    parts = preprocessing.fit(data, settings)
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(parts.matrix, whole.matrix, rtol=1e-12, atol=1e-14)


def test_what_is_too_large_is_named_by_its_place_among_all(in_blocks, stream):
    arrays = [np.full((6, 1), 1.0) for _ in range(40)]
    arrays[33][4] = -1e200
    data = from_arrays(arrays, names=tuple(f"s{n}" for n in range(40)))
    with pytest.raises(DataError) as error:
        preprocessing.fit(data, InputSettings())
    assert "sequence 33 (s33), step 4, input 0, value -1e+200" in str(error.value)
    blown_up = Preprocessing(InputSettings(square=False), np.zeros(1), np.full((1, 1), 1e200))
    with pytest.raises(DataError) as error:
        stream.fill(data, blown_up, None)
    assert "sequence 33 (s33), step 4" in str(error.value)


def test_a_window_that_is_too_long_is_named_by_its_place_among_all(in_blocks):
    data = from_arrays([np.ones((6 - (n == 35), 1)) for n in range(40)])
    with pytest.raises(DataError, match="sequence 35 has 5 steps"):
        list(sequences.windows(data, 6))
