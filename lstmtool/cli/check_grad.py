"""`lstmtool check-grad`: compare the gradients of a random network with their definitions."""

from __future__ import annotations

import click

from lstmtool.cli.options import json_option, seed_option
from lstmtool.cli.topology import network_options, stack_options
from lstmtool.jobs.interruption import say_compiling
from lstmtool.jobs.screen import console
from lstmtool.jobs.settings import network_settings

MOST_STEPS = 1_000_000


@click.command("check-grad")
@network_options(blocks="2,1,3", g="4s-2", h="2s-1")
@stack_options
@click.option(
    "--inputs", type=click.IntRange(1, 1000), default=2, show_default=True, help="Inputs per step."
)
@click.option(
    "--lengths",
    default="12,9,9,5,1",
    show_default=True,
    help="Sequence lengths, separated by commas.",
)
@seed_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, inputs: int, lengths: str, seed: int, as_json: bool, **topology: object
) -> None:
    """Compare the gradients of a random network with their definitions.

    Exact gradients (backpropagation through time) are compared with central differences, truncated
    ones with the forward-mode partial derivatives of the LSTM tutorial's pseudo-code. Exits with 1
    on a mismatch.

    \b
    Examples:
      lstmtool check-grad
      lstmtool check-grad --blocks 4x2 --no-peepholes
      lstmtool check-grad --blocks 2x1 --above 1x2 --directions both --readout mean,max
      lstmtool check-grad --blocks 2x1 --lengths 100,80 --json
    """  # noqa: D301
    import numpy as np

    from lstmtool.errors import UsageError
    from lstmtool.training.gradient_check import Case, check_gradients

    try:
        steps = tuple(int(part) for part in lengths.split(","))
    except ValueError:
        steps = ()
    if not steps or min(steps) < 1:
        raise UsageError(f"--lengths: {lengths!r:.60} is not a list of steps, e.g. 12,9,5.")
    if sum(steps) > MOST_STEPS:
        raise UsageError(f"--lengths: at most {MOST_STEPS:,} steps in total can be checked.")
    case = Case(network_settings(topology), inputs, steps, np.random.default_rng(seed))
    say_compiling()
    checks = check_gradients(case)
    passed = all(check.passed for check in checks)
    _show_json(checks, passed) if as_json else _show(checks, passed)
    ctx.exit(0 if passed else 1)


def _show_json(checks: list, passed: bool) -> None:
    import json
    from math import isnan

    parts = {
        c.name: {
            "size": c.size,
            "exact_error": c.exact_error,
            "truncated_error": c.truncated_error,
            "cosine": None if isnan(c.cosine) else c.cosine,
            "passed": c.passed,
        }
        for c in checks
    }
    click.echo(json.dumps({"passed": passed, "parts": parts}, indent=2))


def _show(checks: list, passed: bool) -> None:
    from rich.table import Table

    table = Table(title="Largest error relative to max(1, |gradient|)", title_justify="left")
    table.add_column("parameters", no_wrap=True)
    table.add_column("number", justify="right")
    table.add_column("exact v.\ndifferences", justify="right")
    table.add_column("truncated\nv. partials", justify="right")
    table.add_column("cosine\nexact, trunc.", justify="right")
    table.add_column("")
    for c in checks:
        errors = [f"{c.exact_error:.1e}", f"{c.truncated_error:.1e}", f"{c.cosine:.4f}"]
        table.add_row(c.name, str(c.size), *errors, "ok" if c.passed else "WRONG")
    console().print(table)
    click.echo("All gradients agree." if passed else "Gradients disagree.")
