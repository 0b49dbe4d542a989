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

__all__ = ["helper", "inlined", "kernel", "read", "types", "write"]

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False}


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
    """A function that kernels of its own module call; compiled with them."""
    return numba.njit(**_OPTIONS)(function)


def inlined(function: Any) -> Any:
    """A helper that is copied to where it is called."""
    return numba.njit(inline="always", **_OPTIONS)(function)
