"""Training loses no text, leaks no path, never fails for lack of text, and gives the same bytes every time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from counted import MANY, SENTENCES, counted

from ginbon.errors import UserError
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.export import check
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.training.options import Kind, Parity, TrainOptions
from ginbon.tokenizers.training.proving import prove
from ginbon.tokenizers.training.train import train

KINDS = [kind for kind in get_args(Kind) if kind != "parity-bpe"]
FIRST_LEARNED = 3 + 256
"""SentencePiece's first id that is no special token and no byte."""


@pytest.mark.parametrize("kind", KINDS)
def test_two_trainings_give_the_same_bytes(kind: Kind) -> None:
    first, second = (train(MANY, TrainOptions("t", kind, 700)) for _ in range(2))
    assert first.data == second.data
    assert first.record == second.record


TRAIN_IN_A_PROCESS = """
import sys
sys.path[:0] = sys.argv[2:]
from counted import MANY
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.training.train import train
for kind in ("sentencepiece-unigram", "sentencepiece-bpe", "byte-bpe"):
    print(train(MANY, TrainOptions("t", kind, 700)).record["sha256"])
"""


def test_threads_hash_seed_and_place_change_no_byte(tmp_path: object) -> None:
    """Separate processes, as workers are: one thread and eight, other hash seeds, other folders."""
    found = set()
    for threads, folder in (("1", "/"), ("8", str(tmp_path))):
        environment = {
            **os.environ,
            "RAYON_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
            "PYTHONHASHSEED": threads,
        }
        command = [sys.executable, "-c", TRAIN_IN_A_PROCESS, "-", *sys.path]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        found.add(done.stdout)
    assert len(found) == 1
    assert len(found.pop().split()) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_holds_no_path_and_nothing_of_this_machine(kind: Kind) -> None:
    trained = train(MANY, TrainOptions("t", kind, 700))
    for secret in (str(Path.cwd()), str(Path.home()), "/tmp", os.uname().nodename):
        assert len(secret) < 3 or secret.encode() not in trained.data
    assert "embeds-path" not in {o.code for o in trained.tokenizer.oddities}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_never_seen_is_spelled_in_bytes_and_comes_back(kind: Kind) -> None:
    tokenizer = train(counted("only plain Latin here"), TrainOptions("t", kind, 400)).tokenizer
    texts = TextColumn(
        ["ꦲꦏ꧀ꦱꦫ ߒߞߏ 🏴\N{TAG LATIN SMALL LETTER G}", "  two  blanks ", "\t\r\n\n", "\0", "", "e\u0301\u200c\u200d\u200b"]
    )
    encoded = tokenizer.encode_batch(texts)
    assert tokenizer.decode_batch(encoded) == texts.strings
    assert not tokenizer.vocabulary.unknown_flags[encoded.ids].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_larger_than_the_text_allows_shrinks_and_says_so(kind: Kind) -> None:
    record = train(counted("a tiny text"), TrainOptions("t", kind, 50_000)).record
    assert record["vocabulary"] < 400
    assert any(f"the text allows {record['vocabulary']} tokens, not 50,000" in note for note in record["notes"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [(), ("",), ("\n\n",), ("▁",), ("\0",)])
def test_no_text_at_all_gives_bytes_and_says_so(kind: Kind, texts: tuple[str, ...]) -> None:
    trained = train(counted(*texts), TrainOptions("t", kind))
    assert trained.tokenizer.decode(trained.tokenizer.encode("abc ไทย")) == "abc ไทย"
    assert trained.record["vocabulary"] < 300
    assert trained.record["notes"]


@pytest.mark.parametrize("kind", ["sentencepiece-unigram", "sentencepiece-bpe"])
def test_lines_that_sentencepieces_own_trainer_drops_are_trained_on(kind: Kind) -> None:
    """Those that hold U+2585."""
    lines = "\n".join(["abc", *["zyzzyva▅zyzzyva"] * 50])
    trained = train(counted(lines), TrainOptions("t", kind, 300))
    assert min(trained.tokenizer.encode("zyzzyva")) >= FIRST_LEARNED


@pytest.mark.parametrize("kind", KINDS)
def test_more_characters_than_tokens_are_covered_as_far_as_they_fit_and_said(kind: Kind) -> None:
    characters = [chr(0x4E00 + i) for i in range(1_500)]
    text = "\n".join("".join(c * max(1, 400 // (i + 1)) for i, c in enumerate(characters[k::7])) for k in range(7))
    trained = train(counted(text), TrainOptions("t", kind, 600))
    assert trained.record["vocabulary"] <= 600
    assert any(
        re.search(r"characters do not fit \d+ tokens: the \d+ most frequent", note) for note in trained.record["notes"]
    )
    assert trained.tokenizer.decode(trained.tokenizer.encode(characters[-1])) == characters[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_are_in_the_vocabulary_and_text_never_becomes_one(kind: Kind) -> None:
    trained = train(MANY, TrainOptions("t", kind, 700, special_tokens=("<|tool|>",)))
    tokenizer = trained.tokenizer
    assert b"<|tool|>" in trained.data
    ids = tokenizer.encode("<|tool|><|endoftext|><s>")
    assert not set(ids) & tokenizer.vocabulary.control
    assert tokenizer.decode(ids) == "<|tool|><|endoftext|><s>"


@pytest.mark.parametrize("kind", KINDS)
def test_digits_are_tokens_of_their_own(kind: Kind) -> None:
    tokenizer = train(counted("1234 " * 200), TrainOptions("t", kind, 400)).tokenizer
    assert [tokenizer.decode([i]) for i in tokenizer.encode("1234")] == ["1", "2", "3", "4"]


def test_byte_level_tokens_never_cut_a_trained_word_at_a_mark_or_joiner() -> None:
    tokenizer = train(counted("می‌خواهم बहती " * 200), TrainOptions("t", "byte-bpe", 400)).tokenizer
    assert [tokenizer.decode([i]) for i in tokenizer.encode("می‌خواهم बहती")] == ["می‌خواهم", " बहती"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_library_itself_loads_the_file_and_gives_the_same_ids(kind: Kind) -> None:
    trained = train(MANY, TrainOptions("t", kind, 700))
    if kind == "byte-bpe":
        import tokenizers as hf_tokenizers

        peer = hf_tokenizers.Tokenizer.from_str(trained.data.decode())
        direct = [peer.encode(s, add_special_tokens=False).ids for s in SENTENCES]
    else:
        import sentencepiece

        direct = sentencepiece.SentencePieceProcessor(model_proto=trained.data).encode(list(SENTENCES))
    assert [trained.tokenizer.encode(s) for s in SENTENCES] == direct


def test_the_record_says_what_was_read_and_is_plain_json() -> None:
    counts = counted("olá", "mundo", language="por_Latn")
    trained = train(counts, TrainOptions("t", "byte-bpe", 300))
    record = json.loads(json.dumps(trained.record))
    assert record["schema"] == "ginbon.training" and record["version"] == 2
    assert record["text"] == [{"language": "por_Latn", "source": "", "bytes": 9, "weight": 1.0}]
    assert record["counts"] == {"sha256": counts.sha256, "rows": 2, "pre_tokens": 2}
    assert record["bytes"] == len(trained.data)


@pytest.mark.parametrize("kind", KINDS)
def test_languages_and_weights_choose_what_is_learned(kind: Kind) -> None:
    both = Counts.merge(
        [counted("zyzzyva " * 40, language="eng_Latn"), counted("gwybodaeth " * 40, language="cym_Latn")]
    )
    own = train(both, TrainOptions("t", kind, 300, languages=("cym_Latn",))).tokenizer
    heavy = train(both, TrainOptions("t", kind, 300, weights={"cym_Latn": 100})).tokenizer
    assert len(own.encode("gwybodaeth")) < len(own.encode("zyzzyva"))
    assert len(heavy.encode("gwybodaeth")) <= len(heavy.encode("zyzzyva"))


def test_a_weight_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="a weight for 'cym_Latn', which is no language and no source"):
        train(MANY, TrainOptions("t", "byte-bpe", 300, weights={"cym_Latn": 2}))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "wordpiece"}, "unknown kind 'wordpiece'"),
        ({"vocabulary": 10}, "a vocabulary of 10; expected 300 to 1,000,000"),
        ({"character_coverage": 0.5}, "character_coverage 0.5"),
        ({"balance": 2}, "balance 2; expected 0"),
        ({"unseen": 5}, "in the alphabet 'language' only"),
        ({"weights": {"wiki": -1}}, "weight -1 of wiki"),
        ({"name": "../x"}, "it names a folder"),
        ({"kind": "sentencepiece-bpe", "alphabet": "language"}, "alphabet 'language' is for byte-bpe"),
        ({"parity": Parity(window=5)}, "windows are for parity-bpe, not for byte-bpe"),
        ({"kind": "parity-bpe", "parity": Parity("dev", {"por_Latn": 1.0})}, "or ratios, and not both"),
        ({"name": "comparison"}, "not be 'comparison'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(change: dict[str, object], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        TrainOptions(**{"name": "t", "kind": "byte-bpe", **change})  # type: ignore[arg-type]


def test_languages_that_pay_alike_are_trained_with_parallel_text_and_its_place_is_not_told(tmp_path: Path) -> None:
    lines = {"por_Latn": "o rio corre para o mar", "hin_Deva": "नदी समुद्र की ओर बहती है"}
    for language, line in lines.items():
        (tmp_path / f"{language}.txt").write_text(line + "\n", encoding="utf-8")
    both = Counts.merge([counted(line * 20, language=language) for language, line in lines.items()])
    trained = train(both, TrainOptions("t", "parity-bpe", 320, parity=Parity(str(tmp_path))))
    assert trained.record["parity"]["lines"] == 1 and len(trained.record["parity"]["development_sha256"]) == 64
    assert trained.record["options"]["parity"]["development"] == tmp_path.name
    assert str(tmp_path.parent) not in json.dumps(trained.record)
    tokens = [len(trained.tokenizer.encode(line)) for line in lines.values()]
    assert max(tokens) <= 2 * min(tokens)


def test_parity_without_text_or_ratios_and_with_one_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="parity-bpe needs parallel text to develop on, or ratios"):
        TrainOptions("t", "parity-bpe")
    with pytest.raises(UserError, match="are for parity-bpe, not for byte-bpe"):
        TrainOptions("t", "byte-bpe", parity=Parity(ratio={"por_Latn": 1}))
    with pytest.raises(UserError, match="parity needs two"):
        train(MANY, TrainOptions("t", "parity-bpe", parity=Parity(str(tmp_path))))


RARE = "क्ष्म्य"


def pieces_of(text: str, **options: object) -> list[str]:
    """A rare conjunct among frequent words, encoded."""
    tokenizer = train(counted("नदी बहती है " * 300 + RARE), TrainOptions("t", "byte-bpe", 600, **options)).tokenizer  # type: ignore[arg-type]
    return [tokenizer.decode([i]) for i in tokenizer.encode(text)]


def test_a_character_that_was_seen_is_never_cut_unless_no_alphabet_is_wanted() -> None:
    assert pieces_of(RARE, character_coverage=1) == [RARE]
    assert len(pieces_of(RARE, alphabet="none")) > 1
    assert len(pieces_of(RARE, character_coverage=0.98)) > 1  # rarer than that


def test_the_alphabet_of_a_language_holds_what_was_not_seen() -> None:
    counts = counted("แม่น้ำไหล", language="tha_Thai")
    trained = train(counts, TrainOptions("t", "byte-bpe", 8_000, alphabet="language"))
    assert [len(trained.tokenizer.encode(one)) for one in ("ฬ", "é", "€")] == [1, 1, 1]
    assert trained.record["alphabet"]["kind"] == "language" and trained.record["alphabet"]["tokens"] > 2_000
    with pytest.raises(UserError, match=r"expected .* or more: the bytes, .* tokens of an alphabet"):
        train(counts, TrainOptions("t", "byte-bpe", 1_000, alphabet="language"))


def test_an_alphabet_that_does_not_fit_keeps_the_most_frequent_characters_and_says_so() -> None:
    often = "".join(chr(0x4E00 + i) * (500 - i) for i in range(400))
    trained = train(counted(often), TrainOptions("t", "byte-bpe", 500, character_coverage=1))
    assert any("400 characters do not fit" in note for note in trained.record["notes"])
    assert trained.record["vocabulary"] == 500
    assert len(trained.tokenizer.encode(chr(0x4E00))) == 1
    assert len(trained.tokenizer.encode(chr(0x4E00 + 399))) > 1


def test_a_format_that_gives_other_ids_is_left_out_and_the_record_says_why(tmp_path: Path) -> None:
    """Of a run of spaces several cuts are equally likely, and the two libraries choose differently."""
    indented = "\n".join(" " * n + "if x:" for n in range(1, 25) for _ in range(20))
    spelled = "</s> <unk> 0123456789 ABCDEF x"  # characters of special tokens, which that format needs
    trained = train(counted(indented, spelled), TrainOptions("t", "sentencepiece-unigram", 330))
    record = prove(trained, tmp_path / "t").record
    assert record["formats"] == ["model"]
    assert "other ids" in record["left_out"]["tokenizer.json"]
    assert check(tmp_path / "t").ok


def test_characters_of_many_marks_that_do_not_fit_are_left_out_one_by_one() -> None:
    """Each takes some eighty merges: what is over is more than there are characters."""
    marked = ["a" + "".join(chr(0x300 + (7 * i + k * k) % 0x6F) for k in range(40)) for i in range(50)]
    trained = train(counted("x" * 9, *marked), TrainOptions("t", "byte-bpe", 300, character_coverage=1))
    kept = [re.search(r"the (-?[\d,]+) most frequent", note) for note in trained.record["notes"]]
    assert [0 <= int(found[1]) < 51 for found in kept if found] == [True]
    assert trained.tokenizer.decode(trained.tokenizer.encode(marked[0])) == marked[0]


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_that_take_the_whole_vocabulary_are_refused(kind: Kind) -> None:
    special = tuple(f"<|{i}|>" for i in range(60))
    with pytest.raises(UserError, match=r"a vocabulary of 300; expected 3\d\d or more"):
        train(MANY, TrainOptions("t", kind, 300, special_tokens=special))
