"""Audit a file that nobody vouches for: loaded and tried in a process of its own, within limits.

A tokenizer's file is a stranger's: its split pattern may need for ever on its own tokens, its vocabulary may not fit
memory, and libraries may end the process. The limits are of processor time and memory; what is beyond them is an error.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.errors import SurroundingsError, UserError
from ginbon.tokenizers.audit.auditing import EXAMPLES, audit
from ginbon.tokenizers.audit.findings import Audit
from ginbon.tokenizers.specs import Located, TokenizerSpec, load, locate

MAX_NAMES_BYTES: Final = 2**26


@dataclass(frozen=True)
class Limits:
    """What the audit of one file may use."""

    cpu_seconds: int = 300
    memory_bytes: int = 12 * 2**30


def audit_file(
    spec: str | Mapping[str, Any] | TokenizerSpec | Located,
    *,
    examples: int = EXAMPLES,
    names: Path | None = None,
    network: bool = False,
    limits: Limits = Limits(),
) -> Audit:
    """Audit the tokenizer that a spec names; ``names`` is a file with a name of a person on each line.

    Raises ``UserError`` where the file is damaged, or cannot be tried within ``limits``.
    """
    located = spec if isinstance(spec, Located) else locate(spec, network=network)
    listed = _names(names) if names else ()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_carry_out, args=(theirs, located, examples, listed, limits), daemon=True)
    child.start()
    theirs.close()
    doing = "starting"
    try:
        while True:
            kind, said = ours.recv()
            if kind == "done":
                done: Audit = said
                return done
            if kind == "doing":
                doing = said
            else:
                raise (SurroundingsError if kind == "surroundings" else UserError)(said)
    except EOFError:
        child.join()
        raise UserError(_death(located, doing, child.exitcode or 0, limits)) from None
    finally:
        child.kill()
        child.join()
        ours.close()


def _names(file: Path) -> tuple[str, ...]:
    try:
        if file.stat().st_size > MAX_NAMES_BYTES:
            raise UserError(f"{file}: more than {MAX_NAMES_BYTES:,} bytes; give a list with a name on each line")
        return tuple(line for line in file.read_text("utf-8-sig").splitlines() if line.strip())
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: not UTF-8 at byte {error.start:,}; write the list as UTF-8") from error
    except OSError as error:
        raise SurroundingsError(f"{file}: {error.strerror}; put it right and run the same command again") from error


def _carry_out(pipe: Any, located: Located, examples: int, names: tuple[str, ...], limits: Limits) -> None:
    """In the child: tell what is done, then the audit or what went wrong."""
    import os
    import resource

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries that die write their traces there
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    where = located.path or located.name
    try:
        pipe.send(("doing", "loading it"))
        tokenizer = load(located)
        pipe.send(("doing", "encoding its own tokens"))
        pipe.send(("done", audit(tokenizer, examples=examples, names=names)))
    except SurroundingsError as error:
        pipe.send(("surroundings", str(error)))
    except UserError as error:
        pipe.send(("user", _too_big(where, limits) if isinstance(error.__cause__, MemoryError) else str(error)))
    except MemoryError:
        pipe.send(("user", _too_big(where, limits)))
    except RecursionError:
        pipe.send(("user", f"{where}: nested too deeply for a tokenizer; fetch the file again from its origin"))
    except BaseException as error:  # panics of libraries are no Exception
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        pipe.send(("user", f"{where}: the tokenizer fails on its own tokens ({reason}); it cannot be used as it is"))


def _too_big(where: Any, limits: Limits) -> str:
    return (
        f"{where}: needs more than {limits.memory_bytes / 2**30:.0f} GB of memory, which no published tokenizer does. "
        "Look at the size of its vocabulary."
    )


def _death(located: Located, doing: str, code: int, limits: Limits) -> str:
    where = located.path or located.name
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        pattern = f" ({located.pattern})" if located.pattern else ""
        return (
            f"{where}: not done after {limits.cpu_seconds} seconds of processor time, {doing}. Its split "
            f"pattern{pattern} probably goes through every way to cut a text; do not use it on text of strangers."
        )
    if code == -signal.SIGABRT:
        return _too_big(where, limits)
    return f"{where}: the library that runs it ended with code {code}, {doing}; do not use it"
