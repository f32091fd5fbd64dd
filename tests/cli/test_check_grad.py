import json

import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.network import stack
from lstmtool.training import gradient_check as gradients


def check_grad(*arguments):
    return CliRunner().invoke(cli, ["check-grad", *map(str, arguments)])


QUICK = ("--blocks", "2,1", "--lengths", "4,3,1")


@pytest.mark.parametrize(
    "flags",
    [
        (),
        QUICK,
        (*QUICK, "--no-peepholes"),
        (*QUICK, "--no-forget-gate"),
        (*QUICK, "--g", "identity", "--h", "tanh", "--inputs", 3, "--seed", 5),
    ],
    ids=lambda flags: " ".join(map(str, flags)) or "default",
)
def test_passes(flags):
    result = check_grad(*flags)
    assert result.exit_code == 0, result.output
    assert "All gradients agree." in result.output


def test_names_every_part():
    output = check_grad(*QUICK).output
    for name in ("input_gate", "forget_gate_peephole", "cell_input", "output_unit"):
        assert name in output
    assert "WRONG" not in output


def test_json():
    document = json.loads(check_grad(*QUICK, "--json").output)
    assert document["passed"] is True
    parts = document["parts"]
    assert parts["cell_input"]["size"] == 3 * (2 + 3 + 1)
    for part in parts.values():
        assert 0 <= part["exact_error"] <= 1e-7
        assert 0 <= part["truncated_error"] <= 1e-11
        assert -1 <= part["cosine"] <= 1 + 1e-12
    assert (
        "forget_gate"
        not in json.loads(check_grad(*QUICK, "--no-forget-gate", "--json").output)["parts"]
    )


@pytest.mark.parametrize("exact", [True, False])
def test_a_wrong_gradient_exits_with_1(monkeypatch, exact):
    right = stack.call

    def wrong(called, buffers, *arguments):
        right(called, buffers, *arguments)
        if len(arguments) > 4 and buffers.layer.exact == exact:  # in the backward pass
            arguments[-1].hidden[0, 0] += 1e-3

    monkeypatch.setattr(stack, "call", wrong)
    result = check_grad(*QUICK)
    assert result.exit_code == 1
    assert "WRONG" in result.output
    assert "Gradients disagree." in result.output
    document = json.loads(check_grad(*QUICK, "--json").output)
    assert document["passed"] is False
    assert [n for n, part in document["parts"].items() if not part["passed"]] == ["input_gate"]


def test_nan_is_a_mismatch(monkeypatch):
    monkeypatch.setattr(gradients.Case, "partials", lambda case: np.full(case.network.size, np.nan))
    assert check_grad(*QUICK).exit_code == 1


@pytest.mark.parametrize("lengths", ["", "a", "3,0", "3,-1", "3;4"])
def test_bad_lengths(lengths):
    result = check_grad("--lengths", lengths)
    assert "is not a list of steps" in str(result.exception)
    assert result.exception.exit_code == 2
