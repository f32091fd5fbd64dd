"""Stdout and stderr that accept any text, and whose failure does not abort a command."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

# Replacements for our own characters in encodings that lack them; others are escaped.
PLAIN = str.maketrans(
    {
        **dict.fromkeys("–—−‐‑─━╸╺", "-"),
        **dict.fromkeys("│┃║", "|"),
        **dict.fromkeys("·•", "."),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        **dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", " "),
        **{"…": "...", "×": "x", "½": "1/2", "σ": "sigma", "→": "->", "≤": "<=", "≥": ">="},
        **{"□": "?", "±": "+-", "²": "^2"},
    }
)


class Outlet(io.TextIOBase):
    r"""A text stream in front of another one.

    Characters that the encoding lacks are replaced, or escaped like \u03b1. The first error of the
    stream is kept as `failure`; later output is dropped.
    """

    encoding: str = "utf-8"
    errors: str | None = "strict"

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.escaped = stream, False
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.failure: OSError | None = None

    def write(self, text: str | bytes) -> int:
        """Write text; the first error is kept as `failure`, not raised.

        Click writes completions of the shell as bytes, but asks first with none of them whether the
        stream is one for bytes, as which it would put another in its place.
        """
        if isinstance(text, bytes):
            if not text:
                raise TypeError("This is a stream for text.")
            text = text.decode()
        fitting = self._fitting(text)
        self._try(lambda: self.stream.write(fitting))
        return len(text)

    def flush(self) -> None:
        """Flush the stream; the first error is kept as `failure`, not raised."""
        self._try(self.stream.flush)

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        with suppress(ValueError):  # it is closed
            return self.stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the file descriptor of the stream."""
        return self.stream.fileno()

    def writable(self) -> bool:
        """Return True: it is a stream for writing."""
        return True

    def _fitting(self, text: str) -> str:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(self._shown, text))
        return text

    def _shown(self, character: str) -> str:
        for shown in (character, character.translate(PLAIN)):
            with suppress(UnicodeEncodeError):
                shown.encode(self.encoding)
                return shown
        self.escaped = True
        return escaped(character, self.encoding)

    def _try(self, act: Callable[[], object]) -> None:
        if self.failure is None:
            try:
                act()
            except OSError as error:
                self.failure = error
            except ValueError:  # it is closed
                self.failure = OSError(errno.EPIPE, "closed")


def escaped(text: str, encoding: str) -> str:
    r"""Escape characters that an encoding lacks like \u03b1."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def echo_exactly(text: str) -> None:
    """Print data on stdout, without replacing characters."""
    out = sys.stdout
    if isinstance(out, Outlet):
        fitting = escaped(text, out.encoding)
        out.escaped |= fitting != text
        text = fitting
    click.echo(text, nl=False)


@contextmanager
def tolerant() -> Iterator[Outlet]:
    """Put an `Outlet` in front of stdout and stderr, and yield that of stdout.

    Descriptors closed at the start are opened to the null device, lest a file get their numbers.
    """
    if sys.stdout is None or sys.stderr is None:
        _fill_descriptors()
    before = sys.stdout, sys.stderr
    out, err = map(_outlet, before)
    sys.stdout, sys.stderr = out, err  # type: ignore[assignment]
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        if out.escaped:
            err.write(
                f"Stdout is {out.encoding}: characters that it lacks are escaped like \\u03b1. "
                "Set PYTHONIOENCODING=utf-8 to print them.\n"
            )
            err.flush()
        sys.stdout, sys.stderr = before
        _forget_unwritten(out)
        _forget_unwritten(err)


def _outlet(stream: TextIO | None) -> Outlet:
    if isinstance(stream, Outlet):
        return stream
    return Outlet(io.StringIO() if stream is None else stream)


def _fill_descriptors() -> None:
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _forget_unwritten(outlet: Outlet) -> None:
    """Drop the buffer of a failed stream, which Python would write again at exit."""
    if outlet.failure is not None:
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, outlet.fileno())
            os.close(nowhere)
