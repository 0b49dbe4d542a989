"""An audit finds what was put into a tokenizer's file, under the cause that it has, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import made_tokenizer as made
import pytest

from ginbon.tokenizers import load
from ginbon.tokenizers.audit import KINDS, Audit, audit
from ginbon.tokenizers.protocol import Tokenizer


def hf(folder: Path, file: dict[str, Any]) -> Tokenizer:
    return load(str(made.written(folder, file)))


def shown(done: Audit, code: str) -> list[str]:
    finding = done.finding(code)
    return [example.shown for example in finding.examples] if finding else []


def codes(done: Audit) -> set[str]:
    return {finding.kind.code for finding in done.findings}


def test_a_sound_rank_file_has_no_finding(tmp_path: Path) -> None:
    """Bytes above 0x7F, and the two that begin a Thai letter, are no whole characters: that alone is said of it."""
    done = audit(made.ranks(tmp_path, "th", "the", " t", " th", b"\xe0\xb8", "ก", "กก"))
    assert codes(done) == {"partial-utf8"}
    assert done.finding("partial-utf8").count == 129  # type: ignore[union-attr]
    assert done.errors == ()


def test_a_token_that_the_split_pattern_cuts_is_told_from_one_without_merges(tmp_path: Path) -> None:
    """``//`` is cut off a line end by the pattern; ``xyz`` has no merges but is looked up whole."""
    done = audit(made.ranks(tmp_path, "\n/", "xyz"))
    assert shown(done, "unreachable-split") == ["\\n/"]
    assert done.finding("unreachable-split").examples[0].note == "becomes '\\n' + '/'"  # type: ignore[union-attr]
    assert shown(done, "whole-only") == ["xyz"]
    assert shown(done, "unreachable-model") == []


def test_a_mark_and_its_letter_are_cut_alone_and_whole_inside_a_word(tmp_path: Path) -> None:
    """An Arabic mark and the letter behind it: words begin with a letter, and hold both then. A digit cuts anywhere."""
    done = audit(made.ranks(tmp_path, "\u064e\u0646", "1\u0646", pattern=r"\p{L}[\p{L}\p{M}]*|[^\p{L}]"))
    finding = done.finding("inside-only")
    assert finding is not None and [e.piece.decode() for e in finding.examples] == ["\u064e\u0646"]
    assert finding.examples[0].note.endswith("whole in '\u0646\u064e\u0646'")
    assert shown(done, "unreachable-split") == ["1\u0646"]


def test_partial_characters_are_told_apart_by_whether_merges_lead_to_them(tmp_path: Path) -> None:
    """Of Thai, E0 B8 has two bytes that merge; of Khmer, E1 9E 80 lacks its middle step, and its last two bytes."""
    done = audit(made.ranks(tmp_path, b"\xe0\xb8", b"\x9f\x98\x80"), examples=500)
    assert "\\xe0\\xb8" in shown(done, "partial-utf8")
    assert shown(done, "partial-unreachable") == ["\\x9f\\x98\\x80"]


@pytest.mark.parametrize("ignores", [True, False])
def test_a_hugging_face_token_without_merges_is_whole_only_or_unreachable(tmp_path: Path, ignores: bool) -> None:
    file = made.byte_bpe(("a", "b"), vocab=[made.spelled("abc")], model={"ignore_merges": ignores})
    done = audit(hf(tmp_path, file))
    assert shown(done, "whole-only" if ignores else "unreachable-model") == ["abc"]
    assert shown(done, "unreachable-model" if ignores else "whole-only") == []


def test_an_audit_leaves_the_tokenizer_as_it_was(tmp_path: Path) -> None:
    """The look-up of whole pieces is switched off in a copy."""
    file = made.byte_bpe(("a", "b"), vocab=[made.spelled("abc")], model={"ignore_merges": True})
    tokenizer: Any = hf(tmp_path, file)
    before = tokenizer.encode("abc")
    audit(tokenizer)
    assert tokenizer.encode("abc") == before == [257]


def test_a_token_that_normalisation_changes_is_unreachable(tmp_path: Path) -> None:
    """Devanagari QA, composed, is two letters in NFC."""
    composed = "\N{DEVANAGARI LETTER QA}"
    file = made.byte_bpe(vocab=[made.spelled(composed)], normalizer={"type": "NFC"}, model={"ignore_merges": True})
    done = audit(hf(tmp_path, file))
    assert shown(done, "unreachable-normaliser") == [composed]
    assert shown(done, "not-nfc") == [composed]


def test_a_token_outside_the_byte_alphabet_is_unreachable(tmp_path: Path) -> None:
    """A byte-level vocabulary with an emoji written as itself: no text is ever written so."""
    done = audit(hf(tmp_path, made.byte_bpe(vocab=["🇸"])))
    assert shown(done, "unreachable-alphabet") == ["🇸"]


def test_an_added_token_shadows_the_vocabulary(tmp_path: Path) -> None:
    """``cat`` is added: text ``cats`` never becomes the token that merges would make."""
    file = made.byte_bpe(("c", "a"), ("ca", "t"), ("cat", "s"))
    file["added_tokens"] = [made.added(file["model"]["vocab"]["cat"], "cat")]
    done = audit(hf(tmp_path, file))
    assert shown(done, "unreachable-added") == ["cats"]
    assert shown(done, "added-in-words") == ["cat"]
    assert shown(done, "added-text") == ["cat"]


def test_special_tokens_that_text_can_spell_are_named(tmp_path: Path) -> None:
    file = made.byte_bpe(("<", "s"), ("<s", ">"), added_tokens=[made.added(258, "<|end|>", special=True)])
    done = audit(hf(tmp_path, file))
    assert done.finding("special-in-text").examples[0].note == "'<|end|>'"  # type: ignore[union-attr]
    assert shown(done, "special-lookalike") == ["<s>"]


def test_bytes_without_a_token_are_an_error_where_text_can_hold_them(tmp_path: Path) -> None:
    """0xE0 begins Thai and Devanagari letters; 0xFF is in no text."""
    file = made.byte_bpe()
    for byte in (0xE0, 0xFF):
        del file["model"]["vocab"][made.LETTER[byte]]
    done = audit(hf(tmp_path, file))
    assert [e.note for e in done.finding("missing-bytes").examples] == ["0xE0"]  # type: ignore[union-attr]
    assert [f.kind.code for f in done.errors] == ["missing-bytes"]
    assert shown(done, "id-hole") == [
        "",
    ]


def test_a_vocabulary_without_byte_fallback_is_an_error(tmp_path: Path) -> None:
    model = {"type": "WordLevel", "vocab": {"[UNK]": 0, "katze": 1}, "unk_token": "[UNK]"}
    done = audit(hf(tmp_path, made.whole(model, pre_tokenizer={"type": "Whitespace"})))
    assert [f.kind.code for f in done.errors] == ["no-byte-fallback"]


def test_fallback_bytes_may_be_missing_where_the_character_has_a_token(tmp_path: Path) -> None:
    """As Gemma 2 has a tab but no byte 0x09; the bytes whose character has a token are idle."""
    vocabulary = {f"<0x{b:02X}>": b for b in range(256) if b != 9} | {"\t": 9, "<unk>": 256, "a": 257}
    model = {"type": "BPE", "vocab": vocabulary, "merges": [], "byte_fallback": True, "unk_token": "<unk>"}
    done = audit(hf(tmp_path, made.whole(model)))
    assert done.errors == ()
    assert shown(done, "idle-byte") == ["a"]
    assert "duplicate-piece" not in codes(done)


def test_an_id_that_two_tokens_claim_is_an_error(tmp_path: Path) -> None:
    """Id 256 is ``ab`` to the model, and a control token by the list of added ones."""
    file = made.byte_bpe(("a", "b"), added_tokens=[made.added(256, "<|end|>", special=True)])
    done = audit(hf(tmp_path, file))
    assert "shared-id" in [f.kind.code for f in done.errors]


def test_an_added_token_with_another_id_than_in_the_vocabulary_is_an_error(tmp_path: Path) -> None:
    file = made.byte_bpe(("a", "b"), ("c", "d"), added_tokens=[made.added(300, "ab")])
    done = audit(hf(tmp_path, file))
    assert [f.kind.code for f in done.errors] == ["added-conflict"]


def test_two_ids_for_the_same_bytes_are_a_duplicate(tmp_path: Path) -> None:
    """A piece written once in the byte alphabet, and once as itself."""
    done = audit(hf(tmp_path, made.byte_bpe(vocab=["ก", made.spelled("ก")])))
    assert shown(done, "duplicate-piece") == ["ก"]


def test_junk_and_leaks_are_found_by_their_rules(tmp_path: Path) -> None:
    found = {
        "repeated-character": "========",
        "blank-run": " " * 16,
        "very-long": "ab" * 17,
        "code-like": "foo(",
        "joined-words": " SolidGoldMagikarp",
        "known-glitch": " SolidGoldMagikarp",
        "url": "https://x",
        "e-mail": "me@example.org",
        "handle": "@someone",
        "digit-run": "01701234567",
        "path": "/usr/share/",
        "user-path": "/home/anna",
        "control-character": "\x1b[",
        "replacement-character": "\ufffd\ufffd",
        "private-use": "\uf0b7",
        "unassigned": "\uffff",
        "mixed-script": "pаypal",
        "mojibake": "ÅŸ",
    }
    done = audit(made.ranks(tmp_path, *dict.fromkeys(found.values())), examples=300)
    for code, text in found.items():
        assert text in [e.piece.decode() for e in done.finding(code).examples], code  # type: ignore[union-attr]


def test_digits_of_every_script_are_digits_and_equal_ones_are_a_rule(tmp_path: Path) -> None:
    done = audit(made.ranks(tmp_path, "०१२३४५६७", "๐๑๒๓๔๕๖", "00000000", "123456"))
    assert shown(done, "digit-run") == ["०१२३४५६७", "๐๑๒๓๔๕๖"]
    assert shown(done, "repeated-character") == ["00000000"]


def test_ordinary_words_of_every_script_are_neither_junk_nor_leaks(tmp_path: Path) -> None:
    """Looks odd but is fine: joiners, marks, Kanji with kana, a Persian plural with U+200C."""
    fine = ["भारत", " می‌شود", "မြန်မာ", "កម្ពុជា", "ߒߞߏ", "食べる", "대한민국", "አማርኛ", "བོད་", "👩‍👩‍👧", " don't", "क्‍ष"]
    done = audit(made.ranks(tmp_path, *fine))
    assert codes(done) <= {"partial-utf8", "whole-only", "unreachable-split"}


def test_a_phrase_is_three_words_of_the_segmentation_contract(tmp_path: Path) -> None:
    """Thai has no spaces: its dictionary tells."""
    done = audit(made.ranks(tmp_path, " one two", " one two three", "ถ่ายทอดสดฟุตบอล", "ฟุตบอล"))
    assert shown(done, "phrase") == ["ถ่ายทอดสดฟุตบอล", " one two three"]


def test_people_are_found_only_by_the_list_that_was_given(tmp_path: Path) -> None:
    tokenizer = made.ranks(tmp_path, " Amara", "নজরুল", "rose")
    assert "person" not in codes(audit(tokenizer))
    assert audit(tokenizer).not_checked == ("names of people: no list was given (--names)",)
    done = audit(tokenizer, names=["amara", "নজরুল", ""])
    assert shown(done, "person") == [" Amara", "নজরুল"]
    assert done.not_checked == ()


def test_pieces_that_differ_by_normalisation_are_twins(tmp_path: Path) -> None:
    done = audit(made.ranks(tmp_path, "é", "e\N{COMBINING ACUTE ACCENT}", "Ω", "\N{OHM SIGN}"))
    assert [e.note for e in done.finding("normal-twin").examples] == ["as token 256", "as token 258"]  # type: ignore[union-attr]


def test_paths_of_the_maker_in_the_files_own_fields_are_leaks(tmp_path: Path) -> None:
    import io

    import sentencepiece

    for path, code in (("/mnt/corpus/tr.txt", "file-path"), ("/home/anna/tr.txt", "file-user-path")):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["aa ab ba bb"] * 20), model_writer=model, vocab_size=270, model_type="bpe",
            byte_fallback=True, minloglevel=2, hard_vocab_limit=False,
        )  # fmt: skip
        field = bytes([1 << 3 | 2, len(path)]) + path.encode()
        (tmp_path / "tokenizer.model").write_bytes(model.getvalue() + bytes([2 << 3 | 2, len(field)]) + field)
        done = audit(load(str(tmp_path / "tokenizer.model")))
        assert [e.note for e in done.finding(code).examples] == [f"trainer_spec.input: {path}"]  # type: ignore[union-attr]
        assert bool(done.errors) == (code == "file-user-path")


def test_a_sentencepiece_model_reaches_its_pieces_with_and_without_the_space_before_them(tmp_path: Path) -> None:
    """The dummy prefix is no reason to call a piece inside words unreachable."""
    import io

    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["नमस्ते दुनिया", "hello world"] * 20), model_writer=model, vocab_size=300,
        model_type="bpe", byte_fallback=True, minloglevel=2, hard_vocab_limit=False,
    )  # fmt: skip
    (tmp_path / "tokenizer.model").write_bytes(model.getvalue())
    done = audit(load(str(tmp_path / "tokenizer.model")))
    assert not {code for code in codes(done) if code.startswith("unreachable")}
    assert done.facts["model"] == "bpe"
    assert done.scripts["Deva"] > 0 and done.scripts["Thai"] == 0


def test_scripts_are_counted_by_tokens_that_hold_one_of_their_characters(tmp_path: Path) -> None:
    """A mixed token counts for both; digits and spaces for none."""
    done = audit(made.ranks(tmp_path, "กข", " ກ", "aα", "12", "ߒߞ"))
    latin_letters = 52
    assert done.scripts["Latn"] == latin_letters + 1
    assert (done.scripts["Grek"], done.scripts["Thai"], done.scripts["Laoo"], done.scripts["Nkoo"]) == (1, 1, 1, 1)
    assert done.scripts["Tibt"] == 0


def test_a_floor_has_no_finding() -> None:
    assert audit(load("bytes")).findings == ()


def test_examples_are_bounded_and_counts_are_not(tmp_path: Path) -> None:
    done = audit(made.ranks(tmp_path), examples=3)
    finding = done.finding("partial-utf8")
    assert finding is not None and (finding.count, len(finding.examples)) == (128, 3)


def test_every_kind_says_what_it_means_and_what_to_do() -> None:
    for code, kind in KINDS.items():
        assert code == kind.code and kind.rule and kind.means and kind.advice
