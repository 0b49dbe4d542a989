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
from pathlib import Path
from typing import Final

from ginbon.engine import cache

KERNELS: Final = (
    "ginbon.corpus.collectors.json_kernel",
    "ginbon.corpus.tidy_kernel",
    "ginbon.filters.identifiers.kernels",
    "ginbon.filters.kernel.cut",
    "ginbon.filters.kernel.dictionary",
    "ginbon.filters.kernel.graphemes",
    "ginbon.filters.kernel.lines",
    "ginbon.filters.kernel.minhash",
    "ginbon.filters.kernel.passages",
    "ginbon.filters.kernel.order",
    "ginbon.filters.kernel.repeat",
    "ginbon.filters.kernel.scan",
    "ginbon.filters.kernel.segment",
    "ginbon.filters.redact.kernel",
)
"""All modules that hold compiled code, whichever room they are in: names only, nothing of them is known here."""

_WARM: Final = "warm"
"""An empty file beside the compiled code that says that all of it is there."""

_PACKAGE: Final = Path(__file__).parents[1]

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


def is_warm() -> bool:
    """Whether all kernels were compiled on this machine before."""
    return (prepare() / _WARM).exists()


def warm() -> None:
    """Compile every kernel that is not compiled yet: some 15 s on two cores the first time, nothing afterwards.

    The parent calls this before it starts workers, so that no two cold processes compile the same kernel at once.
    Each of some children compiles kernels that no other does.
    """
    if is_warm():
        return
    with (prepare() / "lock").open("w") as lock:
        with contextlib.suppress(OSError):  # some network file systems have no locks: then it may be done twice
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_warm():
            _compile()


def _compile() -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", _IMPORT, *group], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for group in _groups(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    ]
    try:
        failed = [child.wait() for child in children]
    finally:
        for child in children:
            child.kill()
    if any(failed):
        for name in KERNELS:  # so that the error is seen
            importlib.import_module(name)
    with contextlib.suppress(OSError):
        (prepare() / _WARM).touch()


_IMPORT: Final = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"


def _groups(number: int) -> list[list[str]]:
    """The kernels in so many groups of about equal work, as the sizes of their sources tell."""
    sizes = {name: (_PACKAGE.parent / f"{name.replace('.', '/')}.py").stat().st_size for name in KERNELS}
    groups: list[list[str]] = [[] for _ in range(min(number, len(KERNELS)))]
    for name in sorted(KERNELS, key=lambda name: (-sizes[name], name)):
        min(groups, key=lambda group: sum(sizes[n] for n in group)).append(name)
    return groups


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
    found = {package / "engine" / "compiling.py", *(package / "filters" / "kernel").glob("*.py")}
    return sorted(found | {package.parent / f"{name.replace('.', '/')}.py" for name in KERNELS})


def _key(package: Path = _PACKAGE) -> str:
    """``k-`` and a hash of what compiled code depends on."""
    from llvmlite import binding  # type: ignore[import-untyped]

    digest = hashlib.blake2b(digest_size=10)
    for part in (_version("numba"), _version("llvmlite"), sys.version.split()[0]):
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
