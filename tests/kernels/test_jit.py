"""How kernels are compiled: a kernel's results do not depend on what else was compiled."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numba
import pytest

import lstmtool.records
from lstmtool.kernels import _jit
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


LOADED = """
import sys
from pathlib import Path
from lstmtool.kernels._jit import config
from lstmtool.learner import Lanes, lane_data, new_learner
from lstmtool.config import NetworkSettings
from lstmtool.network import Network
from lstmtool.sequences import from_arrays
import numpy as np

lanes = Lanes(Network(NetworkSettings(), 1), lane_data(from_arrays(np.ones((5, 4)))))
print(lanes.evaluate(np.ones(lanes.network.size))[0].tobytes().hex())
files = len(list(Path(config.CACHE_DIR).rglob("*.nbc")))
heavy = "numba.typed.typedlist", "numba.np.polynomial", "scipy.linalg"
print(*(name in sys.modules for name in heavy), files)
"""


@pytest.mark.slow
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")
def test_what_only_compiling_needs_is_not_imported_where_kernels_are_loaded(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    told = []
    for _ in range(2):
        command = [sys.executable, "-c", LOADED]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        told.append(done.stdout.splitlines())
    (outputs, compiled), (again, loaded) = told
    assert again == outputs
    assert compiled.startswith("True True True")
    assert loaded == compiled.replace("True", "False")  # as many kernels on the disk


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


def test_the_cache_folder_changes_with_the_kernels_and_the_mode(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(_jit.config, "BOUNDSCHECK", None)
    folder = _jit._cache_folder()
    assert folder.parent == tmp_path / "lstmtool"
    monkeypatch.setattr(_jit.config, "BOUNDSCHECK", 1)
    assert _jit._cache_folder().name == f"{folder.name}-checked"
    (tmp_path / "records.py").write_text("CHANGED = True")
    monkeypatch.setattr(_jit.config, "BOUNDSCHECK", None)
    monkeypatch.setattr(lstmtool.records, "__file__", str(tmp_path / "records.py"))
    assert _jit._cache_folder() != folder


def test_whatever_folder_is_named_kernels_of_another_text_lie_apart(tmp_path):
    """Numba itself would load a kernel whose own file is as before, and one that it calls not."""
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    for named in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        done = subprocess.run(
            [sys.executable, "-c", "from lstmtool.kernels._jit import *; print(config.CACHE_DIR)"],
            env=environment | {"XDG_CACHE_HOME": "unused", named: str(tmp_path / named)},
            capture_output=True,
            text=True,
            check=True,
        )
        folder = tmp_path / named / "lstmtool"
        assert [Path(done.stdout.strip())] == list(folder.iterdir())


def test_folders_that_cannot_be_made_keep_nothing(tmp_path):
    assert _jit._is_writable(tmp_path / "new")
    (tmp_path / "file").touch()
    assert not _jit._is_writable(tmp_path / "file" / "kernels")


def test_whether_anything_was_compiled_before(tmp_path, monkeypatch):
    monkeypatch.setattr(_jit.config, "CACHE_DIR", str(tmp_path))
    assert not _jit.compiled_before()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "forward.nbi").touch()
    assert _jit.compiled_before()
