"""What a rank file does not say of its tokenizer, and the small JSON beside it that does (``NAME.tiktoken.json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from ginbon.errors import UserError

SCHEMA: Final = "ginbon.rank-settings"
VERSION: Final = 1

NORMAL_FORMS: Final = ("", "NFC", "NFD", "NFKC", "NFKD")


@dataclass(frozen=True)
class RankSettings:
    """How text is split before ranks are looked at, and the tokens that have no rank.

    ``special`` tokens are never found in text; those ``in_text`` are cut out of it first. ``normalisation`` is the
    Unicode normal form that text is brought into before all, or nothing. ``ids`` are given where the numbers of the
    rank file are ranks and not ids: the id of each.
    """

    pattern: str
    special: Mapping[str, int] = field(default_factory=dict)
    in_text: Mapping[str, int] = field(default_factory=dict)
    normalisation: str = ""
    size: int = 0
    """Rows of an embedding; 0 where that is not known."""

    ids: tuple[int, ...] | None = None

    def to_json(self, *, sha256: str) -> dict[str, Any]:
        """Plain values; ``sha256`` is that of the rank file which they belong to."""
        return {"schema": SCHEMA, "version": VERSION, "sha256": sha256, **asdict(self)}

    @classmethod
    def read(cls, data: bytes, path: Path, *, sha256: str) -> RankSettings:
        """From the file beside a rank file with that hash; raises ``UserError`` where it is damaged or another's."""
        try:
            value = json.loads(data)
            if value["schema"] != SCHEMA or value["version"] != VERSION:
                raise ValueError(f"expected {SCHEMA}, version {VERSION}")
            belongs = str(value["sha256"])
            said = cls(
                pattern=str(value["pattern"]),
                special={str(text): int(i) for text, i in value["special"].items()},
                in_text={str(text): int(i) for text, i in value["in_text"].items()},
                normalisation=str(value["normalisation"]),
                size=int(value["size"]),
                ids=None if value["ids"] is None else tuple(int(i) for i in value["ids"]),
            )
            if said.normalisation not in NORMAL_FORMS:
                raise ValueError(f"{said.normalisation!r} is no normal form of Unicode")
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise UserError(
                f"{path}: damaged, or not written by Ginbon ({error!r}); export the tokenizer again"
            ) from error
        if belongs != sha256:
            raise UserError(
                f"{path}: belongs to a rank file with SHA-256 {belongs[:12]}…, the one beside it has {sha256[:12]}…. "
                "One of the two was replaced; fetch both again"
            )
        return said
