"""Epochs of learning against the same by hand: naive slopes, complex steps, plain updates."""

import numpy as np
import pytest

import lstmtool.network.compute as compute_module
import lstmtool.training.batch as learner_module
from lstmtool.config import NetworkSettings, Stage
from lstmtool.data.sequences import from_arrays
from lstmtool.kernels._jit import config
from lstmtool.kernels.records import HISTORY
from lstmtool.network.layout import Network
from lstmtool.training.batch import (
    ComputeOptions,
    SequenceBatch,
    batch_data,
    new_optimiser_state,
    stage_options,
    train_epochs,
)
from tests import naive
from tests.differences import complex_step

LENGTHS = (3, 5, 1, 4, 2, 5)
MANY = (*range(40, 0, -1), *(5,) * 40)  # lengths: several groups in both precisions
GO = np.zeros(1, dtype=np.int64)


def sequences(n_inputs=2, lengths=LENGTHS, seed=0):
    rng = np.random.default_rng(seed)
    return from_arrays([rng.standard_normal((t, n_inputs)) for t in lengths])


def network(exact=True, **settings):
    return Network(NetworkSettings(**({"blocks": (2, 1)} | settings)), 2, exact)


def parameters(net, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, net.size) * net.exists


def learn(net, flat, n_epochs, hidden=True, data=None, seed=0, **stage):
    data = data or sequences()
    copies = 2 if stage["objective"] == "consistency" else 1
    lanes, learner = SequenceBatch(net, batch_data(data), copies), new_optimiser_state(flat)
    options = stage_options(Stage(**stage), hidden)
    rng = np.random.default_rng(seed)
    history = train_epochs(learner, lanes, options, n_epochs, rng, GO)
    return learner.parameters, history


def naive_nets(net, flat, data):
    """Net inputs (N, K) of sequences from rest."""
    rest = np.zeros(net.layers[0].n_cells)
    return np.array(
        [naive.net_inputs(net.settings, net.n_inputs, flat, xs, rest, rest) for xs in data]
    )


def naive_gradient(net, flat, slopes, data):
    """Slopes of the sum of slope times net input, the slopes held."""
    return complex_step(lambda w: (slopes * naive_nets(net, w, data)).sum(), flat) * net.exists


def naive_last(net, flat, data):
    """Last cell outputs (C, N)."""
    w, rest = naive.named(net.settings, net.n_inputs, flat), np.zeros(net.layers[0].n_cells)
    return np.array([naive.run(net.settings, w, xs, rest, rest)[-1]["y"] for xs in data]).T


def test_lanes_evaluate_in_the_order_of_the_sequences():
    net, data = network(), sequences()
    flat = parameters(net)
    for copies in (1, 2):
        nets, last = SequenceBatch(net, batch_data(data), copies).evaluate(flat)
        wanted = naive_nets(net, flat, data).repeat(copies, axis=0)
        np.testing.assert_allclose(nets, wanted, rtol=1e-12, atol=1e-13)
        wanted = naive_last(net, flat, data).T.repeat(copies, axis=0)
        np.testing.assert_allclose(last, wanted, rtol=1e-12, atol=1e-13)


def test_epochs_of_plain_bingo():
    net, data = network(), sequences()
    flat = wanted = parameters(net)
    gradients = []
    for _ in range(3):
        slopes = naive.bingo_slopes(naive_nets(net, wanted, data))
        gradients.append(naive_gradient(net, wanted, slopes, data))
        wanted = naive.momentum(flat, gradients, 0.5, 0.8)
    got, history = learn(
        net, flat, 3, objective="bingo", rate=0.5, output_rate=0.5, momentum=0.8, clip=0.0,
        precondition=False,
    )  # fmt: skip
    np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)
    bits = naive.joint_bits(naive.logistic(naive_nets(net, flat, data)))
    norm = np.linalg.norm(gradients[0][: net.n_hidden])
    first = dict(zip(HISTORY, history[0], strict=True))
    assert first["objective"] == first["joint_bits"] == pytest.approx(bits, abs=1e-12)
    assert first["gradient_norm"] == pytest.approx(norm, rel=1e-11)
    assert np.isnan([first["entropy"], first["sigma"]]).all()


def test_one_conditioned_epoch_of_bingo():
    """Two rates, a clipped gradient in the blocks, whitened coordinates in the output layer."""
    net, data = network(), sequences()
    flat = parameters(net)
    slopes = naive.bingo_slopes(naive_nets(net, flat, data))
    gradient = naive_gradient(net, flat, slopes, data)[: net.n_hidden]
    got, _ = learn(net, flat, 1, objective="bingo", rate=0.5, output_rate=0.3, clip=1e-3)
    clipped = gradient * 1e-3 / np.linalg.norm(gradient)
    np.testing.assert_allclose(
        got[: net.n_hidden], flat[: net.n_hidden] + 0.5 * clipped, rtol=1e-12
    )
    last = naive_last(net, flat, data)
    wanted = naive.whitened_step(net.named(flat)["output_unit"], last, slopes.T, 0.3)
    np.testing.assert_allclose(net.named(got)["output_unit"], wanted, rtol=1e-4, atol=1e-5)


def test_epochs_of_adam():
    net, data = network(), sequences()
    flat = wanted = parameters(net)
    gradients = []
    for _ in range(3):
        slopes = naive.bingo_slopes(naive_nets(net, wanted, data))
        gradients.append(naive_gradient(net, wanted, slopes, data))
        wanted = naive.adam(flat, gradients, 0.01)
    got, _ = learn(
        net, flat, 3, objective="bingo", optimiser="adam", rate=0.01, output_rate=0.01, clip=0.0,
        precondition=False,
    )  # fmt: skip
    np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("form", ["literal", "invariant"])
def test_one_epoch_of_neo(form, outputs):
    net, data = network(outputs=outputs, output_unit="linear"), sequences()
    flat = parameters(net)
    y = naive_nets(net, flat, data)
    got, history = learn(
        net, flat, 1, objective="neo", form=form, rate=0.1, output_rate=0.1, clip=0.0,
        precondition=False,
    )  # fmt: skip
    row = dict(zip(HISTORY, history[0], strict=True))
    assert row["sigma"] == pytest.approx(naive.width(y, row["sigma"]), rel=1e-3)
    value = naive.entropy if form == "literal" else naive.invariant_entropy
    assert row["entropy"] == pytest.approx(naive.entropy(y, row["sigma"]), abs=1e-10)
    assert row["objective"] == pytest.approx(value(y, row["sigma"]), abs=1e-9)
    slopes = complex_step(lambda z: value(z, row["sigma"]), y)
    gradient = naive_gradient(net, flat, slopes, data)
    np.testing.assert_allclose(got, flat - 0.1 * gradient, rtol=1e-7, atol=1e-9)  # descent


@pytest.mark.parametrize("form", ["literal", "invariant"])
def test_one_epoch_of_neo_by_two_samples(form):
    """Entropy and width are of the samples, the spread is of all; the others' slopes are its."""
    net, data = network(outputs=2, output_unit="linear"), sequences()
    flat = parameters(net)
    y = naive_nets(net, flat, data)
    order = np.argsort([-len(xs) for xs in data], kind="stable")  # as the lanes lie
    n_s, n_t = naive.drawn(6, 2, 3, np.random.default_rng(8))
    s, t = order[n_s], order[n_t]
    got, history = learn(
        net, flat, 1, objective="neo", form=form, rate=0.1, output_rate=0.1, clip=0.0,
        precondition=False, sample=(2, 3), seed=8,
    )  # fmt: skip
    row = dict(zip(HISTORY, history[0], strict=True))
    spread = {"literal": 0.0, "invariant": 0.5}[form]

    def value(z, sigma=row["sigma"]):
        return naive.sample_entropy(z[s], z[t], sigma) - spread * np.log(
            np.linalg.det(naive.covariance(z))
        )

    assert row["entropy"] == pytest.approx(naive.sample_entropy(y[s], y[t], row["sigma"]))
    assert row["objective"] == pytest.approx(value(y), abs=1e-9)
    slopes = complex_step(value, y)
    assert (slopes[np.setdiff1d(range(6), [*s, *t])] != 0).any() == (form == "invariant")
    np.testing.assert_allclose(
        got, flat - 0.1 * naive_gradient(net, flat, slopes, data), rtol=1e-7, atol=1e-9
    )


def test_samples_are_drawn_anew_in_every_epoch():
    net = network(outputs=1, output_unit="linear")
    how = {"objective": "neo", "sample": (2, 3), "rate": 0.0, "output_rate": 0.0}
    _, rows = learn(net, parameters(net), 6, **how)
    assert len(set(rows[:, 2])) > 3
    assert len(set(learn(net, parameters(net), 6, **(how | {"sample": None}))[1][4:, 2])) <= 2


def test_one_epoch_of_consistency():
    """Without augmentation both copies are the sequence itself, and both learn."""
    net, data = network(), sequences()
    flat = parameters(net)
    u = naive_nets(net, flat, data)
    slopes = 2 * complex_step(lambda v: naive.consistency(v, u, 1.7), u)
    got, history = learn(
        net, flat, 1, objective="consistency", marginal_weight=1.7, rate=0.1, output_rate=0.1,
        clip=0.0, precondition=False,
    )  # fmt: skip
    assert history[0, 0] == pytest.approx(naive.consistency(u, u, 1.7), abs=1e-11)
    wanted = flat + 0.1 * naive_gradient(net, flat, slopes, data)
    np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-11)


def test_truncated_epochs_follow_the_pseudo_code():
    net, data = network(exact=False), sequences()
    flat, rest = parameters(net), np.zeros(3)
    slopes = naive.bingo_slopes(naive_nets(net, flat, data))
    gradient = sum(
        naive.truncated_gradient(net.settings, 2, flat, xs, rest, rest, d)
        for xs, d in zip(data, slopes, strict=True)
    )
    got, _ = learn(
        net, flat, 1, objective="bingo", rate=0.5, output_rate=0.5, clip=0.0, precondition=False
    )
    np.testing.assert_allclose(got, flat + 0.5 * gradient, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("objective", ["bingo", "consistency"])
@pytest.mark.parametrize("parallel", [1, np.inf])
def test_frozen_blocks_stay_as_they_are(monkeypatch, objective, parallel):
    monkeypatch.setattr(learner_module, "PARALLEL", parallel)
    net, data = network(), sequences(lengths=MANY)
    flat = parameters(net)
    got, _ = learn(net, flat, 3, hidden=False, data=data, objective=objective)
    np.testing.assert_array_equal(got[: net.n_hidden], flat[: net.n_hidden])
    assert (net.named(got)["output_unit"] != net.named(flat)["output_unit"]).any()


@pytest.mark.parametrize("augmentation", ["none", "crop", "noise", "bootstrap"])
@pytest.mark.parametrize("objective", ["bingo", "consistency"])
@pytest.mark.parametrize(("hidden", "parallel"), [(True, np.inf), (False, np.inf), (False, 1)])
def test_chunks_of_epochs_make_no_difference(
    monkeypatch, objective, augmentation, hidden, parallel
):
    """The first epoch of a chunk computes all; frozen blocks are not computed again after it."""
    monkeypatch.setattr(learner_module, "PARALLEL", parallel)
    net, data = network(), sequences(lengths=LENGTHS if parallel == np.inf else MANY)
    lanes = SequenceBatch(net, batch_data(data), 2 if objective == "consistency" else 1)
    stage = Stage(objective=objective, augmentation=augmentation, rate=0.1)
    options = stage_options(stage, hidden)
    ends = []
    for chunks in ([6], [1, 2, 3]):
        learner, rng = new_optimiser_state(parameters(net)), np.random.default_rng(5)
        for n_epochs in chunks:
            train_epochs(learner, lanes, options, n_epochs, rng, GO)
        ends.append(learner.parameters.tobytes())
    assert ends[0] == ends[1]


def test_missing_weights_stay_zero():
    for switch in ("forget_gate", "peepholes"):
        net = network(**{switch: False})
        for optimiser in ("adam", "momentum"):
            got, _ = learn(net, parameters(net), 3, objective="bingo", optimiser=optimiser)
            assert (got[~net.exists] == 0).all()


def test_ends_where_numbers_are_not_finite():
    net = network(outputs=1, output_unit="linear")
    flat = parameters(net)
    flat[0] = np.nan
    with np.errstate(all="ignore"):
        got, history = learn(net, flat, 5, objective="neo")
    assert len(history) == 0
    np.testing.assert_array_equal(got, flat)


def test_a_set_flag_ends_before_the_next_epoch():
    net, data = network(), sequences()
    lanes, learner = SequenceBatch(net, batch_data(data)), new_optimiser_state(parameters(net))
    stop = np.ones(1, dtype=np.int64)
    rng = np.random.default_rng(0)
    history = train_epochs(learner, lanes, stage_options(Stage()), 5, rng, stop)
    assert history.shape == (0, len(HISTORY))
    np.testing.assert_array_equal(learner.parameters, parameters(net))


class Later:
    """A stop flag that is set after it was read so many times."""

    def __init__(self, reads):
        self.left = reads

    def __getitem__(self, place):
        self.left -= 1
        return self.left < 0


@pytest.mark.skipif(not config.DISABLE_JIT, reason="compiled code reads an array")
@pytest.mark.parametrize("parallel", [1, np.inf])
@pytest.mark.parametrize(("objective", "steps"), [("bingo", 3), ("neo", 61)])
def test_a_stop_at_any_moment_leaves_whole_epochs(monkeypatch, objective, steps, parallel):
    monkeypatch.setattr(learner_module, "PARALLEL", parallel)
    net = network(outputs=2, output_unit="linear" if objective == "neo" else "logistic")
    data = batch_data(sequences(lengths=(2,) * 30))
    options = stage_options(Stage(objective=objective))

    def after(n_epochs, stop):
        lanes, learner = SequenceBatch(net, data, stop=stop), new_optimiser_state(parameters(net))
        rng = np.random.default_rng(0)
        return len(train_epochs(learner, lanes, options, n_epochs, rng, stop)), learner.parameters

    whole = [after(n, GO)[1] for n in range(3)]
    stops = []
    while not stops or stops[-1].left < 0:
        stops.append(Later(steps * len(stops)))
        done, got = after(2, stops[-1])
        np.testing.assert_array_equal(got, whole[done])
    assert len(stops) > 5


def test_identical_copies_share_all_the_information_of_their_codes():
    net, data = network(), sequences()
    flat = parameters(net)
    stage = Stage(augmentation="noise", noise=0.0)
    lanes = SequenceBatch(net, batch_data(data), 2)
    got = lanes.information(flat, stage, 2, np.random.default_rng(0))
    u = naive_nets(net, flat, data)
    assert got == pytest.approx(naive.shared_information(naive.joint_codes(u, u)), abs=1e-12)


def test_copies_are_evaluated_by_sequence():
    net, data = network(), sequences()
    flat = parameters(net)
    lanes = SequenceBatch(net, batch_data(data), 2)
    stage = Stage(augmentation="crop", crop=(1.0, 1.0))
    nets, _ = lanes.evaluate_copies(flat, stage, np.random.default_rng(0))
    np.testing.assert_allclose(nets, naive_nets(net, flat, data).repeat(2, axis=0), atol=1e-12)


def trained(compute, epochs=4, **stage):
    net = network()
    rng = np.random.default_rng(3)
    data = batch_data(from_arrays([rng.standard_normal((n, 2)) for n in MANY]))
    stage = Stage(**({"objective": "bingo", "rate": 0.05} | stage))
    copies = 2 if stage.objective == "consistency" else 1
    lanes, learner = SequenceBatch(net, data, copies, compute), new_optimiser_state(parameters(net))
    rows = train_epochs(learner, lanes, stage_options(stage), epochs, np.random.default_rng(0), GO)
    return learner.parameters, rows, lanes


@pytest.fixture
def in_parts(monkeypatch):
    """Small networks too share their sequences out."""
    monkeypatch.setattr(learner_module, "PARALLEL", 1)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("objective", ["bingo", "consistency"])
def test_segments_change_no_bit(objective, precision):
    how = {"objective": objective, "augmentation": "crop"}
    whole, rows, lanes = trained(ComputeOptions(precision, 0), **how)
    assert lanes.stack.first.trace.starts.shape[1] == 0
    for steps in (1, 16):
        got, more, lanes = trained(ComputeOptions(precision, steps), **how)
        assert lanes.stack.first.trace.starts.shape[1] > 1
        np.testing.assert_array_equal(got, whole)
        np.testing.assert_array_equal(more, rows)


def test_segments_are_chosen_where_the_trace_is_large(monkeypatch):
    monkeypatch.setattr(compute_module, "MEMORY", 10_000)
    monkeypatch.setattr(compute_module, "SEGMENT", 10_000)
    got, _, lanes = trained(ComputeOptions())
    assert lanes.stack.first.trace.starts.shape[1] > 1
    np.testing.assert_array_equal(got, trained(ComputeOptions(checkpoint_states=0))[0])


@pytest.mark.parametrize(
    ("total", "cores", "kept"),
    [
        (64 << 30, 16, 1 << 30),
        (64 << 30, 2, 1536 << 20),
        (4 << 30, 8, 512 << 20),
        (None, 2, 512 << 20),  # a system that does not tell
    ],
)
def test_traces_take_no_more_than_their_share_of_the_memory(monkeypatch, total, cores, kept):
    def sysconf(name):
        if total is None:
            raise ValueError(name)
        return {"SC_PHYS_PAGES": total >> 12, "SC_PAGE_SIZE": 1 << 12}[name]

    monkeypatch.setattr(compute_module.os, "sysconf", sysconf)
    monkeypatch.setattr(compute_module.os, "cpu_count", lambda: cores)
    assert compute_module.memory_of_trace() == kept


@pytest.mark.parametrize("parallel", [np.inf, 1])
def test_lanes_are_laid_again_only_where_they_hold_something_else(monkeypatch, parallel):
    monkeypatch.setattr(learner_module, "PARALLEL", parallel)
    net, data = network(), batch_data(sequences(lengths=MANY))
    lanes, noisy = SequenceBatch(net, data), Stage(augmentation="noise")
    flat = np.random.default_rng(1).uniform(-0.5, 0.5, net.size)
    wanted, _ = lanes.evaluate(flat)
    assert lanes.laid
    lanes.batch.inputs[:, :, 0] += 1.0  # seen only if they are not laid again
    other, _ = lanes.evaluate(flat)
    assert np.abs(other - wanted).max() > 0.0
    lanes.evaluate_copies(flat, noisy, np.random.default_rng(2))
    assert not lanes.laid
    np.testing.assert_array_equal(lanes.evaluate(flat)[0], wanted)
    options, stopped = stage_options(Stage(augmentation="none")), np.ones(1, dtype=np.int64)
    for already in (False, True):
        lanes.laid = already
        rng = np.random.default_rng(0)
        train_epochs(new_optimiser_state(flat), lanes, options, 2, rng, stopped)
        assert not lanes.laid or lanes.divided


def test_threads_change_no_bit_of_samples(in_parts):
    how = {"objective": "neo", "sample": (20, 30)}
    one, rows, lanes = trained(ComputeOptions(), **how)
    assert len(lanes.parts) > 1
    got, more, _ = trained(ComputeOptions(threads=2), **how)
    np.testing.assert_array_equal(got, one)
    np.testing.assert_array_equal(more, rows)


@pytest.mark.parametrize("steps", [0, 8])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_threads_change_no_bit(in_parts, precision, steps):
    how = {"augmentation": "noise"}
    one, rows, lanes = trained(ComputeOptions(precision, steps), **how)
    assert len(lanes.parts) > 1
    for threads in (2, 3):
        got, more, _ = trained(ComputeOptions(precision, steps, threads), **how)
        np.testing.assert_array_equal(got, one)
        np.testing.assert_array_equal(more, rows)


def test_parts_add_up_to_the_whole(in_parts, monkeypatch):
    shared, rows, _ = trained(ComputeOptions())
    monkeypatch.setattr(learner_module, "PARALLEL", np.inf)
    alone, more, lanes = trained(ComputeOptions())
    assert len(lanes.parts) == 1
    np.testing.assert_allclose(shared, alone, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(rows, more, rtol=1e-11, equal_nan=True)


@pytest.mark.parametrize(("times", "n_parts"), [(0.9, 1), (1, 16), (15, 16), (23, 23), (99, 40)])
def test_more_work_makes_more_parts(monkeypatch, times, n_parts):
    data, net, compute = (
        batch_data(from_arrays([np.ones(3)] * 24 * 40)),
        network(),
        ComputeOptions(),
    )
    products = learner_module.products_of(net, data, 1, compute)
    monkeypatch.setattr(learner_module, "PARALLEL", int(products / times))
    parts = learner_module.parts_of(net, data, 1, compute)
    assert len(parts) == n_parts
    assert (parts[0][0], parts[-1][1]) == (0, 40)
    monkeypatch.setattr(learner_module, "MOST_PARTS", 20)
    assert len(learner_module.parts_of(net, data, 1, compute)) == min(n_parts, 20)


def test_parts_end_as_the_whole_does(in_parts):
    net = network()
    data = batch_data(from_arrays([np.ones((n, 2)) for n in MANY]))
    flat = parameters(net)
    flat[0] = np.nan
    for begun in (GO, np.ones(1, dtype=np.int64)):
        learner = new_optimiser_state(flat)
        with np.errstate(all="ignore"):
            rows = train_epochs(
                learner,
                SequenceBatch(net, data),
                stage_options(Stage()),
                3,
                np.random.default_rng(0),
                begun,
            )
        assert len(rows) == 0
        np.testing.assert_array_equal(learner.parameters, flat)


@pytest.mark.parametrize("objective", ["bingo", "consistency"])
def test_single_precision_learns_much_the_same(objective):
    double, rows, _ = trained(ComputeOptions(), objective=objective)
    single, more, _ = trained(ComputeOptions("single"), objective=objective)
    np.testing.assert_allclose(single, double, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(more[:, 0], rows[:, 0], rtol=1e-4, atol=1e-5)
    assert (single != double).any()


def test_copies_in_single_precision_are_the_sequences():
    net, data = network(), sequences()
    lanes = SequenceBatch(net, batch_data(data), 2, ComputeOptions("single"))
    drawn = lanes.copies_of(Stage(augmentation="none"), np.random.default_rng(0))
    for copy in drawn:
        for mine, theirs in zip(copy, data, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6)
