"""From the `paths` of a source to its files: files, folders and globs, each file once, in one order everywhere.

A pattern is relative to the recipe's folder; ``${NAME}`` is taken from the environment. A folder means
every file below it. Globs know ``*``, ``?``, ``[a-z]`` and ``**`` (any depth); a path that exists is never
read as a glob. Files and folders whose name begins with a dot are left out unless the pattern says the
dot, and the report says how many.

The **root** of a source is the deepest folder above all of its patterns, by the patterns' own words: so adding a file
renames nothing, and a moved folder changes nothing. A file's **name** is its path below the root, with ``/``; bytes
that are not UTF-8 are written ``\\xff``. The order is that of the names' bytes.
"""

# Names may hold any bytes and come by the hundred thousand, so paths stay strings here:
# ruff: noqa: PTH100, PTH112, PTH114, PTH116, PTH118, PTH120, PTH206

from __future__ import annotations

import errno
import fnmatch
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ginbon.corpus.schema import MAX_FIELD_BYTES
from ginbon.errors import SurroundingsError, UserError

LONGEST_NAME_BYTES: Final = MAX_FIELD_BYTES - 96
"""A locator is a name and a place in the file, and must fit its column whole: it makes the document's id."""

_MAGIC: Final = re.compile(r"[*?\[]")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ADDRESS: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_SHOWN: Final = 20  # warnings of one kind; the rest are counted

Folders = frozenset[tuple[int, int]]  # device and inode of a folder and of all above it


@dataclass(frozen=True)
class Inputs:
    """The files of a source as ``(path, name, size)`` in the order of their names, and what was noticed."""

    files: tuple[tuple[str, str, int], ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Route:
    """One way to a file: a pattern, and whether a symbolic link was followed below the pattern's folder."""

    path: str
    pattern: str
    linked: bool


@dataclass
class _Walk:
    """What was met on the way besides files."""

    pattern: str = ""
    hidden: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def expand(
    paths: Sequence[str], *, root: str | os.PathLike[str], environment: Mapping[str, str] | None = None
) -> Inputs:
    """The files that these patterns reach, each once; ``root`` is the recipe's folder.

    Raises ``UserError`` naming every pattern that reaches nothing, every unset variable and every name that cannot
    be stored; ``SurroundingsError`` where a folder or file must not be read.
    """
    variables = os.environ if environment is None else environment
    full = _resolve(paths, os.path.abspath(os.fspath(root)), variables)
    walk, routes, empty = _Walk(), [], []
    for pattern, path in full:
        walk.pattern = pattern
        found = list(_reach(path, pattern, walk))
        if not found:
            empty.append(pattern)
        routes += found
    if empty:
        raise UserError(_nothing_found(empty, dict(full), walk))
    base = os.path.commonpath([_anchor(path) for _, path in full]) if full else ""
    files = _once(routes, base, walk)
    for pattern, count in walk.hidden.items():
        if count:
            walk.warnings.append(
                f"{pattern}: {count:,} hidden files or folders left out (their names begin with a dot)"
            )
    return Inputs(files=tuple(files), warnings=tuple(walk.warnings))


def _resolve(paths: Sequence[str], root: str, variables: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each pattern with its variables filled in and made absolute; all mistakes at once."""
    full, mistakes = [], []
    for pattern in paths:
        unset = [name for name in _VARIABLE.findall(pattern) if name not in variables]
        filled = _VARIABLE.sub(lambda m: variables.get(m[1], ""), pattern)
        if unset:
            mistakes.append(f"{_show(pattern)}: the environment has no {', '.join(unset)}; set it and run again")
        elif _ADDRESS.match(filled):
            mistakes.append(
                f"{_show(pattern)}: a run reads local files only; bring it here with `ginbon fetch` and name the file"
            )
        elif not filled or "\0" in filled:
            mistakes.append(f"{_show(pattern)}: not a path; write a file, a folder or a glob")
        else:
            full.append((pattern, os.path.normpath(os.path.join(root, filled))))
    if mistakes:
        raise UserError("\n".join(mistakes))
    return full


def _anchor(path: str) -> str:
    """The folder that a pattern starts from, by its words: no file's coming or going moves it."""
    if os.path.lexists(path):
        return path if os.path.isdir(path) else os.path.dirname(path)
    parts = path.split(os.sep)
    magic = next((i for i, part in enumerate(parts) if _MAGIC.search(part)), len(parts) - 1)
    return os.sep.join(parts[:magic]) or os.sep


def _reach(path: str, pattern: str, walk: _Walk) -> Iterator[_Route]:
    if os.path.lexists(path):
        yield from _take(path, pattern, walk, linked=os.path.islink(path), above=frozenset())
        return
    start = _anchor(path)
    rest = [part for part in path[len(start) :].split(os.sep) if part]
    if os.path.isdir(start) and any(_MAGIC.search(part) for part in rest):
        yield from _match(start, rest, pattern, walk, linked=False, above=frozenset())


def _match(
    folder: str, parts: list[str], pattern: str, walk: _Walk, *, linked: bool, above: Folders
) -> Iterator[_Route]:
    """Files below the folder whose path matches the parts of a glob."""
    entered = _enter(folder, walk, above)
    if entered is None:
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        deeper = ["**", *rest]
        while rest[:1] == ["**"]:
            rest = rest[1:]
        if rest:
            yield from _match(folder, rest, pattern, walk, linked=linked, above=above)
    for entry in _entries(folder, walk):
        if entry.name.startswith(".") and not head.startswith("."):
            walk.hidden[walk.pattern] = walk.hidden.get(walk.pattern, 0) + (head == "**")
            continue
        through = linked or entry.is_symlink()
        if head == "**":
            if _is_dir(entry):
                yield from _match(entry.path, deeper, pattern, walk, linked=through, above=entered)
            elif not rest:
                yield from _take(entry.path, pattern, walk, linked=through, above=entered)
        elif fnmatch.fnmatchcase(entry.name, head):
            if not rest:
                yield from _take(entry.path, pattern, walk, linked=through, above=entered)
            elif _is_dir(entry):
                yield from _match(entry.path, rest, pattern, walk, linked=through, above=entered)


def _take(path: str, pattern: str, walk: _Walk, *, linked: bool, above: Folders) -> Iterator[_Route]:
    """A file, or every file below a folder; what is neither is warned of."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        why = "a loop of links" if error.errno == errno.ELOOP else "a link to nothing"
        if error.errno not in (errno.ELOOP, errno.ENOENT):
            raise _unreadable(path, error) from error
        walk.warnings.append(f"{_show(path)}: left out, it is {why}")
        return
    if stat.S_ISREG(mode):
        yield _Route(path, pattern, linked)
    elif stat.S_ISDIR(mode):
        entered = _enter(path, walk, above)
        if entered is None:
            return
        for entry in _entries(path, walk):
            if entry.name.startswith("."):
                walk.hidden[walk.pattern] = walk.hidden.get(walk.pattern, 0) + 1
            else:
                through = linked or entry.is_symlink()
                yield from _take(entry.path, pattern, walk, linked=through, above=entered)
    else:
        walk.warnings.append(f"{_show(path)}: left out, it is neither a file nor a folder")


def _enter(folder: str, walk: _Walk, above: Folders) -> Folders | None:
    """The folders above and this one; null, with a warning, where a link led back into one of them."""
    try:
        status = os.stat(folder)
    except OSError as error:
        raise _unreadable(folder, error) from error
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        walk.warnings.append(f"{_show(folder)}: not followed, the link leads back to a folder above it")
        return None
    return above | {identity}


def _entries(folder: str, walk: _Walk) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda e: os.fsencode(e.name))
    except OSError as error:
        raise _unreadable(folder, error) from error


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _once(routes: list[_Route], base: str, walk: _Walk) -> list[tuple[str, str, int]]:
    """The files in the order of their names, each once; of two routes the one without links, then the smaller name."""
    names = {route.path: _name(route.path, base) for route in routes}
    ordered = sorted(routes, key=lambda r: (r.linked, names[r.path].encode("utf-8")))
    seen: dict[tuple[int, int], _Route] = {}
    taken: dict[str, tuple[str, str, int]] = {}
    same_path: dict[tuple[str, str], list[str]] = {}
    linked = []
    for route in ordered:
        try:
            status = os.stat(route.path)
        except OSError as error:
            raise _unreadable(route.path, error) from error
        first = seen.setdefault((status.st_dev, status.st_ino), route)
        name = names[route.path]
        if first is route:
            if name in taken:
                raise UserError(
                    f"{_show(route.path)} and {_show(taken[name][0])} would both be called {name!r}, "
                    "for a name must be UTF-8; rename one of them"
                )
            taken[name] = (route.path, name, status.st_size)
        elif first.path == route.path:
            same_path.setdefault((first.pattern, route.pattern), []).append(name)
        else:
            linked.append(f"{_show(name)} is the same file as {_show(names[first.path])}: counted once, as the latter")
    _check(list(taken.values()))
    for (one, other), which in same_path.items():
        example = _show(which[0]) + (f" and {len(which) - 1:,} more" if len(which) > 1 else "")
        walk.warnings.append(f"{_show(one)} and {_show(other)} both reach {example}: counted once")
    walk.warnings += linked[:_SHOWN]
    if len(linked) > _SHOWN:
        walk.warnings.append(f"{len(linked) - _SHOWN:,} more files were reached twice by links: counted once")
    return sorted(taken.values(), key=lambda f: f[1].encode("utf-8"))


def _name(path: str, base: str) -> str:
    relative = os.path.relpath(path, base)
    return os.fsencode(relative).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def _check(files: list[tuple[str, str, int]]) -> None:
    """Refuse, before any work, names that cannot be stored and files that must not be read."""
    long = [n for _, n, _ in files if len(n.encode("utf-8")) > LONGEST_NAME_BYTES]
    if long:
        raise UserError(
            f"{_show(long[0][:80])}…: a name below the source's root of {len(long[0].encode('utf-8')):,} bytes, where "
            f"{LONGEST_NAME_BYTES:,} can be stored; name a deeper folder in `paths` or shorten it"
        )
    closed = [p for p, _, _ in files if not os.access(p, os.R_OK, effective_ids=os.access in os.supports_effective_ids)]
    if closed:
        more = f" and {len(closed) - 5:,} more" if len(closed) > 5 else ""
        raise SurroundingsError(
            f"no permission to read {', '.join(_show(p) for p in closed[:5])}{more}; "
            "give this user the right to read (chmod u+r, or the file's group) and run the same command again"
        )


def _nothing_found(empty: list[str], full: Mapping[str, str], walk: _Walk) -> str:
    lines = []
    for pattern in empty:
        path = full[pattern]
        if os.path.isdir(path):
            what = "the folder holds no files"
        elif _MAGIC.search(path) and os.path.isdir(_anchor(path)):
            what = f"no file matches it below {_show(_anchor(path))}"
        else:
            missing = Path(path)
            while not missing.parent.exists():
                missing = missing.parent
            what = f"{_show(str(missing))} does not exist"
        lines.append(f"{_show(pattern)}: {what}")
    lines += walk.warnings
    lines.append("Every pattern of a source must reach a file; correct it, take it out, or bring the files first.")
    return "\n".join(lines)


def _unreadable(path: str, error: OSError) -> SurroundingsError:
    return SurroundingsError(
        f"{_show(path)}: {error.strerror or error}; the run needs the right to read it and the folders above it. "
        "Nothing was changed; the same command goes on when it can be read"
    )


def _show(path: str) -> str:
    """The path for a message: odd characters escaped, so that a name cannot draw on a terminal."""
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
