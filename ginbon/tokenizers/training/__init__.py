"""Train tokenizers from counts: ``options`` say what, ``train`` does it, and each kind has a maker of its own.

from ginbon.tokenizers import TrainOptions, train
from ginbon.tokenizers.counts import read

trained = train(read(Path("counts.parquet")), TrainOptions("ours", "byte-bpe", 32_000))
Path(trained.options.file).write_bytes(trained.data)
"""
