"""Write a ``ByteBpe`` as a rank file (``.tiktoken``) and the small JSON beside it that says what ranks do not."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import pairwise

from ginbon.errors import UserError
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.cascades import as_one
from ginbon.tokenizers.export.source import ByteBpe


@dataclass(frozen=True)
class RankFile:
    """A rank file and its settings."""

    data: bytes
    settings: RankSettings


def rank_file(source: ByteBpe) -> RankFile:
    """The two files. The numbers in the rank file are the ids themselves wherever ids ascend with ranks.

    Pieces that no merge makes are left out where the source takes none whole: by rank they would be reached. Raises
    ``UserError`` where tiktoken cannot do what the source does.
    """
    pattern = as_one(source.patterns)
    if pattern is None:
        raise UserError(
            f"{source.origin}: it cuts by {len(source.patterns)} patterns one after another, and no single pattern "
            "that cuts alike is known; a rank file takes one. Export it as tokenizer.json"
        )
    if flagged := next((t for t in source.added if not t.special and not t.plain), None):
        raise UserError(f"{source.origin}: the added token {flagged.text!r} has flags that a rank file does not know")
    texts = sorted(source.in_text)
    if alike := next((b for a, b in pairwise(texts) if b.startswith(a)), None):
        raise UserError(f"{source.origin}: the added token {alike!r} begins with another; tiktoken takes either")
    reached = _reached(source)
    numbers = source.ids[reached] if source.ordered else range(len(reached))
    lines = [
        base64.b64encode(source.pieces[rank]) + b" %d\n" % number for rank, number in zip(reached, numbers, strict=True)
    ]
    settings = RankSettings(
        pattern=pattern,
        special=source.special,
        in_text=source.in_text,
        normalisation=source.normalisation,
        size=source.size,
        ids=None if source.ordered else tuple(source.ids[reached].tolist()),
    )
    return RankFile(b"".join(lines), settings)


def _reached(source: ByteBpe) -> list[int]:
    """Ranks of single bytes and of what merges make; all where whole pre-tokens are looked up."""
    if source.ignore_merges:
        return list(range(len(source)))
    made = {source.pieces[a] + source.pieces[b] for a, b in source.pairs.tolist()}
    return [rank for rank, piece in enumerate(source.pieces) if len(piece) == 1 or piece in made]
