"""Pieces of text that merges never cross, as token ids: what continued merges are learned from and applied to.

A piece is a pre-token of the tokenizer's split pattern. Where it has none (SentencePiece), a piece begins at each token
that begins with a space: SentencePiece's own trainer joins nothing across words, so this is what its merges would keep
to, but nothing in the file enforces it; figures from such pieces are estimates and are marked as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ginbon.tokenizers.bpe import Types
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s, TextColumn, Tokenizer


@dataclass(frozen=True)
class Pieces:
    """The pieces of some texts: each distinct one once with its tokens and how often it occurs (``types``); and for
    each piece in the order of the texts which one it is (``kind``) and the text that it is in (``line`` of ``lines``).
    """

    types: Types
    kind: Int64s
    line: Int64s
    lines: int

    def by_line(self, values: Int64s) -> Int64s:
        """The sum of a value of each distinct piece, over the pieces of each line."""
        sums = np.bincount(self.line, weights=values[self.kind], minlength=self.lines)
        return sums.astype(np.int64)


def pieces(tokenizer: Tokenizer, texts: TextColumn) -> Pieces:
    """The pieces of some texts under a tokenizer, with its own segmentation of each.

    An unknown token is a piece of its own: it can be merged with nothing.
    """
    texts = tokenizer.normalise(texts)
    encoded = tokenizer.encode_batch(texts)
    firsts = np.flatnonzero(_begins(tokenizer, texts, encoded)).astype(np.int64)
    line = np.repeat(np.arange(len(texts)), encoded.counts)[firsts]
    ends = np.append(firsts, len(encoded.ids)) * 4
    spelled = pa.py_buffer(np.ascontiguousarray(encoded.ids, np.uint32))
    found = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(firsts), [None, pa.py_buffer(ends), spelled])
    coded = found.dictionary_encode()
    _, spans, data = coded.dictionary.buffers()
    offsets = np.frombuffer(spans, np.int64)[: len(coded.dictionary) + 1] if len(firsts) else np.zeros(1, np.int64)
    kind = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    types = Types(
        offsets=offsets // 4,
        ids=np.frombuffer(data or b"", np.int32)[: offsets[-1] // 4],
        counts=np.bincount(kind, minlength=len(coded.dictionary)).astype(np.int64),
    )
    return Pieces(types, kind, line.astype(np.int64), len(texts))


def _begins(tokenizer: Tokenizer, texts: TextColumn, encoded: Encoded) -> Flags:
    """For each token whether it begins a piece."""
    vocabulary = tokenizer.vocabulary
    begins = np.zeros(len(encoded.ids) + 1, np.bool_)
    begins[encoded.offsets[:-1]] = True
    unknown = vocabulary.unknown_flags[encoded.ids]
    begins[:-1] |= unknown
    begins[1:] |= unknown
    found = tokenizer.pre_tokens(texts)
    if found is not None:
        begins[:-1] |= np.isin(tokenizer.starts(texts, encoded), found.starts)
    else:
        spaced = np.array([piece[:1] == b" " for piece in vocabulary.pieces], np.bool_)
        begins[:-1] |= spaced[encoded.ids]
    return begins[:-1]
