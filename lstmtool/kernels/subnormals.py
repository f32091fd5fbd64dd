"""Flushing of subnormal numbers, below 2e-308 (float32: 1e-38), to zero while kernels run.

Processors are many times slower with them, and decaying cell states and errors become subnormal.
The setting is per thread; `flushed` sets and restores it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lstmtool.kernels._jit import config, kernel
from lstmtool.kernels.vector_type import pointer_to

I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
X86 = platform.machine().lower() in ("x86_64", "amd64")
ARM = platform.machine().lower() in ("aarch64", "arm64")
FLUSH = 1 << 15 | 1 << 6 if X86 else 1 << 24 if ARM else 0  # results and operands; FPCR.FZ


def _call(builder: Any, name: str, kind: Any, *arguments: Any) -> Any:
    """Call an LLVM intrinsic by name."""
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, arguments)


@intrinsic
def _control(typing_context):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        if X86:
            word = builder.alloca(I32)
            at = pointer_to(builder, I8, word)
            _call(builder, "llvm.x86.sse.stmxcsr", ir.FunctionType(ir.VoidType(), [at.type]), at)
            return builder.zext(builder.load(word), I64)
        if ARM:  # pragma: no cover - machine code of another processor
            return _call(builder, "llvm.aarch64.get.fpcr", ir.FunctionType(I64, []))
        return I64(0)  # pragma: no cover - other processors

    return types.int64(), generate


@intrinsic
def _set_control(typing_context, word):  # type: ignore[no-untyped-def]
    def generate(context, builder, sig, arguments):  # type: ignore[no-untyped-def]
        if X86:
            word = builder.alloca(I32)
            builder.store(builder.trunc(arguments[0], I32), word)
            at = pointer_to(builder, I8, word)
            _call(builder, "llvm.x86.sse.ldmxcsr", ir.FunctionType(ir.VoidType(), [at.type]), at)
        elif ARM:  # pragma: no cover - machine code of another processor
            kind = ir.FunctionType(ir.VoidType(), [I64])
            _call(builder, "llvm.aarch64.set.fpcr", kind, *arguments)

    return types.void(types.int64), generate


@kernel
def control():
    """Return the thread's floating-point control word."""
    return _control()  # type: ignore[call-arg]  # pragma: no cover - compiled alone


@kernel
def set_control(word):
    """Set the thread's floating-point control word."""
    _set_control(word)  # type: ignore[call-arg]  # pragma: no cover - compiled alone


@contextmanager
def flushed() -> Iterator[None]:
    """Flush subnormal numbers to zero in this thread while the context lasts."""
    if config.DISABLE_JIT:
        yield
        return
    before = control()
    set_control(before | FLUSH)
    try:
        yield
    finally:
        set_control(before)
