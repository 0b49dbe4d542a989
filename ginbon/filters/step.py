"""The step contract, where filters look for it."""

from ginbon.corpus.step import Step, with_columns

__all__ = ["Step", "with_columns"]
