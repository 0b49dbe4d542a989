"""Personal data replaced by typed placeholders before a text is stored.

A compiled scan finds candidates by shape; only they meet regular expressions, phonenumbers and python-stdnum, so most
documents never reach Python. What is replaced depends on the document and the options alone: never on neighbours,
order or shard.

Digits of every script are understood (``०१२``, ``٠١٢``, ``๐๑๒``). A second pass over the result changes nothing.
"""

from ginbon.filters.redact.redact import PLACEHOLDERS, TYPES, Redact, Redacted, redact_text, redact_texts, redact_url

__all__ = ["PLACEHOLDERS", "TYPES", "Redact", "Redacted", "redact_text", "redact_texts", "redact_url"]
