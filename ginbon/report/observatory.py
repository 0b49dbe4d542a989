"""The observatory: one page with what every tokenizer charges every language, from ``results.json``.

One HTML file that needs nothing else: a sortable table, the world and its regions, bars with intervals for one
language, fertility by vocabulary size, a real sentence as each tokenizer cuts it, search by name. The figures travel as
deflated JSON; a browser of 2023 or later unpacks them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import ginbon
from ginbon.report import charts
from ginbon.report.observatory_data import page_data
from ginbon.report.page import TEMPLATES, number

_SCRIPTS: Final = ("observatory_data.js", "observatory_world.js", "observatory_language.js", "observatory_page.js")


def page_of_results(results: Mapping[str, Any]) -> str:
    """The page of a comparison over parallel text; the same bytes for the same results."""
    data = page_data(results)
    script = "\n".join((TEMPLATES / name).read_text("utf-8") for name in _SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"n": number, "short": charts.short}
    versions = data["versions"]
    return environment.get_template("observatory.html.j2").render(
        title="What tokenizers charge",
        pivot=data["pivot"],
        languages=len({v["code"] for v in versions}),
        scripts=len({v["script"] for v in versions}),
        tokenizers=len(data["tokenizers"]),
        tokens=data["tokens"],
        how=data["how"],
        cards=data["tokenizers"],
        metrics=data["metrics"],
        ginbon=ginbon.__version__,
        digest=digest,
        script=Markup(script),
        data=packed(data),
    )


def packed(data: Mapping[str, Any]) -> str:
    """JSON, deflated, in Base64."""
    said = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    deflate = zlib.compressobj(9, wbits=-15)
    return base64.b64encode(deflate.compress(said) + deflate.flush()).decode()
