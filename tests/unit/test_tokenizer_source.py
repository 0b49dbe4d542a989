"""One form for every byte-level BPE tokenizer: pairs, readers, writers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks
from ginbon.tokenizers.export import AddedToken, ByteBpe, from_ranks, from_tokenizer_json, rank_file, tokenizer_json
from ginbon.tokenizers.export.pairs import split_pairs
from ginbon.tokenizers.patterns import GINBON, R50K
from ginbon.tokenizers.protocol import TextColumn

BYTES = tuple(bytes([b]) for b in range(256))
TEXTS = ("abab aab", "the then thé", "ไทย ไท", "<|end|> <tool> ab", "", "\N{FULLWIDTH LATIN CAPITAL LETTER A}\r\n\tx")


def source(*more: bytes, **fields: Any) -> ByteBpe:
    pieces = (*BYTES, *more)
    return ByteBpe(**{"pieces": pieces, "ids": np.arange(len(pieces)), "patterns": (GINBON,), **fields})


def rank_tokenizer(of: ByteBpe) -> RankTokenizer:
    written = rank_file(of)
    return RankTokenizer("ranks", "", read_ranks(written.data, "x.tiktoken"), written.settings)


def ids(tokenizer: Any, texts: tuple[str, ...] = TEXTS) -> list[list[int]]:
    return [tokenizer.encode(text) for text in texts]


def test_pairs_are_all_that_spell_a_piece_in_the_order_of_pieces() -> None:
    pieces = (*BYTES, b"ab", b"aba", b"\x00\x00", b"\x00\x00\x00", b"xyz", b"bab")
    rank = {piece: n for n, piece in enumerate(pieces)}
    expected = [
        (rank[piece[:cut]], rank[piece[cut:]])
        for piece in pieces
        for cut in sorted(range(1, len(piece)), key=lambda cut: rank.get(piece[:cut], -1))
        if piece[:cut] in rank and piece[cut:] in rank
    ]
    assert [tuple(pair) for pair in split_pairs(pieces).tolist()] == expected
    assert len(expected) == 6


def test_every_format_gives_the_same_ids() -> None:
    """New ids behind the special tokens, an added token in text, and a token that no merge makes (`xyz`)."""
    pieces = (*BYTES, b"ab", b" th", b"e", b" the", b"xyz", "ไท".encode()[:4], "ไท".encode())
    pieces = tuple(dict.fromkeys(pieces))
    numbers = [*range(258), *range(300, 300 + len(pieces) - 258)]
    added = (AddedToken("<|end|>", 270), AddedToken("<tool>", 271, special=False))
    one = ByteBpe(pieces=pieces, ids=np.array(numbers), patterns=(GINBON,), added=added)
    library = HuggingFaceTokenizer("json", "", tokenizer_json(one))
    assert ids(rank_tokenizer(one)) == ids(library)
    assert [271] in [[i for i in row if i > 258 and i < 290] for row in ids(library)]
    assert library.encode("xyz") == [one.ids[pieces.index(b"xyz")]]
    assert library.vocabulary.pieces == rank_tokenizer(one).vocabulary.pieces


def test_ids_that_do_not_ascend_are_kept_beside_the_ranks() -> None:
    one = source(b"ab", ids=np.arange(256, -1, -1), added=(AddedToken("<t>", 400, special=False),))
    assert not one.ordered
    written = rank_file(one)
    assert written.settings.ids is not None
    assert ids(rank_tokenizer(one)) == ids(HuggingFaceTokenizer("json", "", tokenizer_json(one)))
    again = from_ranks(written.data, written.settings, path="x.tiktoken")
    assert (again.pieces, again.ids.tolist(), again.added) == (one.pieces, one.ids.tolist(), one.added)


def test_what_is_written_is_read_back_alike() -> None:
    one = source(b"ab", b"abab", patterns=(r"\p{N}", R50K), normalisation="NFC", added=(AddedToken("<s>", 258),))
    data = tokenizer_json(one)
    again = from_tokenizer_json(data, "tokenizer.json")
    assert (again.pieces, again.patterns, again.added, again.normalisation) == (
        one.pieces,
        one.patterns,
        one.added,
        "NFC",
    )
    assert again.merges is None and tokenizer_json(again) == data
    settings = rank_file(one).settings
    path = Path("x.tiktoken.json")
    assert RankSettings.read(json.dumps(settings.to_json(sha256="1")).encode(), path, sha256="1") == settings


def test_merges_that_are_not_those_of_ranks_are_kept() -> None:
    """`abc` is listed as ab+c only: bc stands before it, so that a text never reaches it; by rank it would."""
    file = json.loads(tokenizer_json(source(b"bc", b"ab", b"abc", ignore_merges=False)))
    file["model"]["merges"] = ["b c", "a b", "ab c"]
    one = from_tokenizer_json(json.dumps(file).encode(), "tokenizer.json")
    assert one.merges is not None and one.merges.tolist() == [[98, 99], [97, 98], [257, 99]]
    assert HuggingFaceTokenizer("json", "", tokenizer_json(one)).encode("abc") == [97, 256]
    assert rank_tokenizer(one).encode("abc") == [258]  # which an export's proof refuses


def test_merges_out_of_the_order_of_ids_say_the_ranks() -> None:
    file = json.loads(tokenizer_json(source(b"ab", b"bc", ignore_merges=False)))
    file["model"]["merges"] = ["b c", "a b"]
    data = json.dumps(file).encode()
    one = from_tokenizer_json(data, "tokenizer.json")
    assert one.pieces[-2:] == (b"bc", b"ab") and one.ids.tolist()[-2:] == [257, 256]
    assert rank_tokenizer(one).encode("abc") == HuggingFaceTokenizer("json", "", data).encode("abc") == [97, 257]


def test_a_cascade_that_no_pattern_equals_is_no_rank_file() -> None:
    with pytest.raises(UserError, match="2 patterns one after another"):
        rank_file(source(patterns=("x+", R50K)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ids": np.zeros(256, np.int64)}, "two tokens have the id 0"),
        ({"ids": np.arange(255)}, "256 pieces have 255 ids"),
        ({"ids": np.append(np.arange(255), 2**40)}, "must be below 16,777,216"),
        ({"pieces": (*BYTES[1:], b"ab")}, "1 of the 256 single bytes have no token"),
        ({"normalisation": "Lowercase"}, "'Lowercase'"),
        ({"merges": np.array([[97, 98]])}, "makes what is no token"),
        ({"merges": np.array([[97, 999]])}, "a rank that is not there"),
    ],
)
def test_an_unsound_tokenizer_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        source(**fields)


def test_a_rank_file_without_a_byte_or_with_two_of_a_kind_is_refused() -> None:
    lines = [base64.b64encode(piece) + b" %d" % n for n, piece in enumerate(BYTES)]
    with pytest.raises(UserError, match="1 of the 256 single bytes"):
        from_ranks(b"\n".join(lines[:-1]), RankSettings("x"), path="cut.tiktoken")
    with pytest.raises(UserError, match="257 lines have 256 different tokens"):
        from_ranks(b"\n".join([*lines, lines[0][:-1] + b"256"]), RankSettings("x"), path="double.tiktoken")


def test_settings_of_another_rank_file_are_refused() -> None:
    data = json.dumps(RankSettings("x").to_json(sha256="a" * 64)).encode()
    with pytest.raises(UserError, match="belongs to a rank file with SHA-256 aaaaaaaaaaaa"):
        RankSettings.read(data, Path("x.tiktoken.json"), sha256="b" * 64)


def test_settings_beside_a_rank_file_are_found(tmp_path: Path) -> None:
    """A tokenizer spec that names the rank file needs no pattern then."""
    import hashlib

    from ginbon.tokenizers import load

    one = source(b"ab", normalisation="NFC")
    written = rank_file(one)
    (tmp_path / "own.tiktoken").write_bytes(written.data)
    sha256 = hashlib.sha256(written.data).hexdigest()
    (tmp_path / "own.tiktoken.json").write_text(json.dumps(written.settings.to_json(sha256=sha256)))
    tokenizer = load(str(tmp_path / "own.tiktoken"))
    assert tokenizer.decode_batch(tokenizer.encode_batch(TextColumn(["e\N{COMBINING ACUTE ACCENT}"]))) == ["é"]
