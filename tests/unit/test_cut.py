"""Lines that C4's rules drop: measured on every text, and taken out where the recipe says so."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from real_text import zstd_text

from ginbon.corpus import schema
from ginbon.corpus.step import Step
from ginbon.filters.cut import Cut
from ginbon.filters.walk import Walk
from ginbon.filters.words import words
from ginbon.languages.pack import Pack, load_pack


def cut(texts: list[str | None], *, rules: str = "c4", pack: Pack | None = None) -> pa.RecordBatch:
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})
    return Cut(pack or Pack(label="und_Zyyy", name="", script="Zyyy"), rules)(batch)


def left(text: str, **how: object) -> str:
    return cut([text], **how)["text"][0].as_py()


def test_every_rule_cuts_its_line_and_is_named() -> None:
    lines = [
        "This line is left.",
        "A heading without an end",
        "Too few.",
        f"The word {'x' * 1_001} is no word.",
        "Please enable JavaScript to go on.",
        "This site uses cookies, as all do.",
        'He said "yes"',
        "He waited for an answer...",
    ]
    made = cut(["\n".join(lines)])
    made.validate(full=True)
    assert made["text"][0].as_py() == 'This line is left.\nHe said "yes"'
    cuts = made["cuts"][0].as_py()
    assert [c["rule"] for c in cuts] == [
        "line-end", "few-words", "long-word", "javascript-line", "policy-line", "line-end",
    ]  # fmt: skip
    raw = "\n".join(lines).encode()
    assert [raw[c["position"] : c["position"] + c["length"]].decode() for c in cuts] == [*lines[1:6], lines[7]]
    assert made["cut/lines"].to_pylist() == [6]
    assert made["cut/bytes"].to_pylist() == [len(raw) - len(made["text"][0].as_py().encode())]


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("यह एक पूरा वाक्य है।", "Deva"),
        ("ይህ ሙሉ ዓረፍተ ነገር ነው።", "Ethi"),
        ("这是一个完整的句子。", "Hans"),
        ("「これは文です。」", "Jpan"),
        ("هذه جملة كاملة، أليس كذلك؟", "Arab"),
        ("این یک جملهٔ کامل است۔", "Arab"),
        ("འདི་ནི་ཚིག་གྲུབ་ཆ་ཚང་ཞིག་རེད།", "Tibt"),
        ("នេះជាប្រយោគពេញលេញ។", "Khmr"),
        ("ဒါက ဝါကျတစ်ကြောင်းပါ။", "Mymr"),
        ("Սա ամբողջական նախադասություն է։", "Armn"),
        ("Das ist ein ganzer „Satz“", "Latn"),
        ("A line with a note behind it.[12]", "Latn"),
    ],
)
def test_a_sentence_of_any_script_is_left(line: str, script: str) -> None:
    """datatrove knows . ? ! " and ' alone, and counts what stands between spaces: it drops most of these (D13, D29)."""
    assert left(line, pack=Pack(label=f"und_{script}", name="", script=script)) == line


def test_fineweb_leaves_lines_without_a_mark() -> None:
    assert left("Uma linha sem ponto\nDois pontos:\nmenu", rules="fineweb") == "Uma linha sem ponto"
    assert left("Uma linha sem ponto\nDois pontos:\nmenu", rules="c4") == ""


def test_what_loses_nothing_stays_as_it_is_and_blank_lines_do_not_pile_up() -> None:
    untouched = "\n\nUma linha que fica.\n\n\n  Outra linha que fica.  \n"
    assert left(untouched) == untouched
    assert left("menu\n\nUma linha que fica.\n\nmenu\n\n\nOutra linha que fica.\n\nmenu\n") == (
        "Uma linha que fica.\n\nOutra linha que fica."
    )
    made = cut([None, "", "menu", untouched])
    assert made["text"].to_pylist() == [None, "", "", untouched]
    assert [None if c is None else len(c) for c in made["cuts"].to_pylist()] == [None, 0, 1, 0]


def test_lines_that_one_rule_cuts_are_one_cut() -> None:
    """So that the record of a text of nothing but short lines is no larger than the text."""
    made = cut(["menu\nmenu\n\nmenu\nEin Titel ohne Punkt\nmenu\nDas ist ein Satz.\nmenu"])
    assert [(c["rule"], c["position"], c["length"]) for c in made["cuts"][0].as_py()] == [
        ("few-words", 0, 15), ("line-end", 16, 20), ("few-words", 37, 4), ("few-words", 60, 4)
    ]  # fmt: skip
    assert made["cut/lines"].to_pylist() == [6]


def test_the_step_fits_the_schema_and_its_fingerprint_says_which_rules() -> None:
    step = Cut(load_pack("por_Latn"))
    assert isinstance(step, Step)
    assert cut(["a"])["cuts"].type == schema.DOCUMENT.field("cuts").type
    assert step.fingerprint() != Cut(load_pack("por_Latn"), "fineweb").fingerprint()


@pytest.mark.parametrize("rules", ["c4", "fineweb"])
def test_the_walk_measures_what_the_cut_leaves(shared_data: Path, rules: str) -> None:
    """Without cutting, ``walk/c4_...`` are the figures that the text has once it is cut."""
    pack = load_pack("por_Latn")
    rows = [json.loads(line) for line in zstd_text(shared_data / "docs/stories.jsonl.zst").split("\n") if line]
    texts = [row["text"] for row in rows if row["language"] in ("por", "eng")][:300]
    texts += ["Menu\n\n" + text.replace(".", ".\nInício | Contacto\n", 3) for text in texts[:50]]
    walk = Walk("por_Latn", pack)
    before = walk.measure(pa.array(texts, pa.large_string()))
    after = walk.measure(cut(texts, rules=rules, pack=pack)["text"])
    assert sum(after["walk/lines"].to_pylist()) < sum(before["walk/lines"].to_pylist())
    same = {f"walk/{rules}_{name}": f"walk/{name}" for name in ("lines", "words", "sentences")}
    if rules == "fineweb":
        same |= {f"walk/fineweb_{name}": f"walk/{name}" for name in ("terminal_line_share", "short_line_share")}
        same |= {name: name for name in ("walk/fineweb_repeated_line_char_share", "walk/fineweb_newline_ratio")}
    for whole, cut_first in same.items():
        assert before[whole].to_pylist() == after[cut_first].to_pylist(), whole


def test_the_lines_left_are_datatroves_but_for_what_we_hold_to_be_its_mistakes(shared_data: Path) -> None:
    """English stories, and pages with menus: a line is left by both or by none, or one of the known causes applies."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter

    peer = C4QualityFilter(min_num_sentences=-1, filter_lorem_ipsum=False, filter_curly_bracket=False)
    rows = [json.loads(line) for line in zstd_text(shared_data / "docs/stories.jsonl.zst").split("\n") if line]
    lines = sorted(
        {x.strip() for row in rows if row["language"] == "eng" for x in row["text"].split("\n") if x.strip()}
    )
    lines += ["a b c.", "a b", "We use cookies here.", "JavaScript is off now.", "See http://x.org/javascript for it."]
    causes: dict[str, int] = {}
    for line, ours in zip(lines, cut(lines, pack=load_pack("eng_Latn"))["text"].to_pylist(), strict=True):
        document = Document(text=line, id="")
        assert peer.filter(document)
        if bool(document.text) != bool(ours):
            cause = known_cause(line)
            assert cause, line
            causes[cause] = causes.get(cause, 0) + 1
    assert len(lines) > 4_000
    unknown = causes.pop("a mark that datatrove does not know")  # mostly curly quotation marks
    assert unknown < 0.04 * len(lines) and sum(causes.values()) < 0.002 * len(lines), causes


def known_cause(line: str) -> str:
    if (len(line.split()) < 3) != (len(words(line)) < 3):
        return "a run of symbols is no word, and a hyphen ends one"
    if not line[-1].isascii():
        return "a mark that datatrove does not know"
    if line.endswith((")", "]", "}")):
        return "a bracket behind the mark"
    return "a word in a word" if "javascript" in line.lower() else ""
