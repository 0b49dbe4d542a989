"""Names of files in a release: what may be one, and how a stranger's is opened (faults 46, 61, rule R6).

A name is checked before anything is opened under it. Published names stay within what every file system, archive and
object store takes alike.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ginbon.errors import VerifyError

MAX_NAME_CHARS: Final = 512

_PIECE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+=-]{0,199}")
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def unsafe(name: object) -> str | None:
    """Why ``name`` cannot be a file of a release, or None where it can."""
    if not isinstance(name, str):
        return "is not a string"
    if not name or len(name) > MAX_NAME_CHARS:
        return f"has {len(name):,} characters; 1 to {MAX_NAME_CHARS} are allowed"
    if name.startswith("/"):
        return "is an absolute path"
    for piece in name.split("/"):
        if piece in ("", ".", ".."):
            return f"has the piece {piece!r}; a name goes straight down from the release"
        if not _PIECE.fullmatch(piece) or piece.endswith("."):
            return f"has the piece {shown(piece)}; letters a-z, A-Z, digits and ._+=- are allowed"
        if _DEVICES.fullmatch(piece):
            return f"has the piece {shown(piece)}, a device on some systems"
    return None


def refuse_twins(where: str, names: Iterable[str]) -> None:
    """Raise ``VerifyError`` for two names that some file system takes for one: the same, or equal but for case."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other is not name:
            raise VerifyError(f"{where}: {shown(name)} and {shown(other)} are one file on some systems")


def shown(text: object, *, limit: int = 80) -> str:
    """A stranger's text for a message: quoted, control and direction characters escaped, cut to ``limit``."""
    value = text if isinstance(text, str) else repr(text)
    cut = value[:limit] + ("…" if len(value) > limit else "")
    return '"' + _CONTROLS.sub(lambda m: f"\\u{ord(m[0]):04x}", cut).replace('"', '\\"') + '"'


def open_plainly(place: Path, name: str) -> int:
    """A descriptor of a regular file under ``place``; no piece of the name may be a symbolic link, a pipe or a device.

    The name must have passed ``unsafe``. Raises ``FileNotFoundError`` where it is absent, ``VerifyError`` where it is
    something else than a file.
    """
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        *above, last = name.split("/")
        for piece in above:
            inner = _open_in(folder, piece, os.O_DIRECTORY, name)
            os.close(folder)
            folder = inner
        descriptor = _open_in(folder, last, os.O_NONBLOCK, name)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise VerifyError(f"{name} is no regular file")
    return descriptor


def _open_in(folder: int, piece: str, flags: int, name: str) -> int:
    try:
        return os.open(piece, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=folder)
    except NotADirectoryError as error:
        raise VerifyError(f"{name}: {piece} is no folder, or a symbolic link") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise VerifyError(f"{name}: {piece} is a symbolic link") from error
        if error.errno == errno.ENXIO:
            raise VerifyError(f"{name} is no regular file") from error
        raise
