"""Values from 1e-300 to 1e300, constants, duplicates, denormals, few and short sequences.

Training gives finite numbers, or refuses with code 3 or 5 and says where; Parzen sums of points
1e6 apart agree with arithmetic of 50 digits.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter

import mpmath
import numpy as np
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lstmtool.clustering.assess import assess
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError, DivergedError, LstmtoolError
from lstmtool.kernels import parzen
from lstmtool.kernels.records import GO_ON
from lstmtool.training.train import train
from tests.training.test_train import small

ORDINARY = st.floats(-10, 10, allow_nan=False).map(lambda v: round(v, 3))
EXTREME = st.builds(
    lambda sign, digits, power: sign * digits * 10.0**power,
    st.sampled_from((-1, 1)),
    st.floats(1, 9.99),
    st.integers(-300, 299),
)
DENORMAL = st.sampled_from((0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308))
VALUES = st.one_of(ORDINARY, EXTREME, DENORMAL)
KINDS = (VALUES, ORDINARY, st.sampled_from((0.0, 1.0)), EXTREME, DENORMAL)


@st.composite
def data(draw):
    """Draw N of 2 to 6 sequences, T of 1 to 5 steps, D of 1 to 3 inputs; some are equal."""
    n, d, kind = draw(st.integers(2, 6)), draw(st.integers(1, 3)), draw(st.sampled_from(KINDS))
    scale = 10.0 ** draw(st.sampled_from((0, 0, 0, -300, -150, 100, 150, 290)))
    arrays = []
    for _ in range(n):
        if arrays and draw(st.booleans()):
            arrays.append(arrays[0].copy())
            continue
        t = draw(st.integers(1, 5))
        values = draw(st.lists(kind, min_size=t * d, max_size=t * d))
        with np.errstate(over="ignore", under="ignore"):
            arrays.append(np.clip(np.reshape(values, (t, d)) * scale, -1e300, 1e300))
    return from_arrays(arrays)


CHOICES = st.fixed_dictionaries(
    {
        "stages": st.sampled_from(
            (("bingo",), ("neo",), ("consistency",), ("consistency", "bingo"))
        ),
        "recipe": st.sampled_from(("stationary", "phase-locked", "literal")),
        "square": st.booleans(),
        "scaling": st.sampled_from(("none", "standardise", "whiten")),
        "normalise": st.booleans(),
    }
)


def outcome(sequences, choice) -> str:
    """Train; return `finite`, or the code of the refusal, which must say where it is wrong."""
    inputs = {name: choice[name] for name in ("square", "scaling", "normalise")}
    settings = small(
        *choice["stages"],
        recipe=choice["recipe"],
        epochs=12,
        restarts=1,
        inputs=inputs,
        network={"outputs": 1},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            run = train(sequences, settings)
        except (DataError, DivergedError) as error:
            told = str(error)
            assert len(told.splitlines()) <= 3, told
            anywhere = "sequences." in told or "same constant" in told
            where = re.search(r"sequence \d+.*step \d+", told)
            assert anywhere or where or "values of input" in told, told
            return str(error.exit_code)
        except LstmtoolError as error:
            raise AssertionError(repr(error)) from error
        for moment in ("before", "after", "untrained"):
            assert np.isfinite(getattr(run, moment).activations).all(), moment
        assert np.isfinite(run.parameters).all()
        assert np.isfinite(run.restarts["score"]).all()
        assess(run)
    return "finite"


def trials(n: int) -> Counter:
    """Try n data sets; return how often each way ended."""
    counts: Counter = Counter()

    @hypothesis_settings(
        max_examples=n,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data(), CHOICES)
    def one(sequences, choice):
        counts[outcome(sequences, choice)] += 1

    one()
    return counts


def parzen_exactly(y, sigma):
    """Mean log sum of kernels, moment, and slopes of the entropy, in arithmetic of 50 digits."""
    with mpmath.workdps(50):
        points, width = [mpmath.mpf(float(v)) for v in y], mpmath.mpf(float(sigma))
        n, value, moment = len(points), mpmath.mpf(0), mpmath.mpf(0)
        slopes = [mpmath.mpf(0)] * n
        for i, a in enumerate(points):
            kernels = [mpmath.exp(-((a - b) ** 2) / (2 * width**2)) for b in points]
            kernels[i] = mpmath.mpf(0)
            total = mpmath.fsum(kernels)
            value += mpmath.log(total) / n
            for j, b in enumerate(points):
                share = kernels[j] / total
                moment += share * (a - b) ** 2 / n
                force = share * (a - b) / (n * width**2)
                slopes[i] += force
                slopes[j] -= force
        return float(value), float(moment), np.array([float(s) for s in slopes])


def parzen_error(n: int, sigma: float, far: float, seed: int = 0) -> float:
    """Return the largest relative difference of the kernels from exact arithmetic.

    Half the points lie around 0, the others around `far`, and one alone between.
    """
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 1, n)
    y[n // 2 :] += far
    y[-1] = 0.3 * far
    slopes = np.zeros((1, n))
    points = y[None].copy()
    found = parzen.sums(points, sigma, slopes, GO_ON, 0, parzen.fast_of(points))
    value, moment, exact = parzen_exactly(y, sigma)
    pairs = ((found[0], value), (found[1], moment))
    errors = [abs(a - b) / max(abs(b), 1e-300) for a, b in pairs]
    return max(*errors, float(np.abs(slopes[0] - exact).max() / np.abs(exact).max()))


if __name__ == "__main__":
    from tests.soak.running import count

    for n, sigma in ((6, 1.0), (6, 0.01), (40, 0.3), (200, 0.1), (200, 1e5)):
        print(f"Parzen, {n} points, sigma {sigma:g}, 1e6 apart: {parzen_error(n, sigma, 1e6):.1e}")
    print("data sets:", dict(trials(count(10_000))))
