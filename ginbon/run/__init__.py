"""Carry recipes out: the only room that knows all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ginbon.run.stages import default_folder
    from ginbon.run.start import Listener, Options, Summary, clean, run

__all__ = ["Listener", "Options", "Summary", "clean", "default_folder", "run"]


def __getattr__(name: str) -> Any:
    """Load a public name where it is first used: the rooms behind it are heavy."""
    if name == "default_folder":
        from ginbon.run import stages

        return stages.default_folder
    if name in __all__:
        from ginbon.run import start

        return getattr(start, name)
    raise AttributeError(name)
