"""How kernels are compiled, said once; the only importer of Numba's decorators, with `_compiler`.

Where Numba has changed so that `_compiler` and `_cache` cannot work with it, kernels are compiled
as Numba does by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numba
from numba import njit

from lstmtool.kernels import _folder
from lstmtool.kernels._folder import config as config
from lstmtool.kernels._folder import logger

SAFE_FASTMATH = {"nsz", "arcp", "contract", "afn", "reassoc"}  # keeps NaN and inf
ORDERED_FASTMATH = SAFE_FASTMATH - {"reassoc"}  # keeps (x + big) - big
DEFAULTS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": SAFE_FASTMATH}


def _plainly(function: Callable, costs: Any, cache: bool, options: dict[str, Any]) -> Any:
    """Return a kernel as Numba makes it, kept on the disk where that can be."""
    try:
        if cache:
            folder = f"{_folder.FOLDER}-plain"
            _folder.make_folder(folder)
            config.CACHE_DIR = folder
            return njit(cache=True, **options)(function)
    except (OSError, RuntimeError) as error:
        _folder.say_cannot_be_kept(error)
    return njit(**options)(function)


compiled: Callable[[Callable, Any, bool, dict[str, Any]], Any]
try:
    from lstmtool.kernels._compiler import compiled
except ImportError as error:
    if not (error.name or "").startswith("numba"):
        raise
    logger.warning(
        f"This lstmtool does not know Numba {numba.__version__}: {error}. Kernels compute the "
        "same, but compiling takes longer and is not announced. Install a newer lstmtool, or an "
        "older Numba."
    )
    compiled = _plainly


def kernel(
    function: Callable | None = None,
    *,
    cache: bool = True,
    costs: tuple[str, int] | Callable[[Any], tuple[str, int]] | None = None,
    **options: Any,
) -> Any:
    """Compile as lstmtool compiles: cached, GIL released, IEEE division, NaN-safe.

    Parameters
    ----------
    cache : bool
        Whether what Python calls is kept on the disk.
    costs : tuple of str and int, or callable that gives one for the types of the arguments
        What is compiled, in the user's words, and about how many seconds that takes: said before
        it begins. For kernels that Python calls and that take more than a second or two.
    **options
        Of Numba.
    """
    if function is None:
        return partial(kernel, cache=cache, costs=costs, **options)
    if config.DISABLE_JIT:
        return njit(**(DEFAULTS | options))(function)
    return compiled(function, costs, cache, DEFAULTS | options)


def kernel_without_nrt(function: Callable | None = None, **options: Any) -> Any:
    """Compile without counting references: for inner loops, which make no arrays."""
    return kernel(function, _nrt=False, **options)


def inlined(function: Callable | None = None, **options: Any) -> Any:
    """Compile into every caller: for small functions in inner loops."""
    return kernel_without_nrt(function, forceinline=True, **options)
