"""Pages of a MediaWiki dump out of decoded chunks, found by their tags alone; nothing around them is ever parsed.

``<page>`` cannot occur inside a page's text (there it is written ``&lt;page&gt;``), so that reading can begin anywhere
and goes on behind damage at the next one. No document type and no entity is read, so none is expanded or followed.

A page belongs to the piece in which its tag begins. A piece counts the decoded bytes from its first page (the first
piece: from the file's start) up to the first page that begins behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ginbon.corpus.collector import Account
from ginbon.corpus.readers.streams import Chunk
from ginbon.corpus.readers.window import Place, Window

EXCERPT_BYTES: Final = 2_000
"""What is kept of a page that is too large or cut."""


@dataclass(frozen=True)
class RawPage:
    """The bytes of one page, tags included; ``span`` is how many it takes in the input.

    ``raw`` is shorter where earlier revisions were passed over. ``problem`` is a rule and a sentence where the page is
    not whole; ``raw`` then holds its first bytes.
    """

    raw: bytes
    place: Place
    span: int
    problem: tuple[str, str] | None = None


class Pages(Window):
    """The pages of a piece, in the dump's own encoding (``utf-8``, ``utf-16-le``, ``utf-16-be``).

    ``head`` says that the piece starts the file. The account's ``decoded_bytes`` are set right at the piece's borders,
    and its ``framing_bytes`` are what stands between pages.
    """

    def __init__(
        self, chunks: Iterator[Chunk], account: Account, *, encoding: str, head: bool, max_page_bytes: int
    ) -> None:
        super().__init__(chunks, beyond=True)
        self._account = account
        self._open, self._close, self._revision = (t.encode(encoding) for t in ("<page>", "</page>", "<revision>"))
        self._head = head
        self._max_page_bytes = max_page_bytes
        self._own = 0  # decoded offset at which chunks of later pieces begin, as far as is known

    def pages(self) -> Iterator[RawPage]:
        """Every page that begins in the piece, in order."""
        if not self._head and not self._leave_head():
            return
        while True:
            if self._to_page():
                if self._at >= self._own:
                    return
                yield self._page()
            elif self._lost:
                self._lost = False
            else:
                return

    def close(self) -> None:
        """Give back what was read but handed over to nobody: where reading stops before the end."""
        self._account.decoded_bytes -= max(0, min(len(self._data), self._own - self._at))
        self._data.clear()

    # ---- between pages ---------------------------------------------------------------------------------------------

    def _leave_head(self) -> bool:
        """Leave what is before the first page to the piece before; false where no page begins in this piece."""
        while True:
            found = self._data.find(self._open)
            stop = found if found >= 0 else max(0, len(self._data) - len(self._open) + 1)
            self._give_back(stop)
            if found >= 0:
                return self._at < self._own
            if not self._more():
                self._give_back(len(self._data))
                return self._lost

    def _give_back(self, count: int) -> None:
        self._account.decoded_bytes -= max(0, min(self._at + count, self._own) - self._at)
        del self._data[:count]
        self._at += count

    def _to_page(self) -> bool:
        """Pass over all before the next page, as framing; false where there is none before a loss or the end."""
        while True:
            found = self._data.find(self._open)
            stop = found if found >= 0 else max(0, len(self._data) - len(self._open) + 1)
            self._account.framing_bytes += stop
            self._drop(stop)
            if found >= 0:
                return True
            if not self._more():
                self._account.framing_bytes += len(self._data)
                self._drop(len(self._data))
                return False

    # ---- one page --------------------------------------------------------------------------------------------------

    def _page(self) -> RawPage:
        """The page at the start of the buffer."""
        place = self._place()
        scanned, passed, excerpt = len(self._open), 0, b""
        problem: tuple[str, str] | None
        while True:
            close = self._data.find(self._close, scanned)
            other = self._data.find(self._open, scanned, close if close >= 0 else len(self._data))
            if other >= 0:
                problem = "malformed-page", "the page has no end before the next one begins"
                return self._hand(place, other, passed, excerpt, problem)
            if close >= 0:
                stop = close + len(self._close)
                limit = f"more than {self._max_page_bytes:,} bytes of one page"
                problem = ("max-document-bytes", limit) if excerpt else None
                return self._hand(place, stop, passed, excerpt, problem)
            scanned = max(len(self._open), len(self._data) - len(self._close) + 1)
            if len(self._data) > self._max_page_bytes:
                cut = self._pass_revisions()
                if not cut:
                    excerpt = excerpt or bytes(self._data[:EXCERPT_BYTES])
                    cut = scanned - len(self._open)
                    del self._data[len(self._open) : len(self._open) + cut]
                    self._passed(cut)
                passed += cut
                scanned -= cut
            if not self._more():
                problem = "cut-page", "the dump ends or is damaged inside the page"
                return self._hand(place, len(self._data), passed, excerpt, problem)

    def _pass_revisions(self) -> int:
        """Take all but the last revision out of the buffer; how many bytes that were."""
        first, last = self._data.find(self._revision), self._data.rfind(self._revision)
        if not 0 <= first < last:
            return 0
        del self._data[first:last]
        self._passed(last - first)
        return last - first

    def _hand(self, place: Place, stop: int, passed: int, excerpt: bytes, problem: tuple[str, str] | None) -> RawPage:
        raw = bytes(memoryview(self._data)[:stop]) if problem is None else excerpt or bytes(self._data[:EXCERPT_BYTES])
        self._drop(stop)
        return RawPage(raw, place, stop + passed, problem)

    # ---- the buffer ------------------------------------------------------------------------------------------------

    def _more(self) -> bool:
        """Append a chunk; false at a loss or the end."""
        chunk = self._append()
        if chunk is not None and not chunk.beyond:
            self._own = self._at + len(self._data)
        return chunk is not None

    def _passed(self, count: int) -> None:
        """``count`` more bytes are used; those of later pieces now count as ours."""
        self._account.decoded_bytes += max(0, self._at + count - max(self._own, self._at))
        self._at += count

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._passed(count)
