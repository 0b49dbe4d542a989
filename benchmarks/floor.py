"""The floor under any run: read JSONL with pyarrow and write Parquet (zstd), one thread, doing nothing in between.

python benchmarks/floor.py IN.jsonl OUT.parquet
"""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq


def main() -> int:
    """Copy."""
    source, target = sys.argv[1:]
    pa.set_cpu_count(1)
    reader = pj.open_json(source, pj.ReadOptions(use_threads=False, block_size=2**23))
    with reader, pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
