"""How kernels are compiled, said once; the only importer of Numba's decorators.

Numba's disk cache sees edits in the file of a compiled function, not in the files it calls. The
cache folder is therefore named by a hash of the text of all kernels.
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

import lstmtool.records

config: Any = numba_config  # its names are made at run time
SAFE_FASTMATH = {"nsz", "arcp", "contract", "afn", "reassoc"}  # keeps NaN and inf
ORDERED_FASTMATH = SAFE_FASTMATH - {"reassoc"}  # keeps (x + big) - big
DEFAULTS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
    "fastmath": SAFE_FASTMATH,
}


def _cache_folder() -> Path:
    sources = [*sorted(Path(__file__).parent.glob("*.py")), Path(lstmtool.records.__file__)]
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
