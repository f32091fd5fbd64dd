"""How kernels are compiled: a kernel's results do not depend on what else was compiled."""

import os
import subprocess
import sys
from hashlib import sha256

import numba
import numpy as np
import pytest

from lstmtool.clustering.assess import assess
from lstmtool.data.generators.artificial import generate
from lstmtool.io.runs import read_run
from lstmtool.io.sequences import write_sequences
from lstmtool.kernels._hooks import need
from lstmtool.kernels._jit import kernel

COMMAND = [sys.executable, "-c", "from lstmtool.cli.main import main; main()"]


@kernel(cache=False)
def fibonacci(n):
    """Calls itself, so that it stays a function when it is compiled into a caller."""
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


@kernel(cache=False)
def after_fibonacci(n):
    return fibonacci(n) + 1


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")
def test_no_other_code_replaces_a_kernels_own_copies():
    assert after_fibonacci(10) == 56
    assert not fibonacci.overloads  # only its twin was needed
    (compiled,) = after_fibonacci.overloads.values()
    functions = compiled.library.get_llvm_str()
    assert "define internal" in functions
    assert "linkonce_odr" not in functions


TRAINED = """
import sys

from lstmtool.cli.main import main
from lstmtool.kernels._folder import FOLDER

flags = "--objective", "bingo", "--restarts", "1", "--epochs", "20", "--surrogates", "0"
try:
    main(["train", "data.h5", *flags, "-o", sys.argv[1]])
except SystemExit as end:
    assert end.code == 0
files = len(list(FOLDER.rglob("*.nbc")))
heavy = "numba.typed.typedlist", "numba.np.polynomial", "scipy.linalg"
print(*(name in sys.modules for name in heavy), files)
"""


@pytest.mark.slow
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")
def test_a_run_that_loads_writes_the_bytes_of_one_that_compiles_and_imports_less(tmp_path):
    write_sequences(tmp_path / "data.h5", generate(np.random.default_rng(0)))
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    told, digests = [], []
    for name in ("compiling.h5", "loading.h5"):
        done = subprocess.run(
            [sys.executable, "-c", TRAINED, name],
            env=environment,
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        told.append(done.stdout.splitlines()[-1])
        digests.append(sha256((tmp_path / name).read_bytes()).hexdigest())
    compiled, loaded = told
    assert digests[0] == digests[1]
    assert compiled.startswith("True True True")
    assert loaded == compiled.replace("True", "False")  # as many kernels on the disk


ANOTHER_NUMBA = "import numba.core.codegen; del numba.core.codegen.JITCodeLibrary; "


@pytest.mark.slow
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")
def test_with_a_numba_that_is_not_known_the_same_clusters_are_found(tmp_path):
    def train(name, before="", **changes):
        flags = ("--stages", "bingo", "--restarts", "1", "--epochs", "20", "-o", f"{name}.h5")
        done = subprocess.run(
            [sys.executable, "-c", before + COMMAND[2], "train", "data.h5", *flags],
            env=os.environ | changes,
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stderr, assess(read_run(tmp_path / f"{name}.h5")).clusters

    subprocess.run([*COMMAND, "gen-data", "artificial", "-o", "data.h5"], cwd=tmp_path, check=True)
    told, ours = train("ours")
    assert "know Numba" not in told
    told, theirs = train("theirs", ANOTHER_NUMBA, NUMBA_CACHE_DIR=str(tmp_path / "kernels"))
    assert told.count(f"does not know Numba {numba.__version__}: ") == 1
    assert "JITCodeLibrary" in told
    np.testing.assert_array_equal(theirs, ours)
    assert list((tmp_path / "kernels" / "lstmtool").glob("*-plain/*/*.nbc"))


def test_what_numba_has_not_is_named():
    class Numbas:
        def there(self):
            pass

    need(Numbas, "there")
    with pytest.raises(ImportError, match=r"there is no .*Numbas\.gone"):
        need(Numbas, "there", "gone")
