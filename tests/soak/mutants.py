"""Are small faults that are put into objectives/, kernels/ and io/ found? A random sample of them.

`python -m tests.soak.mutants [NUMBER [SEED]]` puts one fault at a time into a copy of the project
and runs the tests that name the module: another comparison or operator, a constant one off, another
name, a condition negated, `and` for `or`, `break` for `continue`, nothing returned, a call or a
value left out. A fault is found if a test fails, or takes TOO_LONG. In io, tests that come by the
line are run first, which `coverage` finds out once; as plain Python that would take too long. It
comes with `pip install -e '.[dev]'`.

Kernels run as plain Python, where the same text computes the same; what is compiled in another way
(`COMPILED`), and io, run compiled. Left out: messages, annotations, decorators, and lines that say
`pragma: no cover`.
"""

from __future__ import annotations

import ast
import importlib
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numba
import pytest

from lstmtool.experiments.success_rates import wilson_interval
from tests.soak.running import ROOT, count

SECONDS = 3600
TOO_LONG, ALL_TOO_LONG = 40, 1800  # seconds: computing in one test, and for all tests of a fault
ENOUGH = 100  # tests that come by a line and are run before all of its module
BROKEN = 70  # exit code where pytest itself cannot run
COMPILED = ("_cache.py", "_compiler.py", "_jit.py", "subnormals.py", "vector_type.py")
COMPILED += ("elementwise.py", "products.py")
ROOMS = (
    *("kernels", "network", "objectives", "data", "training", "clustering", "records"),
    *("supervised", "distributed", "experiments", "io", "report", "jobs", "cli"),
)
AS_PYTHON = ("objectives", "kernels", "supervised")  # a fault there would be compiled anew
TESTS = {  # where tests of a room are, and those that may see any fault in it
    "objectives": ("tests/objectives tests/kernels", "tests/training/test_batch.py"),
    "kernels": ("tests/kernels tests/objectives", "tests/training/test_batch.py"),
    "io": ("tests/io tests/data/generators", "tests/io"),
    "jobs": ("tests/cli", "tests/cli"),
    "records": ("tests/clustering tests/io", "tests/io/test_runs.py"),
}
READY = "h5py matplotlib mpmath pydantic rich.console scipy.stats sklearn.metrics"

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Mod: ast.Div,
    ast.FloorDiv: ast.Div, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitAnd, ast.MatMult: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A fault: a piece of a file, in bytes from start to end, and what stands there instead."""

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.path}:{self.line}: `{old:.70}` -> `{new:.70}`"


def replacements(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield what to replace, the node or a part of it, and by which text."""
    match node:
        case ast.Compare(left, [*operators], values):
            for k, operator in enumerate(operators):
                others = [*operators[:k], COMPARISONS[type(operator)](), *operators[k + 1 :]]
                yield node, f"({ast.unparse(ast.Compare(left, others, values))})"
        case ast.BinOp(left, operator, right):
            yield node, f"({ast.unparse(ast.BinOp(left, OPERATORS[type(operator)](), right))})"
        case ast.BoolOp(operator, values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield node, f"({ast.unparse(ast.BoolOp(other, values))})"
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield node, f"({ast.unparse(operand)})"
        case ast.Constant(bool(value)):
            yield node, str(not value)
        case ast.Constant(int(value) | float(value)):
            yield node, f"({value + 1!r})"
            yield node, f"({value - 1!r})"
        case ast.Constant(str(value)) if value and " " not in value:
            yield node, repr(f"XX{value}")
        case ast.Constant(bytes(value)):
            yield node, repr(b"XX" + value)
        case ast.If(test) | ast.While(test) | ast.IfExp(test):
            yield test, f"(not ({ast.unparse(test)}))"
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"
        case ast.Return(ast.expr() as value) if not is_none(value):
            yield value, "None"
        case ast.AugAssign(target, operator, value):
            yield node, ast.unparse(ast.AugAssign(target, OPERATORS[type(operator)](), value))
            yield node, f"{ast.unparse(target)} = {ast.unparse(value)}"
        case ast.Assign(_, value) | ast.AnnAssign(_, _, ast.expr() as value) if not is_none(value):
            yield value, "None"
        case ast.Expr(ast.Call()):
            yield node, "pass"


def is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def mutable(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and those in it, without docstrings, annotations, decorators and f-strings.

    A name for a `Literal` is an annotation, too.
    """
    match node:
        case ast.JoinedStr() | ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom():
            return
        case ast.Assign([ast.Name("__all__")]) | ast.Assign(_, ast.Subscript(ast.Name("Literal"))):
            return
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list"):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    yield from mutable(part)


def mutants_of(path: str, text: str) -> Iterator[Mutant]:
    """Yield every fault that can be put into a file."""
    lines = text.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    excused = {n for n, line in enumerate(lines, 1) if b"pragma: no cover" in line}
    for node in mutable(ast.parse(text)):
        if getattr(node, "lineno", 0) in excused:
            continue
        for piece, new in replacements(node):
            start = starts[piece.lineno - 1] + piece.col_offset
            end = starts[piece.end_lineno - 1] + piece.end_col_offset
            old = text.encode()[start:end].decode()
            yield Mutant(path, piece.lineno, start, end, old, new)


def all_mutants() -> list[Mutant]:
    """Return every fault in the rooms, in a fixed order."""
    paths = [p for room in ROOMS for p in sorted((ROOT / "lstmtool" / room).rglob("*.py"))]
    return [m for p in paths for m in mutants_of(str(p.relative_to(ROOT)), p.read_text())]


class Copy:
    """A copy of the project in which faults are tried."""

    def __init__(self, folder: Path) -> None:
        self.root, self.cache = folder / "project", folder / "kernels"
        self.sound: set[tuple[str, bool]] = set()  # tests that pass without a fault
        self.passing: dict[tuple[str, int], list[str]] = {}  # tests that come by a line of io
        unwanted = shutil.ignore_patterns(".*", "__pycache__", "demo", "build")
        shutil.copytree(ROOT, self.root, ignore=unwanted)
        for module in READY.split():  # once, not for every fault
            importlib.import_module(module)

    def run(self, tests: list[str], compiled: bool, cache: Path, seen: Path | None = None) -> bool:
        """Whether tests pass, in a process of their own; `seen` gets the lines they come by."""
        child = os.fork()
        if not child:
            try:
                os._exit(self._run_here(tests, compiled, cache, seen))
            finally:
                os._exit(BROKEN)
        end = time.monotonic() + ALL_TOO_LONG
        while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what is still running
        if not ended[0]:
            os.waitpid(child, 0)
            return False
        assert os.waitstatus_to_exitcode(ended[1]) not in (
            BROKEN,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        )
        return ended[1] == 0

    def _run_here(self, tests: list[str], compiled: bool, cache: Path, seen: Path | None) -> int:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.chdir(self.root)
        others = [p for p in sys.path if p not in ("", str(ROOT))]
        sys.path[:] = [str(self.root), *others]
        for name in [n for n in sys.modules if n.split(".")[0] in ("lstmtool", "tests")]:
            del sys.modules[name]
        os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        os.environ["NUMBA_DISABLE_JIT"] = "0" if compiled else "1"
        os.environ["NUMBA_CACHE_DIR"] = str(cache)
        numba.config.reload_config()
        flags = ["-qx", "-p", "tests.soak.mutants", "-p", "no:cacheprovider", "-m", "not slow"]
        if seen is None:
            return int(pytest.main([*flags, *tests]))
        from coverage import Coverage

        lines = Coverage(seen, config_file=False, source=[str(self.root / "lstmtool")])
        with lines.collect():
            code = int(pytest.main([*flags, *tests]))
        lines.save()
        return code

    def survives(self, mutant: Mutant) -> bool:
        """Whether no test finds a fault."""
        room = room_of(mutant.path)
        compiled = room not in AS_PYTHON
        first = self.tests_at(mutant.path, mutant.line) if room == "io" else []
        steps = [first, *tests_of(mutant.path)] if first else tests_of(mutant.path)
        if not all(self.misses(mutant, tests, compiled) for tests in steps):
            return False
        machine = Path(mutant.path).name in COMPILED
        return not machine or self.misses(mutant, tests_of(mutant.path)[0], compiled=True)

    def tests_at(self, path: str, line: int) -> list[str]:
        """Return tests that come by a line of io, or by the last one above it that any come by."""
        from coverage import CoverageData

        if not self.passing:
            places, last = TESTS["io"]
            tests, file = list(dict.fromkeys([*places.split(), last])), self.cache.parent / "lines"
            if not any(self.run(tests, True, self.cache, file) for _ in range(2)):
                raise RuntimeError(f"without a fault, {tests} fail twice")
            lines = CoverageData(str(file))
            lines.read()
            self.sound |= {(test, True) for test in lines.measured_contexts()}
            self.passing = {
                (str(Path(name).relative_to(self.root)), number): [t for t in tests if t]
                for name in lines.measured_files()
                for number, tests in lines.contexts_by_lineno(name).items()
            }
        at = ((path, number) for number in range(line, max(0, line - 8), -1))
        found = next((tests for place in at if (tests := self.passing.get(place))), [])
        return sorted(found, key=lambda test: Path(path).stem not in test)[:ENOUGH]

    def misses(self, mutant: Mutant, tests: list[str], compiled: bool) -> bool:
        """Whether tests, which pass without a fault, pass with it."""
        path = self.root / mutant.path
        whole, status = path.read_bytes(), path.stat()
        unknown = [test for test in tests if (test, compiled) not in self.sound]
        if unknown and not any(self.run(unknown, compiled, self.cache) for _ in range(2)):
            raise RuntimeError(f"without a fault, {unknown} fail twice")
        self.sound |= {(test, compiled) for test in unknown}
        path.write_bytes(whole[: mutant.start] + mutant.new.encode() + whole[mutant.end :])
        sys.dont_write_bytecode = True
        try:
            if path.name not in COMPILED:
                return self.run(tests, compiled, self.cache)
            with tempfile.TemporaryDirectory() as cache:  # other machine code
                return self.run(tests, compiled, Path(cache))
        finally:
            sys.dont_write_bytecode = False
            path.write_bytes(whole)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def tests_of(path: str) -> list[list[str]]:
    """Return the tests of a module: of its name; that name it, or of its room; from elsewhere."""
    name = Path(path).stem.strip("_")
    room = room_of(path)
    places, last = TESTS.get(room, (f"tests/{room}", f"tests/{room}"))
    found = [p for q in places.split() for p in _files(q)]
    stem = name.removesuffix("_file").split("_")[0] if "formats" in path else name
    own = [p for p in found if Path(p).stem == f"test_{stem}"]
    imports = re.compile(rf"^(from|import)\b.*\b_?{name}\b", re.MULTILINE)
    naming = [p for p in found if imports.search((ROOT / p).read_text())]
    *above, last_name = path.removesuffix(".py").split("/")
    package = re.escape(".".join(above))
    exactly = re.compile(rf"^(from|import) {package}(\.| import .*\b){last_name}\b", re.MULTILINE)
    far = [p for p in _files("tests") if exactly.search((ROOT / p).read_text())]
    far += _files("tests/cli/test_convert.py") if "formats" in path else []
    steps = [own, [*naming, *_files(last)], far]
    seen: set[str] = set()
    for n, step in enumerate(steps):
        steps[n] = [p for p in dict.fromkeys(step) if p not in seen]
        seen |= set(step)
    return [step for step in steps if step]


def room_of(path: str) -> str:
    """Return the room of a file, by which its tests are told."""
    return "supervised" if "/supervised/" in path else path.split("/")[1]


def _files(place: str) -> list[str]:
    path = ROOT / place
    paths = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
    return [str(p.relative_to(ROOT)) for p in paths]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """End a test that does not end; lines that it comes by are noted with its name."""
    coverage = sys.modules.get("coverage")
    if coverage is not None and (lines := coverage.Coverage.current()) is not None:
        lines.switch_context(item.nodeid)
    signal.setitimer(signal.ITIMER_PROF, TOO_LONG)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)


def trials(number: int, seed: int = 0) -> tuple[list[Mutant], list[Mutant]]:
    """Try so many faults, or for an hour; return those tried, and those not found."""
    sample = random.Random(seed).sample(all_mutants(), number)
    tried, survivors = [], []
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        began = time.monotonic()
        for mutant in sample:
            if time.monotonic() - began > SECONDS:
                break
            tried.append(mutant)
            survives = copy.survives(mutant)
            survivors += [mutant] * survives
            print("survives" if survives else "found", mutant, flush=True)
    return tried, survivors


if __name__ == "__main__":
    tried, survivors = trials(count(300), *map(int, sys.argv[2:]))
    found = len(tried) - len(survivors)
    low, high = wilson_interval(found, len(tried))
    print(f"{found} of {len(tried)} faults found: {found / len(tried):.1%}, ", end="")
    print(f"95 % interval {low:.1%} to {high:.1%}, of {len(all_mutants())} that there are")
    rooms = Counter(m.path.split("/")[1] for m in tried)
    for room, number in rooms.items():
        missed = [m for m in survivors if m.path.split("/")[1] == room]
        print(f"{room}: {number - len(missed)} of {number}")
        for mutant in missed:
            print(f"  not found: {mutant}")
    sys.exit(found < 0.9 * len(tried))
