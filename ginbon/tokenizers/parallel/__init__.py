"""Tokenizers on parallel text: what each charges a language for what it charges another one for the same.

from ginbon.tokenizers import load
from ginbon.tokenizers.parallel import compare_parallel, read_parallel

sets = read_parallel("flores")
results = compare_parallel([load("o200k_base"), load("bytes")], sets)
"""

from __future__ import annotations

from ginbon.tokenizers.parallel.aligned import Aligned, Version, align
from ginbon.tokenizers.parallel.measured import MeasuredSet, measure_set
from ginbon.tokenizers.parallel.reading import read_parallel
from ginbon.tokenizers.parallel.results import ParallelComparison, compare_parallel, put_together

__all__ = [
    "Aligned",
    "MeasuredSet",
    "ParallelComparison",
    "Version",
    "align",
    "compare_parallel",
    "measure_set",
    "put_together",
    "read_parallel",
]
