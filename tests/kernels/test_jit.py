"""How kernels are compiled: a kernel's results do not depend on what else was compiled."""

import os
import subprocess
import sys
from hashlib import sha256

import numba
import pytest

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
    (compiled,) = after_fibonacci.overloads.values()
    functions = compiled.library.get_llvm_str()
    assert "define internal" in functions
    assert "linkonce_odr" not in functions


@pytest.mark.slow
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")
def test_a_run_that_compiles_writes_the_bytes_of_one_that_loads(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")}

    def lstmtool(*arguments):
        subprocess.run(
            [*COMMAND, *arguments], env=environment, cwd=tmp_path, check=True, capture_output=True
        )

    lstmtool("gen-data", "artificial", "-o", "data.h5")
    digests = []
    for name in ("compiling.h5", "loading.h5"):
        flags = ("--objective", "bingo", "--restarts", "1", "--epochs", "20", "-o", name)
        lstmtool("train", "data.h5", *flags)
        digests.append(sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1]
