"""Safe reading of an untrusted HDF5 file's groups.

Accepted are datasets stored in the file itself and reached by hard links, of numbers or, where
expected, fixed-length strings. Sizes are checked before anything is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.text import from_json
from lstmtool.text import clean_text

_FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
# Raised by h5py on damaged or unusual files.
H5PY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError)
_REFERENCE = 64
"""Bytes of a reference in memory."""
_KINDS = {"numbers": "iufb", "integers": "iu", "texts": "S", "labels": "iubfS"}


@contextmanager
def damaged(path: Path | str, part: str) -> Iterator[None]:
    """Turn h5py's exceptions into a DataError that names the file and the part."""
    try:
        yield
    except DataError:
        raise
    except H5PY_ERRORS as error:
        raise DataError(
            f"Cannot read {part} in {path}.",
            clean_text(str(error))[:200],
            "The file may be damaged: get a new copy, or create it again.",
        ) from error


@dataclass
class Budget:
    """Bytes that may still be loaded from one file."""

    left: int
    stored: int

    def spend(self, size: int, part: str) -> None:
        """Deduct the size of a part, or refuse to load it."""
        if size > self.left:
            fix = "The file is damaged or malicious; if neither, store it without compression."
            if size <= self.stored:
                fix = (
                    "Stream its sequences from disk by --stream (`train`, `learn`); `assign` does."
                )
            raise DataError(
                f"Refused to read {part}: it would take {size:,} bytes of memory.",
                f"the file has {self.stored:,} bytes; {self.left:,} may still be loaded from it",
                fix,
            )
        self.left -= size


class Reader:
    """A group of an open file.

    Every method raises a DataError that names the file and the part if the part is missing,
    has the wrong type or shape, or cannot be read.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    budget : Budget
        Shared by all groups of the file.
    """

    def __init__(self, path: Path, group: h5py.Group, budget: Budget) -> None:
        self.path, self._group, self._budget = path, group, budget

    def __contains__(self, name: str) -> bool:
        with damaged(self.path, self._label(name)):
            return self._group.id.links.exists(name.encode())

    def group(self, name: str) -> Reader:
        """Return a reader of a subgroup."""
        return Reader(self.path, self._member(name, h5py.Group), self._budget)

    def parts(self) -> dict[str, tuple[int, ...] | None]:
        """Return the shapes of this group's datasets, None for subgroups; links are skipped."""
        found: dict[str, tuple[int, ...] | None] = {}
        with damaged(self.path, self._label("")):
            for name in self._group:
                if isinstance(self._group.get(name, getlink=True), h5py.HardLink):
                    member = self._group[name]
                    if isinstance(member, h5py.Dataset):
                        found[clean_text(name)] = member.shape or ()
                    elif isinstance(member, h5py.Group):
                        found[clean_text(name)] = None
        return found

    def array(
        self, name: str, shape: tuple[int | None, ...] | None, kind: str = "numbers"
    ) -> np.ndarray:
        """Return ``numbers``, ``integers`` or ``labels`` (numbers or strings) of the given shape.

        None matches any length or, in place of `shape`, any shape. A dataset whose attribute
        ``dtype`` is ``bool`` is returned as booleans.
        """
        dataset = self._dataset(name, _KINDS[kind])
        if shape is not None and (
            len(dataset.shape) != len(shape)
            or any(
                wanted not in (None, length)
                for wanted, length in zip(shape, dataset.shape, strict=True)
            )
        ):
            expected = tuple("any" if n is None else n for n in shape)
            raise self.wrong(name, f"has shape {dataset.shape}, not {expected}".replace("'", ""))
        with damaged(self.path, self._label(name)):
            values = np.ascontiguousarray(dataset[()])
            truth = "dtype" in dataset.attrs and self._text_attribute(dataset, "dtype") == "bool"
            return values.astype(bool if truth else values.dtype.newbyteorder("="), copy=False)

    def note(self, name: str, attribute: str) -> str | None:
        """Return a string attribute of a member, cleaned; None if it has none."""
        member = self._member(name, (h5py.Group, h5py.Dataset))
        with damaged(self.path, self._label(name)):
            if attribute not in member.attrs:
                return None
            return clean_text(self._text_attribute(member, attribute))

    def has_note(self, name: str, attribute: str) -> bool:
        """Return whether a member has an attribute, of any type."""
        member = self._member(name, (h5py.Group, h5py.Dataset))
        with damaged(self.path, self._label(name)):
            return attribute in member.attrs

    def referenced(self, name: str) -> list[Reader]:
        """Return, for every reference in a dataset, a reader of its target, named ``value``.

        MATLAB stores cell arrays like this. References to anything but datasets are refused.
        """
        dataset = self._checked(name, "O")
        if h5py.check_ref_dtype(dataset.dtype) is not h5py.Reference:
            raise self.wrong(name, f"has type {dataset.dtype}", "Store numbers.")
        size = max(_REFERENCE * math.prod(dataset.shape), _chunk_size(dataset))
        self._budget.spend(size, f"{self._label(name)} in {self.path}")
        with damaged(self.path, self._label(name)):
            references = np.ravel(dataset[()]).tolist()
        return [
            _Referenced(self, f"{self._label(name)}[{k + 1}]", reference)
            for k, reference in enumerate(references)
        ]

    def texts(self, name: str, length: int | None = None) -> tuple[str, ...]:
        """Return strings, cleaned; none if there is no such dataset."""
        if name not in self:
            return ()
        dataset = self._dataset(name, _KINDS["texts"])
        if len(dataset.shape) != 1 or length not in (None, *dataset.shape):
            expected = "any" if length is None else length
            raise self.wrong(name, f"has shape {dataset.shape}, not ({expected},)")
        with damaged(self.path, self._label(name)):
            return tuple(clean_text(text.decode()) for text in dataset[()].tolist())

    def text(self, name: str) -> str | None:
        """Return a string attribute, cleaned, or a scalar string dataset; None if missing."""
        with damaged(self.path, self._label(name)):
            if name in self._group.attrs:
                return clean_text(self._text_attribute(self._group, name))
        if name not in self:
            return None
        dataset = self._dataset(name, _KINDS["texts"])
        if dataset.shape != ():
            raise self.wrong(name, f"has shape {dataset.shape}, not ()")
        with damaged(self.path, self._label(name)):
            return clean_text(dataset[()].decode())

    def json(self, name: str) -> Any:
        """Return the value of a JSON attribute with its strings cleaned; None if missing."""
        text = self.text(name)
        with damaged(self.path, self._label(name)):
            return None if text is None else from_json(text)

    def number(self, name: str) -> float | None:
        """Return a numeric attribute, a finite number; None if missing."""
        with damaged(self.path, self._label(name)):
            if name not in self._group.attrs:
                return None
            attribute = h5py.h5a.open(self._group.id, name.encode())
            if math.prod(attribute.shape) != 1 or attribute.dtype.kind not in "iuf":
                raise self.wrong(name, "is not one number")
            value = float(np.ravel(self._group.attrs[name])[0])
        if not math.isfinite(value):
            raise self.wrong(name, f"is {value}")
        return value

    def rows(self, name: str, n_axes: int, largest_ratio: int, kind: str = "numbers") -> Rows:
        """Return ``numbers`` or ``integers`` with `n_axes` axes, to be read a few rows at a time.

        They may exceed the budget as a whole, but not `largest_ratio` times the file size.
        """
        dataset = self._checked(name, _KINDS[kind])
        if len(dataset.shape) != n_axes:
            raise self.wrong(name, f"has shape {dataset.shape}, not one of {n_axes} axes")
        limit = Budget(largest_ratio * self._budget.stored, self._budget.stored)
        limit.spend(_size(dataset), f"{self._label(name)} in {self.path}")
        return Rows(self.path, self._label(name), dataset, self._budget)

    def _label(self, name: str) -> str:
        folder = self._group.name.strip("/")
        return clean_text(f"{folder}/{name}" if folder else name) or "the root group"

    def wrong(self, name: str, what: str, fix: str = "") -> DataError:
        """Return the error about a part."""
        return DataError(f"{self._label(name)} {what}.", str(self.path), fix)

    def _member(self, name: str, kind: type | tuple[type, ...]) -> Any:
        """Return a member reached by a hard link, hence in this file."""
        if "/" in name or name in ("", ".", ".."):
            raise self.wrong(name, "is not a valid name")
        if name not in self:
            raise self.wrong(name, "is missing")
        with damaged(self.path, self._label(name)):
            if not isinstance(self._group.get(name, getlink=True), h5py.HardLink):
                raise self.wrong(name, "is a link, which is refused", "Store the data itself.")
            member = self._group[name]
        if not isinstance(member, kind):
            assert isinstance(kind, type)
            raise self.wrong(name, f"is not a {kind.__name__.lower()}")
        return member

    def _dataset(self, name: str, kinds: str) -> h5py.Dataset:
        dataset = self._checked(name, kinds)
        with damaged(self.path, self._label(name)):
            # Chunks are decompressed whole, even if the dataset covers only a corner.
            size = max(_loaded_size(dataset), _chunk_size(dataset))
            self._budget.spend(size, f"{self._label(name)} in {self.path}")
        return dataset

    def _checked(self, name: str, kinds: str) -> h5py.Dataset:
        dataset = self._member(name, h5py.Dataset)
        with damaged(self.path, self._label(name)):
            self._refuse_storage(dataset, name)
            self._refuse_type(dataset, name, kinds)
        return dataset

    def _refuse_storage(self, dataset: h5py.Dataset, name: str) -> None:
        plist = dataset.id.get_create_plist()
        if plist.get_layout() == h5py.h5d.VIRTUAL or plist.get_external_count():
            raise self.wrong(
                name, "is stored in other files, which is refused", "Store it in this one."
            )
        filters = [plist.get_filter(n)[0] for n in range(plist.get_nfilters())]
        # Compressed twice, a small file could expand to any size before a length is checked.
        if len(set(filters)) < len(filters) or not set(filters) <= set(_FILTERS):
            raise self.wrong(name, "has an unsupported filter", "Store it plain, or with gzip.")

    def _refuse_type(self, dataset: h5py.Dataset, name: str, kinds: str) -> None:
        dtype = dataset.dtype
        if dataset.shape is None:
            raise self.wrong(name, "is empty")
        if dtype.kind not in kinds or dtype.subdtype or (dtype.kind != "S" and dtype.itemsize > 8):
            wanted = "fixed-length strings" if kinds == "S" else "integers or floats"
            wanted = "integers" if kinds == _KINDS["integers"] else wanted
            raise self.wrong(name, f"has type {dtype}", f"Store {wanted}.")

    def _text_attribute(self, node: h5py.Group | h5py.Dataset, name: str) -> str:
        attribute = h5py.h5a.open(node.id, name.encode())
        if not h5py.check_string_dtype(attribute.dtype) or math.prod(attribute.shape) != 1:
            raise self.wrong(name, "is not one string")
        self._budget.spend(attribute.dtype.itemsize, f"{self._label(name)} in {self.path}")
        value = np.ravel(node.attrs[name])[0]
        return value if isinstance(value, str) else value.decode()


class _Referenced(Reader):
    """The target of a reference, which is always in the same file."""

    def __init__(self, of: Reader, label: str, reference: h5py.Reference) -> None:
        super().__init__(of.path, of._group, of._budget)
        self._reference, self._name = reference, label

    def _label(self, name: str) -> str:
        return self._name

    def _member(self, name: str, kind: type | tuple[type, ...]) -> Any:
        with damaged(self.path, self._name):
            member = self._group.file[self._reference] if self._reference else None
        if not isinstance(member, kind):
            raise self.wrong(name, "does not refer to a dataset")
        return member


class Rows:
    """A dataset read a few rows at a time; made by `Reader.rows`."""

    def __init__(self, path: Path, label: str, dataset: h5py.Dataset, budget: Budget) -> None:
        self._path, self._label, self._dataset, self._budget = path, label, dataset, budget
        self._row_size = dataset.dtype.itemsize * math.prod(dataset.shape[1:])
        self._chunk_size = _chunk_size(dataset)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole dataset."""
        return self._dataset.shape

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from `start` up to `stop` as floats.

        Raises
        ------
        DataError
            If they cannot be read, or exceed the budget.
        """
        size = max((stop - start) * self._row_size, self._chunk_size)
        budget = replace(self._budget)  # earlier rows may have been freed
        budget.spend(size, f"{self._label} in {self._path}")
        with damaged(self._path, self._label):
            return np.ascontiguousarray(self._dataset[start:stop], dtype=np.float64)


def _size(dataset: h5py.Dataset) -> int:
    return dataset.dtype.itemsize * math.prod(dataset.shape)


def _loaded_size(dataset: h5py.Dataset) -> int:
    """Return the size in memory; compressed numbers become float64 later."""
    size = _size(dataset)
    packed = dataset.id.get_storage_size() < size and dataset.dtype.kind != "S"
    return 8 * math.prod(dataset.shape) if packed else size


def _chunk_size(dataset: h5py.Dataset) -> int:
    return dataset.dtype.itemsize * math.prod(dataset.chunks or ())
