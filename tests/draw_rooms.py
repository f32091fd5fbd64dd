"""Draw the folders of lstmtool and who imports whom, from the imports themselves.

python -m tests.draw_rooms            print the picture
python -m tests.draw_rooms --write    put it into ARCHITECTURE.md
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lstmtool"
PAGE = ROOT / "ARCHITECTURE.md"
SMALL = {"__init__", "errors", "names", "option_texts", "run", "text", "validation_messages"}
"""Modules that everybody imports; arrows to them would hide the others."""


def room_of(parts: tuple[str, ...]) -> str:
    """Folder of a module below the package, or the module itself where it lies at the top."""
    return parts[0] if len(parts) > 1 or (PACKAGE / parts[0]).is_dir() else f"{parts[0]}.py"


def imported(tree: ast.AST) -> set[str]:
    """Rooms that a module imports, at once or later."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        for name in names:
            top, *parts = name.split(".")
            if top == "lstmtool" and parts:
                found.add(parts[0] if (PACKAGE / parts[0]).is_dir() else f"{parts[0]}.py")
    return found


def arrows() -> dict[str, set[str]]:
    """Return the rooms that every room imports."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in SMALL:
            found.setdefault(room_of(parts), set()).update(imported(ast.parse(path.read_text())))
    small = {f"{name}.py" for name in SMALL}
    return {room: (others & set(found)) - small - {room} for room, others in found.items()}


def picture() -> str:
    """Return a line per room, the highest first: a room imports only from lines below its own."""
    edges = arrows()

    @cache
    def level(room: str) -> int:
        return 1 + max((level(other) for other in edges[room]), default=0)

    lines = []
    for room in sorted(edges, key=lambda r: (-level(r), r)):
        below = sorted(edges[room], key=lambda r: (-level(r), r))
        name = room if room.endswith(".py") else f"{room}/"
        lines.append(f"{level(room):>3}  {name:<15} {', '.join(below)}".rstrip())
    return "\n".join(lines)


def with_picture(page: str) -> str:
    """Return a page with the picture between its marks."""
    block = f"<!-- rooms -->\n```text\n{picture()}\n```\n<!-- /rooms -->"
    return re.sub(r"<!-- rooms -->.*<!-- /rooms -->", lambda _: block, page, flags=re.DOTALL)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(with_picture(PAGE.read_text()))
    else:
        print(picture())
