import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.experiments.convolutions import (
    N_KERNELS,
    Kernel,
    convolve,
    draw_kernels,
    random_convolutions,
)
from tests.builders import small_sequences


def naive_convolution(x, kernel):
    """One sequence (T, D), one sum per place, straight from the definition."""
    padded = np.vstack([np.zeros((kernel.padding, x.shape[1])), x,
                        np.zeros((kernel.padding, x.shape[1]))])  # fmt: skip
    out = []
    for t in range(len(padded)):
        if t + (len(kernel.weights) - 1) * kernel.dilation >= len(padded):
            break
        total = kernel.bias
        for j, weights in enumerate(kernel.weights):
            for w, d in zip(weights, kernel.inputs, strict=True):
                total += w * padded[t + j * kernel.dilation, d]
        out.append(total)
    return out


@pytest.mark.parametrize(("n_inputs", "n_steps"), [(1, 30), (3, 12), (2, 1)])
def test_convolutions_are_those_of_the_definition(n_inputs, n_steps):
    values = np.random.default_rng(0).normal(size=(2, n_steps, n_inputs))
    for kernel in draw_kernels(20, n_inputs, n_steps, seed=1):
        found = convolve(values, kernel)
        for x, mine in zip(values, found, strict=True):
            np.testing.assert_allclose(mine, naive_convolution(x, kernel), atol=1e-12)


def test_kernels_are_drawn_as_published():
    kernels = draw_kernels(2000, 4, 100, seed=0)
    lengths = [len(k.weights) for k in kernels]
    assert {n: round(lengths.count(n) / 2000, 1) for n in (7, 9, 11)} == {7: 0.3, 9: 0.3, 11: 0.3}
    assert all(abs(k.weights.sum(axis=0)).max() < 1e-12 for k in kernels)
    assert -1 < min(k.bias for k in kernels) < -0.9
    assert all((len(k.weights) - 1) * k.dilation < 100 for k in kernels)
    assert max(k.dilation for k in kernels) >= 10
    padded = np.mean([k.padding > 0 for k in kernels])
    assert 0.45 < padded < 0.55
    assert {len(k.inputs) for k in kernels} == {1, 2, 3, 4}
    assert all(len(set(k.inputs)) == len(k.inputs) for k in kernels)


def test_features_are_the_largest_value_and_the_share_of_positive_ones():
    data = small_sequences(5, n_inputs=2)
    features = random_convolutions(data, seed=3)
    assert features.shape == (5, 2 * N_KERNELS)
    scaled = [(s - data.values.mean(axis=0)) / data.values.std(axis=0) for s in data]
    kernel = draw_kernels(N_KERNELS, 2, int(data.lengths.min()), 3)[7]
    for n, s in enumerate(scaled):
        found = np.array(naive_convolution(s, kernel))
        assert features[n, 14] == pytest.approx(found.max())
        assert features[n, 15] == pytest.approx((found > 0).mean())


def test_scales_and_kernels_are_those_of_another_set():
    data, other = small_sequences(6), small_sequences(6, seed=1)
    both = from_arrays([*data, *other])
    np.testing.assert_allclose(
        random_convolutions(both, data)[:6], random_convolutions(data), atol=1e-12
    )
    assert np.abs(random_convolutions(both, data)[6:] - random_convolutions(other)).max() > 0.1


def test_a_sequence_shorter_than_a_kernel_is_padded():
    long = from_arrays([np.arange(50.0), np.arange(60.0)])
    features = random_convolutions(from_arrays([[1.0, 2.0]]), long)
    assert np.isfinite(features).all()
    whole = Kernel(np.ones((7, 1)), np.array([0]), 0.0, 1, 3)
    assert convolve(np.ones((1, 2, 1)), whole).tolist() == [[2.0, 2.0]]
