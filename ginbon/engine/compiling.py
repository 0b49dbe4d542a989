"""How kernels are compiled: one signature each, cached, without the interpreter's lock.

Reference counts are switched off unless a kernel allocates: counting up and down for every array at every call of a
helper made the walk three times slower. So arrays are made by the caller and handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ginbon.engine.kernels import prepare

prepare()

import numba  # noqa: E402 - it reads where its cache is when it is imported
import numpy as np  # noqa: E402
from numba import types  # noqa: E402
from numba.extending import register_jitable  # noqa: E402

__all__ = ["helper", "inlined", "kernel", "read", "remember", "types", "unsigned", "write"]

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}

unsigned: Final = np.uint64
"""Makes a number a place in an array that is not counted from its end. numba asks of every signed one whether it is:
learning merges took half as long again. An unsigned and a signed number make a float together: write ``unsigned(1)``.
"""


def read(kind: Any, dimensions: int = 1) -> Any:
    """Type of an array that a kernel reads: read-only arrays (Arrow's buffers) and others alike."""
    return types.Array(kind, dimensions, "C", readonly=True)


def write(kind: Any, dimensions: int = 1) -> Any:
    """Type of an array that a kernel fills."""
    return types.Array(kind, dimensions, "C")


def kernel(returns: Any, *arguments: Any, allocates: bool = False) -> Callable[[Any], Any]:
    """Compile a function for these types when its module is imported, or load it from the cache."""
    options = {**_OPTIONS, "_nrt": allocates}
    return numba.njit(returns(*arguments), cache=True, **options)  # type: ignore[no-any-return]


def helper(function: Any) -> Any:
    """A function that kernels of its own module call; compiled with them, and plain Python to everyone else.

    ``register_jitable`` makes none of the wrappers that a call from Python needs, and takes ``0`` and a number for one
    type; ``njit`` compiled a helper once for each. Kernels were compiled in three quarters of the time.
    """
    return register_jitable(**_OPTIONS)(function)


def inlined(function: Any) -> Any:
    """A helper that is always copied to where it is called: by LLVM, since numba would work out its types every time.

    What is copied was optimised by itself first. So it should return what is found, not choose by it: a choice becomes
    a value that everything behind it waits for.
    """
    return register_jitable(forceinline=True, **_OPTIONS)(function)


def _count_from_the_start() -> None:
    """Let numba take a number of ours for a place in an array as it is, and not ask first whether it is below zero.

    It asks of every signed one, since a negative number counts from the end; no kernel of ours has any (they are run
    with ``NUMBA_BOUNDSCHECK=1``, which then refuses them, by ``make test-bounds``). Identification took a quarter more
    time with it, tidying a fifth. Other people's functions, numba's own among them, are compiled as ever; where numba
    looks otherwise inside than it does now, all are.
    """
    from numba.np import arrayobj

    plain = getattr(arrayobj, "fix_integer_index", None)
    if plain is None or plain.__code__.co_varnames[:5] != ("context", "builder", "idxty", "idx", "size"):
        return

    def fix_integer_index(context: Any, builder: Any, idxty: Any, idx: Any, size: Any) -> Any:
        if idxty.signed and builder.function.name.startswith(_OURS):
            return context.cast(builder, idx, idxty, types.intp)
        return plain(context, builder, idxty, idx, size)

    arrayobj.fix_integer_index = fix_integer_index


_OURS: Final = "_ZN6ginbon"
"""How the names of our functions begin where they are compiled."""

_count_from_the_start()


def remember() -> None:
    """Let numba look up once what an operator gives for numbers or arrays of these types: an eighth of compiling.

    It asks some thirty templates at each place where ``+`` stands. Done only in a child that compiles our kernels and
    ends; where numba looks otherwise inside than it does now, nothing is done.
    """
    plain = getattr(getattr(types, "BaseFunction", None), "get_call_type", None)
    if plain is None or plain.__code__.co_varnames[:4] != ("self", "context", "args", "kws"):
        return
    known: dict[Any, Any] = {}

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        is_operator = getattr(self.typing_key, "__module__", "") == "_operator"
        if kws or not is_operator or not all(isinstance(a, (types.Number, types.Boolean, types.Array)) for a in args):
            return plain(self, context, args, kws)
        key = id(self), args  # by identity, since it keeps what belongs to the answer
        if key not in known:
            known[key] = self, plain(self, context, args, kws)  # kept, so that no other gets its identity
        return known[key][1]

    setattr(types.BaseFunction, "get_call_type", get_call_type)  # noqa: B010 - it is typed as a method
