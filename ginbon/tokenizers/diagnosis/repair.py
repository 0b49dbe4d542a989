r"""The repaired split pattern: a branch for one script in front of a tokenizer's own pattern.

    [^\r\n\p{L}\p{M}\p{N}]?(?=[\p{Taml}])[\p{L}\p{M}][\p{L}\p{M}\u200C\u200D]*|(the tokenizer's own pattern)

The branch takes a run of letters, marks and joiners that begins with a letter or mark of the script, with the one
character before it that the own pattern would take too. Text without a character of the script cannot reach it, so
nothing changes for other scripts, by construction. For a script that many languages share, all of them are reached.
Digits are left to the own pattern. A Tibetan syllable keeps its tsheg.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ginbon.languages import scripts
from ginbon.tokenizers.diagnosis.letters import own_scripts
from ginbon.tokenizers.protocol import Tokenizer

_TSHEG: Final = r"\u0F0B\u0F0C"


def gate(script: str) -> str:
    """The branch for a script (ISO 15924), in the syntax of tiktoken, of Oniguruma and of Python's ``regex`` alike.

    Empty for a code that names no characters.
    """
    written = own_scripts(script)
    codes = [scripts.names()[n] for n in written[np.isin(written, scripts.script_table())].tolist()]
    if not codes:
        return ""
    own = "".join(rf"\p{{{code}}}" for code in codes)
    tail = rf"\p{{L}}\p{{M}}\u200C\u200D{_TSHEG if script == 'Tibt' else ''}"
    return rf"[^\r\n\p{{L}}\p{{M}}\p{{N}}]?(?=[{own}])[\p{{L}}\p{{M}}][{tail}]*"


def repaired(tokenizer: Tokenizer, script: str) -> Tokenizer | None:
    """The same vocabulary behind the repaired pattern; None where the tokenizer has no pattern that can be repaired."""
    gated = getattr(tokenizer, "gated", None)
    branch = gate(script)
    return gated(branch) if gated and branch else None
