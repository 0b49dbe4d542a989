"""How kernels take places in arrays: never from the end, and refused outside where a person asks for that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import numba, numpy as np
from ginbon.engine.compiling import kernel, read, types

def last(array, at):
    return array[at]

numbers = np.arange(3)
print(numba.njit(last)(numbers, -1))
last.__module__ = "ginbon.filters.kernel.made_for_a_test"
ours = kernel(types.int64, read(types.int64), types.int64)(last)
print(ours(numbers, 2))
try:
    print(ours(numbers, -1))
except IndexError:
    print("refused")
"""


def test_our_kernels_count_no_place_from_the_end_and_other_functions_do(tmp_path: Path) -> None:
    """The speed of every kernel hangs on it; so it must be seen where a new numba is made otherwise inside."""
    program = tmp_path / "program.py"  # numba keeps what it compiles of a file only
    program.write_text(PROGRAM, "utf-8")
    surroundings = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, program], env=surroundings, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["2", "2", "refused"], done.stderr
