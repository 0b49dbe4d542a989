"""A folder appears whole: built beside its place, synced, and exchanged for the old one in one step (fault 51)."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ginbon.engine.files import sync_folder, told_as_surroundings, whole_file

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of ``path`` when the block ends well; until then the old one stays."""
    for left in path.parent.glob(f"{path.name}.tmp-*"):  # of killed runs; one process at a time holds a run folder
        shutil.rmtree(left)
    building = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    with told_as_surroundings(path):
        building.mkdir(parents=True)
        try:
            yield building
            for folder in sorted({p.parent for p in building.rglob("*")} | {building}, reverse=True):
                sync_folder(folder)
            _take_place(building, path)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise


def _take_place(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
    else:
        if not _exchange(new, path):  # no such call here: for a moment there is no release, never half of one
            old = path.with_name(f"{path.name}.tmp-old-{os.getpid()}")
            path.rename(old)
            new.rename(path)
            new = old
        shutil.rmtree(new, ignore_errors=True)
    sync_folder(path.parent)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two names in one step (Linux); False where the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return done == 0


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file another name, without its bytes where the file system can; else a copy, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        os.link(source, target, follow_symlinks=False)
        return
    with source.open("rb") as data, whole_file(target) as copy:
        shutil.copyfileobj(data, copy, 2**20)
