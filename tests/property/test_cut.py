"""Laws of the cut over all of Unicode: it takes out whole lines, says which, and leaves nothing more to cut."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from signals_reference import strip

from ginbon.filters.cut import Cut
from ginbon.filters.walk import Walk
from ginbon.languages.pack import Pack

PACK = Pack(label="und_Zyyy", name="", script="Zyyy")

CHARS = st.sampled_from("ab .!?…\"')»[1]{} \n\t\u2028।。ที่日のא\u0301\u200b\u200d\u00ad👩") | st.characters(
    exclude_categories=["Cs"]
)
LINES = st.sampled_from(["uma linha que fica.", "menu", "", " ", "\u200b", "use cookies.", 'disse "sim"', "a b c [12]"])
TEXTS = st.text(CHARS, max_size=60) | st.lists(LINES, max_size=8).map("\n".join)


def full_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if strip(line)]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | TEXTS, max_size=4), st.sampled_from(["c4", "fineweb"]))
@example(["menu\n\numa linha que fica.\n\n\nmenu\numa linha que fica.\n"], "c4")
def test_whole_lines_go_and_the_record_says_which(texts: list[str | None], rules: Literal["c4", "fineweb"]) -> None:
    batch = pa.RecordBatch.from_pydict({"text": pa.array(["menu", *texts], pa.large_string())}).slice(1)
    made = Cut(PACK, rules)(batch)
    made.validate(full=True)
    measured = Walk("und_Zyyy", PACK).measure(batch["text"])
    for row, text in enumerate(texts):
        after, cuts = made["text"][row].as_py(), made["cuts"][row].as_py()
        if text is None:
            assert after is None and cuts is None
            continue
        raw, replayed, at = text.encode(), b"", 0
        for cut in cuts:
            replayed += raw[at : cut["position"]]
            at = cut["position"] + cut["length"]
        assert full_lines((replayed + raw[at:]).decode()) == full_lines(after)
        assert len(full_lines(text)) - made["cut/lines"][row].as_py() == len(full_lines(after))
        assert cuts or after == text
        assert not cuts or (after == after.strip("\n") and "\n\n\n" not in after)
        composed = measured[f"walk/{rules}_lines"][row].as_py()
        assert composed == len(full_lines(after))
    assert Cut(PACK, rules)(made)["text"].equals(made["text"])
