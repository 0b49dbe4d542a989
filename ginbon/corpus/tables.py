"""Tables over all code points: made from Unicode's data once on a machine, then mapped by every process.

Making them takes a command half a second each time it starts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ParamSpec, cast

import numpy.typing as npt

from ginbon.engine.cache import arrays

P = ParamSpec("P")
Table = npt.NDArray[Any]


def unicode_table(*modules: str) -> Callable[[Callable[P, Table]], Callable[P, Table]]:
    """Make a function that gives an array from Unicode's data one whose array is kept, and read-only.

    An array is known by the function's arguments, the version of ICU, and the sources of the function's module and of
    ``modules``, which must be all that it depends on.
    """

    def decorate(make: Callable[P, Table]) -> Callable[P, Table]:
        @cache
        @wraps(make)
        def table(*args: P.args, **options: P.kwargs) -> Table:
            name = f"{make.__module__.rpartition('.')[2]}-{make.__name__.strip('_')}"
            key = f"{args} {sorted(options.items())} {source_digest(make.__module__, *modules)} {_unicode()}"
            return arrays(name, key, lambda: {"table": make(*args, **options)})["table"]

        return cast("Callable[P, Table]", table)

    return decorate


@cache
def source_digest(*modules: str) -> str:
    """SHA-256 of the sources of modules."""
    digest = hashlib.sha256()
    for module in modules:
        spec = find_spec(module)
        assert spec is not None and spec.origin is not None, module
        digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()


def _unicode() -> str:
    import icu

    return f"Unicode {icu.UNICODE_VERSION}, ICU {icu.ICU_VERSION}"
