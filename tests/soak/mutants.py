"""Are small faults that are put into the package found by its tests? A random sample of them.

`python -m tests.soak.mutants [NUMBER [SEED]]` puts one fault at a time into a copy of the project:
another comparison or operator, a constant one off, another name, a condition negated, `and` for
`or`, `break` for `continue`, nothing returned, a call or a value left out. Left out are messages,
annotations, decorators, and lines that say `pragma: no cover`.

First the fast tests run without a fault, while `coverage` (of `pip install -e '.[dev]'`) notes the
lines that each comes by, also in processes that it starts, and how long it takes. A fault is then
tried by the tests that come by its line, or, where the line runs when the module is imported, by
those that come by any line of it or name it: the quickest of those whose file names the module, and
the quickest of the others, each within SECONDS. It is found if one fails, or takes much longer than
before, and passes alone without the fault.

Kernels run as plain Python, where the same text computes the same, by the tests that `make
test-python` runs; what makes machine code (`COMPILED`) is compiled, too.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numba
import pytest
from numba.core.compiler_lock import global_compiler_lock

from lstmtool.records.intervals import wilson_interval
from tests.soak.running import ROOT, count

KERNELS = "lstmtool/kernels/"
SECONDS = 6  # of computing, in tests that name a module, and in others
FIRST = 2  # seconds of that, before the others
USELESS = SECONDS + 1  # a test that takes so long is never run with a fault
A_FILE = 0.2  # seconds: reading a file of tests
SLOWER, MORE = 5, 10  # a test may compute so many times as long, and so many seconds more
COMPILING = 200  # seconds more where kernels are compiled anew
LONGEST = 300  # seconds in a test, whatever it does
BROKEN, IMPORT = 70, "import"  # exit code where pytest cannot run; what fails before any test
COMPILED = ("_cache.py", "_compiler.py", "_jit.py", "subnormals.py", "vector_type.py")
COMPILED += ("elementwise.py", "products.py")
READY = "h5py matplotlib mpmath pydantic rich.console scipy.stats sklearn.metrics"
READY += " coverage pandas sklearn.cluster soundfile"
SUBPROCESSES = """
[run]
data_file = {lines}
parallel = true
source = {source}
context = ${{PYTEST_CURRENT_TEST}}
disable_warnings = no-data-collected, module-not-imported, module-not-measured
"""

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
    """A fault: a piece of a file, in bytes from start to end, and what stands there instead.

    The body of the innermost function around it begins at a line, which is 0 outside functions.
    """

    path: str
    line: int
    body: int
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


def mutable(node: ast.AST, body: int = 0) -> Iterator[tuple[ast.AST, int]]:
    """Yield a node and those in it, without docstrings, annotations, decorators and f-strings.

    A name for a `Literal` is an annotation, too. With each comes the first line of the body of the
    innermost function around it.
    """
    match node:
        case ast.JoinedStr() | ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom():
            return
        case ast.Assign([ast.Name("__all__")]) | ast.Assign(_, ast.Subscript(ast.Name("Literal"))):
            return
    yield node, body
    function = isinstance(node, ast.FunctionDef)
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list"):
            within = node.body[0].lineno if function and name == "body" else body
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    yield from mutable(part, within)


def mutants_of(path: str, text: str) -> Iterator[Mutant]:
    """Yield every fault that can be put into a file."""
    lines = text.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    excused = {n for n, line in enumerate(lines, 1) if b"pragma: no cover" in line}
    for node, body in mutable(ast.parse(text)):
        if getattr(node, "lineno", 0) in excused:
            continue
        for piece, new in replacements(node):
            start = starts[piece.lineno - 1] + piece.col_offset
            end = starts[piece.end_lineno - 1] + piece.end_col_offset
            old = text.encode()[start:end].decode()
            yield Mutant(path, piece.lineno, body, start, end, old, new)


def all_mutants() -> list[Mutant]:
    """Return every fault in the package, in a fixed order."""
    paths = sorted((ROOT / "lstmtool").rglob("*.py"))
    return [m for p in paths for m in mutants_of(str(p.relative_to(ROOT)), p.read_text())]


class Watch:
    """A plugin of pytest: runs wanted tests alone, each within a time, and notes what comes of it.

    Parameters
    ----------
    journal : Path
        Gets a line when a test starts, and one with its outcome, its seconds and the fixtures that
        it shares with others when it has ended.
    limits : dict or None
        Seconds of computing for each test that is wanted, after which the process is killed, as it
        is after `LONGEST`; None: every test runs, and fails after that, or computing for `USELESS`.
    """

    def __init__(self, journal: Path, limits: dict[str, float] | None) -> None:
        self.journal, self.limits = journal, limits
        self.outcomes: set[str] = set()
        self.running = False  # a test, not what pytest does between

    def pytest_sessionstart(self) -> None:
        if self.limits is None:
            for alarm in (signal.SIGALRM, signal.SIGPROF):
                signal.signal(alarm, self._fail)
        else:
            signal.alarm(LONGEST)  # for what a module does when it is imported

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.limits is not None:
            items[:] = [item for item in items if item.nodeid in self.limits]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._note(item.nodeid)
        self.outcomes = set()
        switch_context(item.nodeid)
        signal.alarm(LONGEST)
        limit = USELESS if self.limits is None else self.limits[item.nodeid]
        signal.setitimer(signal.ITIMER_PROF, limit)
        began = computing()
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0 if self.limits is None else LONGEST)
            shared = [shared_name(f[-1]) for f in item._fixtureinfo.name2fixturedefs.values()]
            outcome = "passed" if self.outcomes == {"passed"} else "failed"
            self._note(item.nodeid, outcome, computing() - began, [*filter(None, shared)])

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        self.running = True
        try:
            return (yield)
        finally:
            self.running = False

    pytest_runtest_call = pytest_runtest_setup

    def _fail(self, *_: object) -> None:
        """Fail a test that takes too long, but not as kernels are compiled for it, once in all."""
        if self.running and not global_compiler_lock.is_locked():
            pytest.fail("it takes too long")
        signal.setitimer(signal.ITIMER_PROF, USELESS)
        signal.alarm(LONGEST)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.outcomes.add(report.outcome)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request) -> Iterator[None]:
        name = shared_name(fixturedef)
        switch_context(name or request.node.nodeid)
        try:
            return (yield)
        finally:
            switch_context(request._pyfuncitem.nodeid)

    def _note(self, *event: object) -> None:
        with self.journal.open("a") as file:
            file.write(json.dumps(event) + "\n")


def computing() -> float:
    """Return seconds of computing, here and in processes that have ended."""
    return sum(os.times()[:4])


def shared_name(fixture) -> str:
    """Return a name for a fixture that several tests share, and none for others."""
    return "" if fixture.scope == "function" else f"{fixture.baseid}:{fixture.argname}"


def switch_context(name: str) -> None:
    from coverage import Coverage

    if (lines := Coverage.current()) is not None:
        lines.switch_context(name)


class Copy:
    """A copy of the project in which faults are tried."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "project"
        unwanted = shutil.ignore_patterns(".*", "__pycache__", "demo", "build")
        shutil.copytree(ROOT, self.root, ignore=unwanted)
        for module in READY.split():  # once, not for every fault
            with suppress(ImportError):
                importlib.import_module(module)
        self.sound: dict[tuple[str, bool], bool] = {}  # whether tests pass alone without a fault
        self.seen = {False: self.watch(core_tests(), False), True: self.watch(["tests"], True)}

    def watch(self, places: list[str], compiled: bool) -> tuple[dict, dict, dict]:
        """Return how long tests take, who shares fixtures, and who comes by the lines of files."""
        from coverage import Coverage

        lines = self.folder / f"lines-{compiled}"
        lines.mkdir()
        _, events = self.run(places, compiled, lines=lines)
        ended = [(test, *rest) for test, *rest in events if rest]
        seconds = {test: took for test, outcome, took, _ in ended if outcome == "passed"}
        users: dict[str, list[str]] = {}
        for test, _, _, shared in ended:
            for fixture in shared:
                users.setdefault(fixture, []).append(test)
        all_lines = Coverage(lines / "of", config_file=False)
        all_lines.combine([str(lines)])
        data = all_lines.get_data()
        passing = {
            str(Path(file).relative_to(self.root)): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        return seconds, users, passing

    def run(
        self,
        places: list[str],
        compiled: bool,
        limits: dict[str, float] | None = None,
        kernels: Path | None = None,
        lines: Path | None = None,
    ) -> tuple[bool, list]:
        """Whether tests pass in a process of their own, and what comes of each.

        Kernels are compiled into a folder; another gets the lines that tests come by.
        """
        journal = self.folder / "journal"
        journal.write_text("")
        child = os.fork()
        if not child:
            try:
                self._enter(compiled, kernels or self.folder / "kernels")
                with noted(lines, self.root / ("lstmtool" if compiled else KERNELS)):
                    watch = Watch(journal, limits)
                    flags = ["-q", "-m", "not slow", "-o", "timeout=0", "--hypothesis-seed=0"]
                    flags += ["-p", "no:cacheprovider"] + ["-x"] * (limits is not None)
                    code = pytest.main([*flags, *places], plugins=[watch])
                os._exit(code)
            finally:
                traceback.print_exc()
                os._exit(BROKEN)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what is still running
        assert code not in (BROKEN, pytest.ExitCode.USAGE_ERROR), (places, code)
        events = [json.loads(line) for line in journal.read_text().splitlines()]
        return code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), events

    def _enter(self, compiled: bool, kernels: Path) -> None:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        said = os.open(self.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.chdir(self.root)
        others = [p for p in sys.path if p not in ("", str(ROOT))]
        sys.path[:] = [str(self.root), *others]
        for name in [n for n in sys.modules if n.split(".")[0] in ("lstmtool", "tests")]:
            del sys.modules[name]
        os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        os.environ["NUMBA_DISABLE_JIT"] = "0" if compiled else "1"
        os.environ["NUMBA_CACHE_DIR"] = str(kernels)
        numba.config.reload_config()

    def killer(self, mutant: Mutant) -> str | None:
        """Return the test that finds a fault, if there is one."""
        kernel = mutant.path.startswith(KERNELS)
        steps = [(step, not kernel, False) for step in self.steps(mutant, not kernel)]
        if makes_machine_code(mutant):
            steps += [(step, True, True) for step in self.steps(mutant, True)[:1]]
        for tests, compiled, anew in steps:
            while tests and (found := self.first_failing(tests, compiled, anew, mutant)):
                if found == IMPORT or self.is_sound(found, compiled, anew):
                    return found
                tests = [test for test in tests if test != found]
        return None

    def steps(self, mutant: Mutant, compiled: bool) -> tuple[list[str], list[str]]:
        """Return tests that may find a fault: a few that name its module, and others."""
        seconds, users, passing = self.seen[compiled]
        by_line = passing.get(mutant.path, {})
        naming = {test for test in seconds if names(test.split("::")[0], mutant.path)}
        if mutant.body and not (compiled and makes_machine_code(mutant)):
            at = (by_line.get(n, []) for n in range(mutant.line, mutant.body - 1, -1))
            contexts = next((found for found in at if any(found)), [])
        else:
            contexts = [*chain(*by_line.values()), *naming]
        plain = (re.sub(r" \(\w+\)$", "", context) for context in contexts)
        tests = {test for context in plain for test in users.get(context, [context])}
        quickest = sorted(tests & seconds.keys(), key=lambda test: (seconds[test], test))
        own = within(SECONDS, [test for test in quickest if test in naming], seconds)
        others = within(SECONDS, [test for test in quickest if test not in naming], seconds)
        first = within(FIRST, own or others, seconds)
        return first, [test for test in own + others if test not in first]

    def first_failing(
        self, tests: list[str], compiled: bool, anew: bool, mutant: Mutant | None = None
    ) -> str | None:
        """Return the first test that fails with a fault; kernels may be compiled anew."""
        seconds, _, _ = self.seen[compiled]
        limits = {test: SLOWER * seconds[test] + MORE + COMPILING * anew for test in tests}
        files = list(dict.fromkeys(test.split("::")[0] for test in tests))
        with tempfile.TemporaryDirectory() as empty, put_in(self.root, mutant):
            passed, events = self.run(files, compiled, limits, Path(empty) if anew else None)
        if passed:
            return None
        return events[-1][0] if events else IMPORT

    def is_sound(self, test: str, compiled: bool, anew: bool) -> bool:
        """Whether a test passes alone without a fault."""
        if (test, compiled) not in self.sound:
            self.sound[test, compiled] = self.first_failing([test], compiled, anew) is None
        return self.sound[test, compiled]


def within(limit: float, tests: list[str], seconds: dict[str, float]) -> list[str]:
    """Return the first tests, as many as take so many seconds."""
    files: set[str] = set()
    for n, test in enumerate(tests):
        file = test.split("::")[0]
        limit -= seconds[test] + A_FILE * (file not in files)
        if limit < 0:
            return tests[:n]
        files.add(file)
    return tests


@contextmanager
def noted(lines: Path | None, package: Path) -> Iterator[None]:
    """Note into a folder which lines of a package run, here and in processes from here."""
    if lines is None:
        yield
        return
    from coverage import Coverage

    source = str(package)
    settings = lines.parent / f"{lines.name}.ini"
    settings.write_text(SUBPROCESSES.format(lines=lines / "of", source=source))
    os.environ["COVERAGE_PROCESS_START"] = str(settings)
    here = Coverage(lines / "of", data_suffix="here", config_file=False, source=[source])
    with here.collect():
        yield
    here.save()


@contextmanager
def put_in(root: Path, mutant: Mutant | None) -> Iterator[None]:
    """Put a fault into the copy of the project, for a while."""
    if mutant is None:
        yield
        return
    path = root / mutant.path
    whole, status = path.read_bytes(), path.stat()
    path.write_bytes(whole[: mutant.start] + mutant.new.encode() + whole[mutant.end :])
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = False
        del os.environ["PYTHONDONTWRITEBYTECODE"]
        path.write_bytes(whole)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def makes_machine_code(mutant: Mutant) -> bool:
    """Whether a fault is where it is found out how kernels are compiled, once in all."""
    return mutant.path.startswith(KERNELS) and Path(mutant.path).name in COMPILED


def core_tests() -> list[str]:
    """Return the tests that `make test-python` runs."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    return re.search(r"^CORE_TESTS := (.*)$", makefile, re.MULTILINE)[1].split()


@cache
def names(test_file: str, path: str) -> bool:
    """Whether a file of tests is that of a module, or imports it."""
    stem = Path(path).stem.strip("_")
    imports = rf"^(from|import)\b.*\b_?{stem}\b"
    text = (ROOT / test_file).read_text()
    return Path(test_file).stem == f"test_{stem}" or bool(re.search(imports, text, re.MULTILINE))


def trials(sample: Iterable[Mutant], copy: Copy) -> list[tuple[Mutant, str | None]]:
    """Try faults; return them with the tests that found them."""
    tried = []
    for mutant in sample:
        began = time.monotonic()
        tried.append((mutant, copy.killer(mutant)))
        found = "found" if tried[-1][1] else "survives"
        print(f"{found} {mutant} {time.monotonic() - began:.0f} s", flush=True)
    return tried


if __name__ == "__main__":
    every = all_mutants()
    number, seed = count(200), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        tried = trials(random.Random(seed).sample(every, number), Copy(Path(folder)))
    found = sum(killer is not None for _, killer in tried)
    low, high = wilson_interval(found, number)
    print(f"{found} of {number} faults found: {found / number:.1%}, ", end="")
    print(f"95 % interval {low:.1%} to {high:.1%}, of {len(every)} that there are")
    for room, of_room in Counter(m.path.split("/")[1] for m, _ in tried).items():
        missed = [m for m, killer in tried if not killer and m.path.split("/")[1] == room]
        print(f"{room}: {of_room - len(missed)} of {of_room}")
        for mutant in missed:
            print(f"  not found: {mutant}")
    sys.exit(found < 0.75 * number)
