"""``ginbon`` as a user calls it, but in the process of the test: nothing is started and imported anew.

For what a command says, does and returns. Where signals, workers that die, memory or imports are the point, a test
starts a process.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock

from ginbon import cli


def ginbon(*arguments: object, cwd: Path | None = None, given: str = "") -> CompletedProcess[str]:
    """The exit code of a command and what it wrote, given in a folder and with a text on standard input."""
    said = [str(argument) for argument in arguments]
    out, err, read = (io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8") for text in ("", "", given))
    collected = gc.get_threshold()
    cli.app.registered_commands.clear()  # a process adds them once
    cli.app.registered_groups.clear()
    try:
        with (
            contextlib.chdir(cwd or Path.cwd()),
            mock.patch.dict(os.environ),
            mock.patch.multiple(sys, argv=["ginbon", *said], stdin=read),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    else:
        code = 0
    finally:
        gc.set_threshold(*collected)
    return CompletedProcess(said, code, *(_text(stream) for stream in (out, err)))


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined, no-any-return]
