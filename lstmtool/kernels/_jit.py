"""How kernels are compiled, said once; the only importer of Numba's decorators.

Numba's disk cache sees edits in the file of a compiled function, not in the files it calls. The
cache folder is therefore named by a hash of the text of all kernels.

Numba compiles a kernel together with copies of the kernels that it calls, each rounding as its
surroundings let it, and lets the loader take any copy of the same name that is there already: what
a kernel computes would depend, in its last bits, on what else was compiled or loaded before. Here
every kernel keeps its own copies, so that a process that compiles and one that loads agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import config as numba_config
from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder

import lstmtool.records

config: Any = numba_config  # its names are made at run time
SAFE_FASTMATH = {"nsz", "arcp", "contract", "afn", "reassoc"}  # keeps NaN and inf
ORDERED_FASTMATH = SAFE_FASTMATH - {"reassoc"}  # keeps (x + big) - big


class _SelfContained(JITCodeLibrary):
    """Machine code of one kernel, whose copies of other functions no other code can replace."""

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage.name == "linkonce_odr":
                function.linkage = "internal"
        super()._optimize_final_module()


class _Compiler(CompilerBase):
    """Numba's compiler, with self-contained machine code."""

    def define_pipelines(self) -> list[Any]:
        state = self.state
        state.library = _SelfContained(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return [DefaultPassBuilder.define_nopython_pipeline(state)]


DEFAULTS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
    "fastmath": SAFE_FASTMATH,
    "pipeline_class": _Compiler,
}


def _cache_folder() -> Path:
    sources = [*sorted(Path(__file__).parent.rglob("*.py")), Path(lstmtool.records.__file__)]
    text = b"".join(path.read_bytes() for path in sources)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    mode = "-checked" if config.BOUNDSCHECK else ""
    return base / "lstmtool" / (sha256(text).hexdigest()[:12] + mode)


def _is_writable(folder: Path) -> bool:
    """Whether compiled kernels can be kept there; a home folder may be read-only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


if "NUMBA_CACHE_DIR" not in os.environ:
    config.CACHE_DIR = str(_cache_folder())
DEFAULTS["cache"] = _is_writable(Path(config.CACHE_DIR))


def compiled_before() -> bool:
    """Whether the cache folder holds kernels already; if not, the first call takes a while."""
    return any(Path(config.CACHE_DIR).rglob("*.nbi"))


def kernel(function: Callable | None = None, **options: Any) -> Any:
    """Compile as lstmtool compiles: cached, GIL released, IEEE division, NaN-safe."""
    if function is None:
        return partial(kernel, **options)
    return njit(**(DEFAULTS | options))(function)


def bare(function: Callable | None = None, **options: Any) -> Any:
    """Compile without counting references: for inner loops, which make no arrays."""
    return kernel(function, _nrt=False, **options)


def inlined(function: Callable | None = None, **options: Any) -> Any:
    """Compile into every caller: for small functions in inner loops."""
    return bare(function, forceinline=True, **options)
