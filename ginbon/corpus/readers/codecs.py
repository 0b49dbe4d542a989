"""The compressions by name, each with its module."""

from __future__ import annotations

from typing import Final

from ginbon.corpus.readers.frames import Broken, Codec, Decoder, Frame
from ginbon.corpus.readers.scanned import Bzip2, Gzip
from ginbon.corpus.readers.xz import Xz
from ginbon.corpus.readers.zst import Zstandard, zstd

__all__ = ["CODECS", "MAGIC", "Broken", "Bzip2", "Codec", "Decoder", "Frame", "zstd"]

MAGIC: Final = {"gz": b"\x1f\x8b\x08", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zst": b"\x28\xb5\x2f\xfd"}

CODECS: Final[dict[str, type[Gzip] | type[Bzip2] | type[Xz] | type[Zstandard]]] = {
    "gz": Gzip,
    "bz2": Bzip2,
    "xz": Xz,
    "zst": Zstandard,
}
