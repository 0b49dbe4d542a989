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
from numba import types  # noqa: E402
from numba.extending import register_jitable  # noqa: E402

__all__ = ["helper", "inlined", "kernel", "read", "types", "write"]

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}


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
