"""The command `lstmtool`: dispatches subcommands, turns errors into messages and exit codes."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import current_thread, main_thread
from typing import Any

import click

from lstmtool import __version__
from lstmtool.cli.loudness import with_loudness
from lstmtool.cli.stdio import tolerant

COMMANDS = {
    "gen-data": "lstmtool.cli.gen_data",
    "example": "lstmtool.cli.example",
    "train": "lstmtool.cli.train",
    "learn": "lstmtool.cli.learn",
    "compose": "lstmtool.cli.compose",
    "convert": "lstmtool.cli.convert",
    "report": "lstmtool.cli.report",
    "assign": "lstmtool.cli.assign",
    "sweep": "lstmtool.cli.sweep",
    "reproduce": "lstmtool.cli.reproduce",
    "info": "lstmtool.cli.info",
    "check-grad": "lstmtool.cli.check_grad",
    "warm-up": "lstmtool.cli.warm_up",
}


class LazyGroup(click.Group):
    """A group that imports its commands on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return with_loudness(import_module(COMMANDS[name]).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from lstmtool.text import did_you_mean

            ctx.fail(f"There is no command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        ctx.meta["lstmtool.words"] = list(args)  # a command that is interrupted names them
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Errors end with: 2 usage, 3 bad data, 4 files or cluster, 5 diverged, 6 locked, "
    "130 interrupted.",
)
@click.version_option(__version__, prog_name="lstmtool")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Find structure in sequences without labels, by LSTM trained with BINGO or NEO.

    \b
    Examples, in this order, in an empty folder:
      lstmtool gen-data
      lstmtool train --objective bingo
      lstmtool report
    """  # noqa: D301
    ctx.obj = {"debug": debug}


with_loudness(cli)


def main(args: list[str] | None = None) -> Any:
    """Run the command line and exit with its exit code."""
    arguments = sys.argv[1:] if args is None else args
    with tolerant() as stdout:
        try:
            code = _run(arguments, debug="--debug" in arguments)
            stdout.flush()
            if stdout.failure is not None:
                code = code or _unprinted(stdout.failure)
        except KeyboardInterrupt:  # while a message was printed
            code = 130
    sys.exit(code)


def _run(arguments: list[str], debug: bool) -> int:
    """Run a command, print its error, if any, and return the exit code."""
    try:
        from lstmtool.jobs.interruption import ending_in_time

        with _terminable(), ending_in_time(_say_the_end):
            return int(cli.main(args=arguments, standalone_mode=False) or 0)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except _Terminated:
        return _say_the_end(signal.SIGTERM)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _say_the_end(signal.SIGINT)
    except click.ClickException as error:
        if debug:
            raise
        return _fail(*_lines(error), code=error.exit_code)
    except BrokenPipeError:
        return 141
    except Exception as error:
        from lstmtool.cli.failures import told

        if debug:
            raise
        lines, code = told(error)
        return _fail(*lines, code=code)


def _say_the_end(by: signal.Signals) -> int:
    if by == signal.SIGTERM:
        return _fail("Terminated.", code=143)
    return _fail("Interrupted.", code=130)


def _unprinted(error: OSError) -> int:
    """Report that stdout failed, unless its reader, such as `head -1`, had enough."""
    if error.errno == errno.EPIPE:
        return 141
    return _fail(
        "Cannot write to stdout.",
        error.strerror or str(error),
        "Free some space, or print elsewhere; files that the command writes are complete.",
        code=4,
    )


class _Terminated(BaseException):
    """SIGTERM, handled like Ctrl-C."""


@contextmanager
def _terminable() -> Iterator[None]:
    def handle(number: int, frame: Any) -> None:
        raise _Terminated

    catches = current_thread() is main_thread()
    before = signal.signal(signal.SIGTERM, handle) if catches else None
    try:
        yield
    finally:
        if catches:
            signal.signal(signal.SIGTERM, before)


def _lines(error: click.ClickException) -> list[str]:
    command = getattr(error, "ctx", None)
    path = command.command_path if command else "lstmtool"
    return [error.format_message(), f"See `{path} --help`."]


def _fail(*lines: str, code: int) -> int:
    from lstmtool.text import clean_text  # names of files and groups may contain anything

    text = "\n".join(filter(None, lines))
    first, *others = [clean_text(line).strip() for line in text.split("\n") if line.strip()]
    click.echo("\n".join([f"Error: {first}", *(f"  {line}" for line in others)][:3]), err=True)
    return code


if __name__ == "__main__":
    main()
