"""Unigram models from counts: what is learned is what plain Python finds, whatever the order and the threads."""

from __future__ import annotations

import io
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from backports import zstd

from ginbon.errors import UserError
from ginbon.tokenizers.counts import Counts, count
from ginbon.tokenizers.counts.segments import Segments, segments
from ginbon.tokenizers.reading import SCHEMA
from ginbon.tokenizers.unigram import learn
from ginbon.tokenizers.unigram.estimation import Estimate
from ginbon.tokenizers.unigram.seeds import Candidates, candidates

WORDS = {
    " the": 50, "the": 9, " then": 12, " other": 11, " there": 8, " bathe": 3, " theme": 5, " mother": 6, "banana": 4,
    " क्षि": 5, "क्षिति": 4, " ထို": 3, "ကျွန်": 6, "日本語": 9, "日本": 8, "語学": 3, "🇩🇪": 2, "x": 1, "zq": 1,
}  # fmt: skip

SCRIPTS = [
    "the quick brown fox",
    "กินข้าวแล้วหรือยัง",
    "ខ្ញុំស្រឡាញ់ភាសាខ្មែរ",
    "ကျွန်တော်တို့ မြန်မာ",
    "བོད་སྐད་ཡིག་",
    "नमस्ते दुनिया क्षत्रिय",
    "می\N{ZERO WIDTH NON-JOINER}خواهم کتاب\N{ZERO WIDTH NON-JOINER}ها",
    "ߒߞߏ ߞߊ߲",
    "አማርኛ ቋንቋ",
    "日本語の文章です。",
    "👩\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧 👍🏽 1\N{COMBINING ENCLOSING KEYCAP}",
    "a  b\t\tc   ",
    "line\nline\r\n\0",
    "2024 ٢٠٢٤ २०२४",
]


def counts_of(rows: Mapping[str, int], *, language: str = "und", source: str = "made") -> Counts:
    column = pa.array([key.encode() for key in rows], pa.binary())
    return Counts.of_rows(column, [language] * len(rows), [source] * len(rows), list(rows.values()))


def prepared(rows: Mapping[str, int], *, longest: int = 16, most: int = 10_000) -> tuple[Segments, Candidates]:
    text = segments(counts_of(rows), character_coverage=1.0, most=1000)
    return text, candidates(text, longest=longest, most=most, whole_graphemes=False)


def pieces_of(text: Segments, tried: Candidates) -> list[str]:
    return [text.spell(p, n) for p, n in zip(tried.places.tolist(), tried.sizes.tolist(), strict=True)]


def cuts(word: str, pieces: set[str]) -> Iterator[tuple[str, ...]]:
    """All ways to cut a word."""
    if not word:
        yield ()
    for end in range(1, len(word) + 1):
        if word[:end] in pieces:
            for rest in cuts(word[end:], pieces):
                yield word[:end], *rest


def likeliest(word: str, scores: Mapping[str, float]) -> float:
    return max(math.fsum(scores[piece] for piece in cut) for cut in cuts(word, set(scores)))


# ---- candidates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("longest", [2, 4, 16])
def test_candidates_are_the_strings_that_occur_twice_and_branch(longest: int) -> None:
    """With how often they occur; a string that one character always follows gives way to the longer one."""
    text, tried = prepared(WORDS, longest=longest)
    found = dict(zip(pieces_of(text, tried), tried.weights.tolist(), strict=True))
    occurs: Counter[str] = Counter()
    follows: dict[str, Counter[str]] = {}
    for word, n in (WORDS | {" ": 1}).items():
        for i in range(len(word)):
            for j in range(i + 1, min(i + longest, len(word)) + 1):
                occurs[word[i:j]] += n
                follows.setdefault(word[i:j], Counter())[word[j : j + 1]] += n
    for string, n in occurs.items():
        goes_on = len(follows[string]) == 1 and "" not in follows[string] and len(string) < longest
        assert (string in found) == (len(string) == 1 or (n >= 2 and not goes_on)), string
        assert found.get(string, n) == n


def test_the_candidates_of_greatest_worth_are_kept() -> None:
    """Length times count; all of those that are equally good, or none."""
    text, every = prepared(WORDS)
    _, some = prepared(WORDS, most=20)
    worth = every.weights * every.sizes
    bound = sorted(worth[every.sizes > 1].tolist())[-21]
    names = pieces_of(text, every)
    expected = {
        name for name, w, n in zip(names, worth.tolist(), every.sizes.tolist(), strict=True) if n == 1 or w > bound
    }
    assert set(pieces_of(text, some)) == expected


def test_each_position_knows_its_longest_piece_and_pieces_their_beginnings() -> None:
    """So that no look at the text is needed any more, also after some pieces have gone."""
    for step in (1, 3):
        text, tried = prepared(WORDS)
        some = tried.keep((tried.sizes == 1) | (np.arange(len(tried)) % step == 0))
        names = pieces_of(text, some)
        known = set(names)
        for begin, end in pairwise([-1, *text.ends.tolist()]):
            word = text.spell(begin + 1, end - begin - 1)
            for i in range(len(word)):
                chain, piece = [], int(some.node[begin + 1 + i])
                while piece >= 0:
                    chain.append(names[piece])
                    piece = int(some.parents[piece])
                assert chain == [word[i:j] for j in range(len(word), i, -1) if word[i:j] in known]


# ---- estimation --------------------------------------------------------------------------------------------------


def test_expected_counts_are_those_of_all_cuts() -> None:
    """The sum over every way to cut each word, by its share of their probability."""
    text, tried = prepared(WORDS)
    estimate = Estimate(text, tried)
    for _ in range(2):
        estimate.improve()
    names = pieces_of(text, estimate.tried)
    chance = dict(zip(names, estimate.chances.tolist(), strict=True))
    expected: Counter[str] = Counter()
    for word, n in (WORDS | {" ": 1}).items():
        weights = {cut: math.prod(chance[piece] for piece in cut) for cut in cuts(word, set(names))}
        for cut, weight in weights.items():
            for piece in cut:
                expected[piece] += n * weight / sum(weights.values())  # type: ignore[assignment]
    assert estimate.count() == pytest.approx([expected[name] for name in names], abs=1e-6)


def test_losses_are_those_of_the_likeliest_other_pieces() -> None:
    """How much likelihood goes with a piece, and how many tokens come."""
    text, tried = prepared(WORDS)
    estimate = Estimate(text, tried)
    estimate.improve()
    names = pieces_of(text, estimate.tried)
    score = dict(zip(names, estimate.scores.tolist(), strict=True))
    for name, loss, saved, n in zip(names, estimate.losses(), estimate.saved(), estimate.expected, strict=True):
        if len(name) == 1:
            assert loss == saved == np.inf
            continue
        others = {piece: s for piece, s in score.items() if piece != name}
        best = max(cuts(name, set(others)), key=lambda cut: sum(score[piece] for piece in cut))
        assert loss == pytest.approx(n * (score[name] - likeliest(name, others)), rel=1e-5, abs=1e-5)
        assert saved == pytest.approx(n * (len(best) - 1), rel=1e-6)


def test_long_words_do_not_underflow() -> None:
    """Thousands of rare characters in a row: each symbol still belongs to exactly one piece."""
    rare = "".join(random.Random(1).choices("abcdefghij", k=20_000))
    text, tried = prepared({rare: 3, "k" * 5000: 1_000_000, "ab": 7})
    estimate = Estimate(text, tried)
    for _ in range(2):
        estimate.improve()
        expected = estimate.count()
        assert np.isfinite(estimate.chances).all()
        assert float((expected * estimate.tried.sizes).sum()) == pytest.approx(
            3 * 20_000 + 5000 * 1_000_000 + 15, rel=1e-6
        )


# ---- models ------------------------------------------------------------------------------------------------------


def corpus() -> dict[str, int]:
    """Pre-tokens of many scripts, of which some share beginnings."""
    rows = dict(WORDS)
    for n, line in enumerate(SCRIPTS):
        for i in range(0, len(line), 3):
            rows[line[i : i + 7]] = rows.get(line[i : i + 7], 0) + 3 + n % 4
    return rows


def test_the_file_does_not_depend_on_order_division_or_threads() -> None:
    """Shuffled, split and merged, of other languages and sources, with 1 and 8 threads: the same bytes."""
    rows = corpus()
    expected = learn(counts_of(rows), 420).model()
    for seed in range(3):
        draw = random.Random(seed)
        shuffled = draw.sample(list(rows.items()), len(rows))
        some = [(key, draw.randint(0, n)) for key, n in shuffled]
        rest = [(key, n - dict(some)[key]) for key, n in shuffled]
        parts = [
            counts_of({k: n for k, n in part if n}, language=f"l{i}", source=f"s{seed}")
            for i, part in enumerate((some, rest))
        ]
        assert learn(Counts.merge(draw.sample(parts, 2)), 420, threads=1 if seed else 8).model() == expected


def test_the_library_finds_the_likeliest_cut_by_the_scores() -> None:
    """What is written is what was learned."""
    model = learn(counts_of(corpus()), 500)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.model())
    score = dict(zip(model.pieces, model.scores.tolist(), strict=True))
    for word in [word for word in WORDS if set(word) <= set(model.pieces)]:
        found = [piece.replace("\N{LOWER ONE EIGHTH BLOCK}", " ") for piece in processor.encode_as_pieces(word)]
        assert sum(score[piece] for piece in found) == pytest.approx(likeliest(word, score), abs=1e-4)


def test_text_of_every_script_comes_back() -> None:
    """Those it was learned from, and those it never saw."""
    for rows in (corpus(), {"a": 3}, {}):
        processor = sentencepiece.SentencePieceProcessor(model_proto=learn(counts_of(rows), 420).model())
        for line in SCRIPTS:
            assert processor.decode(processor.encode(line)) == line
        assert processor.unk_id() not in processor.encode(" ".join(SCRIPTS))


def test_characters_that_get_no_piece() -> None:
    """A NUL is a byte; U+2581 in a text is not counted as the space that SentencePiece takes it for."""
    model = learn(
        counts_of(
            {"\n": 90, "\r\n": 80, "\0": 70, "\N{LOWER ONE EIGHTH BLOCK}": 60, "ab\N{LOWER ONE EIGHTH BLOCK}c": 9}
        ),
        400,
    )
    assert set(model.pieces) == {"ab", "a", "b", "c", " ", "\n", "\r\n", "\r"}
    assert model.scores[model.pieces.index(" ")] < model.scores.max() - 2  # of 60 it would be the first


def test_what_the_file_means_otherwise_is_no_piece() -> None:
    """Text may well say ``<s>``."""
    rows = {"<s>": 500, " <s>": 400, "<0x41>": 300, "<pad>": 200, "☃": 100, "☃☃": 90}
    model = learn(counts_of(rows), 600, special_tokens=["<pad>", "☃"])
    assert not {"<s>", "<0x41>", "<pad>", "☃", "☃☃"} & set(model.pieces)
    assert " <s>" in model.pieces
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.model())
    assert processor.decode(processor.encode("<s><pad>☃<0x41>")) == "<s><pad>☃<0x41>"
    assert processor.piece_to_id("<pad>") == 3
    assert 3 not in processor.encode("<pad>")


def test_digits_stand_alone() -> None:
    """Of all scripts, whatever the pre-tokens."""
    model = learn(counts_of({"2024": 90, " 2024": 80, "a20": 70, "२०२४": 60}), 400)
    assert all(len(piece) == 1 for piece in model.pieces)


def test_no_piece_begins_with_a_mark() -> None:
    """But single characters do; and pieces may where it is asked for."""
    rows = {"कि": 90, "खि": 80, "किन": 70, "खिन": 60, "गिन": 50, "क्ष": 40, "क्त": 30}
    for whole, found in ((True, False), (False, True)):
        pieces = [p for p in learn(counts_of(rows), 400, whole_graphemes=whole).pieces if len(p) > 1]
        assert any(p[0] == "ि" or p[-1] == "्" for p in pieces) == found


def test_rare_characters_are_bytes() -> None:
    """Beyond the coverage, and where there is room for no more: half of the pieces at most."""
    rows = {"abab": 1000, "cd": 10, "日": 1}
    assert set("日cd") & set(learn(counts_of(rows), 400, character_coverage=1.0).pieces) == set("日cd")
    assert not set("日cd") & set(learn(counts_of(rows), 400, character_coverage=0.99).pieces)
    assert set(learn(counts_of(rows), 259 + 6, character_coverage=1.0).pieces) >= {" ", "a", "b"}
    assert "c" not in learn(counts_of(rows), 259 + 6, character_coverage=1.0).pieces


@pytest.mark.parametrize("vocabulary", [260, 261, 262, 280, 300, 350])
def test_the_vocabulary_is_never_larger_than_asked_for(vocabulary: int) -> None:
    """Bytes, special tokens and all."""
    model = learn(counts_of(corpus()), vocabulary)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.model())
    assert processor.get_piece_size() == len(model) + 259 <= vocabulary
    assert " " in model.pieces


def test_little_text_gives_a_small_vocabulary() -> None:
    """No text a space, without which SentencePiece loads no model."""
    assert 259 + len(learn(counts_of(WORDS), 64_000)) < 350
    assert learn(counts_of({}), 64_000).pieces == (" ",)


def test_mistakes_are_told() -> None:
    """No room, no text, no sense."""
    with pytest.raises(UserError, match="259; expected 260 or more"):
        learn(counts_of(WORDS), 259)
    with pytest.raises(UserError, match="261 or more"):
        learn(counts_of(WORDS), 260, special_tokens=["<x>"])
    with pytest.raises(UserError, match="max_piece_chars"):
        learn(counts_of(WORDS), 400, max_piece_chars=1)
    with pytest.raises(UserError, match="no text"):
        learn(Counts.of_rows(pa.array([b"\xff"]), ["und"], ["made"], [1]), 400)
    with pytest.raises(UserError, match=r"2\*\*50"):
        learn(counts_of({"a": 2**50}), 400)


# ---- beside SentencePiece's trainer ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary", [8_000, 24_000])
def test_held_out_text_takes_no_more_tokens_than_with_sentencepiece(shared_data: Path, vocabulary: int) -> None:
    """Trained on the same lines of twelve scripts, both encoded by the library; within 1 % at least."""
    labels = ("deu_Latn", "rus_Cyrl", "ell_Grek", "arb_Arab", "heb_Hebr", "hin_Deva", "tam_Taml", "tha_Thai",
              "khm_Khmr", "mya_Mymr", "jpn_Jpan", "kor_Hang", "amh_Ethi", "kat_Geor")  # fmt: skip
    kept, held_out = (
        [
            line
            for label in labels
            if (path := shared_data / "parallel" / name / f"{label}.txt.zst").exists()
            for line in zstd.decompress(path.read_bytes()).decode().splitlines()
        ]
        for name in ("ntrex", "flores")
    )
    assert sum(len(line.encode()) for line in kept) > 2e6
    theirs = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(kept), model_writer=theirs, model_type="unigram", vocab_size=vocabulary,
        character_coverage=0.9999, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, add_dummy_prefix=False, allow_whitespace_only_pieces=True, split_digits=True,
        hard_vocab_limit=False, max_sentence_length=2**30, num_threads=1, minloglevel=2,
    )  # fmt: skip
    columns = [[str(n) for n in range(len(kept))], kept, ["und"] * len(kept), ["made"] * len(kept)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    lines = pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
    ours = learn(count(lambda: iter([lines])), vocabulary).model()
    tokens = [
        sum(map(len, sentencepiece.SentencePieceProcessor(model_proto=model).encode(held_out)))
        for model in (ours, theirs.getvalue())
    ]
    assert tokens[0] <= 1.01 * tokens[1], tokens
