"""HTML fragments: all text is escaped here, and nothing is fetched from the network."""

from __future__ import annotations

import base64
import io
from html import escape

from matplotlib import rc_context
from matplotlib.figure import Figure

from lstmtool.report.run.tables import Table

SHORT = 40  # characters of cells that are kept on one line
PIXELS = 150  # per inch, for rasterised parts


def element(name: str, text: str, css_class: str = "") -> str:
    """Return an element containing escaped text."""
    attribute = f' class="{css_class}"' if css_class else ""
    return f"<{name}{attribute}>{escape(text)}</{name}>"


def section(title: str, *parts: str) -> str:
    """Return a section of HTML parts under a heading, or "" without parts."""
    content = [part for part in parts if part]
    if not content:
        return ""
    return "\n".join(["<section>", element("h2", title), *content, "</section>"])


def table(content: Table, caption: str, marked_as: str = "chosen") -> str:
    """Return a table whose first column names the rows; `caption` is for screen readers."""
    short = all(len(cell) <= SHORT for _, *cells in content.rows for cell in cells)
    css = ' class="figures"' if short else ""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in content.headings)
    rows = []
    for number, (name, *cells) in enumerate(content.rows):
        chosen = number == content.marked
        start = '<tr class="marked">' if chosen else "<tr>"
        label = f"{name} – {marked_as}" if chosen else name
        data = "".join(element("td", cell) for cell in cells)
        rows.append(f'{start}<th scope="row">{escape(label)}</th>{data}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table{css}><thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table></div>"
    )


def picture(figure: Figure | None, alt: str, caption: str = "") -> str:
    """Return a figure embedded as SVG in a data URI."""
    if figure is None:
        return ""
    data = base64.b64encode(svg(figure)).decode()
    image = f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}{element('figcaption', caption) if caption else ''}</figure>"


def svg(figure: Figure) -> bytes:
    """Return the figure as SVG; equal figures give equal bytes."""
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "lstmtool", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", dpi=PIXELS, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def items(sentences: list[str]) -> str:
    """Return sentences as an unordered list."""
    return "<ul>" + "".join(element("li", s) for s in sentences) + "</ul>"


def details(summary: str, content: str, is_open: bool = False) -> str:
    """Return HTML under a summary, collapsed unless `is_open`."""
    return f"<details{' open' * is_open}>{element('summary', summary)}{content}</details>"
