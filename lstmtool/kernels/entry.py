"""Kernels that other kernels call by address, so that they are compiled once, and only if needed.

A kernel that calls another by name contains a copy of it. That is best for what belongs into one
inner loop, but costs seconds where a large kernel has several callers, as the passes of the network
have, or where most callers never come to the call. An entry is passed to the caller instead, as an
argument or in a record: there it is called like a function, and its type says no more than those
of its arguments and its result. In plain Python it is the function itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lstmtool.kernels._jit import config, kernel

if not config.DISABLE_JIT:
    from llvmlite import ir
    from numba import _dispatcher, typeof, types
    from numba.core import cgutils
    from numba.core.imputils import lower_getattr_generic
    from numba.core.typing import signature
    from numba.core.typing.templates import AttributeTemplate, infer_getattr
    from numba.extending import NativeValue, lower_builtin, models, register_model, unbox

    class EntryType(types.Callable):
        """Numba's type of an entry."""

        def __init__(self, result: Any, arguments: tuple[Any, ...]) -> None:
            self.result, self.arguments = result, arguments
            super().__init__(name=f"Entry({result}, {arguments})")

        @property
        def key(self) -> Any:
            """What distinguishes it from others."""
            return self.result, self.arguments

        def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
            """Return the signature of a call; its arguments are converted to those of the entry."""
            fits = len(args) == len(self.arguments) and not kws
            if not fits or not context.install_possible_conversions(args, self.arguments):
                return None
            return signature(self.result, *self.arguments, recvr=self)

        def get_call_signatures(self) -> Any:
            """Return what Numba names in error messages."""
            return [signature(self.result, *self.arguments)], False

        def get_impl_key(self, sig: Any) -> Any:
            """Return the key under which `_call` is registered."""
            return EntryType

    @register_model(EntryType)
    class _EntryModel(models.PrimitiveModel):
        def __init__(self, manager: Any, numba_type: Any) -> None:
            super().__init__(manager, numba_type, ir.IntType(64))

    @unbox(EntryType)
    def _address_of(numba_type: Any, entry: Any, c: Any) -> Any:
        number = c.pyapi.object_getattr_string(entry, "address")
        address = c.pyapi.long_as_longlong(number)
        c.pyapi.decref(number)
        return NativeValue(address)

    @lower_builtin(EntryType, EntryType, types.VarArg(types.Any))
    def _call(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        result, kinds = sig.return_type, sig.args[1:]
        kind = context.call_conv.get_function_type(result, kinds)
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        status, value = context.call_conv.call_function(
            builder, function, result, kinds, arguments[1:]
        )
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return value

    class EntriesType(types.Type):
        """Numba's type of several entries with names."""

        def __init__(self, fields: dict[str, EntryType]) -> None:
            self.fields = fields
            super().__init__(name=f"Entries({fields})")

        @property
        def key(self) -> Any:
            """What distinguishes it from others."""
            return tuple(self.fields.items())

    @register_model(EntriesType)
    class _EntriesModel(models.StructModel):
        def __init__(self, manager: Any, numba_type: Any) -> None:
            super().__init__(manager, numba_type, list(numba_type.fields.items()))

    @infer_getattr
    class _EntriesAttributes(AttributeTemplate):
        key = EntriesType

        def generic_resolve(self, numba_type: Any, name: str) -> Any:  # type: ignore[override]
            return numba_type.fields.get(name)

    @lower_getattr_generic(EntriesType)
    def _field_of(context: Any, builder: Any, numba_type: Any, value: Any, name: str) -> Any:
        return builder.extract_value(value, list(numba_type.fields).index(name))

    @unbox(EntriesType)
    def _addresses_of(numba_type: Any, entries: Any, c: Any) -> Any:
        proxy = cgutils.create_struct_proxy(numba_type)(c.context, c.builder)
        for name, kind in numba_type.fields.items():
            one = c.pyapi.object_getattr_string(entries, name)
            setattr(proxy, name, c.unbox(kind, one).value)
            c.pyapi.decref(one)
        return NativeValue(proxy._getvalue())


class Entry:
    """A kernel's address, for kernels that take it as an argument; 0 if it is never called."""

    def __init__(self, address: int, numba_type: Any) -> None:
        self.address, self._numba_type_ = address, numba_type


class Entries:
    """Several entries, passed to a kernel as one argument, and called by their names."""

    def __init__(self, **entries: Any) -> None:
        self.__dict__.update(entries)
        if not config.DISABLE_JIT:
            kinds = {name: one._numba_type_ for name, one in entries.items()}
            key = tuple((name, id(kind)) for name, kind in kinds.items())
            if key not in _kinds_of_entries:
                _kinds_of_entries[key] = EntriesType(kinds)
            self._numba_type_ = _kinds_of_entries[key]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


# Numba takes long to compare types of many parts. Equal ones are one object, which is kept alive by
# what is stored under its id.
_known: dict[Any, Entry] = {}
_types: dict[bytes, Any] = {}
_kinds_of_entries: dict[Any, Any] = {}


def type_of(value: Any) -> Any:
    """Return Numba's type of a value; of records with many arrays Numba takes long to tell it."""
    if hasattr(value, "_numba_type_"):
        return value._numba_type_
    try:
        mark = _dispatcher.compute_fingerprint(value)  # equal if the types are
    except (NotImplementedError, AttributeError):  # of a random generator; in another Numba
        return typeof(value)
    if mark not in _types:
        _types[mark] = typeof(value)
    return _types[mark]


def entry(function: Callable | None, *arguments: Any, gives: Any = None) -> Any:
    """Return a kernel's entry for arguments of these types, compiled if it is not.

    Parameters
    ----------
    function : callable, optional
        The kernel. If it is None, the entry has the same type and must not be called.
    *arguments
        Examples of the arguments.
    gives
        An example of the result.
    """
    if config.DISABLE_JIT:
        return function
    kinds = tuple(type_of(argument) for argument in arguments)
    key = function, *map(id, kinds)
    if key not in _known:
        numba_type, address = EntryType(typeof(gives), kinds), 0
        if function is not None:
            address = _compiled_address(function, kinds, numba_type.result)
        _known[key] = Entry(address, numba_type)
    return _known[key]


def _compiled_address(function: Any, kinds: tuple[Any, ...], result: Any) -> int:
    function.compile(kinds)
    compiled = function.overloads[kinds]
    if compiled.signature.return_type != result:
        raise TypeError(f"{function} returns {compiled.signature.return_type}, not {result}")
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


@kernel(costs=("a call of it from Python", 1))
def call(entered, first, second, *others):
    """Call an entry from Python.

    Among `others`, which are passed as a tuple, entries would take Numba as long as a short pass.
    """
    return entered(first, second, *others)
