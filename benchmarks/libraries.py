"""One epoch in every library: forward, loss on the last outputs, exact gradient, plain step.

Every function returns a callable that trains for n epochs. PyTorch's own layer has no peepholes, an
easier task; it is timed with subnormal numbers flushed. Peers are imported where they are used.
"""

import numpy as np
from sizes import OUTPUTS, RATE, data, weights


def ours(size, dtype, threads):
    from lstmtool.config import NetworkSettings, Stage
    from lstmtool.data.sequences import from_arrays
    from lstmtool.network.compute import ComputeOptions
    from lstmtool.network.layout import Network
    from lstmtool.training.batch import (
        SequenceBatch,
        batch_data,
        new_optimiser_state,
        stage_options,
        train_epochs,
    )

    w, h = weights(size), size.cells
    network = Network(NetworkSettings(blocks=(1,) * h, outputs=OUTPUTS), size.inputs)
    flat = np.zeros(network.size)
    views = network.views(flat)
    order = np.concatenate([np.arange(h) + gate * h for gate in (0, 1, 3, 2)])  # i, f, o, z
    views.hidden[:] = np.hstack([w["W"], w["R"], w["b"][:, None]])[order]
    views.peephole[:] = w["p"]
    views.output[:] = np.hstack([w["V"], w["c"][:, None]])
    stage = Stage(
        objective="bingo", augmentation="none", precondition=False, clip=0.0, momentum=0.0,
        rate=RATE, output_rate=RATE,
    )  # fmt: skip
    compute = ComputeOptions("double" if dtype == "float64" else "single", threads=threads)
    lanes = SequenceBatch(network, batch_data(from_arrays(list(data(size)))), compute=compute)
    learner, options = new_optimiser_state(flat), stage_options(stage)
    rng, stop = np.random.default_rng(0), np.zeros(1, dtype=np.int64)
    return lambda n: train_epochs(learner, lanes, options, n, rng, stop)


def pytorch(size, dtype, threads, compiled=False):
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    kind = getattr(torch, dtype)
    x = torch.tensor(data(size).transpose(1, 0, 2).copy(), dtype=kind)
    layer = torch.nn.LSTM(size.inputs, size.cells).to(kind)
    output = torch.nn.Linear(size.cells, OUTPUTS).to(kind)
    optimiser = torch.optim.SGD([*layer.parameters(), *output.parameters()], lr=RATE)

    def loss_of(x):
        y = torch.sigmoid(output(layer(x)[0][-1]))
        return ((y - 0.3) ** 2).sum() / size.sequences

    if compiled:
        loss_of = torch.compile(loss_of)

    def epochs(n):
        for _ in range(n):
            optimiser.zero_grad(set_to_none=True)
            loss_of(x).backward()
            optimiser.step()

    return epochs


def pytorch_compiled(size, dtype, threads):
    return pytorch(size, dtype, threads, compiled=True)


def jax_scan(size, dtype, threads, together=1):
    """A scan over the steps, jitted; `together` epochs per call."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", dtype == "float64")
    x = jnp.asarray(data(size).transpose(1, 0, 2), dtype)
    state = {"w": {name: jnp.asarray(a, dtype) for name, a in weights(size).items()}}

    def loss(w):
        def step(carry, net):
            h, c = carry
            i, f, z, o = jnp.split(net + h @ w["R"].T, 4, axis=1)
            i, f = jax.nn.sigmoid(i + w["p"][0] * c), jax.nn.sigmoid(f + w["p"][1] * c)
            c = f * c + i * jnp.tanh(z)
            return (jax.nn.sigmoid(o + w["p"][2] * c) * jnp.tanh(c), c), None

        rest = jnp.zeros((size.sequences, size.cells), dtype)
        (h, _), _ = jax.lax.scan(step, (rest, rest), x @ w["W"].T + w["b"])
        y = jax.nn.sigmoid(h @ w["V"].T + w["c"])
        return ((y - 0.3) ** 2).sum() / size.sequences

    def epoch(w, _):
        return jax.tree.map(lambda a, g: a - RATE * g, w, jax.grad(loss)(w)), None

    call = jax.jit(lambda w: jax.lax.scan(epoch, w, None, length=together)[0])

    def epochs(n):
        for _ in range(n // together):
            state["w"] = call(state["w"])
        jax.block_until_ready(state["w"])

    epochs.together = together
    return epochs


def jax_many(size, dtype, threads):
    return jax_scan(size, dtype, threads, together=10)


LIBRARIES = {
    "lstmtool": ours,
    "PyTorch nn.LSTM": pytorch,
    "PyTorch nn.LSTM, compiled": pytorch_compiled,
    "JAX scan": jax_scan,
    "JAX scan, 10 epochs a call": jax_many,
}
