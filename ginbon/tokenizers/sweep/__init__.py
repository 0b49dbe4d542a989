"""Sweeps: many tokenizers from one counting pass, measured on the same held-out documents, and one of them chosen.

from ginbon.tokenizers.sweep import SweepOptions, sweep

done = sweep(["runs/ours"], Path("sweep"), SweepOptions(vocabularies=(8_000, 16_000), balances=(0.3, 1.0)))
done.choice.taken  # "byte-bpe-b0.3-16000"

Each name is imported when it is first used: a run is planned without what trains and measures.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ginbon.tokenizers.sweep.choice import Choice, Step, choose
    from ginbon.tokenizers.sweep.plan import Arm, Cut, Judging, SweepOptions
    from ginbon.tokenizers.sweep.sweeping import Made, Sweep, left_over, sweep

_WHERE = {
    "Arm": "plan",
    "Choice": "choice",
    "Cut": "plan",
    "Judging": "plan",
    "Made": "sweeping",
    "Step": "choice",
    "Sweep": "sweeping",
    "SweepOptions": "plan",
    "choose": "choice",
    "left_over": "sweeping",
    "sweep": "sweeping",
}

__all__ = ["Arm", "Choice", "Cut", "Judging", "Made", "Step", "Sweep", "SweepOptions", "choose", "left_over", "sweep"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"ginbon.tokenizers.sweep.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
