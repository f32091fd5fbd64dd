"""Connecting to a Dask cluster, and checking that its workers compute as this process does.

`dask` and `distributed` are imported only in this module, and only when a cluster is used.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lstmtool
from lstmtool import __version__
from lstmtool.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from distributed import Client as Client  # for imports from this module

PATIENCE = 10.0
"""Seconds to wait for the scheduler's answer, and for the first worker."""
_PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "scikit-learn")


def connect(address: str) -> Client:
    """Connect to a Dask scheduler whose workers all compute as this process does.

    Parameters
    ----------
    address : str
        Such as ``tcp://HOST:PORT``.

    Returns
    -------
    Client
        To be closed by the caller, e.g. with ``with``. It is not Dask's default client.

    Raises
    ------
    UsageError
        If dask.distributed is not installed, the address is invalid, or a worker has another
        lstmtool, Python, NumPy, Numba, SciPy or scikit-learn.
    ClusterError
        If no scheduler answers, or it has no worker.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "A cluster needs dask.distributed, which is not installed here.",
            f"cluster {address}",
            "pip install 'lstmtool[cluster]', or leave --cluster and DASK_SCHEDULER_ADDRESS out.",
        ) from None
    try:
        kind = asyncio.run(asyncio.wait_for(_kind_of(address), PATIENCE))
    except (ValueError, TypeError) as error:  # no such protocol, no port
        raise UsageError(
            f"{address!r} is not a valid address of a Dask scheduler.",
            str(error)[:200],
            "Give it as tcp://HOST:PORT.",
        ) from None
    except OSError as error:  # including timeouts
        raise ClusterError(
            f"No Dask scheduler answers at {address}.",
            str(error)[:200] or f"not within {PATIENCE:g} seconds",
            "Start one with `dask scheduler`, which prints its address.",
        ) from None
    if kind != "Scheduler":
        raise UsageError(
            f"There is no Dask scheduler at {address}.",
            f"it identifies itself as a {kind}",
            "Give the address that `dask scheduler` prints.",
        )
    client = Client(address, timeout=PATIENCE, set_as_default=False)
    try:
        check_workers(client)
    except BaseException:
        client.close()
        raise
    return client


async def _kind_of(address: str) -> str:
    """Ask what listens at an address; a client without a scheduler may wait forever."""
    from distributed.core import rpc
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=PATIENCE, connection_args=arguments) as there:
        return str((await there.identity()).get("type"))


def check_workers(client: Client) -> None:
    """Refuse a cluster without workers, or with one that may compute differently.

    Raises
    ------
    UsageError, ClusterError
        As for `connect`.
    """
    address = client.scheduler_info()["address"]
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        found = client.run(identity, on_error="return")
    except (OSError, TimeoutError):
        raise ClusterError(
            f"The Dask scheduler at {address} has no worker.",
            f"none joined within {PATIENCE:g} seconds",
            f"Start one with `dask worker {address}`.",
        ) from None
    own = identity()
    for worker, theirs in found.items():
        refuse_other(worker, theirs, own)


@cache
def identity() -> dict[str, str]:
    """Return what determines, besides the processor, the bytes that this process computes."""
    from lstmtool.kernels._jit import config

    folder = Path(lstmtool.__file__).parent
    text = sha256()
    for path in sorted(folder.rglob("*.py")):
        text.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "lstmtool": __version__,
        **{name: _version(name) for name in _PACKAGES},
        "source text of lstmtool": text.hexdigest()[:12],
        "NUMBA_DISABLE_JIT": str(config.DISABLE_JIT),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def refuse_other(worker: str, theirs: Any, own: Mapping[str, str]) -> None:
    """Raise UsageError unless a worker's `identity`, or the exception in its place, is ours."""
    if not isinstance(theirs, Mapping):
        raise UsageError(
            f"The worker at {worker} lacks this version of lstmtool.",
            f"{type(theirs).__name__}: {theirs}"[:200],
            f"Install lstmtool {own['lstmtool']} there, and restart the worker.",
        )
    name = next((name for name in own if theirs.get(name) != own[name]), None)
    if name is not None:
        raise UsageError(
            f"The worker at {worker} could compute other results: its {name} differs.",
            f"there {theirs.get(name, 'none')}, here {own[name]}",
            "Install the same there, and restart the worker.",
        )


def processor() -> str:
    """Return the processor that kernels are compiled for, with a hash of its features."""
    from llvmlite import binding

    abilities = binding.get_host_cpu_features().flatten()
    return f"{binding.get_host_cpu_name()} {sha256(abilities.encode()).hexdigest()[:6]}"


def other_processors(client: Client) -> str:
    """Return a remark if workers have other processors than this machine, else "".

    Kernels compiled for another processor may differ in the last digits.
    """
    here = processor()
    others = _others(client.run(processor).values(), here)
    return (
        f"Workers have other processors ({', '.join(others)}) than this machine ({here}): the last "
        "digits, and hence the results, may differ from those of a local run."
        if others
        else ""
    )


def _others(found: Iterable[str], here: str) -> list[str]:
    return sorted({name for name in found if name != here})
