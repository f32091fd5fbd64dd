"""The wall between the rooms: who may import whom, read from the source without running it."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lstmtool"
RECORDS = {
    *("errors", "complaints", "config", "names", "sequences", "preprocessing", "run", "records"),
    *("scores", "confidence", "sounds", "text", "activity", "trained"),
    "",  # the package itself, which has but its version
}
# Rooms of lstmtool that a room may import, besides itself.
MAY_IMPORT = {
    **dict.fromkeys(RECORDS, RECORDS),
    "": RECORDS | {"conversion", "estimators"},  # named at the top, imported when asked for
    "__main__": {"cli"},
    "kernels": {"records"},
    "network": RECORDS | {"kernels"},
    "objectives": RECORDS | {"kernels", "network"},
    "conversion": RECORDS,
    "datasets": RECORDS,
    "io": RECORDS,
    "report": RECORDS,
}
# Rooms not listed compute: they see no file, no screen and no command. Commands see everything.
HIDDEN = {"io", "report", "cli"}
# Packages of others that only some rooms may import.
ONLY_IN = {
    "numba": {"kernels"},
    "platformdirs": {"kernels"},
    "click": {"cli"},
    "h5py": {"io"},
    "soundfile": {"io"},
    "rich": {"cli", "report"},
    "matplotlib": {"report"},
    "dask": {"cluster", "pieces", "sharding"},
    "distributed": {"cluster", "pieces", "sharding"},
    "optuna": {"searching"},
}
KERNELS_USE = {"numpy", "numba", "llvmlite", "platformdirs"}


def imports(source, package="lstmtool", *, only_at_once=False):
    """Full names of the modules that a source text imports, at once or later."""
    tree = ast.parse(source)
    nodes = list(_executed(tree)) if only_at_once else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _resolve(node, package)
            yield from (f"{base}.{name.name}" for name in node.names)


def _executed(node):
    """Statements that run when a module is imported: none in functions or for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _executed(child)


def _resolve(node, package):
    if not node.level:
        return node.module
    parts = package.split(".")[: len(package.split(".")) + 1 - node.level]
    return ".".join([*parts, *filter(None, [node.module])])


def room(name):
    """Room of a full module name: `io` of lstmtool.io.hdf5, nothing of the package itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and not parts[1].startswith("__") else ""


def breaches(own, source, package="lstmtool"):
    """What a source text in a room imports though it may not."""
    return [name for name in imports(source, package) if not may_import(own, name)]


def may_import(own, name):
    top = name.split(".")[0]
    if top == "lstmtool":
        if own in MAY_IMPORT:
            return room(name) in MAY_IMPORT[own] | {own}
        return own == "cli" or room(name) not in HIDDEN
    if own == "kernels":
        return top in KERNELS_USE or top in sys.stdlib_module_names
    return own in ONLY_IN.get(top, {own})


def slow_imports(source):
    """What a source text of cli imports at once, and so before `--help` is shown."""
    names = imports(source, "lstmtool.cli", only_at_once=True)
    return [name for name in names if not is_quick(name)]


def is_quick(name):
    top = name.split(".")[0]
    if top == "lstmtool":
        return room(name) in ("", "cli", "names")  # these import nothing that is slow
    return top == "click" or top in sys.stdlib_module_names


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        own = "" if parts == ("lstmtool", "__init__") else parts[1]
        yield pytest.param(path, own, ".".join(parts[:-1]), id="/".join(parts[1:]))


@pytest.mark.parametrize(("path", "own", "package"), list(modules()))
def test_rooms_import_only_what_they_may(path, own, package):
    assert not breaches(own, path.read_text(), package)


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda p: p.stem)
def test_commands_import_the_library_inside_their_callbacks(path):
    assert not slow_imports(path.read_text())


@pytest.mark.parametrize(
    ("own", "source"),
    [
        ("kernels", "import h5py"),
        ("kernels", "from lstmtool.io import hdf5"),
        ("kernels", "from ..io import hdf5"),
        ("kernels", "import scipy.special"),
        ("kernels", "def f():\n    from lstmtool.config import Stage"),
        ("io", "from lstmtool import kernels"),
        ("io", "import lstmtool.training.train"),
        ("io", "import click"),
        ("report", "from lstmtool.cli.options import newest"),
        ("report", "from lstmtool.io.runs import read_run"),
        ("report", "import h5py"),
        ("training", "import click"),
        ("training", "if True:\n    from numba import njit"),
        ("run", "from lstmtool.network.layout import Topology"),
        ("", "from lstmtool.network.layout import Topology"),
        ("training", "from lstmtool.io.runs import write_run"),
        ("assessment", "import lstmtool.report"),
    ],
)
def test_the_wall_stands(own, source):
    assert breaches(own, source, f"lstmtool.{own}")


@pytest.mark.parametrize(
    ("own", "source"),
    [
        (
            "kernels",
            "import math\nimport numpy as np\nfrom lstmtool.kernels.records import Weights",
        ),
        ("kernels", "from . import forward\nfrom .squash import logistic"),
        (
            "io",
            "import h5py\nfrom lstmtool import __version__\nfrom lstmtool.records.run import Run",
        ),
        ("cli", "import click\nfrom lstmtool.io import hdf5"),
    ],
)
def test_the_wall_has_doors(own, source):
    assert not breaches(own, source, f"lstmtool.{own}")


@pytest.mark.parametrize(
    ("source", "slow"),
    [
        ("import numpy", True),
        ("from lstmtool.io import hdf5", True),
        ("class A:\n    import h5py", True),
        ("try:\n    import rich\nfinally:\n    pass", True),
        ("def f():\n    import numpy", False),
        ("if TYPE_CHECKING:\n    import numpy", False),
        (
            "import click\nfrom lstmtool import __version__\nfrom lstmtool.cli.options import x",
            False,
        ),
    ],
)
def test_slow_imports_are_seen(source, slow):
    assert bool(slow_imports(source)) == slow
