"""Extend a partner's tokenizer for one language, with proof that no other script's text changes.

from ginbon.tokenizers.extension import Options, certify, extend, read_base, write

made = extend(read_base("llama-3.1"), "tam_Taml", texts, Options(tokens=8_000))
write(made, certify(made, sets), figures=None, folder=Path("llama-3.1-tamil"))
"""

from __future__ import annotations

from ginbon.tokenizers.extension.base import Base, read_base
from ginbon.tokenizers.extension.extending import Extension, Floor, Options, extend
from ginbon.tokenizers.extension.figures import Figures, Measured, figures
from ginbon.tokenizers.extension.folder import Certified, certify, read_certificate, recertify, write
from ginbon.tokenizers.extension.proof import Check, check
from ginbon.tokenizers.extension.replay import Run, VersionRun, replay
from ginbon.tokenizers.extension.tokens import NewToken, NewTokens

__all__ = [
    "Base",
    "Certified",
    "Check",
    "Extension",
    "Figures",
    "Floor",
    "Measured",
    "NewToken",
    "NewTokens",
    "Options",
    "Run",
    "VersionRun",
    "certify",
    "check",
    "extend",
    "figures",
    "read_base",
    "read_certificate",
    "recertify",
    "replay",
    "write",
]
