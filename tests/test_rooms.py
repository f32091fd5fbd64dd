"""The wall between the rooms: who may import whom, read from the source without running it."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lstmtool"
PLAIN = {"", "errors", "validation_messages", "config", "names", "option_texts", "text"}
"""Modules of the top folder that import next to nothing; "" is the package, with its version."""
DATA = PLAIN | {"data", "records"}
# Rooms of lstmtool that a room may import, besides itself; downwards only.
MAY_IMPORT = {
    **dict.fromkeys(PLAIN, PLAIN),
    "": PLAIN
    | {
        "data",
        "estimators",
        "io",
        "plot",
        "trained_run",
    },  # named at the top, imported when asked for
    "__main__": {"cli"},
    "run": set(),
    "config": PLAIN | {"objectives"},
    "recipes": PLAIN | {"objectives"},
    "kernels": set(),
    "data": PLAIN,
    "records": PLAIN | {"data"},
    "network": PLAIN | {"kernels"},
    "objectives": {"kernels", "errors"},
    "training": DATA | {"recipes", "kernels", "network", "objectives"},
    "clustering": DATA | {"recipes", "kernels", "network", "objectives", "training"},
    "distributed": DATA | {"kernels", "network", "training"},
    "experiments": DATA | {"recipes", "network", "objectives", "training", "clustering"},
    "supervised": DATA | {"kernels", "network"},
    "estimators": DATA | {"recipes", "objectives", "training", "clustering", "trained_run"},
    "plot": DATA | {"trained_run"},
    "trained_run": DATA | {"objectives", "clustering", "io"},
    "io": DATA,
    "report": DATA | {"objectives", "clustering"},
}
MAY_IMPORT["jobs"] = {*MAY_IMPORT} - {"__main__", ""} | {""}
MAY_IMPORT["cli"] = {*MAY_IMPORT} - {"__main__"}
# Packages of others that only some rooms may import.
ONLY_IN = {
    "numba": {"kernels"},
    "platformdirs": {"kernels"},
    "click": {"cli", "jobs"},
    "h5py": {"io"},
    "soundfile": {"io"},
    "mido": {"io"},
    "rich": {"cli", "jobs", "report"},
    "matplotlib": {"plot", "report"},
    "xarray": {"records"},
    "dask": {"distributed"},
    "distributed": {"distributed"},
    "optuna": {"experiments"},
}
QUICK_MODULES = {"lstmtool.objectives.registry"}  # import nothing that is slow
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
        return room(name) in MAY_IMPORT[own] | {own}
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
        return (
            room(name) in ("", "cli", "jobs", "names", "option_texts") or name in QUICK_MODULES
        )  # these import nothing that is slow
    return top == "click" or top in sys.stdlib_module_names


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        own = "" if parts == ("lstmtool", "__init__") else parts[1]
        yield pytest.param(path, own, ".".join(parts[:-1]), id="/".join(parts[1:]))


def test_every_room_has_a_line():
    assert {path.values[1] for path in modules()} == {*MAY_IMPORT}


def test_imports_go_down_only():
    """No room sees one that sees it, directly or by way of others."""
    for own in {*MAY_IMPORT} - PLAIN:
        seen, left = set(), list(MAY_IMPORT[own])
        while left:
            name = left.pop()
            if name not in seen | PLAIN:
                seen.add(name)
                left += MAY_IMPORT[name] - {name}
        assert own not in seen


@pytest.mark.parametrize(("path", "own", "package"), list(modules()))
def test_rooms_import_only_what_they_may(path, own, package):
    assert not breaches(own, path.read_text(), package)


QUICK = [path for name in ("cli", "jobs") for path in sorted((PACKAGE / name).glob("*.py"))]


@pytest.mark.parametrize("path", QUICK, ids=lambda p: f"{p.parent.name}/{p.stem}")
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
        ("", "from lstmtool.network.layout import Network"),
        ("jobs", "from lstmtool.cli.train import command"),
        ("training", "from lstmtool.io.runs import write_run"),
        ("training", "from lstmtool.distributed.shards import Shards"),
        ("clustering", "import lstmtool.report"),
        ("data", "from lstmtool.records.run import Run"),
        ("network", "from lstmtool.data.sequences import Sequences"),
        ("objectives", "from lstmtool.training.batch import Lanes"),
        ("distributed", "from lstmtool.experiments.sweep import Unit"),
        ("experiments", "from lstmtool.distributed.parallel_map import DaskExecutor"),
        ("supervised", "from lstmtool.training.train import train"),
        ("records", "from lstmtool.network.layout import Network"),
        ("estimators", "from lstmtool.io.runs import write_run"),
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
