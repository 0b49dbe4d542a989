"""Ginbon turns a people's scattered text into a corpus and tokenizers that others can take, check and use."""

__version__ = "0.1.0.dev0"
