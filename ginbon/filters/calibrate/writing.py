"""A pack as its YAML file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ginbon.languages.pack import STATISTICS, Pack, Threshold


def to_yaml(pack: Pack, *, made_by: str = "ginbon calibrate") -> str:
    """The file's text; ``load_pack`` reads it back."""
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    tree = CommentedMap(pack.model_dump(exclude_defaults=True, exclude={"thresholds", "reference", "fallback"}))
    for key in ("codes", "regions", "stop_words", "languages"):
        if key in tree:
            tree[key] = _flow(tree[key])
    if "line_ends" in tree:
        tree["line_ends"] = _flow_map({_quoted(k): v for k, v in tree["line_ends"].items()})
    if "confusable" in tree:
        tree["confusable"] = [_flow_map({k: v for k, v in c.items() if v is not None}) for c in tree["confusable"]]
    if "sample" in tree:
        tree["sample"] = CommentedMap({**tree["sample"], "sources": _flow(tree["sample"]["sources"])})
    tree["thresholds"] = CommentedMap((rule, _threshold(t)) for rule, t in pack.thresholds.items())
    if pack.reference:
        tree["reference"] = CommentedMap((name, _flow(numbers)) for name, numbers in pack.reference.items())
        tree.yaml_set_comment_before_after_key("reference", before=f"of each signal: {', '.join(STATISTICS)}")
    yaml = YAML()
    yaml.width = 120
    out = StringIO()
    out.write(f"# Made by {made_by} from trusted text; see docs/how-to/language.md before you edit it by hand.\n")
    yaml.dump(tree, out)
    return out.getvalue()


def _threshold(threshold: Threshold) -> Any:
    value = _flow_map(threshold.model_dump(exclude_none=True))
    if isinstance(threshold.at, tuple):
        value["at"] = _flow(threshold.at)
    if threshold.at == "off":
        value["at"] = _quoted("off")
    if threshold.interval is not None:
        value["interval"] = _flow(_flow(x) if isinstance(x, tuple) else x for x in map(_plain, threshold.interval))
    return value


def _plain(value: Any) -> Any:
    return tuple(_plain(x) for x in value) if isinstance(value, tuple) else float(f"{value:.4g}")


def _quoted(text: str) -> Any:
    """In quotes: YAML 1.1 reads a bare ``off`` as false, and marks as syntax."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return DoubleQuotedScalarString(text)


def _flow(values: Iterable[Any]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made


def _flow_map(values: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap

    made = CommentedMap(values)
    made.fa.set_flow_style()
    return made
