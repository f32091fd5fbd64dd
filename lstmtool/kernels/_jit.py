"""How kernels are compiled; with `_compiler`, the only module that imports Numba's decorators.

If a new version of Numba does not work with `_compiler` and `_cache`, kernels are compiled as Numba
does by default.
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


def _plainly(
    function: Callable,
    costs: Any,
    cache: bool,
    never_inlined: bool,
    entered: bool,
    options: dict[str, Any],
) -> Any:
    """Return a kernel compiled and, if possible, cached as Numba does by default."""
    try:
        if cache:
            folder = f"{_folder.FOLDER}-plain"
            _folder.make_folder(folder)
            config.CACHE_DIR = folder
            return njit(cache=True, **options)(function)
    except (OSError, RuntimeError) as error:
        _folder.say_cannot_be_kept(error)
    return njit(**options)(function)


compiled: Callable[[Callable, Any, bool, bool, bool, dict[str, Any]], Any]
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
    costs: tuple[str, int] | None = None,
    never_inlined: bool = False,
    entered: bool = False,
    **options: Any,
) -> Any:
    """Compile with lstmtool's options: cached, GIL released, IEEE division, NaN-safe.

    Parameters
    ----------
    cache : bool
        Whether to cache on disk what Python calls.
    costs : tuple of (str, int), optional
        What is compiled, in words for the user, and about how many seconds that takes, announced
        before it begins. For kernels that Python calls and that take more than a second or two.
    never_inlined : bool
        Whether it stays a function of its own in the kernels that call it, so that its rounding
        does not depend on them.
    entered : bool
        Whether Python does not call it, or not often: only its entry is compiled, see `entry.py`.
    **options
        Options of Numba.
    """
    if function is None:
        return partial(
            kernel,
            cache=cache,
            costs=costs,
            never_inlined=never_inlined,
            entered=entered,
            **options,
        )
    if config.DISABLE_JIT:
        return njit(**(DEFAULTS | options))(function)
    return compiled(function, costs, cache, never_inlined, entered, DEFAULTS | options)


def kernel_without_nrt(function: Callable | None = None, **options: Any) -> Any:
    """Compile without reference counts, for inner loops that create no arrays."""
    return kernel(function, _nrt=False, **options)


def inlined(function: Callable | None = None, **options: Any) -> Any:
    """Compile into every caller, for small functions in inner loops."""
    return kernel_without_nrt(function, forceinline=True, **options)
