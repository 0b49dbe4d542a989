"""HTTP responses as archives keep them: status, headers, and the body without its transfer and content codings."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any, Final

MAX_HEADERS_BYTES: Final = 2**18
"""Longest header section of a response."""


class BodyError(Exception):
    """The body's coding is damaged, cut, unknown, or gives more bytes than allowed (``rule`` says which)."""

    def __init__(self, rule: str, detail: str, *, value: float | None = None, threshold: float | None = None) -> None:
        super().__init__(detail)
        self.rule = rule
        self.value = value
        self.threshold = threshold


@dataclass(frozen=True)
class Response:
    """A response; ``status`` is 0 where the status line cannot be read. ``body`` is as it was sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, in any case; empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


_STATUS: Final = re.compile(rb"(?:HTTP|ICY)[^ \r\n]{0,20} +(\d{3})\b", re.IGNORECASE)
_END: Final = re.compile(rb"\r?\n\r?\n")


def read_response(block: bytes) -> Response:
    """The response in a record's block; a block without a status line is all body, with status 0."""
    line = _STATUS.match(block)
    if line is None:
        return Response(0, (), block)
    end = _END.search(block, 0, MAX_HEADERS_BYTES)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers = []
    for field in re.sub(rb"\r?\n[ \t]+", b" ", head).split(b"\n")[1:]:
        name, colon, value = field.partition(b":")
        if colon:
            headers.append((_text(name), _text(value)))
    return Response(int(line[1]), tuple(headers), body)


def _text(raw: bytes) -> str:
    raw = raw.strip()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def decoded_body(response: Response, *, max_bytes: int, max_ratio: int) -> bytes:
    """The body as its origin wrote it. Raises ``BodyError`` where it cannot be had whole and within the limits.

    Crawlers often store a body already decoded and leave the header as it was: a body that does not begin as its coding
    must is taken as it is.
    """
    body = response.body
    if "chunked" in response.header("transfer-encoding").lower() and _CHUNK.match(body):
        body = _without_chunks(body)
    for coding in reversed(re.split(r"[\s,]+", response.header("content-encoding").lower())):
        if coding in ("", "identity", "none", "utf-8"):
            continue
        body = _without_coding(body, coding, max_bytes=max_bytes, max_ratio=max_ratio)
    return body


_CHUNK: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")


def _without_chunks(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while True:
        head = _CHUNK.match(body, at)
        if head is None:
            raise BodyError("http-body", f"no chunk begins at byte {at:,} of a chunked body of {len(body):,}", value=at)
        size = int(head[1], 16)
        if not size:
            return b"".join(parts)
        if head.end() + size > len(body):
            raise BodyError("http-body", f"a chunked body is cut inside the chunk at byte {at:,}", value=at)
        parts.append(body[head.end() : head.end() + size])
        at = head.end() + size
        at += 2 if body.startswith(b"\r\n", at) else 1 if body.startswith(b"\n", at) else 0


def _without_coding(body: bytes, coding: str, *, max_bytes: int, max_ratio: int) -> bytes:
    coding = {"x-gzip": "gzip", "gz": "gzip"}.get(coding, coding)
    if coding == "gzip" and not body.startswith(b"\x1f\x8b"):
        return body
    if coding in ("br", "zstd", "deflate") and body.lstrip()[:1] == b"<":
        return body
    limit = min(max_bytes, max(len(body), 2**16) * max_ratio)
    try:
        decoded = _CODINGS[coding](body, limit)
    except KeyError:
        raise BodyError("http-body", f"the content coding {coding[:40]!r} cannot be read") from None
    except (zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise BodyError("http-body", f"the {coding} coding of the body is damaged: {error}") from error
    if len(decoded) > limit:
        raise BodyError(
            "http-body",
            f"{len(body):,} bytes of {coding} give more than {limit:,}",
            value=len(decoded),
            threshold=limit,
        )
    return decoded


def _inflate(body: bytes, limit: int) -> bytes:
    return _drained(zlib.decompressobj(31), body, limit)


def _deflate(body: bytes, limit: int) -> bytes:
    """``deflate`` means zlib's format; some servers send the raw one."""
    try:
        return _drained(zlib.decompressobj(15), body, limit)
    except zlib.error:
        return _drained(zlib.decompressobj(-15), body, limit)


def _drained(decoder: Any, body: bytes, limit: int) -> bytes:
    data: bytes = decoder.decompress(body, limit + 1)
    if len(data) <= limit and not decoder.eof:
        raise EOFError("it is cut")
    return data


def _zstandard(body: bytes, limit: int) -> bytes:
    from ginbon.corpus.readers.codecs import zstd

    module = zstd()
    decoder = module.ZstdDecompressor(options={module.DecompressionParameter.window_log_max: 27})
    try:
        return _drained(decoder, body, limit)
    except module.ZstdError as error:
        raise ValueError(str(error)) from error


def _brotli(body: bytes, limit: int) -> bytes:
    import brotli

    decoder = brotli.Decompressor()
    data: bytes
    try:
        data = decoder.process(body, output_buffer_limit=limit + 1)
        while not decoder.is_finished() and len(data) <= limit:
            part = decoder.process(b"", output_buffer_limit=limit + 1)
            if not part:
                raise EOFError("it is cut")
            data += part
    except brotli.error as error:
        raise ValueError(str(error)) from error
    return data


_CODINGS: Final = {"gzip": _inflate, "deflate": _deflate, "zstd": _zstandard, "br": _brotli}
