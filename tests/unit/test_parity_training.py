"""Parity-aware training from counts: what is refused, what the tokenizer, the record and the cost hold."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tokenizers as hf_tokenizers
from backports import zstd

from ginbon.errors import UserError
from ginbon.tokenizers.bpe import Types, apply, training
from ginbon.tokenizers.bpe.lines import of_set, same_lines, tokens_of, types_of
from ginbon.tokenizers.bpe.parity import learn_parity
from ginbon.tokenizers.bpe.parity_cost import compare, parity_cost
from ginbon.tokenizers.bpe.parity_training import plain_beside, train_parity_bpe
from ginbon.tokenizers.counts import Counts, count
from ginbon.tokenizers.export import tokenizer_json
from ginbon.tokenizers.metrics.gini import gini
from ginbon.tokenizers.parallel import Version, align
from ginbon.tokenizers.patterns import CL100K, GINBON
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import SCHEMA

Lines = dict[str, list[str]]

LINES: Lines = {
    "por_Latn": ["O rio corre devagar para o mar.", "A menina lê um livro à sombra.", "Ontem o rio estava alto."],
    "hin_Deva": ["नदी धीरे-धीरे समुद्र की ओर बहती है।", "लड़की छाया में एक किताब पढ़ती है।", "कल नदी ऊँची थी।"],
    "amh_Ethi": ["ወንዙ ቀስ ብሎ ወደ ባሕር ይፈሳል።", "ልጅቷ በጥላ ሥር መጽሐፍ ታነባለች።", "ትናንት ወንዙ ከፍ ብሎ ነበር።"],
}


def counts_of(lines: Lines, *, times: int = 20, source: str = "made") -> Counts:
    """Counts of some lines; Portuguese has most text."""
    rows = [(k, line) for k, own in lines.items() for line in own for _ in range(times * (8 if k == "por_Latn" else 1))]
    columns = [[""] * len(rows), [line for _, line in rows], [k for k, _ in rows], [source] * len(rows)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return count(lambda: iter([pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)]))


def test_neither_development_text_nor_ratios_is_refused() -> None:
    """Hugging Face's trainer takes this call, and then needs 2.7 times the tokens."""
    counts = counts_of(LINES)
    with pytest.raises(UserError, match=r"neither development text nor ratios.*Give the same lines"):
        train_parity_bpe(counts, 400)
    with pytest.raises(UserError, match="expected one of them"):
        train_parity_bpe(counts, 400, dev=LINES, ratio=dict.fromkeys(LINES, 1.0))


def test_what_cannot_be_fair_is_refused() -> None:
    counts = counts_of(LINES)
    one = counts.of(lambda stratum: stratum[0] == "hin_Deva")

    def refused(what: str, counts: Counts = counts, vocabulary: int = 400, **options: Any) -> None:
        with pytest.raises(UserError, match=what):
            train_parity_bpe(counts, vocabulary, **options)

    refused(r"counts of 1 language\(s\); .* two or more", one, dev={"hin_Deva": LINES["hin_Deva"]})
    refused("amh_Ethi 3, hin_Deva 3, por_Latn 2; expected the same number", dev=LINES | {"por_Latn": ["a", "b"]})
    refused("por_Latn: not one line with text", dev=LINES | {"por_Latn": ["", " ", "\N{IDEOGRAPHIC SPACE}"]})
    refused(
        "no line has text in every language", dev={"por_Latn": ["a", ""], "hin_Deva": ["", "क"], "amh_Ethi": ["ወ"] * 2}
    )
    refused("por_Latn: only in training counts", dev={k: LINES[k] for k in ("hin_Deva", "amh_Ethi")})
    refused("tam_Taml: only in the development text", dev=LINES | {"tam_Taml": ["அ"] * 3})
    refused("hin_Deva: a ratio of 0", ratio=dict.fromkeys(LINES, 0.0) | {"amh_Ethi": 1.0, "por_Latn": 1.0})
    refused("alpha of 1 or more", dev=LINES, window=100, alpha=0.5)
    refused("a window of 0 merges", dev=LINES, window=0)
    refused("expected 257 or more", vocabulary=200, dev=LINES)
    refused("counts of text in NFC", replace(counts, normalisation="NFC"), dev=LINES)


def test_a_language_without_training_text_is_refused() -> None:
    types = {"a": Types.of_bytes([b"aa"], [3]), "b": Types.of_bytes([], [])}
    with pytest.raises(UserError, match="b: no training counts"):
        learn_parity(types, 5, ratio={"a": 1.0, "b": 1.0})
    with pytest.raises(UserError, match="b: no development text"):
        learn_parity({"a": types["a"], "b": types["a"]}, 5, dev=types)


def test_lines_that_are_blank_in_a_language_are_left_out_of_all() -> None:
    kept = same_lines({"b_Latn": ["one", "two", "three"], "a_Latn": ["eins", "\N{NO-BREAK SPACE}", "drei"]})
    assert {language: lines.strings for language, lines in kept.items()} == {
        "a_Latn": ["eins", "drei"],
        "b_Latn": ["one", "three"],
    }


def test_the_lines_of_a_set_are_those_of_the_language_meant() -> None:
    """The version that is called so, else the pivot, else the only one of that language."""
    texts = {"eng_Latn_US": "a", "eng_Latn_GB": "b", "por_Latn": "c", "por_Latn_BR": "d", "zho_Hans": "e"}
    aligned = align("set", [Version(label, pa.array([text], pa.large_string())) for label, text in texts.items()])
    found = of_set(aligned, ("eng_Latn", "por_Latn", "cmn_Hans"))
    assert found == {"eng_Latn": ["a"], "por_Latn": ["c"], "cmn_Hans": ["e"]}
    with pytest.raises(UserError, match="set: no lines in hin_Deva; it has eng_Latn_GB"):
        of_set(aligned, ("hin_Deva",))
    by_portuguese = replace(aligned, pivot="por_Latn")
    with pytest.raises(UserError, match="eng_Latn is here in several versions: eng_Latn_GB, eng_Latn_US"):
        of_set(by_portuguese, ("eng_Latn",))


def test_each_language_pays_nearly_the_same_on_the_development_text() -> None:
    counts = counts_of(LINES)
    trained = train_parity_bpe(counts, 340, dev=LINES)
    plain = plain_beside(counts, trained)
    paid = [int(apply(plain, types_of(TextColumn(own), GINBON)).sizes.sum()) for own in LINES.values()]
    assert gini(trained.learned.paid[-1]) < 0.05 < 0.15 < gini(np.array(paid))
    assert len(plain) == len(trained.learned) == 340 - 257


def test_the_window_makes_one_language_wait() -> None:
    """Hindi's training text is of no use for its development text: it would choose until it has no pair left."""
    counts = counts_of(LINES | {"hin_Deva": ["कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह" * 4]})
    free = train_parity_bpe(counts, 310, dev=LINES)
    waits = train_parity_bpe(counts, 310, dev=LINES, window=12, alpha=1.0)
    place = free.learned.languages.index("hin_Deva")
    held = np.convolve(waits.learned.chosen_by == place, np.ones(12, int), "valid")
    assert held.max() == 5  # 12 / 3, and the one by which it comes to wait
    assert (free.learned.chosen_by == place).sum() > 40
    assert "hin_Deva chose" in free.to_json()["notes"][0] and waits.to_json()["notes"] == []


def test_ratios_decide_who_chooses() -> None:
    counts = counts_of(LINES)
    chose = {}
    for language in LINES:
        learned = train_parity_bpe(counts, 300, ratio=dict.fromkeys(LINES, 1.0) | {language: 3.0}).learned
        chose[language] = int((learned.chosen_by == learned.languages.index(language)).sum())
    assert min(chose.values()) > 43 // 2, chose


def test_the_first_merges_may_be_plain_ones() -> None:
    counts = counts_of(LINES)
    trained = train_parity_bpe(counts, 340, dev=LINES, global_merges=20)
    assert trained.learned.chosen_by[:20].tolist() == [-1] * 20 and trained.learned.chosen_by[20:].min() >= 0
    assert trained.learned.merges.pairs[:20].tolist() == plain_beside(counts, trained).pairs[:20].tolist()


def test_no_token_is_longer_than_asked() -> None:
    trained = train_parity_bpe(counts_of(LINES), 400, dev=LINES, max_token_bytes=6)
    assert max(map(len, trained.learned.merges.pieces)) == 6
    assert max(map(len, plain_beside(counts_of(LINES), trained).pieces)) == 6


@pytest.fixture(scope="module")
def flores(shared_data: Any) -> Lines:
    """A hundred lines of four scripts."""
    folder = shared_data / "parallel" / "flores"
    labels = ("eng_Latn", "tam_Taml", "khm_Khmr", "pes_Arab")
    return {k: zstd.decompress((folder / f"{k}.txt.zst").read_bytes()).decode().splitlines()[:150] for k in labels}


def test_the_library_encodes_the_file_as_our_merges_do(flores: Lines) -> None:
    counts = counts_of({k: own[50:] for k, own in flores.items()}, times=1)
    trained = train_parity_bpe(counts, 2_000, dev={k: own[:50] for k, own in flores.items()})
    theirs = hf_tokenizers.Tokenizer.from_str(tokenizer_json(trained.tokenizer).decode())
    assert theirs.get_vocab_size() == 2_000
    for place, language in enumerate(trained.learned.languages):
        sizes = tokens_of(trained.learned.merges, TextColumn(flores[language]), counts.pattern)
        assert [len(e.ids) for e in theirs.encode_batch(flores[language])] == sizes.tolist()
        assert sizes[:50].sum() == trained.learned.paid[-1, place]


def test_all_merges_by_all_are_plain_ones_on_real_text(flores: Lines) -> None:
    """Enough text for every array to grow while merges are learned."""
    counts = counts_of(flores, times=1)
    trained = train_parity_bpe(counts, 6_000, dev=flores, global_merges=6_000)
    plain = plain_beside(counts, trained)
    assert len(plain) > 4_000 and trained.learned.merges.pairs.tolist() == plain.pairs.tolist()
    assert trained.learned.paid.sum(axis=1)[1:].tolist() == plain.tokens.tolist()  # both texts are the same


def test_shuffled_divided_and_merged_counts_give_the_same_file(flores: Lines) -> None:
    dev = {k: own[:50] for k, own in flores.items()}
    whole = train_parity_bpe(counts_of(flores, times=1), 1_500, dev=dev)
    shuffled = {k: random.Random(3).sample(own, len(own)) for k, own in reversed(flores.items())}
    parts = [counts_of({k: own[i::3] for k, own in shuffled.items()}, times=1, source=f"s{i}") for i in (2, 0, 1)]
    turned = {k: random.Random(4).sample(own, len(own)) for k, own in reversed(dev.items())}
    again = train_parity_bpe(Counts.merge(parts), 1_500, dev=turned)
    assert tokenizer_json(whole.tokenizer) == tokenizer_json(again.tokenizer)
    assert whole.to_json() == again.to_json()


def test_another_split_pattern_is_kept() -> None:
    counts = replace(counts_of(LINES), pattern=CL100K)
    assert train_parity_bpe(counts, 300, dev=LINES).tokenizer.patterns == (CL100K,)


def test_the_record_says_who_chose_and_what_each_pays() -> None:
    trained = train_parity_bpe(counts_of(LINES), 330, dev=LINES, global_merges=10)
    said = json.loads(json.dumps(trained.to_json()))
    assert said["schema"] == "ginbon.parity" and said["options"]["global_merges"] == 10 and said["lines"] == 3
    assert said["chosen_by_all"] == 10
    assert sum(one["chose"] for one in said["languages"]) + 10 == said["merges"] == 73
    for place, one in enumerate(said["languages"]):
        assert one["tokens"] == [len("".join(LINES[one["language"]]).encode()), trained.learned.paid[-1, place]]
        assert said["curve"]["tokens"][one["language"]][-1] == one["tokens"][1]
    assert said["gini"] == pytest.approx(float(gini(trained.learned.paid[-1])))
    by_ratio = train_parity_bpe(counts_of(LINES), 330, ratio=dict.fromkeys(LINES, 1.0)).to_json()
    assert by_ratio["measured_on"] == "training text" and by_ratio["lines"] is None and by_ratio["gini"] is None


def test_lines_that_depend_on_each_other_are_drawn_together() -> None:
    """Where one language is longer for some lines on end, a change of merges has a wider interval."""
    long = [1 + 5 * (i // 10 % 2) for i in range(100)]
    together = {"por_Latn": ["o rio corre"] * 100, "hin_Deva": ["नदी बहती है " * n for n in long]}
    apart = {**together, "hin_Deva": ["नदी बहती है " * n for n in (1, 6)] * 50}
    counts = counts_of(LINES)
    trained = train_parity_bpe(counts, 330, dev=LINES)
    costs = [parity_cost(counts, trained, lines) for lines in (together, apart)]
    assert costs[0].block > 5 and costs[0].to_json()["block"] == costs[0].block
    spans = [cost.plain_gini.high - cost.plain_gini.low for cost in costs]
    assert spans[0] > 2 * spans[1]


def test_the_cost_is_counted_line_by_line() -> None:
    """By hand: encoded by the library with the files of both."""
    counts = counts_of(LINES)
    trained = train_parity_bpe(counts, 330, dev=LINES)
    lines = LINES | {"por_Latn": [*LINES["por_Latn"][:2], " "]}
    cost = parity_cost(counts, trained, lines)
    plain = training.train_bpe(counts, 330)
    for name, made in (("plain", plain), ("parity", trained.tokenizer)):
        library = hf_tokenizers.Tokenizer.from_str(tokenizer_json(made).decode())
        tokens = {k: sum(len(e.ids) for e in library.encode_batch(own[:2])) for k, own in lines.items()}
        assert {one.language: getattr(one, name) for one in cost.languages} == tokens
        assert getattr(cost, name) == sum(tokens.values())
        unfair = getattr(cost, f"{name}_gini")
        assert unfair.value == pytest.approx(float(gini(np.array(list(tokens.values()))))) and unfair.n == 2
        assert unfair.low <= unfair.value <= unfair.high
    assert cost.change.value == pytest.approx(cost.parity / cost.plain - 1)
    said = cost.to_json()
    assert said["lines"] == 2 and said["languages"][0]["change"] == cost.languages[0].change
    shown = cost.table().splitlines()
    assert [row.split()[0] for row in shown[1:]] == ["amh_Ethi", "hin_Deva", "por_Latn", "all", "Gini"]
    assert len({len(row) for row in shown[:-1]}) == 1
    assert compare(trained.learned.merges, trained.learned.merges, lines, pattern=GINBON).change.value == 0
