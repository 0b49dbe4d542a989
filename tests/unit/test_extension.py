"""Extending a partner's tokenizer: gates, locks, ids, formats, and a proof that fails where it must."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import partners
import pytest
import tiktoken
import tokenizers as hf_tokenizers
from typer.testing import CliRunner

from ginbon.cli.tokenizers import app
from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.export import ByteBpe, tokenizer_json
from ginbon.tokenizers.extension import Extension, Options, certify, check, extend, read_base, write
from ginbon.tokenizers.extension.certificate import certificate
from ginbon.tokenizers.extension.neighbours import spare
from ginbon.tokenizers.extension.proof import locked
from ginbon.tokenizers.guards import guard
from ginbon.tokenizers.parallel import Version, align
from ginbon.tokenizers.patterns import CL100K
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import Reading, find
from ginbon.tokenizers.splitting import split_by_regex

TRAINING = TextColumn([*partners.HINDI] * 3)
Make = Callable[..., Extension]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """``make("json", split="gate")``: the small partner, extended for Hindi."""
    folder = tmp_path_factory.mktemp("partners")
    places = {
        "json": partners.write_json(folder / "json"),
        "listed": partners.write_json(folder / "listed", listed=True),
        "ranks": partners.write_ranks(folder / "ranks"),
        "model": partners.write_model(folder / "model"),
    }

    def made(kind: str, *, tokens: int = 60, neighbours: TextColumn | None = None, **options: Any) -> Extension:
        base = read_base(str(places[kind]))
        return extend(base, "hin_Deva", TRAINING, Options(tokens, **options), neighbours=neighbours)

    return made


def test_a_guard_holds_no_character_that_scripts_share() -> None:
    devanagari = guard("Deva")
    for shared in "\N{DEVANAGARI DANDA}\N{DEVANAGARI STRESS SIGN UDATTA}\N{ZERO WIDTH JOINER}1 a":
        assert not devanagari.points[ord(shared)]
    assert devanagari.points[ord("क")]
    assert guard("Taml").ranges == ((0xB80, 0xBFF), (0x11FC0, 0x11FFF))  # blocks whole, unassigned code points too
    assert guard("Zzzz").branch == ""


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ("कa".encode(), "character '\\u0915'"),
        (b" \xe0\xa4", "begins one: e0 a4"),
        (b"\xa4\x95\xe0", ""),
        (b"\xe0\xa5", ""),  # a danda may follow, which Bengali has too
        ("\N{DEVANAGARI DANDA}".encode(), ""),
        (b"abc", ""),
    ],
)
def test_a_token_is_locked_by_a_character_or_by_the_beginning_of_one(piece: bytes, reason: str) -> None:
    devanagari = guard("Deva")
    assert devanagari.lock(piece) == reason
    assert locked(piece, devanagari.ranges) == bool(reason)  # the proof's own reading of it


@pytest.mark.parametrize(
    ("script", "text", "pre_tokens"),
    [
        ("Deva", "Hello हिन्दी में।", ["Hello", " हिन्दी", " में", "।"]),
        ("Sinh", "ශ්\u200dරී ලංකා", ["ශ්\u200dරී", " ලංකා"]),
        ("Arab", "می\u200cروم، به", ["می\u200cروم", "،", " به"]),
        ("Tibt", "བོད་ཡིག", ["བོད་ཡིག"]),
        ("Ethi", "(አማርኛ", ["(አማርኛ"]),
    ],
)
def test_a_gate_keeps_words_whole_in_every_engine(script: str, text: str, pre_tokens: list[str]) -> None:
    pattern = guard(script).before(CL100K)
    found = split_by_regex(TextColumn([text]), pattern)
    data = text.encode()
    spans = zip(found.starts.tolist(), found.stops.tolist(), strict=True)
    assert [data[a:b].decode() for a, b in spans] == pre_tokens
    onig = hf_tokenizers.pre_tokenizers.Split(hf_tokenizers.Regex(pattern), "isolated")
    assert [piece for piece, _ in onig.pre_tokenize_str(text)] == pre_tokens
    ranks = {bytes([b]): b for b in range(256)} | {piece.encode(): 256 + n for n, piece in enumerate(pre_tokens)}
    rust = tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    assert [rust.decode([i]) for i in rust.encode_ordinary(text)] == pre_tokens


@pytest.mark.parametrize("kind", ["json", "listed", "ranks"])
@pytest.mark.parametrize("split", ["gate", "keep"])
def test_text_in_the_script_gets_shorter_and_comes_back(make: Make, kind: str, split: str) -> None:
    made = make(kind, split=split)
    before, after = (one.count_batch(TRAINING) for one in (made.base.tokenizer, made.tokenizer))
    assert (after < before).all()
    assert made.tokenizer.decode_batch(made.tokenizer.encode_batch(TRAINING)) == TRAINING.strings


@pytest.mark.parametrize("kind", ["json", "listed", "ranks"])
def test_other_text_keeps_its_ids(make: Make, kind: str) -> None:
    made = make(kind, split="gate")
    texts = TextColumn(partners.OTHERS)
    before, after = (one.encode_batch(texts) for one in (made.base.tokenizer, made.tokenizer))
    assert before.ids.tolist() == after.ids.tolist()


@pytest.mark.parametrize("kind", ["json", "ranks"])
def test_both_files_give_the_same_ids_in_their_own_libraries(make: Make, kind: str) -> None:
    made = make(kind, split="gate")
    name = next(n for n in made.files if n.endswith(".tiktoken"))
    settings = json.loads(made.files[f"{name}.json"])
    from ginbon.tokenizers.backends.tiktoken import read_ranks

    ranks = tiktoken.Encoding(
        "x",
        pat_str=settings["pattern"],
        mergeable_ranks=read_ranks(made.files[name], name),
        special_tokens=settings["special"],
    )
    library = hf_tokenizers.Tokenizer.from_str(made.files["tokenizer.json"].decode())
    for text in (*partners.HINDI, *partners.MARATHI, *partners.OTHERS):
        ids = made.tokenizer.encode_batch(TextColumn([text])).ids.tolist()
        assert ranks.encode_ordinary(text) == ids
        assert library.encode(text, add_special_tokens=False).ids == ids
    assert library.token_to_id("<|begin|>") == settings["special"]["<|begin|>"] == made.new.first_id - 1


def test_new_ids_are_behind_all_others_and_rows_are_padded(make: Make) -> None:
    made = make("json", pad_to=64)
    taken = partners.partner().size
    assert [token.id for token in made.new.tokens] == list(range(taken, taken + len(made.new)))
    assert made.rows % 64 == 0
    assert made.rows >= taken + len(made.new)
    assert make("json", first_id=1_000).new.tokens[0].id == 1_000
    with pytest.raises(UserError, match="are taken"):
        make("json", first_id=3)


def test_the_base_tokens_of_a_new_one_spell_it(make: Make) -> None:
    for kind in ("json", "listed", "model"):
        made = make(kind)
        pieces = made.base.tokenizer.vocabulary.pieces
        for token in made.new.tokens:
            assert b"".join(pieces[i] for i in token.parts) == token.piece


def test_the_floor_decides_for_a_gate_only_where_the_pattern_cuts_words(make: Make) -> None:
    assert make("json").gated  # this pattern cuts at every vowel sign
    assert make("json").floor.gated < make("json").floor.own  # type: ignore[union-attr, operator]
    cyrillic = extend(make("json").base, "rus_Cyrl", TextColumn(["Индия и Россия"] * 3), Options(5))
    assert not cyrillic.gated


def test_a_kept_pattern_makes_nothing_longer(make: Make) -> None:
    made = make("json", split="keep")
    texts = TextColumn([*partners.MARATHI, *partners.OTHERS, *partners.HINDI])
    assert (made.tokenizer.count_batch(texts) <= made.base.tokenizer.count_batch(texts)).all()


def test_neighbours_do_not_grow_behind_a_gate(make: Make) -> None:
    """The gate alone cuts `ा,` from its word, which is a token of the partner; the option mends that."""
    texts = TextColumn(["महासभा,", "ता, का, भा,", *partners.MARATHI])
    base = make("ranks", split="gate").base
    joined = _with_tokens(base, "ा,".encode())
    plain = extend(joined, "hin_Deva", TRAINING, Options(20, split="gate"))
    before = joined.tokenizer.count_batch(texts)
    assert (plain.tokenizer.count_batch(texts) > before).any()
    spared = extend(joined, "hin_Deva", TRAINING, Options(20, split="gate"), neighbours=texts)
    assert (spared.tokenizer.count_batch(texts) <= before).all()
    assert spared.spared is not None
    assert spared.spared.longer == 0
    assert spared.spared.taught


def _with_tokens(base: Any, *pieces: bytes) -> Any:
    """The partner with more tokens of its own, between its vocabulary and its special tokens."""
    from dataclasses import replace
    from hashlib import sha256

    from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks
    from ginbon.tokenizers.export import rank_file

    first = base.source.size
    more = [piece[:n] for piece in pieces for n in range(2, len(piece) + 1)]
    more = [piece for piece in dict.fromkeys(more) if piece not in base.source.pieces]
    ids = np.concatenate([base.source.ids, np.arange(first, first + len(more))])
    source = replace(base.source, pieces=(*base.source.pieces, *more), ids=ids, size=0)
    file = rank_file(source)
    tokenizer = RankTokenizer("partner", "", read_ranks(file.data, "x"), file.settings)
    digest = sha256(file.data).hexdigest()
    return replace(base, source=source, tokenizer=tokenizer, data=file.data, sha256=digest)


@pytest.mark.parametrize("kind", ["json", "listed", "ranks", "model"])
def test_the_proof_holds_for_what_was_made(make: Make, kind: str) -> None:
    certified = certify(make(kind))
    assert [one.name for one in certified.checks if not one.holds] == []
    assert len(certified.checks) == 11


def _settled(made: Extension) -> tuple[bytes, bytes]:
    return b"", made.files.get(f"{made.file}.json", b"")


def _spoil(file: dict[str, Any], new: Extension, what: str) -> None:
    model = file["model"]
    word = next(t for t, i in model["vocab"].items() if i == new.new.first_id)
    if what == "split pattern":
        regex = file["pre_tokenizer"]["pretokenizers"][0]["pattern"]
        regex["Regex"] = regex["Regex"].replace("(?=", "(?:", 1)  # a gate that opens to what is not guarded
    elif what == "locks":
        model["vocab"]["zzzz"] = model["vocab"].pop(word)
        model["merges"] = [m for m in model["merges"] if word not in (*m.split(" "), m.replace(" ", ""))]
    elif what == "base tokens":
        model["vocab"]["a"], model["vocab"]["b"] = model["vocab"]["b"], model["vocab"]["a"]
    elif what == "base merges":
        model["merges"][0], model["merges"][1] = model["merges"][1], model["merges"][0]
    elif what == "new merges":
        merge = next(m for m in model["merges"] if m.replace(" ", "") == word)
        model["merges"].remove(merge)
        model["merges"].insert(0, merge)
    elif what == "other settings":
        file["normalizer"] = {"type": "NFC"}
    elif what == "new ids":
        model["vocab"][word] = 70_000
    elif what == "no dead tokens":
        model["merges"] = [m for m in model["merges"] if m.replace(" ", "") != word]


@pytest.mark.parametrize(
    "what",
    [
        "split pattern",
        "locks",
        "base tokens",
        "base merges",
        "new merges",
        "other settings",
        "new ids",
        "no dead tokens",
    ],
)
def test_the_proof_names_what_was_spoiled(make: Make, what: str) -> None:
    made = make("json", split="gate")
    file = json.loads(made.files["tokenizer.json"])
    _spoil(file, made, what)
    failed = {one.name for one in check(made.base.data, json.dumps(file).encode(), certificate(made)) if not one.holds}
    assert {what, "extended file"} <= failed


def test_a_sentencepiece_model_is_continued_behind_its_own_bytes(make: Make) -> None:
    made = make("model")
    data = made.files["tokenizer.model"]
    assert data.startswith(made.base.data)
    texts = TextColumn([*partners.HINDI, *partners.MARATHI, *partners.OTHERS])
    before, after = made.base.tokenizer, made.tokenizer
    assert (after.count_batch(texts) <= before.count_batch(texts)).all()
    assert after.count_batch(TRAINING).sum() < before.count_batch(TRAINING).sum() / 2
    others = TextColumn(partners.OTHERS)
    assert before.encode_batch(others).ids.tolist() == after.encode_batch(others).ids.tolist()
    assert len(made.new.pieces[0].decode()) == 1  # characters that were bytes come first


def test_scores_of_new_pieces_differ_where_floats_stand_far_apart(make: Make) -> None:
    """Some models have pieces at -1e9, where offsets of 1 would tie."""
    import struct

    from ginbon.tokenizers.backends import model_proto
    from ginbon.tokenizers.extension.sentence_pieces import model, read_pieces

    made = make("model")
    piece = model_proto.message(1, "\u2581\u2581".encode()) + b"\x15" + struct.pack("<f", -1e9) + b"\x18\x01"
    data = made.base.data + model_proto.message(1, piece)
    scores = [one.score for one in read_pieces(model(data, made.new))[-len(made.new) :]]
    assert scores == sorted(set(scores), reverse=True)
    assert scores[0] < -1e9


def test_what_cannot_be_extended_is_refused(tmp_path: Path) -> None:
    unigram = partners.write_model(tmp_path, kind="unigram")
    with pytest.raises(UserError, match="compete by probability"):
        read_base(str(unigram))
    with pytest.raises(UserError, match="cannot be extended"):
        read_base("bytes")


def test_text_without_the_script_teaches_nothing(make: Make) -> None:
    with pytest.raises(UserError, match="give more text"):
        extend(make("json").base, "tam_Taml", TextColumn(["no Tamil here"] * 5), Options(10))


def test_the_same_text_gives_the_same_bytes_in_any_order(make: Make) -> None:
    base = make("json").base
    one, other = (
        extend(base, "hin_Deva", TextColumn(lines), Options(40)) for lines in (TRAINING.strings, TRAINING.strings[::-1])
    )
    assert one.files == other.files
    assert certificate(one) == certificate(other)


def test_a_folder_is_written_and_certified_again(tmp_path: Path) -> None:
    """The command, its files, and a byte that was changed later."""
    base = partners.write_json(tmp_path / "base")
    text = tmp_path / "text.txt"
    text.write_text("\n".join([*partners.HINDI, *(line + " और" for line in partners.HINDI)] * 1), encoding="utf-8")
    sets = tmp_path / "sets"
    for label, lines in (("eng_Latn", partners.OTHERS[:2]), ("hin_Deva", partners.HINDI[:2])):
        place = sets / "small" / f"{label}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    command = ["extend", str(base), "--language", "hin_Deva", "--tokens", "30", "--text", str(text), "-o", str(out)]
    done = CliRunner().invoke(app, [*command, "--parallel", str(sets), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["run"]["free_changed"] == 0
    assert (
        said["figures"]["metrics"]["premium"]["after"]["value"]
        < said["figures"]["metrics"]["premium"]["before"]["value"]
    )
    assert {p.name for p in out.iterdir()} >= {"tokenizer.json", "tokens.tsv", "mapping.jsonl", "README.md"}
    assert load(str(out)).vocabulary.size == partners.partner().size + len(said["tokens"])

    again = ["certify", str(out), "--base", str(base), "--parallel", str(sets)]
    assert CliRunner().invoke(app, again).exit_code == 0
    settings = out / "tokenizer.tiktoken.json"
    settings.write_bytes(settings.read_bytes() + b" ")
    assert "FAILS  tokenizer.tiktoken.json file" in CliRunner().invoke(app, again).stdout
    place = out / "tokenizer.json"
    place.write_bytes(place.read_bytes().replace(b'"ignore_merges":true', b'"ignore_merges":false'))
    spoiled = CliRunner().invoke(app, again)
    assert spoiled.exit_code == 1
    assert "FAILS  other settings" in spoiled.stdout
    assert CliRunner().invoke(app, command).exit_code != 0  # a folder is never overwritten


def test_the_run_counts_what_changed_by_version(make: Make) -> None:
    made = make("json", split="gate")
    versions = [
        Version("eng_Latn", __import__("pyarrow").array([partners.OTHERS[0], ""])),
        Version("hin_Deva", __import__("pyarrow").array([partners.HINDI[0], partners.HINDI[1]])),
    ]
    run = certify(made, [align("small", versions)]).run
    assert run is not None
    english, hindi = run.sets["small"]
    assert (english.lines, english.free, english.free_changed, english.changed) == (1, 1, 0, 0)
    assert (hindi.free, hindi.changed, hindi.shorter, hindi.longer) == (0, hindi.lines, hindi.lines, 0)
    assert [version.label for _, version in run.touched] == ["hin_Deva"]


def test_nothing_is_written_where_the_proof_fails(make: Make, tmp_path: Path) -> None:
    from dataclasses import replace

    made = make("json")
    certified = certify(made)
    broken = replace(certified, checks=[replace(certified.checks[0], holds=False), *certified.checks[1:]])
    with pytest.raises(UserError, match="nothing was written"):
        write(made, broken, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_neighbours_that_never_grow_need_nothing(make: Make) -> None:
    made = make("json", split="keep")
    found = spare(lambda *_: made.new, made.base.tokenizer, made.base.tokenizer, TextColumn(partners.MARATHI))
    assert (found.longer, found.forbidden, found.taught) == (0, (), ())


def test_a_format_that_says_something_else_is_not_written(tmp_path: Path) -> None:
    """`abc` is listed from `ab` and `c` only, and `bc` comes first: by rank, `a` and `bc` would be joined too."""
    pieces = (*(bytes([b]) for b in range(256)), b"bc", b"ab", b"abc")
    pairs = np.array([[98, 99], [97, 98], [257, 99]], np.int32)
    source = ByteBpe(
        pieces=pieces, ids=np.arange(259), patterns=(CL100K,), merges=pairs, ignore_merges=False, origin="listed"
    )
    place = tmp_path / "tokenizer.json"
    place.write_bytes(tokenizer_json(source))
    made = extend(read_base(str(place)), "hin_Deva", TextColumn(["abc कक ककक"] * 4), Options(5))
    assert list(made.files) == ["tokenizer.json"]
    assert "would have other ids, among them 'abc" in made.missing["tiktoken"]
    assert all(check.holds for check in certify(made).checks)


def test_text_is_found_however_its_label_spells_the_language(tmp_path: Path) -> None:
    """Stories in Odia are labelled with the macrolanguage."""
    place = tmp_path / "stories.jsonl"
    rows = [{"text": "ଏକ", "language": "ori", "script": "Orya"}, {"text": "a", "language": "eng", "script": "Latn"}]
    place.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    read = Reading(find([place]), languages=frozenset(["ory_Orya"]))
    assert [text for batch in read() for text in batch["text"].to_pylist()] == ["ଏକ"]
