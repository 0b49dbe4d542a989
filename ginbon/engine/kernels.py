"""Where compiled kernels are kept, and compiling them once before workers start.

numba's own cache can be stale (a kernel is not recompiled when a constant that it takes from another module changes)
or poisoned (cold processes that compile at once). So every kernel has one signature, the folder's name holds a hash of
numba's version, all kernel sources and the CPU, and a parent calls ``warm`` before its workers start.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ginbon.engine import cache

KERNELS: Final = (
    "ginbon.filters.kernel.scan",
    "ginbon.filters.kernel.cut",
    "ginbon.filters.kernel.repeat",
    "ginbon.corpus.tidy_kernel",
    "ginbon.filters.identifiers.kernels",
    "ginbon.filters.kernel.dictionary",
    "ginbon.filters.redact.kernel",
    "ginbon.filters.kernel.order",
    "ginbon.filters.kernel.passages",
    "ginbon.corpus.collectors.json_kernel",
    "ginbon.filters.kernel.words",
    "ginbon.filters.kernel.lines",
    "ginbon.filters.kernel.units",
    "ginbon.filters.kernel.segment",
    "ginbon.filters.kernel.graphemes",
    "ginbon.filters.kernel.leaders",
    "ginbon.filters.kernel.minhash",
    "ginbon.filters.kernel.shingles",
    "ginbon.filters.kernel.forest",
    "ginbon.filters.kernel.overlap",
    "ginbon.tokenizers.bpe.kernel.parity",
    "ginbon.tokenizers.bpe.kernel.again",
    "ginbon.tokenizers.bpe.kernel.merge",
    "ginbon.tokenizers.bpe.kernel.pairs",
    "ginbon.tokenizers.bpe.kernel.apply",
    "ginbon.tokenizers.bpe.kernel.taught",
    "ginbon.tokenizers.unigram.kernel.seeds",
    "ginbon.tokenizers.unigram.kernel.lattice",
    "ginbon.tokenizers.metrics.draw_kernel",
    "ginbon.tokenizers.split_kernel",
    "ginbon.tokenizers.counts.table_kernel",
)
"""All modules that hold compiled code, whichever room they are in: names only, nothing of them is known here. Those
that take longest come first, and none imports another: so whoever compiles takes the next, and all end together.
"""

_PACKAGE: Final = Path(__file__).parents[1]

_WARM: Final = f"warm-{hashlib.blake2b(os.fsencode(_PACKAGE), digest_size=8).hexdigest()}"
"""An empty file beside the compiled code that says that all of it is there (that of some rooms, where they are named
behind), for the package in this place: numba finds code by its source's path, so two installations with the same
sources compile each their own.
"""

_BOUNDS: Final = "NUMBA_BOUNDSCHECK"
"""Makes kernels refuse places outside of an array; they are then compiled anew."""

_prepared: Path | None = None


def prepare() -> Path:
    """Point numba at our cache folder and return it. Every kernel module calls this before it imports numba.

    ``NUMBA_CACHE_DIR``, where a person set it, is the root instead of the user's cache folder. A root that cannot be
    written is replaced by a temporary folder: compiling again is slow, stopping is worse.
    """
    global _prepared
    if _prepared is None:
        name = _key()
        roots = [_root(), Path(tempfile.gettempdir()) / f"ginbon-kernels-{_user()}"]
        _prepared = next((r / name for r in roots if cache.writable(r / name)), None) or Path(
            tempfile.mkdtemp(prefix="ginbon-kernels-")
        )
        os.environ["NUMBA_CACHE_DIR"] = str(_prepared)
        if "numba" in sys.modules:  # it read the variable when it was imported
            import numba

            setattr(numba.config, "CACHE_DIR", str(_prepared))  # noqa: B010 - it has no type
    return _prepared


CORPUS: Final = ("corpus", "filters")
"""The rooms whose kernels make a corpus; those of tokenizers, a third of all compiling, wait until one is made."""


def is_warm(rooms: Sequence[str] = ()) -> bool:
    """Whether the kernels of some rooms (of all where none are named) were compiled on this machine before."""
    return any((prepare() / _marker(some)).exists() for some in ((), rooms))


def warm(rooms: Sequence[str] = (), told: Callable[[str], None] = lambda line: None) -> None:
    """Compile the kernels of some rooms (of all where none are named) that are not compiled yet.

    That takes 10 to 20 s on two cores the first time, which ``told`` gets a line about, and nothing afterwards. The
    parent calls this before it starts workers, so that no two cold processes compile the same kernel at once. Each of
    some children compiles kernels that no other does.
    """
    if is_warm(rooms):
        return
    told("compiling, once on this machine: less than a minute")
    with (prepare() / "lock").open("w") as lock:
        with contextlib.suppress(OSError):  # some network file systems have no locks: then it may be done twice
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_warm(rooms):
            _compile([name for name in KERNELS if not rooms or name.split(".")[1] in rooms])
            with contextlib.suppress(OSError):
                (prepare() / _marker(rooms)).touch()


def _marker(rooms: Sequence[str]) -> str:
    return "-".join((_WARM, *sorted(rooms)))


def _compile(kernels: Sequence[str]) -> None:
    """Compile in as many children as there are cores. They share a pipe, and take the name of a kernel at a time."""
    waiting, names = os.pipe()
    with os.fdopen(names, "wb") as file:  # the pipe holds them all, and ends behind them
        file.writelines(name.ljust(_NAME_BYTES).encode() for name in kernels)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD], stdin=waiting, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(min(_cores(), len(kernels)))
    ]
    os.close(waiting)
    try:
        failed = [child.wait() for child in children]
    finally:
        for child in children:
            child.kill()
    if any(failed):
        for name in kernels:  # so that the error is seen
            importlib.import_module(name)


_NAME_BYTES: Final = 64
"""So long are all names in the pipe: a read takes one of them whole."""

_CHILD: Final = f"""
import gc, importlib, os
gc.disable()  # a tenth of the time went to looking for garbage, of which there is little
from ginbon.engine.compiling import remember
remember()
while name := os.read(0, {_NAME_BYTES}).decode().strip():
    importlib.import_module(name)
"""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2


def _root() -> Path:
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        path = Path(given)
        return path.parent if path.name.startswith("k-") else path  # a child inherits its parent's folder
    return cache.root() / "kernels"


def sources(package: Path = _PACKAGE) -> list[Path]:
    """The files that compiled code is made from: each kernel's own, its neighbours in a folder of kernels, and how
    they are compiled.
    """
    found = {package / "engine" / "compiling.py", *package.rglob("kernel/*.py")}
    return sorted(found | {package.parent / f"{name.replace('.', '/')}.py" for name in KERNELS})


def _key(package: Path = _PACKAGE) -> str:
    """``k-`` and a hash of what compiled code depends on."""
    from llvmlite import binding  # type: ignore[import-untyped]

    digest = hashlib.blake2b(digest_size=10)
    for part in (_version("numba"), _version("llvmlite"), sys.version.split()[0], os.environ.get(_BOUNDS, "")):
        digest.update(part.encode())
    digest.update(binding.get_host_cpu_name().encode())
    digest.update(binding.get_host_cpu_features().flatten().encode())
    for source in sources(package):
        digest.update(source.name.encode() + source.read_bytes())
    return "k-" + digest.hexdigest()


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
