"""Numba's compiler, changed so that a kernel's results do not depend on what else was compiled.

Numba compiles a kernel together with copies of the kernels that it calls, whose rounding depends on
how they are inlined, and its loader may use any earlier copy of the same name. The last bits of a
result would then depend on what else was compiled or loaded before. Here every kernel keeps its own
copies, so that a process that compiles and one that loads agree.

Numba also optimises, translates and stores every kernel by itself, and again inside each of its
callers. Here a kernel has a twin for its callers, for which only LLVM code is made, and only what
Python calls is optimised, once and as a whole: compilation takes half as long.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba import njit
from numba.core.codegen import JITCodeLibrary, JitEngine
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.registry import CPUDispatcher

from lstmtool.kernels._cache import Cache
from lstmtool.kernels._folder import logger
from lstmtool.kernels._hooks import need
from lstmtool.kernels._signals import signals_held_back

Costs = tuple[str, int]
"""What is compiled, and for how many seconds."""

need(JITCodeLibrary, "_optimize_final_module", "_finalize_final_module")
need(JITCodeLibrary, "_finalize_dynamic_globals", "get_pointer_to_function", "codegen")
need(JITCodeLibrary, "enable_object_caching")
need(JitEngine, "finalize_object")
need(CompilerBase, "define_pipelines")
need(DefaultPassBuilder, "define_nopython_pipeline")
need(CPUDispatcher, "_numba_type_", "compile")


class _SelfContained(JITCodeLibrary):
    """Machine code of one kernel; other code cannot replace its copies of other functions."""

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage.name == "linkonce_odr":
                function.linkage = "internal"
        super()._optimize_final_module()


class _ForCallers(JITCodeLibrary):
    """LLVM code of one kernel, for callers to copy; never translated to machine code."""

    def _optimize_final_module(self) -> None:
        pass  # callers optimise the whole

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    # Numba asks for the address of the machine code and writes to it; there is none.

    def get_pointer_to_function(self, name: str) -> int:
        return 1

    @property
    def codegen(self) -> Any:
        return self

    def set_env(self, name: str, environment: Any) -> None:
        pass


class _NeverInlined(_ForCallers):
    """The same of a kernel that stays a function of its own in its callers."""

    def add_ir_module(self, ir_module: Any) -> None:
        for function in ir_module.functions:
            if not function.is_declaration:
                function.attributes.add("noinline")
        super().add_ir_module(ir_module)


class _Compiler(CompilerBase):
    """Numba's compiler, with self-contained machine code."""

    library: type[JITCodeLibrary] = _SelfContained

    def define_pipelines(self) -> list[Any]:
        state = self.state
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return [DefaultPassBuilder.define_nopython_pipeline(state)]


class _CompilerForCallers(_Compiler):
    """The compiler of the twins that other kernels call."""

    library = _ForCallers


class _CompilerNeverInlined(_Compiler):
    """The same of the twins that are never inlined."""

    library = _NeverInlined


@contextmanager
def collection_held_back() -> Iterator[None]:
    """Look for no garbage meanwhile: a tenth of the time, since little that is made is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Kernel(CPUDispatcher):
    """A compiled function that Python calls; other kernels call its twin."""

    twin: Any
    kept: bool  # on disk, which is read only when Python calls it
    costs: Costs | None
    _cache: Any
    targetctx: Any

    @property
    def _numba_type_(self) -> Any:
        return self.twin._numba_type_

    def compile(self, sig: Any) -> Any:
        if self.kept and not isinstance(self._cache, Cache):
            self._cache = Cache(self.py_func, self._announce)
        engine = self.targetctx.codegen()._engine
        if "finalize_object" not in vars(engine):  # since it calls back into Python
            engine.finalize_object = signals_held_back()(engine.finalize_object)
        with collection_held_back():
            return super().compile(sig)

    def _announce(self, sig: Any, kept: bool) -> None:
        if self.costs is None:
            return
        what, seconds = self.costs
        often = "once" if kept else "in every process, since it cannot be cached"
        logger.info(f"Compiling {what}: about {seconds} s, {often}.")


class _Entered(_Kernel):
    """A compiled function that Python and kernels call by its entry, see `entry.py`.

    It has no code of its own that takes Python's objects.
    """

    def __call__(self, *arguments: Any) -> Any:
        from lstmtool.kernels.entry import call, entry

        return call(entry(self, *arguments), *arguments)


FOR_CALLERS: dict[str, Any] = {
    "cache": False,
    "pipeline_class": _CompilerForCallers,
    "no_cpython_wrapper": True,
}


def compiled(
    function: Callable,
    costs: Costs | None,
    cache: bool,
    never_inlined: bool,
    entered: bool,
    options: dict[str, Any],
) -> Any:
    """Return a kernel, which is compiled when first called."""
    defaults: dict[str, Any] = {"pipeline_class": _Compiler, "no_cfunc_wrapper": True}
    options = defaults | options
    made: Any = njit(**(options | {"no_cpython_wrapper": entered}))(function)
    made.__class__ = _Entered if entered else _Kernel  # njit has no option for it
    made.kept, made.costs = cache, costs
    for_callers = options | FOR_CALLERS
    if never_inlined:
        for_callers["pipeline_class"] = _CompilerNeverInlined
    made.twin = njit(**for_callers)(function)
    return made
