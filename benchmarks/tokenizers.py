"""Is counting tokens as fast as the libraries underneath? ``python benchmarks/tokenizers.py [--json] [--rounds 15]``

``token_speed.py`` says what is measured. Vocabularies that are not on this machine are left out.

This file has the name of Hugging Face's library. So it puts its folder behind all others on the path, and steps aside
where a benchmark beside it, or what that uses, wants the library.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [*(p for p in sys.path if Path(p).resolve() != HERE), str(HERE)]

if __name__ == "tokenizers":
    del sys.modules["tokenizers"]
    import tokenizers  # noqa: F401 - the library: its own module takes the place of this one
elif __name__ == "__main__":
    from token_speed import main

    raise SystemExit(main())
