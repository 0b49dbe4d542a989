"""Carry recipes out: the only room that knows all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ginbon.run.forecast import explain
    from ginbon.run.stages import default_folder
    from ginbon.run.start import Listener, Options, Summary, clean, run

__all__ = ["Listener", "Options", "Summary", "clean", "default_folder", "explain", "run"]


def __getattr__(name: str) -> Any:
    """Load a public name where it is first used: the rooms behind it are heavy."""
    if name not in __all__:
        raise AttributeError(name)
    from ginbon.run import forecast, stages, start

    homes = {"default_folder": stages, "explain": forecast}
    return getattr(homes.get(name, start), name)
