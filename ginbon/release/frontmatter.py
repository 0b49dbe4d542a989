"""The head of a dataset card: what Hugging Face reads (configs, splits, sizes), and how it is checked."""

from __future__ import annotations

import itertools
from typing import Any, Final

from ginbon.release import markdown
from ginbon.release.manifest import UNKNOWN, Manifest
from ginbon.release.names import shown

FENCE: Final = "---\n"
ALL: Final = "all"
"""Name of the config that holds every language, where there are several."""

MAX_HEAD_BYTES: Final = 4 * 2**20

HUB_LICENCES: Final = frozenset(
    """
    apache-2.0 mit bsd-2-clause bsd-3-clause cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0
    cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
    cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0 gfdl gpl gpl-2.0 gpl-3.0
    lgpl lgpl-2.1 lgpl-3.0 agpl-3.0 mpl-2.0 odbl odc-by pddl etalab-2.0 unlicense wtfpl
    """.split()  # noqa: SIM905 - a list of forty short strings is hard to read
)
"""Licence identifiers that the hub's card schema knows; others are ``other`` there."""

_ALIASES: Final = {"odc-by-1.0": "odc-by", "odbl-1.0": "odbl", "pddl-1.0": "pddl"}


def head(manifest: Manifest) -> dict[str, Any]:
    """The YAML head as plain values."""
    languages = [x for x in manifest.languages if manifest.count(x).documents]
    return {
        "pretty_name": markdown.plain(manifest.title),
        "language": sorted({x.partition("_")[0] for x in languages}),
        "license": _licences(manifest),
        "size_categories": [size_category(manifest.count().documents)],
        "task_categories": ["text-generation"],
        "tags": ["ginbon"],
        "configs": _configs(manifest, languages),
        "dataset_info": _sizes(manifest, languages),
    }


def _configs(manifest: Manifest, languages: list[str]) -> list[dict[str, Any]]:
    """A config a language; with several languages one of them all. The first is what a plain call loads."""
    configs = []
    if len(languages) > 1:
        splits = [s for s in ("train", "held_out") if manifest.count(split=s).documents]
        configs.append({"config_name": ALL, "default": True, "data_files": _patterns("*", splits)})
    for language in languages:
        config: dict[str, Any] = {"config_name": language}
        if len(languages) == 1:
            config["default"] = True
        configs.append({**config, "data_files": _patterns(language, manifest.splits(language))})
    return configs


def _patterns(language: str, splits: list[str]) -> list[dict[str, str]]:
    return [{"split": split, "path": f"data/{language}/{split}-*.parquet"} for split in splits]


def _sizes(manifest: Manifest, languages: list[str]) -> list[dict[str, Any]]:
    """Rows of every config and split: `datasets` compares them with what it loads."""
    infos = []
    for config in _configs(manifest, languages):
        name = config["config_name"]
        language = None if name == ALL else name
        splits = [
            {
                "name": pattern["split"],
                "num_bytes": manifest.count(language, pattern["split"]).bytes,
                "num_examples": manifest.count(language, pattern["split"]).documents,
            }
            for pattern in config["data_files"]
        ]
        files = [f for f in manifest.shards if language in (None, f.language)]
        infos.append(
            {
                "config_name": name,
                "splits": splits,
                "download_size": sum(f.bytes for f in files),
                "dataset_size": manifest.count(language).bytes,
            }
        )
    return infos


def _licences(manifest: Manifest) -> list[str]:
    """Identifiers of the hub; ``other`` and ``unknown`` where a licence has none there, or none is known."""
    known = set()
    for licence in manifest.tally("licences"):
        name = _ALIASES.get(licence.lower(), licence.lower())
        known.add(name if name in HUB_LICENCES else UNKNOWN if licence == UNKNOWN else "other")
    return sorted(known) or [UNKNOWN]


def size_category(documents: int) -> str:
    """The hub's class of sizes: ``10K<n<100K``."""
    steps = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
    if documents < 1_000:
        return "n<1K"
    for power, (low, high) in enumerate(itertools.pairwise(steps), 4):
        if documents < 10**power:
            return f"{low}<n<{high}"
    return "n>1T"


def render(manifest: Manifest) -> str:
    """The head between its fences."""
    return FENCE + markdown.yaml(head(manifest)) + FENCE


def disagreements(card: str, manifest: Manifest) -> list[str]:
    """Where the head of a card says something else than the manifest does, as sentences."""
    try:
        found = parse(card)
    except ValueError as error:
        return [str(error)]
    expected = head(manifest)
    wrong = [
        f"'{name}' is {shown(repr(found.get(name)))}; the manifest makes it {shown(repr(expected[name]))}"
        for name in ("language", "license", "size_categories", "configs")
        if found.get(name) != expected[name]
    ]
    return wrong + _wrong_sizes(found.get("dataset_info"), expected["dataset_info"])


def _wrong_sizes(found: Any, expected: list[dict[str, Any]]) -> list[str]:
    wrong = []
    infos = {i.get("config_name"): i for i in found if isinstance(i, dict)} if isinstance(found, list) else {}
    for info in expected:
        name = info["config_name"]
        theirs = infos.pop(name, None)
        if theirs is None:
            wrong.append(f"'dataset_info' has no config {name}")
            continue
        rows = _rows(theirs.get("splits"))
        for split in info["splits"]:
            ours = (split["num_examples"], split["num_bytes"])
            if (has := rows.pop(split["name"], (None, None))) != ours:
                wrong.append(
                    f"{name} {split['name']}: {has[0]} documents, {has[1]} bytes; "
                    f"the manifest has {ours[0]} documents, {ours[1]} bytes"
                )
        wrong += [f"{name}: split {shown(extra)} is not in the manifest" for extra in rows]
        for key in ("download_size", "dataset_size"):
            if theirs.get(key) != info[key]:
                wrong.append(f"{name}: {key} is {shown(theirs.get(key))}; the manifest makes it {info[key]}")
    return wrong + [f"'dataset_info' has the config {shown(extra)}, which the manifest has not" for extra in infos]


def _rows(splits: Any) -> dict[Any, tuple[Any, Any]]:
    if not isinstance(splits, list):
        return {}
    return {s.get("name"): (s.get("num_examples"), s.get("num_bytes")) for s in splits if isinstance(s, dict)}


def parse(card: str) -> dict[str, Any]:
    """The head of a card as plain values; raises ``ValueError`` saying what is wrong with it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not card.startswith(FENCE):
        raise ValueError("the card does not begin with a YAML head between two lines of ---")
    text, fence, _ = card[len(FENCE) :].partition("\n" + FENCE)
    if not fence or len(text) > MAX_HEAD_BYTES:
        raise ValueError(f"the card's YAML head does not end, or is longer than {MAX_HEAD_BYTES:,} characters")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"the card's YAML head cannot be read: {shown(str(error), limit=200)}") from error
    if not isinstance(value, dict):
        raise ValueError("the card's YAML head is no mapping")
    return value
