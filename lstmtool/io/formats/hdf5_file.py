"""Sequences from HDF5: our own files, and datasets or groups of others by their path."""

from __future__ import annotations

from pathlib import Path

from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError
from lstmtool.io.formats import arrays
from lstmtool.io.formats.numpy_file import unknown
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.kinds import check_kind
from lstmtool.io.reader import Reader
from lstmtool.io.reading import open_any
from lstmtool.io.sequences import read_sequences

Shapes = dict[str, tuple[int, ...] | None]


def read_hdf5(path: Path, inner: str | None, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from a dataset or a group of an HDF5 file."""
    with open_any(path) as root:
        shapes: Shapes = {"": None, **_walk(root)}
        chosen = inner.strip("/") if inner is not None else _only(path, shapes)
        if chosen not in shapes:
            raise unknown(path, f"/{chosen}", [f"/{name}" for name in shapes], "dataset")
        if inner is None:
            say(f"HDF5, sequences in /{chosen}.")
        if shapes[chosen] is None:
            return _read_group(root, chosen, shapes, options, say)
        return _read_dataset(root, chosen, shapes, options, say)


def is_ours(path: Path) -> bool:
    """Return whether an HDF5 file is one of lstmtool's, of whatever kind."""
    with open_any(path) as root:
        kind = root.text("encoding-type")
        if kind is None or not kind.startswith("lstmtool-"):
            return False
        check_kind(path, kind, root.text("encoding-version"), None)
        return True


def read_ours(path: Path) -> Raw:
    """Read sequences from one of our files, as `read_sequences` does."""
    return as_raw(read_sequences(path), str(path))


def as_raw(sequences: Sequences, file: str) -> Raw:
    """Return sequences as if read from a file of another format."""
    labels, names = sequences.labels, _distinct(sequences.label_names)
    inputs = sequences.attributes.get("inputs", ())
    if not isinstance(inputs, list) or len(inputs) != sequences.n_inputs:
        inputs = ()
    return Raw(
        arrays=list(sequences),
        places=[f"{file}, sequence {n + 1}" for n in range(len(sequences))],
        names=list(sequences.names),
        labels=None if labels is None else [names[k] for k in labels],
        label_names=names if labels is not None else None,
        inputs=tuple(map(str, inputs)),
        sampling_rate=sequences.sampling_rate,
        attributes=sequences.attributes,
    )


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return group names, with numbers added to duplicates."""
    twice = {name for name in names if names.count(name) > 1}
    return tuple(f"{name} ({k + 1})" if name in twice else name for k, name in enumerate(names))


def _walk(root: Reader, prefix: str = "", depth: int = 16) -> Shapes:
    """Return the shapes of all datasets by path, None for groups; links are not followed."""
    found: Shapes = {}
    for name, shape in root.parts().items():
        found[prefix + name] = shape
        if shape is None and depth:
            found |= _walk(root.group(name), f"{prefix}{name}/", depth - 1)
    return found


def _only(path: Path, shapes: Shapes) -> str:
    """Return the only dataset that can hold the sequences."""
    tables = [name for name, shape in shapes.items() if shape is not None and len(shape) in (2, 3)]
    if len(tables) == 1:
        return tables[0]
    listed = [
        f"/{name} {'x'.join(map(str, shape))}"
        for name, shape in shapes.items()
        if shape is not None
    ]
    each = any("/" not in name and len(shape or ()) in (1, 2) for name, shape in shapes.items())
    shown = ", ".join(listed[:6]) + (", …" if len(listed) > 6 else "")
    raise DataError(
        f"{path} is not one of lstmtool's own files: name the dataset that holds the sequences.",
        shown or "there is no dataset in it",
        f"E.g. {path}:/{(tables or ['path'])[0]}"
        + (f", or {path}:/ if each one is a sequence." if each else ""),
    )


def _read_dataset(root: Reader, chosen: str, shapes: Shapes, options: ReadOptions, say: Say) -> Raw:
    group, name = _parent(root, chosen)
    where = f"{root.path}:/{chosen}"
    raw = arrays.from_array(group.array(name, None), where, options.channels_first, say)
    folder = chosen.removesuffix(name)
    if options.label is not None:
        _add_labels(root, options.label.strip("/"), shapes, raw, say)
    elif beside := arrays.partner(name, group.parts()):
        try:
            _add_labels(root, folder + beside, shapes, raw, say)
        except DataError as error:
            say(f"/{folder + beside} not read as labels: {error.what}")
    return raw


def _add_labels(root: Reader, path: str, shapes: Shapes, raw: Raw, say: Say) -> None:
    if shapes.get(path) is None:
        raise unknown(root.path, f"/{path}", [f"/{k}" for k, s in shapes.items() if s], "dataset")
    group, name = _parent(root, path)
    found = group.array(name, None, "labels")
    raw.labels = arrays.labels_of(found, len(raw.arrays), f"{root.path}:/{path}")
    say(f"Labels in /{path}.")


def _read_group(root: Reader, chosen: str, shapes: Shapes, options: ReadOptions, say: Say) -> Raw:
    group = root
    for part in filter(None, chosen.split("/")):
        group = group.group(part)
    named = {
        name: group.array(name, None) for name, shape in group.parts().items() if shape is not None
    }
    if not named:
        raise unknown(root.path, f"/{chosen}", [f"/{k}" for k, s in shapes.items() if s], "dataset")
    say(f"Each of {len(named)} datasets in /{chosen} read as a sequence.")
    return arrays.from_many(named, f"{root.path}:/{chosen}", options.channels_first)


def _parent(root: Reader, path: str) -> tuple[Reader, str]:
    """Return a reader of a path's parent group, and the path's last component."""
    *folders, name = path.split("/")
    for folder in folders:
        root = root.group(folder)
    return root, name
