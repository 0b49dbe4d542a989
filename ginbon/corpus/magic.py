"""What a file is when its first bytes say that it is no text: archives, images, documents of other programs.

Archives are never opened: what they hold is unpacked by a person, who sees where it goes.
"""

from __future__ import annotations

from typing import Final

_STARTS: Final = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
_TAR: Final = slice(257, 262)
"""Where a tar archive says that it is one: behind the name and the rights of its first entry."""


def no_text(raw: bytes) -> str | None:
    """What the bytes are when their first ones say that they are no text; null where they may be text."""
    if raw[_TAR] == b"ustar":
        return "a tar archive"
    return next((kind for start, kind in _STARTS if raw.startswith(start)), None)
