"""Laws of alphabets: what is spelt first is never cut, whatever is learned behind it and whatever stands around it."""

from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.filters import words
from ginbon.tokenizers.alphabets import equivalents, likely
from ginbon.tokenizers.bpe import Types, apply
from ginbon.tokenizers.bpe.whole import learn_behind, spell

CHARS = (
    "aé\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT BELOW} \t\r\n"
    "कखतनरसि\N{DEVANAGARI SIGN VIRAMA}\N{DEVANAGARI SIGN NUKTA}\N{DEVANAGARI SIGN ANUSVARA}\N{ZERO WIDTH JOINER}"
    "\N{ZERO WIDTH NON-JOINER}กน\N{THAI CHARACTER SARA AM}\N{THAI CHARACTER MAI EK}ក\N{KHMER SIGN COENG}"
    "\N{KHMER VOWEL SIGN AA}بت\N{ARABIC SHADDA}\N{ARABIC FATHA}\N{ARABIC NUMBER SIGN}1각\N{HANGUL CHOSEONG KIYEOK}"
    "\N{HANGUL JUNGSEONG A}\N{HANGUL JONGSEONG KIYEOK}日本👩🚀👍🏽❤\N{VARIATION SELECTOR-16}"
)
"""Everything that UAX #29 has a rule for, but regional indicators: merges cannot count them."""

texts = st.text(st.sampled_from(CHARS), min_size=1, max_size=12)
firsts = st.sets(texts.map(lambda text: words.graphemes(text)[0]), max_size=20)


def cuts(merges: object, text: str) -> set[int]:
    """Bytes at which a token begins inside a text."""
    found = apply(merges, Types.of_bytes([text.encode()], [1]))  # type: ignore[arg-type]
    pieces = [*(bytes([b]) for b in range(256)), *merges.pieces]  # type: ignore[attr-defined]
    return set(np.cumsum([len(pieces[i]) for i in found.ids.tolist()]).tolist())


@given(st.lists(texts, min_size=1, max_size=6), texts, st.integers(0, 40), st.data())
def test_no_grapheme_of_an_alphabet_is_cut(seen: list[str], text: str, learned: int, data: st.DataObject) -> None:
    graphemes = sorted({g for one in [*seen, text] for g in words.graphemes(one)})
    alphabet = data.draw(st.sets(st.sampled_from(graphemes), min_size=1))
    types = Types.of_bytes([one.encode() for one in dict.fromkeys(seen)], [3] * len(set(seen)))
    merges = learn_behind(spell(alphabet), types, learned)
    for one in (*seen, text):
        begins, at = cuts(merges, one), 0
        for grapheme in words.graphemes(one):
            end = at + len(grapheme.encode())
            assert grapheme not in alphabet or not begins & set(range(at + 1, end)), (one, grapheme)
            at = end


@given(st.lists(texts, min_size=1, max_size=6), st.integers(0, 30))
def test_spelt_merges_save_what_their_counts_say(seen: list[str], learned: int) -> None:
    types = Types.of_bytes([one.encode() for one in seen], list(range(1, len(seen) + 1)))
    spelt = spell({g for one in seen for g in words.graphemes(one)})
    merges = learn_behind(spelt, types, learned)
    for n in {0, len(spelt) // 2, len(spelt), len(merges)}:
        left = int(apply(merges.first(n), types).sizes @ types.counts)
        assert left == (merges.tokens[n - 1] if n else types.tokens)


@settings(max_examples=40)
@given(firsts, firsts, st.integers(0, 50))
def test_likely_graphemes_are_new_and_whole_and_a_longer_list_begins_alike(
    seen: set[str], heard: set[str], number: int
) -> None:
    found = likely(seen, number, known={"é"}, heard=heard)
    assert len(found) == len(set(found)) <= number and not seen & set(found)
    assert all(len(words.graphemes(one)) == 1 and len(one) > 1 for one in found)
    assert likely(sorted(seen), 2 * number, known={"é"}, heard=sorted(heard))[:number] == found


@given(firsts)
def test_equivalent_spellings_have_one_normal_form(seen: set[str]) -> None:
    found = equivalents(seen)
    assert seen <= found
    normal = {unicodedata.normalize("NFC", one) for one in seen}
    assert {unicodedata.normalize("NFC", one) for one in found} == normal
    assert {one for one in normal if len(unicodedata.normalize("NFD", one)) <= 6} <= found
