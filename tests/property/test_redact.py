"""Laws of redaction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ginbon.filters.redact import emails, redact_text
from ginbon.filters.redact.redact import Options

OPTIONS = Options(regions=("BR", "IN", "TH", "DE", "FR", "JP", "ES"))
PIECES = st.sampled_from(
    [
        "a@b.com", "@", "ana", "иван@пример.рф", ".", "-", " ", "/", ":", "(", ")", "+", "+55 11 91234-5678",
        "93.184.216.34", "529.982.247-25", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "tel ", "0812345678",
        "2001:4860:4860::8888", "९८७६५ ४३२१०", "2023-10-15", "v", "12345678Z", "00", "11", "9", "<email>", "は", "ก",
        "\n", ",", "%40", "ISBN ", "٠", "９",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=14).map("".join), st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
)


@given(TEXTS)
def test_a_second_pass_changes_nothing(text: str) -> None:
    done, _ = redact_text(text, OPTIONS)
    assert redact_text(done, OPTIONS) == (done, {})


@given(TEXTS)
def test_what_is_replaced_is_counted_and_the_rest_stays(text: str) -> None:
    """Taking the placeholders out of the result leaves pieces of the text, in order."""
    done, counts = redact_text(text, OPTIONS)
    place = 0
    rest = done
    for name in counts:
        rest = rest.replace(OPTIONS.placeholder(name), "\0")
    for piece in rest.split("\0"):
        found = text.find(piece, place)
        assert found >= 0
        place = found + len(piece)
    assert (done == text) == (not counts)


ADDRESSES = st.text("ab1Z._-+'@ ,", max_size=90)


@given(ADDRESSES, st.integers(0, 89))
def test_the_quick_way_over_ascii_addresses_is_the_slow_one(text: str, at: int) -> None:
    """Regular expressions find the same local parts and domains as the walk over characters of any script."""
    at = min(at, len(text) - 1)
    if at < 1:
        return
    text = text[:at] + "@" + text[at + 1 :]
    for start in range(at):
        slow, quick = emails._local(text, start, at), emails._ascii_local(text, start, at)
        assert quick == slow or min(quick, slow) >= at
    for end in range(at + 1, len(text) + 1):
        assert emails._domain(text, at + 1, end, emails._label) == emails._domain(
            text, at + 1, end, emails._ascii_label
        )
