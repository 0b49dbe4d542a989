"""Laws of an extended tokenizer, over text from all of Unicode."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import partners
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.extension import Extension, Options, extend, read_base
from ginbon.tokenizers.extension.proof import locked
from ginbon.tokenizers.guards import guard
from ginbon.tokenizers.protocol import TextColumn

DEVANAGARI = guard("Deva")
ALPHABET = (
    "".join(sorted(set("".join([*partners.HINDI, *partners.MARATHI, *partners.OTHERS])))) + "\u200c\u200d\r\n\u0951"
)
anything = st.text(st.one_of(st.sampled_from(ALPHABET), st.characters(codec="utf-8")), max_size=24)
free = anything.map(lambda text: "".join(c for c in text if not DEVANAGARI.points[ord(c)]))
kinds = st.sampled_from(["json-gate", "json-keep", "listed-gate", "ranks-gate", "ranks-keep", "model-auto"])
few = settings(max_examples=60)


@lru_cache(maxsize=8)
def made(kind: str) -> Extension:
    """The small partner, extended for Hindi."""
    name, split = kind.split("-")
    folder = Path(mkdtemp())
    write = {"json": partners.write_json, "ranks": partners.write_ranks, "model": partners.write_model}
    place = partners.write_json(folder, listed=True) if name == "listed" else write[name](folder)
    options = Options(60, split=split)  # type: ignore[arg-type]
    return extend(read_base(str(place)), "hin_Deva", TextColumn([*partners.HINDI] * 3), options)


@few
@given(kinds, free)
def test_text_without_the_script_is_encoded_as_before(kind: str, text: str) -> None:
    texts = TextColumn([text])
    one = made(kind)
    assert one.tokenizer.encode_batch(texts).ids.tolist() == one.base.tokenizer.encode_batch(texts).ids.tolist()


@few
@given(st.sampled_from(["json-gate", "json-keep", "listed-gate", "ranks-gate"]), anything)
def test_every_text_comes_back(kind: str, text: str) -> None:
    texts = TextColumn([text])
    one = made(kind).tokenizer
    assert one.decode_batch(one.encode_batch(texts)) == [text]


@few
@given(st.sampled_from(["json-keep", "ranks-keep", "model-auto"]), anything)
def test_nothing_is_longer_where_no_gate_is(kind: str, text: str) -> None:
    """And every cut of the extended tokenizer is one of the base's."""
    one, texts = made(kind), TextColumn([text])
    before, after = one.base.tokenizer.encode_batch(texts), one.tokenizer.encode_batch(texts)
    assert after.counts[0] <= before.counts[0]
    if kind != "model-auto":
        starts = set(one.base.tokenizer.starts(texts, before).tolist())
        assert set(one.tokenizer.starts(texts, after).tolist()) <= starts


@few
@given(anything)
def test_rank_file_and_tokenizer_json_agree(text: str) -> None:
    texts = TextColumn([text])
    one, other = (made(kind).tokenizer.encode_batch(texts).ids.tolist() for kind in ("json-gate", "ranks-gate"))
    assert one == other


@few
@given(st.binary(max_size=8), anything)
def test_a_lock_is_never_found_in_text_without_the_script(piece: bytes, text: str) -> None:
    """Both readings of it agree, and no such text holds bytes that are locked."""
    assert bool(DEVANAGARI.lock(piece)) == locked(piece, DEVANAGARI.ranges)
    data = text.encode()
    for at in range(len(data)):
        for size in range(1, 7):
            found = data[at : at + size]
            if locked(found, DEVANAGARI.ranges):
                assert any(DEVANAGARI.points[ord(c)] for c in text)


@few
@given(kinds)
def test_every_new_token_is_whole_and_can_be_reached(kind: str) -> None:
    one = made(kind)
    for token in one.new.tokens:
        leads = sum(byte & 0xC0 != 0x80 for byte in token.piece)
        assert token.lock
        assert leads <= 1 or token.piece.decode()
    for piece in one.new.pieces:
        if leads_text(piece):
            assert token_ids(one, piece)


def leads_text(piece: bytes) -> bool:
    """Whether a piece is text that stands alone as a pre-token."""
    try:
        return piece.decode().isalpha()
    except UnicodeDecodeError:
        return False


def token_ids(one: Extension, piece: bytes) -> bool:
    """Whether its own bytes become this one token."""
    ids = one.tokenizer.encode_batch(TextColumn([piece.decode()])).ids.tolist()
    return ids == [one.new.first_id + one.new.pieces.index(piece)] or one.base.kind == "sentencepiece"
