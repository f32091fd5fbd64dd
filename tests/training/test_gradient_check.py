import numpy as np
import pytest

from lstmtool.config import NetworkSettings
from lstmtool.network import stack
from lstmtool.training.gradient_check import Case, check_gradients


def case(**settings):
    settings = NetworkSettings(**({"blocks": (2, 1)} | settings))
    return Case(settings, 2, (4, 3, 1), np.random.default_rng(0))


@pytest.mark.parametrize(
    "settings", [{}, {"peepholes": False}, {"forget_gate": False}, {"g": "4s-2", "h": "2s-1"}]
)
def test_all_parts_that_exist_pass(settings):
    made = case(**settings)
    checks = check_gradients(made)
    assert all(check.passed for check in checks)
    names = [name for name, _, _ in made.network.table]
    absent = [n for n in names if not made.network.named(made.network.exists)[n].any()]
    assert [check.name for check in checks] == [n for n in names if n not in absent]
    assert sum(check.size for check in checks) == made.network.exists.sum()


def test_output_units_are_the_same_exact_and_truncated():
    cosines = {check.name: check.cosine for check in check_gradients(case())}
    assert cosines["output_unit"] == pytest.approx(1.0)
    assert min(cosines.values()) < 0.999


def test_states_start_away_from_zero():
    made = case()
    assert (made.lanes.stack.first.trace.state[0, 0, :, :3] != 0).all()
    assert (made.lanes.stack.first.trace.sources[0, 0, 2:-1, :3] != 0).all()


@pytest.mark.parametrize("part", ["hidden", "peephole"])
@pytest.mark.parametrize("exact", [True, False])
def test_a_wrong_gradient_is_found(monkeypatch, part, exact):
    right = stack.call

    def wrong(kernel, buffers, *arguments):
        right(kernel, buffers, *arguments)
        backward = hasattr(arguments[-1], part)
        if backward and buffers.layer.exact == exact:
            getattr(arguments[-1], part)[0, 0] += 1e-4

    monkeypatch.setattr(stack, "call", wrong)
    checks = {check.name: check for check in check_gradients(case())}
    spoilt = checks["input_gate" if part == "hidden" else "input_gate_peephole"]
    assert not spoilt.passed
    assert (spoilt.exact_error > 1e-5) == exact
    assert (spoilt.truncated_error > 1e-5) == (not exact)
    assert all(check.passed for check in checks.values() if check is not spoilt)
