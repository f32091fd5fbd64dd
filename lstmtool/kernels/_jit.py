"""How kernels are compiled, said once; the only importer of Numba's decorators.

Numba's disk cache sees edits in the file of a compiled function, not in the files it calls. The
cache folder is therefore named by a hash of the text of all kernels.

Numba compiles a kernel together with copies of the kernels that it calls, each rounding as its
surroundings let it, and lets the loader take any copy of the same name that is there already: what
a kernel computes would depend, in its last bits, on what else was compiled or loaded before. Here
every kernel keeps its own copies, so that a process that compiles and one that loads agree.

Numba also optimises, translates and stores every kernel by itself before it does so again inside
each of its callers. Here a kernel has a twin for callers, of which only the code is made, and what
Python calls is optimised once, as a whole: compiling takes half as long.
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
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys

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


class _ForCallers(JITCodeLibrary):
    """Code of one kernel for others to take copies of; never translated for the machine."""

    def _optimize_final_module(self) -> None:
        pass  # whatever takes a copy optimises the whole

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    # Numba asks for the address of the machine code, and writes to a place in it. There is none.

    def get_pointer_to_function(self, name: str) -> int:
        return 1

    @property
    def codegen(self) -> Any:
        return self

    def set_env(self, name: str, environment: Any) -> None:
        pass


class _Compiler(CompilerBase):
    """Numba's compiler, with self-contained machine code."""

    library: type[JITCodeLibrary] = _SelfContained

    def define_pipelines(self) -> list[Any]:
        state = self.state
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return [DefaultPassBuilder.define_nopython_pipeline(state)]


class _CompilerForCallers(_Compiler):
    """The same for the twins."""

    library = _ForCallers


class _Cache(FunctionCache):
    """Numba's disk cache, without what only compiling needs, whose import takes long."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)  # what counts references to arrays
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


class _Kernel(CPUDispatcher):
    """A compiled function that Python calls; to kernels that call it, it is its twin."""

    twin: Any
    kept: bool  # on the disk, which is looked at only once Python calls it
    _cache: Any

    @property
    def _numba_type_(self) -> Any:
        return self.twin._numba_type_

    def compile(self, sig: Any) -> Any:
        if self.kept and not isinstance(self._cache, _Cache):
            self._cache = _Cache(self.py_func)
        return super().compile(sig)


DEFAULTS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
    "fastmath": SAFE_FASTMATH,
    "pipeline_class": _Compiler,
}
FOR_CALLERS: dict[str, Any] = {
    "cache": False,
    "pipeline_class": _CompilerForCallers,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def _cache_folder() -> Path:
    sources = [*sorted(Path(__file__).parent.rglob("*.py")), Path(lstmtool.records.__file__)]
    text = b"".join(path.read_bytes() for path in sources)
    named = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    base = Path(named or Path.home() / ".cache")
    mode = "-checked" if config.BOUNDSCHECK else ""
    return base / "lstmtool" / (sha256(text).hexdigest()[:12] + mode)


def _is_writable(folder: Path) -> bool:
    """Whether compiled kernels can be kept there; a home folder may be read-only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


config.CACHE_DIR = str(_cache_folder())
DEFAULTS["cache"] = _is_writable(Path(config.CACHE_DIR))


def compiled_before() -> bool:
    """Whether the cache folder holds kernels already; if not, the first call takes a while."""
    return any(Path(config.CACHE_DIR).rglob("*.nbi"))


def kernel(function: Callable | None = None, **options: Any) -> Any:
    """Compile as lstmtool compiles: cached, GIL released, IEEE division, NaN-safe."""
    if function is None:
        return partial(kernel, **options)
    options = DEFAULTS | options
    compiled = njit(**(options | {"cache": False}))(function)
    if not config.DISABLE_JIT:
        compiled.__class__ = _Kernel  # njit has no option for it
        compiled.kept = options["cache"]
        compiled.twin = njit(**(options | FOR_CALLERS))(function)
    return compiled


def bare(function: Callable | None = None, **options: Any) -> Any:
    """Compile without counting references: for inner loops, which make no arrays."""
    return kernel(function, _nrt=False, **options)


def inlined(function: Callable | None = None, **options: Any) -> Any:
    """Compile into every caller: for small functions in inner loops."""
    return bare(function, forceinline=True, **options)
