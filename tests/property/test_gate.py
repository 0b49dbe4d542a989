"""The repaired split pattern reaches text of its script alone, and means the same to every engine that runs it."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ginbon.languages import scripts
from ginbon.tokenizers.diagnosis.letters import own_scripts
from ginbon.tokenizers.diagnosis.repair import gate
from ginbon.tokenizers.patterns import CL100K, O200K, R50K
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.splitting import split_by_regex

GATED = ("Taml", "Deva", "Mymr", "Khmr", "Sinh", "Arab", "Tibt", "Ethi", "Thai", "Jpan")
MIXED = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cn"]),  # of characters to come, engines know more or fewer
        st.sampled_from("  \n\t'.,12٣ab\u0301É\u200c\u200d\u200b\u2581🙂🏽"),
        st.sampled_from("தமிழ்நாடுகாமிी हिन्दीक्‍ष1२ကျွန်ုပ်ខ្មែរසිංහලක්‍රميخواهमें، བོད་སྐད།ሰላም፡ไทยกำ日本語カナ"),
    ),
    max_size=24,
)


def cut(pattern: str, text: str) -> list[str]:
    found = split_by_regex(TextColumn([text]), pattern)
    data = found.texts.data.tobytes()
    return [data[a:b].decode() for a, b in zip(found.starts.tolist(), found.stops.tolist(), strict=True)]


@given(MIXED, st.sampled_from(GATED), st.sampled_from([CL100K, O200K, R50K]))
def test_text_without_the_script_is_cut_as_before(text: str, script: str, pattern: str) -> None:
    numbers = set(own_scripts(script).tolist())
    table = scripts.script_table()
    without = "".join(char for char in text if table[ord(char)] not in numbers)
    assert cut(f"{gate(script)}|{pattern}", without) == cut(pattern, without)


@given(MIXED, st.sampled_from(GATED))
def test_no_word_of_the_script_is_cut_at_a_mark_or_joiner(text: str, script: str) -> None:
    """Nothing that begins with a letter of the script ends before a mark or a joiner."""
    numbers = set(own_scripts(script).tolist())
    table = scripts.script_table()
    pieces = cut(f"{gate(script)}|{CL100K}", text)
    for piece, after in pairwise(pieces):
        if table[ord(piece[0])] in numbers and unicodedata.category(piece[0])[0] == "L":
            assert unicodedata.category(after[0])[0] != "M"
            assert after[0] not in "\u200c\u200d"


@given(MIXED, st.sampled_from(GATED), st.sampled_from([CL100K, O200K]))
def test_every_engine_cuts_alike(text: str, script: str, pattern: str) -> None:
    """``regex``, tiktoken's fancy-regex and Oniguruma."""
    import tiktoken
    import tokenizers as hf_tokenizers

    both = f"{gate(script)}|{pattern}"
    expected = cut(both, text)
    splitter = hf_tokenizers.pre_tokenizers.Split(hf_tokenizers.Regex(both), "isolated")
    assert [piece for piece, _ in splitter.pre_tokenize_str(text)] == expected
    # of a vocabulary that has every expected piece and the bytes, tiktoken makes one token for each piece
    ranks = {bytes([b]): b for b in range(256)}
    for piece in expected:
        ranks.setdefault(piece.encode(), len(ranks))
    encoding = tiktoken.Encoding("pieces", pat_str=both, mergeable_ranks=ranks, special_tokens={})
    found = [encoding.decode_bytes([token]).decode("utf-8", "replace") for token in encoding.encode_ordinary(text)]
    assert found == expected


@pytest.mark.parametrize("script", ["Zxxx", "Xxxx", ""])
def test_a_code_without_characters_has_no_gate(script: str) -> None:
    assert gate(script) == ""
