"""Why a tokenizer charges a language what it does, what more tokens would buy back, and what to do about it.

from ginbon.tokenizers import load
from ginbon.tokenizers.diagnosis import diagnose, gather

found = diagnose(load("llama-3.1"), gather(["data/parallel"], "hin_Deva"))
found.parts.floor.value, found.advice.headline
"""

from __future__ import annotations

from ginbon.tokenizers.diagnosis.advice import LIMITS, Advice, Limits
from ginbon.tokenizers.diagnosis.curve import GRID, HIDDEN, Curve, Point
from ginbon.tokenizers.diagnosis.diagnosis import Diagnosis, diagnose
from ginbon.tokenizers.diagnosis.letters import Letters
from ginbon.tokenizers.diagnosis.material import Material, gather
from ginbon.tokenizers.diagnosis.parts import Parts
from ginbon.tokenizers.diagnosis.seams import Seams

__all__ = [
    "GRID",
    "HIDDEN",
    "LIMITS",
    "Advice",
    "Curve",
    "Diagnosis",
    "Letters",
    "Limits",
    "Material",
    "Parts",
    "Point",
    "Seams",
    "diagnose",
    "gather",
]
