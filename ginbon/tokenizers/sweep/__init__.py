"""Sweeps: many tokenizers from one counting pass, measured on the same held-out documents, and one of them chosen.

from ginbon.tokenizers.sweep import SweepOptions, sweep

done = sweep(["runs/ours"], Path("sweep"), SweepOptions(vocabularies=(8_000, 16_000), balances=(0.3, 1.0)))
done.choice.taken  # "byte-bpe-b0.3-16000"
"""

from __future__ import annotations

from ginbon.tokenizers.sweep.choice import Choice, Step, choose
from ginbon.tokenizers.sweep.plan import Arm, Cut, SweepOptions
from ginbon.tokenizers.sweep.sweeping import Made, Sweep, sweep

__all__ = ["Arm", "Choice", "Cut", "Made", "Step", "Sweep", "SweepOptions", "choose", "sweep"]
