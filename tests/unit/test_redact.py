"""The redact step over batches, and what it does to titles and URLs."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pyarrow as pa
import pytest

from ginbon.corpus import schema
from ginbon.errors import UserError
from ginbon.filters.redact import TYPES, Redact, national, redact_text, redact_texts, redact_url
from ginbon.filters.redact.redact import Options

BRAZIL = Options(regions=("BR",))


def batch(**columns: list[str | None]) -> pa.RecordBatch:
    kinds = {"text": pa.large_string(), "title": pa.string(), "url": pa.string()}
    return pa.RecordBatch.from_pydict({name: pa.array(values, kinds[name]) for name, values in columns.items()})


def test_text_title_and_url_are_redacted_and_counted_together() -> None:
    done = Redact(regions=("BR",))(
        batch(
            text=["ligue (11) 91234-5678 ou a@b.com.br", "nada aqui", None],
            title=["a@b.com.br", None, "título"],
            url=["https://x.br/?mail=a%40b.com", "https://x.br/1", None],
        )
    )
    assert done.column("text").to_pylist() == ["ligue <phone> ou <email>", "nada aqui", None]
    assert done.column("title").to_pylist() == ["<email>", None, "título"]
    assert done.column("url").to_pylist() == ["https://x.br/?mail=<email>", "https://x.br/1", None]
    assert done.column("redactions").to_pylist() == [[("email", 3), ("phone", 1)], [], []]
    assert done.schema.field("redactions").type == schema.DOCUMENT.field("redactions").type
    assert done.schema.field("title").type == pa.string()


def test_batches_without_personal_data_keep_their_arrays() -> None:
    array = pa.array(["olá", "२०१५ में", "v1.2.3"], pa.large_string())
    assert redact_texts(array, BRAZIL).texts is array


def test_the_result_does_not_depend_on_neighbours_or_order() -> None:
    """datatrove's formatter keeps its place in a list of placeholders from document to document."""
    texts = ["a@b.com e 93.184.216.34", "nada", "c@d.org", "CPF 529.982.247-25", ""]
    together = redact_texts(pa.array(texts, pa.large_string()), BRAZIL).texts.to_pylist()
    backwards = redact_texts(pa.array(texts[::-1], pa.large_string()), BRAZIL).texts.to_pylist()[::-1]
    alone = [redact_text(text, BRAZIL)[0] for text in texts]
    assert together == backwards == alone


def test_a_long_list_of_numbers_on_one_line_is_replaced_whole() -> None:
    numbers = [f"(11) 9{n:04d}-{n * 7 % 9000 + 1000}" for n in range(1001, 1121)]
    done, counts = redact_text(" ".join(numbers), BRAZIL)
    assert counts == {"phone": 120}
    assert done == " ".join(["<phone>"] * 120)


def test_only_the_types_asked_for_are_replaced() -> None:
    text = "a@b.com 93.184.216.34 CPF 529.982.247-25 4111 1111 1111 1111 DE89 3704 0044 0532 0130 00 +55 11 91234-5678"
    for name in TYPES:
        done, counts = redact_text(text, Options(types=(name,), regions=("BR",)))
        assert counts == {name: 1}, (name, done)
    assert sum(redact_text(text, BRAZIL)[1].values()) == 6


def test_placeholders_can_be_chosen_but_not_such_as_would_be_found_again() -> None:
    done, _ = redact_text("escreva a a@b.com", Options(placeholders={"email": "[e-mail]"}))
    assert done == "escreva a [e-mail]"
    with pytest.raises(UserError, match="second pass"):
        Options(placeholders={"email": "x@y.org"})
    with pytest.raises(UserError, match="there are: email"):
        Options(types=("emial",))


@pytest.mark.parametrize(
    ("url", "expect"),
    [
        ("https://user:secret@host.org/path", "https://<credentials>@host.org/path"),
        ("https://x.org/?u=ana.b%40c.com.br&x=1", "https://x.org/?u=<email>&x=1"),
        ("mailto:ana@c.com.br", "mailto:<email>"),
        ("https://wa.me/?phone=5511912345678", "https://wa.me/?phone=<phone>"),
        ("https://medium.com/@autor/12345678901", "https://medium.com/@autor/12345678901"),
        ("https://93.184.216.34/2023/10/15/11912345678", "https://93.184.216.34/2023/10/15/11912345678"),
    ],
)
def test_urls_lose_people_but_keep_the_page(url: str, expect: str) -> None:
    done, _ = redact_url(url, BRAZIL)
    assert done == expect
    assert redact_url(done, BRAZIL) == (done, {})


def test_every_national_number_is_known_to_the_library_and_found_in_its_own_form() -> None:
    from importlib import import_module

    for region in national.regions():
        for kind in national._TABLE[region]:
            assert callable(import_module(f"stdnum.{kind.module}").is_valid), kind
            assert bool(kind.announced) == bool(kind.word), kind


def test_the_step_travels_to_workers_with_a_plain_fingerprint() -> None:
    step: Any = pickle.loads(pickle.dumps(Redact(regions=("IN", "TH"))))
    found = step.fingerprint()
    assert json.loads(json.dumps(found)) == found
    assert found != Redact(regions=("IN",)).fingerprint()
