"""The disk cache of compiled kernels.

No problem with the disk ends a computation: a kernel that cannot be read is compiled, and one that
cannot be cached is compiled again by the next process. The first problem of each kind is logged as
a warning.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    _CacheLocator,
    _SourceFileBackedLocatorMixin,
)
from numba.core.runtime import rtsys

from lstmtool.kernels import _folder
from lstmtool.kernels._hooks import need

need(FunctionCache, "_load_overload", "_save_overload", "disable")
need(CompileResultCacheImpl, "_locator_classes", "locator", "filename_base")
need(_CacheLocator, "get_suitable_cache_subpath", "get_cache_path", "ensure_cache_path")
need(IndexDataCacheFile, "_load_index", "_load_data", "_save_index", "_save_data")
need(IndexDataCacheFile, "_data_name", "_data_path", "_open_for_write")
need(type(rtsys), "initialize")

CHECKSUM = sha256().digest_size  # bytes at the end of a file


class _Damaged(Exception):
    """A file is damaged."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class _Place(_SourceFileBackedLocatorMixin, _CacheLocator):
    """A folder in `FOLDER`, made only where there is something to keep."""

    def __init__(self, function: Any, file: str) -> None:
        assert _folder.FOLDER is not None
        self._py_file, self._lineno = file, function.__code__.co_firstlineno
        self._cache_path = str(_folder.FOLDER / self.get_suitable_cache_subpath(file))

    @classmethod
    def from_function(cls, function: Any, file: str) -> _Place:
        return cls(function, file)

    def get_cache_path(self) -> str:
        return self._cache_path

    def ensure_cache_path(self) -> None:
        _folder.make_folder(self._cache_path)


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Place]  # noqa: RUF012 - as in Numba


class _Files(IndexDataCacheFile):
    """Index and data of one function, each with a checksum at the end, which Numba ignores."""

    _index_path: str

    def save(self, key: Any, data: Any) -> None:
        """Store data under a name that only this key has, then enter that in the index.

        Numba numbers its files, and two processes may use one number for different data.
        """
        name = self._data_name(int.from_bytes(sha256(repr(key).encode()).digest()[:6]))
        self._save_data(name, data)
        try:
            index = self._load_index()
        except Exception:  # damaged, or unreadable
            index = {}
        self._save_index(index | {key: name})

    def _load_index(self) -> dict:
        with suppress(FileNotFoundError):  # nothing cached yet
            _check(self._index_path)
        return super()._load_index()

    def _load_data(self, name: str) -> Any:
        _check(self._data_path(name))
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, path: str) -> Iterator[BytesIO]:
        made = BytesIO()
        yield made
        with super()._open_for_write(path) as file:
            file.write(made.getvalue() + sha256(made.getvalue()).digest())


def _check(path: str) -> None:
    content = Path(path).read_bytes()
    if sha256(content[:-CHECKSUM]).digest() != content[-CHECKSUM:]:
        raise _Damaged(path)


def _remove(path: str) -> None:
    left = ""
    try:
        os.unlink(path)
    except OSError as error:
        left = f" It cannot be removed ({_folder.reason(error)})."
    _folder.say_once(
        "damaged", f"A file of compiled kernels was damaged and is compiled again: {path}.{left}"
    )


class Cache(FunctionCache):
    """Numba's disk cache of one function, without errors from the disk.

    Parameters
    ----------
    function : callable
        The function to compile.
    missing : callable
        Called before the function is compiled, with its types and whether it can be cached.
    """

    _impl_class = _Implementation
    _cache_path: str | None

    def __init__(self, function: Callable, missing: Callable[[Any, bool], None]) -> None:
        self._missing, self._cache_path = missing, None
        self.disable()
        if _folder.FOLDER is None:
            return
        super().__init__(function)
        place = self._impl.locator
        self._cache_file = _Files(
            place.get_cache_path(), self._impl.filename_base, place.get_source_stamp()
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled before, without the imports that only compilation needs."""
        rtsys.initialize(target_context)  # reference counts of arrays
        unread = None
        try:
            if self._cache_path is not None:
                _folder.refuse_folders_of_others(self._cache_path)
            found = self._load_overload(sig, target_context)
            if found is not None:
                return found
        except MemoryError:
            raise
        except OSError as error:
            unread = error
        except _Damaged as error:
            _remove(error.path)
        except Exception:  # the file is intact, but holds something else
            _remove(self._cache_file._index_path)
        kept = self._can_be_kept()
        if unread and kept:
            text = f"Cannot read {unread.filename} ({_folder.reason(unread)}); compiling it again."
            _folder.say_once("unread", text)
        self._missing(sig, kept)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Cache what was compiled, if possible."""
        try:
            self._save_overload(sig, data)
        except Exception as error:
            _folder.say_cannot_be_kept(error)

    def _can_be_kept(self) -> bool:
        try:
            _folder.make_folder(self._cache_path or "")
        except OSError as error:
            _folder.say_cannot_be_kept(error)
        return "kept" not in _folder.said
