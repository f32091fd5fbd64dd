"""Framewise phonemes: an epoch of a bidirectional LSTM here and in PyTorch, in the same run.

Both learn all training sentences once, in batches of 64 pieces of 100 frames, in single precision
with two threads: forward pass, softmax and cross-entropy at every frame, gradient, Adam. Both
networks have the same inputs, outputs and cells; PyTorch's has no peepholes and two biases for each
gate. It is given pieces of unequal length packed, and padded with zeros, which is faster but gives
the backward net a false start; the ratio is to the faster way. Epochs alternate. On a busy machine,
PyTorch's threads wait for each other in loops: `--threads 1` is fairer there. The frames are made
up, as many and as long as those of festvox-ru, since their values do not matter; `python -m
benchmarks.frames FILE` takes those of a file that `lstmtool gen-data phonemes` made.

    python -m venv .venv-bench
    .venv-bench/bin/pip install --editable . -r benchmarks/requirements.txt
    .venv-bench/bin/python -m benchmarks.frames
"""

import argparse
import statistics
import time

import numpy as np

THREADS, BATCH, PIECE, CELLS, ROUNDS = 2, 64, 100, 96, 3
SENTENCES, FRAMES, FEATURES, CLASSES = 620, 961, 26, 27


def made_up():
    """Sentences of noise, as many and about as long as those of festvox-ru."""
    from lstmtool.data.phonemes import LabelledFrames, default_parts
    from lstmtool.data.sequences import Sequences

    rng = np.random.default_rng(0)
    lengths = rng.integers(FRAMES // 2, 3 * FRAMES // 2, SENTENCES)
    values = rng.standard_normal((lengths.sum(), FEATURES))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    classes = rng.integers(CLASSES, size=lengths.sum())
    names = tuple(f"c{k}" for k in range(CLASSES))
    return LabelledFrames(Sequences(values, offsets), classes, names, default_parts(SENTENCES))


def batches(frames, seed):
    """The pieces of one epoch, in batches; both are given the same."""
    from lstmtool.supervised.tasks import make

    task = make("phonemes").of(frames)
    return list(task.pieces(np.random.default_rng(seed), PIECE, BATCH))


def ours(n_inputs, n_outputs, threads):
    """Return a function that learns an epoch, and the number of weights."""
    from dataclasses import replace

    from lstmtool.supervised.phoneme_systems import PHONEME_SYSTEMS
    from lstmtool.supervised.rules.lstm_batch import LstmBatch

    system = PHONEME_SYSTEMS["phonemes-blstm"]
    topology = replace(system.topology, n_inputs=n_inputs, n_outputs=n_outputs)
    settings = replace(system.settings, batch=BATCH, threads=threads)
    rule = LstmBatch(topology, settings, np.random.default_rng(0))

    def epoch(given):
        for strings in given:
            rule.learn(strings, np.zeros_like(strings.targets))

    return epoch, rule.n_weights


def pytorch(n_inputs, n_outputs, threads, padded):
    """Return the same of PyTorch's network."""
    import torch
    from torch.nn.utils.rnn import pack_sequence, pad_sequence

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(n_inputs, CELLS, bidirectional=True)
    output = torch.nn.Linear(2 * CELLS, n_outputs)
    weights = [*lstm.parameters(), *output.parameters()]
    optimiser = torch.optim.Adam(weights, lr=0.01)
    error = torch.nn.functional.cross_entropy

    def loss_of(pieces, classes):
        if padded:
            nets = output(lstm(pad_sequence(pieces))[0])
            wanted = pad_sequence(classes, padding_value=-100)  # which is not scored
            return error(nets.flatten(0, 1), wanted.flatten())
        nets = output(lstm(pack_sequence(pieces))[0].data)
        return error(nets, pack_sequence(classes).data)

    def epoch(given):
        for strings in given:
            sizes = np.diff(strings.starts).tolist()
            inputs = torch.tensor(strings.inputs, dtype=torch.float32)
            classes = torch.tensor(strings.targets.argmax(axis=1))
            loss = loss_of(inputs.split(sizes), classes.split(sizes))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()

    return epoch, sum(w.numel() for w in weights)


def compare(frames, rounds=ROUNDS, most=None, threads=THREADS):
    """Print seconds of an epoch, wall clock and processor, and both ratios; return the ratios.

    `most` is the number of batches of an epoch; all by default.
    """
    shape = frames.sentences.n_inputs, len(frames.class_names)
    given = batches(frames, 0)[:most]
    n_frames = sum(len(strings.inputs) for strings in given)
    ways = {
        "lstmtool": ours(*shape, threads),
        "PyTorch, packed": pytorch(*shape, threads, False),
        "PyTorch, padded": pytorch(*shape, threads, True),
    }
    spent = {name: ([], []) for name in ways}
    for epoch, _ in ways.values():
        epoch(given[:1])  # compiles, and allocates
    for _ in range(rounds):
        for name, (epoch, _) in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            epoch(given)
            spent[name][0].append(time.perf_counter() - wall)
            spent[name][1].append(time.process_time() - processor)
    print(f"An epoch of {n_frames:,} frames in {len(given)} batches, {threads} threads, float32:")
    medians = {}
    for name, (_, n_weights) in ways.items():
        medians[name] = [statistics.median(seconds) for seconds in spent[name]]
        walls = ", ".join(f"{seconds:.1f}" for seconds in spent[name][0])
        print(
            f"  {name}: {n_weights:,} weights, {medians[name][0]:.2f} s ({walls}), "
            f"{medians[name][1]:.2f} s of processor time"
        )
    own = medians.pop("lstmtool")
    best = [min(seconds) for seconds in zip(*medians.values(), strict=True)]
    ratios = [theirs / mine for mine, theirs in zip(own, best, strict=True)]
    print(f"  PyTorch takes {ratios[0]:.2f} times as long, {ratios[1]:.2f} of processor time")
    return ratios


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", help="made by `lstmtool gen-data phonemes`")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="epochs of each")
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--batches", type=int, help="of an epoch; all by default")
    given = parser.parse_args()
    if given.file is None:
        frames = made_up()
    else:
        from lstmtool.io.phonemes import read_phonemes

        frames = read_phonemes(given.file)
    compare(frames, given.rounds, given.batches, given.threads)


if __name__ == "__main__":
    main()
