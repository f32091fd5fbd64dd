"""What MkDocs does not do by itself: pages from outside `docs/`, the commands' options, equations.

Links between pages are those of the repository, so that they work on a forge too. A page of the
repository that lies outside `docs/` is shown under `repository/`.
"""

from __future__ import annotations

import posixpath
import re
from html import escape, unescape
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from lstmtool.cli.groups import GroupedCommand
from lstmtool.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[1]
OUTSIDE = (
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "benchmarks/REAL_SETS.md",
    "benchmarks/RESULTS.md",
    "benchmarks/RESULTS-AVX2.md",
    "benchmarks/SCALING.md",
    "benchmarks/real-sets-merged.svg",
    "benchmarks/real-sets-train-test.svg",
    "data/README.md",
    "data/PHONEMES.md",
)
FOLDER = "repository/"
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#|/)([^)#\s]+)(#[^)]*)?\)")
MATHS = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the repository that lie outside `docs/`."""
    for path in OUTSIDE:
        files.append(File.generated(config, FOLDER + path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links between files of the repository into links between pages; list the options."""
    here = page.file.src_uri
    if here.startswith(FOLDER):  # a search is for documentation
        page.meta["search"] = {"exclude": True}
    markdown = LINK.sub(lambda link: _link(link, here), markdown)
    return markdown.replace("<!-- commands -->", _commands())


def on_page_content(html: str, **_: Any) -> str:
    """Set equations as MathML, which browsers show without any program."""
    return MATHS.sub(_equation, html)


def _link(link: re.Match[str], here: str) -> str:
    image, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    inside = here.startswith(FOLDER)
    origin = here.removeprefix(FOLDER) if inside else f"docs/{here}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
    if path == "README.md":
        uri, anchor = "index.md", ""
    elif path.startswith("docs/"):
        uri = path.removeprefix("docs/")
    elif path in OUTSIDE:
        uri = FOLDER + path
    else:  # a file of the repository that is no page
        return f"{text}" if text.strip("`") in path else f"{text} (`{path}`)"
    return f"{image}[{text}]({posixpath.relpath(uri, posixpath.dirname(here))}{anchor})"


def _equation(found: re.Match[str]) -> str:
    text = re.sub(r"\\tag\{(\d)\}", r"\\qquad(\1)", unescape(found[2]))
    return convert(text, display="block" if found[1] == "div" else "inline")


def _commands() -> str:
    """Every command with its help text and its options, as Markdown."""
    group = click.Context(cli, info_name="lstmtool")
    return "\n\n".join(_command(group, name) for name in COMMANDS)


def _command(group: click.Context, name: str) -> str:
    command = cli.get_command(group, name)
    assert command is not None
    ctx = click.Context(command, info_name=name, parent=group)
    usage = " ".join(["lstmtool", name, *command.collect_usage_pieces(ctx)])
    parts = [f"## lstmtool {name}", f"```text\n{usage}\n```", _help(cleandoc(command.help or ""))]
    options = [one for one in command.get_params(ctx) if isinstance(one, click.Option)]
    for heading, names in _groups(command, options).items():
        shown = [one.get_help_record(ctx) for one in options if one.name in names]
        rows = [
            f"<tr><td>{_marked(f'`{a}`')}</td><td>{_marked(b)}</td></tr>"
            for a, b in filter(None, shown)
        ]
        if rows:
            head = f'<tr><th colspan="2">{heading}</th></tr>'
            parts.append("\n".join(['<table class="options">', head, *rows, "</table>"]))
    return "\n\n".join(parts)


def _groups(command: click.Command, options: list[click.Option]) -> dict[str, tuple[str, ...]]:
    every = tuple(str(one.name) for one in options)
    if not isinstance(command, GroupedCommand):
        return {"Options": every}
    named = {name for names in command.groups.values() for name in names}
    *_, last = command.groups
    rest = tuple(name for name in every if name not in named)
    return command.groups | {last: (*command.groups[last], *rest)}


def _help(text: str) -> str:
    """Return a help text as Markdown; its examples become code."""
    parts = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        if lines[0] != "\b":
            parts.append(f"<p>{_marked(paragraph)}</p>")
            continue
        title, *rest = (line.strip() for line in lines[1:])
        if title.endswith(":"):
            code = "\n".join(rest)
            parts.append(f"{title}\n\n```text\n{code.strip()}\n```")
        else:
            parts.append(f"<p>{_marked(' '.join([title, *rest]))}</p>")
    return "\n\n".join(parts)


def _marked(text: str) -> str:
    """Return a text of a command's help as HTML, with options and what is quoted as code."""
    html = " ".join(escape(text, quote=False).split())
    html = re.sub(r"`([^`]*)`", r"<code>\1</code>", html)
    return re.sub(r"(?<![\w>/-])(--[a-z][\w-]*)(?![^<]*</code>)", r"<code>\1</code>", html)
