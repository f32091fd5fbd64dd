import numpy as np

from lstmtool.data.mixtures import EXPANSION, Mixture


def test_a_mixture_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 7, 2))
    mixture = Mixture.draw(7, rng)
    found = mixture.of(points)
    mean = points[0].mean(axis=0)
    for n, (a, b, share, copied) in enumerate(zip(*mixture, strict=True)):
        assert copied in (a, b)
        own = share * points[0, a] + (1 - share) * points[0, b]
        own = mean + EXPANSION * (own - mean)
        np.testing.assert_allclose(found[0, n], own)
        for copy in (1, 2):
            apart = points[copy, copied] - points[0, copied]
            np.testing.assert_allclose(found[copy, n], own + apart)


def test_mean_and_covariance_are_kept():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(1, 20000, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + [3.0, -1.0]
    found = Mixture.draw(20000, rng).of(points)[0]
    np.testing.assert_allclose(found.mean(axis=0), points[0].mean(axis=0), atol=0.05)
    np.testing.assert_allclose(np.cov(found.T), np.cov(points[0].T), atol=0.1)


def test_what_was_apart_is_connected():
    rng = np.random.default_rng(2)
    groups = np.where(np.arange(400) % 2, 1.0, -1.0) + rng.normal(0, 0.01, 400)
    found = Mixture.draw(400, rng).of(groups[None, :, None])[0, :, 0]
    between = np.abs(found) < 0.8
    assert 100 < between.sum() < 200  # a third, since half of the pairs are of two groups
    assert np.diff(np.sort(found[between])).max() < 0.1


def test_several_networks_see_the_same_mixture():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(2, 9, 3))
    matrix = rng.normal(size=(3, 5))
    mixture = Mixture.draw(9, rng)
    np.testing.assert_allclose(mixture.of(points @ matrix), mixture.of(points) @ matrix)
