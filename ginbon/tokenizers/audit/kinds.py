"""The kinds of findings: what each means and what to do about it. A code is public and never reused.

A heuristic says so in its rule: a token that it names may be harmless, and one that it misses may be junk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]
"""``error``: text is lost or two things share one id; ``warning``: waste or a leak; ``note``: good to know."""


@dataclass(frozen=True)
class Kind:
    """A kind of finding: by which rule tokens are found, what that means, what to do."""

    code: str
    severity: Severity
    rule: str
    means: str
    advice: str


_REACH: Final = (
    Kind(
        "unreachable-split",
        "warning",
        "its own text is cut by the split pattern, alone and in all surroundings tried",
        "no text becomes this token: a row of the embedding that is never trained",
        "train and encode with the same split pattern; give the ids to new tokens when the vocabulary is extended",
    ),
    Kind(
        "inside-only",
        "note",
        "its own text alone is cut by the split pattern, but inside other text it can be whole",
        "decoding and encoding the token alone gives others: a check by encode(decode(id)) counts it as unreachable",
        "nothing",
    ),
    Kind(
        "unreachable-model",
        "warning",
        "its own text, given to the model without a split pattern, becomes other tokens",
        "merges do not lead to it (or a cheaper cut wins), so no text becomes this token",
        "export every split pair of every token as a merge, or drop the token",
    ),
    Kind(
        "unreachable-normaliser",
        "warning",
        "normalisation changes its own text",
        "the model never sees this text, so no text becomes this token",
        "normalise the training text as the tokenizer does, or drop the token",
    ),
    Kind(
        "unreachable-alphabet",
        "warning",
        "byte-level, but written with characters that stand for no byte",
        "text is written in the byte alphabet before the model sees it, so no text becomes this token",
        "write the token in the byte alphabet, or make it an added token",
    ),
    Kind(
        "unreachable-twin",
        "warning",
        "its own text becomes another token with the same bytes",
        "one of two equal tokens is never used",
        "keep the one that text becomes",
    ),
    Kind(
        "unreachable-added",
        "warning",
        "an added token is cut out of its own text first",
        "added tokens are looked for before the model: they shadow the vocabulary",
        "remove the added token or the one it shadows",
    ),
    Kind(
        "whole-only",
        "note",
        "reached only where it is a whole pre-token: no merges lead to it",
        "inside a longer word the same letters are cut otherwise; an export that writes one merge a token loses it",
        "keep the look-up of whole pre-tokens (ignore_merges) in every conversion",
    ),
    Kind(
        "partial-utf8",
        "note",
        "its bytes are no whole characters, and merges lead to it",
        "a character can be cut between such tokens; their text alone cannot be shown",
        "nothing, if characters of your language are whole in the comparison's figures",
    ),
    Kind(
        "partial-unreachable",
        "warning",
        "its bytes are no whole characters, and no merges lead to it",
        "no text becomes this token: it can be no whole pre-token either",
        "drop it, or give its id to a new token",
    ),
    Kind(
        "idle-byte",
        "note",
        "a fallback byte whose character has a token of its own",
        "never used, by design of byte fallback",
        "nothing",
    ),
)

_STRUCTURE: Final = (
    Kind(
        "missing-bytes",
        "error",
        "byte-level or with byte fallback, and a byte that UTF-8 uses has no token",
        "text with that byte loses characters",
        "fetch the file again; if it was trained so, train with the whole alphabet of bytes",
    ),
    Kind(
        "no-byte-fallback",
        "error",
        "neither byte-level nor with byte fallback",
        "characters outside the vocabulary become one unknown token: text is lost, and looks cheap",
        "train with byte fallback",
    ),
    Kind(
        "shared-id",
        "error",
        "two tokens have one id",
        "what the model writes under this id cannot be read back",
        "give every token an id of its own",
    ),
    Kind(
        "duplicate-piece",
        "warning",
        "the same bytes under two ids (fallback bytes aside)",
        "one of them is never trained, or training is split between them",
        "keep one",
    ),
    Kind(
        "id-hole",
        "note",
        "an id below the highest one stands for nothing",
        "a row of the embedding without a token",
        "nothing, if the model's authors reserved it",
    ),
    Kind(
        "added-conflict",
        "error",
        "an added token has another id than the same text in the model's vocabulary",
        "the same text has two ids, and which one text becomes depends on the program",
        "make both ids one",
    ),
    Kind(
        "added-text",
        "note",
        "an added token that is no special one: it is looked for in text before the model sees it",
        "it stands wherever its text does, whatever the merges; its rows are often reserved and never trained",
        "nothing, if the model's authors reserved it",
    ),
    Kind(
        "added-in-words",
        "warning",
        "an added token of letters only, that is matched inside words",
        "it cuts words apart wherever its letters stand in them",
        "mark it single_word, or put it into the vocabulary by merges",
    ),
    Kind(
        "special-in-text",
        "note",
        "a special token that the library's usual call finds in ordinary text",
        "text that spells it controls the model unless the caller forbids it; figures of Ginbon never do",
        "encode untrusted text with special tokens switched off (encode_special_tokens, disallowed_special)",
    ),
    Kind(
        "special-lookalike",
        "warning",
        "an ordinary token that is spelt like a special one (<|...|>, <s>, [INST], <pad> ...)",
        "text of users can put into the model what looks like its own control token",
        "make it a control token, or remove it",
    ),
    Kind(
        "empty-merge",
        "error",
        "a merge with an empty part makes what it began with",
        "merging goes round in a circle",
        "remove the merge",
    ),
    Kind(
        "score-absurd",
        "warning",
        "a score that is not finite, or at most -1,000,000",
        "float32 steps are 64 there: scores put below it tie when the vocabulary is extended",
        "take the lowest score among ordinary pieces as the one to go below",
    ),
    Kind(
        "score-tied",
        "note",
        "BPE pieces that share their score with another",
        "which is merged first is decided by place in the text, not by training",
        "keep scores apart when pieces are appended",
    ),
)

_UNICODE: Final = (
    Kind(
        "not-nfc",
        "note",
        "its text is not in the normal form NFC",
        "normalised text never becomes it",
        "normalise the training text (NFC) first",
    ),
    Kind(
        "normal-twin",
        "warning",
        "its text differs from another token's by normalisation (NFC) alone",
        "the same word has two tokens, by how it was typed",
        "normalise text before training and before encoding",
    ),
    Kind(
        "unassigned",
        "warning",
        "holds a code point that Unicode gives no character, or a noncharacter",
        "residue of damaged text",
        "look at what it came from",
    ),
    Kind(
        "private-use",
        "warning",
        "holds a private-use code point",
        "means something only with one font: residue of legacy encodings or icon fonts",
        "convert legacy text before training",
    ),
    Kind(
        "replacement-character",
        "warning",
        "holds U+FFFD",
        "text was decoded wrongly before training",
        "drop damaged documents before training",
    ),
    Kind(
        "mojibake",
        "warning",
        "its characters, read as Latin-1 or Windows-1252 bytes, are valid UTF-8 of other characters (heuristic)",
        "text was decoded twice before training",
        "repair or drop such documents before training",
    ),
    Kind(
        "control-character",
        "note",
        "two or more code points, one of them a control other than tab and line ends",
        "residue of binary data or terminal output",
        "tidy text before training",
    ),
    Kind(
        "mixed-script",
        "note",
        "letters of two scripts (Japanese, Korean and Chinese scripts may stand together)",
        "mostly names of products, formulas or look-alike spam",
        "nothing, where they are units that your readers know",
    ),
)

_JUNK: Final = (
    Kind(
        "repeated-character",
        "note",
        "eight or more of one character in a row, no blank (heuristic)",
        "rules, separators and padding of the training text",
        "drop lines of rules before training",
    ),
    Kind(
        "blank-run",
        "note",
        "sixteen or more blanks and nothing else (heuristic)",
        "indentation of code and tables",
        "nothing, where the model is to write code",
    ),
    Kind(
        "very-long",
        "note",
        "more than 32 characters (heuristic)",
        "a text that stood often in training: copies, boilerplate, generated code",
        "remove duplicates before training",
    ),
    Kind(
        "phrase",
        "note",
        "three or more words in one token (heuristic, words of the segmentation contract)",
        "a phrase that was repeated often: advertising, boilerplate; or a tokenizer of superwords",
        "read them all; they tell what the training text was full of",
    ),
    Kind(
        "code-like",
        "note",
        "a Latin letter with brackets, operators, underscores or escapes (heuristic)",
        "vocabulary spent on program text",
        "weigh it against the share of code that the model is for",
    ),
    Kind(
        "joined-words",
        "note",
        "one word of Latin letters with two or more capitals inside (heuristic)",
        "identifiers of programs, and names of accounts and forums: known glitch tokens look like this",
        "read them; a token that occurs in few documents is hardly trained",
    ),
    Kind(
        "known-glitch",
        "warning",
        "on the published list of glitch tokens (Rumbelow and Watkins 2023)",
        "models are known to behave oddly at it, for it was in the vocabulary's text but not in the model's",
        "train the vocabulary on a sample of the very text the model is trained on",
    ),
)

_LEAKS: Final = (
    Kind(
        "url",
        "warning",
        "a web address or a host name with a usual ending (heuristic)",
        "an address stood often in training",
        "remove boilerplate and duplicates before training",
    ),
    Kind(
        "e-mail",
        "warning",
        "an e-mail address, or the end of one (heuristic)",
        "personal data may be in the vocabulary",
        "redact before training",
    ),
    Kind(
        "handle",
        "note",
        "@ and a name (heuristic: decorators and annotations of programs look alike)",
        "names of accounts, or program text",
        "redact handles before training",
    ),
    Kind(
        "digit-run",
        "warning",
        "seven or more digits in a row, not all equal, in any script (heuristic)",
        "a phone, account or other number stood often in training",
        "cut numbers into digits in the split pattern; redact before training",
    ),
    Kind(
        "path",
        "note",
        "a path of two or more parts (heuristic)",
        "paths of machines or sites stood often in training",
        "nothing, unless a part names your people or machines",
    ),
    Kind(
        "user-path",
        "warning",
        "a home folder with a user's name",
        "names a person's account",
        "redact before training",
    ),
    Kind(
        "person",
        "warning",
        "a name of the list that was given",
        "this person is in the vocabulary",
        "take the name out of the training text, or accept it if the person is public",
    ),
    Kind(
        "file-path",
        "warning",
        "the file's own fields hold a path of the machine that it was made on",
        "tells readers how your machines are laid out; the same text trained elsewhere gives another hash",
        "clear the field before the file is published (Ginbon's own training leaves it empty)",
    ),
    Kind(
        "file-user-path",
        "error",
        "the file's own fields hold a home folder with a user's name",
        "names the person who made the file",
        "clear the field before the file is published",
    ),
    Kind(
        "file-address",
        "warning",
        "the file's own fields hold a web or e-mail address",
        "addresses of your organisation may be in a file that goes to the public",
        "clear the field, unless it is meant to be there",
    ),
)

KINDS: Final = {kind.code: kind for kind in (*_STRUCTURE, *_REACH, *_LEAKS, *_JUNK, *_UNICODE)}
"""Every kind by its code, in the order of reports."""
