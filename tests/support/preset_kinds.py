"""Every kind of text on which a preset and datatrove's filters decide differently, the smallest of it, and the cause.

`docs/reference/presets.md` says the causes in the same words; the tests hold both to it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``theirs`` is the reason that datatrove drops the text for (empty: it keeps it); ``ours`` the rule that drops it
    here, after ``not `` the one that does not though it is the same rule."""

    name: str
    preset: str
    label: str
    text: str
    theirs: str
    ours: str
    cause: str


def sentence(k: int, *, words: int = 9) -> str:
    """Different words for each ``k``, two stop words among them."""
    made = (f"{chr(97 + (5 * k + n) % 26)}{chr(97 + (k * n + 3) % 26)}{'aeiou'[n % 5]}r" for n in range(words - 2))
    return f"De {' '.join(made)} a"


def prose(lines: int, end: str = ".", start: str = "", between: str = "\n") -> str:
    return between.join(start + sentence(k) + end for k in range(lines))


HINDI = "\n".join(
    f"यह {word} बहुत पुरानी {other} की कहानी है जो गाँव के लोग आज भी सुनाते हैं।"
    for word, other in (
        ("कमल", "रानी"),
        ("नदी", "बकरी"),
        ("पेड़", "चिड़िया"),
        ("घर", "नाव"),
        ("रास्ता", "दीवार"),
        ("बाज़ार", "घड़ी"),
    )
)
THAI = "\n".join(f"{a}วันนี้เด็กผู้หญิงอ่านหนังสือเล่มใหม่ใต้ร่มไม้ใหญ่กับ{a}." for a in ("แม่", "พ่อ", "ครู", "น้า", "ลุง", "ป้า"))

KINDS = (
    Kind(
        "closing marks", "fineweb", "por_Latn", prose(9, end=".)"), "line_punct_ratio", "",
        "A line's end is looked for as it stands: a closing quote, a bracket or a space behind the mark hides it.",
    ),
    Kind(
        "closing marks in C4", "c4", "por_Latn", prose(9, end=".)"), "too_few_sentences", "",
        "A line's end is looked for as it stands: a closing quote, a bracket or a space behind the mark hides it.",
    ),
    Kind(
        "marks of other scripts", "c4", "hin_Deva", HINDI, "too_few_sentences", "",
        "C4 knows the marks `.`, `?`, `!`, `\"` and `'` alone: every line of Hindi, Arabic questions and Chinese goes.",
    ),
    Kind(
        "words by white space", "c4", "tha_Thai", THAI, "too_few_sentences", "",
        "C4's rule about lines of fewer than three words counts pieces between white space, whatever the words are.",
    ),
    Kind(
        "phrases inside words", "c4", "por_Latn", prose(9, end=" javascriptes."), "too_few_sentences", "",
        "C4's phrases are looked for inside words too; here they are words.",
    ),
    Kind(
        "blank lines", "gopher", "por_Latn",
        "\n\n".join(sentence(k) + ("..." if k % 5 < 2 else ".") for k in range(10)), "", "ellipsis-lines",
        "Blank lines count as lines, so that shares of bullets and ellipses halve where paragraphs are set apart.",
    ),
    Kind(
        "bullets", "gopher", "por_Latn", prose(10, start="* "), "", "bullet-lines",
        "Only `•` and `-` are bullets; here `*` and the bullets of other typography are too.",
    ),
    Kind(
        "closing marks behind an ellipsis", "gopher", "por_Latn",
        "\n".join(sentence(k, words=14) + ("...»" if k % 5 < 2 else ".") for k in range(10)), "", "ellipsis-lines",
        "An ellipsis with a closing quote or a bracket behind it is none.",
    ),
    Kind(
        "case of lines", "gopher", "por_Latn",
        "\n".join(["Mais", "MAIS", "mais", "mAis", "maIs", *(sentence(k, words=16) + "." for k in range(7))]),
        "", "repeated-lines",
        "Lines are equal where every letter's case and every space is; here case and runs of spaces do not matter.",
    ),
    Kind(
        "runs that occur once", "gopher", "por_Latn", sentence(3, words=8), "top_2_gram", "not top-2-gram",
        "The most frequent run of words counts even where none occurs twice, so that every very short text fails.",
    ),
    Kind(
        "the full-width digit one", "gopher", "por_Latn",
        prose(5) + "\nDe a de a, \N{FULLWIDTH DIGIT ONE} \N{FULLWIDTH DIGIT ONE} \N{FULLWIDTH DIGIT ONE}.",
        "gopher_short_doc", "",
        "The list of punctuation holds the full-width digit one, so that it is no word.",
    ),
)  # fmt: skip
