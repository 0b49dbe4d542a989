"""Plain loading of our own YAML gives what the safe loader gives, and refuses what it does not know."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from ginbon.languages.pack import _folder, packaged
from ginbon.languages.plain_yaml import load_plain


@pytest.mark.parametrize("labels", [packaged()[n::8] for n in range(8)], ids=lambda part: part[0])
def test_every_packaged_pack_is_read_as_the_safe_loader_reads_it(labels: list[str]) -> None:
    for label in labels:
        text = (_folder() / f"{label}.yaml").read_text("utf-8")
        assert repr(load_plain(text)) == repr(YAML(typ="safe").load(text))


def test_scalars_are_those_of_the_core_schema() -> None:
    text = "[no, on, yes, ~, null, true, FALSE, 1, -2, +3, 007, 1.5, .5, 1., 1e3, -1.5E-2, '1', \"no\", 1a, -, a-b, .a]"
    assert repr(load_plain(text)) == repr(YAML(typ="safe").load(text))


@pytest.mark.parametrize(
    "text", ["a: 2020-01-01", "a: .inf", "a: 0x1f", "a: 0o7", "a: &b [1]", "a: !!str 1", "<<: {a: 1}"]
)
def test_what_packs_do_not_use_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        load_plain(text)
