"""What an origin says about the use of its text: licence marks and notices, and what they come to.

Signals are read where they stand (``declared`` for a page, ``http_signals`` for the headers it came with) and judged
here. The policy, in one place:

- The strictest valid signal wins. Two licence marks: the one that allows less. A mark that allows more than the
  recipe's own licence does not loosen it; one that allows less tightens it. ``tdm-reservation: 0`` beside a ``noai`` is
  reserved.
- A licence that cannot be understood is no licence (null stays unknown, and unknown is never "free"). An address that
  we do not know (a site's own terms) is a notice; what is neither an address nor a licence's name is malformed.
- A reservation that cannot be understood is a reservation: the origin meant to say something.
- What is said to another robot or about another work is kept as a notice and decides nothing.
- Every signal about use is kept as it stood, in ``rights.notices`` (robots rules about previews and the like are not);
  malformed ones begin with ``malformed`` and are counted.

Sources: Creative Commons deeds and ccREL (``rel="license"``, ``about``), schema.org ``license``, TDMRep (W3C Community
Group, 2024), ``X-Robots-Tag`` and meta robots with ``noai``/``noimageai`` (DeviantArt, 2022), AIPREF ``Content-Usage``
(IETF draft-ietf-aipref-attach).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from ginbon.corpus.collector import clip

MAX_NOTICES: Final = 32
"""Notices kept of one document; what is beyond is counted in one more line."""

NOTICE_BYTES: Final = 400
"""Longest notice; a longer one is cut (FAULTS 29)."""

Kind = Literal["licence", "robots", "tdm-reservation", "tdm-policy", "content-usage", "rights"]


@dataclass(frozen=True)
class Signal:
    """One thing an origin says: ``where`` it stood (``link rel=license``), about whom or what, and its raw value.

    ``about`` is null for the document itself and any robot; otherwise the robot or work that is meant instead.
    """

    kind: Kind
    value: str
    where: str
    about: str | None = None


@dataclass(frozen=True)
class Finding:
    """What the signals come to: columns of ``rights``, the licence, and how many signals were malformed."""

    licence: str | None
    rights: dict[str, Any]
    reserved: bool
    malformed: int


def judge(signals: Sequence[Signal], *, declared: str | None = None) -> Finding:
    """The licence and notices of a document, from its signals and the licence that its source declares."""
    notices: list[str] = []
    marks: list[tuple[str, Signal]] = []
    reserved_by: list[str] = []
    malformed = 0
    for signal in dict.fromkeys(signals):
        verdict = _weigh(signal)
        if signal.kind == "robots" and not _robot_words(signal.value) & _KEPT_WORDS:
            continue
        label = f"{signal.where}: {_one_line(signal.value)}"
        if signal.about is not None:
            notices.append(f"{label} (about {_one_line(signal.about)}, not followed)")
            continue
        if verdict == "malformed":
            malformed += 1
            label = f"malformed {label}"
        notices.append(label)
        if signal.kind == "licence" and (licence := licence_of(signal.value)):
            marks.append((licence, signal))
        elif signal.kind != "licence" and verdict in ("reserved", "malformed"):
            reserved_by.append(signal.where)
    if reserved_by:
        notices.insert(0, f"reserved: {', '.join(dict.fromkeys(reserved_by))}")
    rights: dict[str, Any] = {"notices": _bounded(notices)} if notices else {}
    licence = _strictest(marks, declared, rights)
    return Finding(licence=licence, rights=rights, reserved=bool(reserved_by), malformed=malformed)


def _strictest(marks: list[tuple[str, Signal]], declared: str | None, rights: dict[str, Any]) -> str | None:
    """The licence that allows least; where it is a mark's, ``rights`` get its basis and evidence."""
    if not marks:
        return declared
    licence, signal = max(marks, key=lambda m: _strictness(m[0]))
    if declared is not None and _strictness(declared) > _strictness(licence):
        return declared
    rights["basis"] = "public-domain" if licence in _PUBLIC_DOMAIN else "licence"
    rights["evidence"] = clip(f"{signal.where}: {_one_line(signal.value)}", NOTICE_BYTES)
    return licence


_RESERVING_WORDS: Final = frozenset({"noai", "noimageai", "noml"})
_KEPT_WORDS: Final = _RESERVING_WORDS | {"noindex", "none", "noarchive", "nocache", "nosnippet", "unavailable_after"}


def _robot_words(value: str) -> set[str]:
    return set(re.split(r"[\s,;:]+", value.strip().lower()))


_ADDRESS: Final = re.compile(r"(?:(?:https?:)?//[^\s/<>\"]+|[/#.?\w-])[^\s<>\"]*")


def _weigh(signal: Signal) -> Literal["reserved", "open", "malformed"]:
    """Whether a signal reserves use, does not, or cannot be understood."""
    value = signal.value.strip().lower()
    if signal.kind == "licence":
        return "open" if licence_of(signal.value) or _ADDRESS.fullmatch(value) else "malformed"
    if signal.kind == "robots":
        return "reserved" if _robot_words(value) & _RESERVING_WORDS else "open"
    if signal.kind == "tdm-reservation":
        return {"1": "reserved", "0": "open"}.get(value, "malformed")  # type: ignore[return-value]
    if signal.kind == "content-usage":
        preferences = dict(p.strip().split("=", 1) for p in value.split(",") if "=" in p)
        if not preferences or not set(preferences.values()) <= {"y", "n"}:
            return "malformed"
        return "reserved" if preferences.get("train-ai", preferences.get("bots", "y")) == "n" else "open"
    return "open"


def http_signals(headers: Iterable[tuple[str, str]]) -> list[Signal]:
    """The signals among HTTP response headers."""
    signals = []
    for name, value in headers:
        lower = name.lower()
        if lower == "x-robots-tag":
            signals += _robots_tag(value)
        elif lower in ("tdm-reservation", "tdm-policy", "content-usage"):
            signals.append(Signal(lower, value, f"http {lower}"))  # type: ignore[arg-type]
        elif lower == "link":
            for target, parameters in _LINK.findall(value):
                relation = re.search(r"""rel\s*=\s*["']?([^"';]+)""", parameters, re.IGNORECASE)
                if relation and "license" in relation[1].lower().split():
                    signals.append(Signal("licence", target, "http link rel=license"))
    return signals


_LINK: Final = re.compile(r"<([^<>]{1,2000})>([^<,]{0,2000})")
_DIRECTIVE: Final = re.compile(r"^(unavailable_after|max-[a-z-]+)\s*:", re.IGNORECASE)


def _robots_tag(value: str) -> list[Signal]:
    """``X-Robots-Tag``: directives, after the name of a robot where they are for that one only (``otherbot: noai``)."""
    head, colon, rest = value.partition(":")
    if colon and not _DIRECTIVE.match(value) and "," not in head:
        robot = head.strip()
        return [Signal("robots", rest.strip(), "http x-robots-tag", None if robot == "*" else robot)]
    return [Signal("robots", value.strip(), "http x-robots-tag")]


# ---- licence addresses -> SPDX -------------------------------------------------------------------------------------

_CC: Final = re.compile(
    r"/licenses/(by(?:-nc)?(?:-nd|-sa)?|nc-sa|nd|nc|sa)/(1\.0|2\.0|2\.1|2\.5|3\.0|4\.0)(?:/([a-z]{2,3}(?:-[a-z]{2})?))?"
    r"(?:/(?:deed|legalcode)(?:[.-][a-z-]+)?)?/?"
)
_CC_PUBLIC: Final = re.compile(
    r"/publicdomain/(zero|mark)/1\.0(?:/[a-z]{2})?(?:/(?:deed|legalcode)(?:[.-][a-z-]+)?)?/?"
)

# Ported Creative Commons licences that have an SPDX identifier of their own.
_PORTED: Final = re.compile(
    "BY-(?:2.5-AU|3.0-(?:AT|AU|DE|IGO|NL|US))|BY-NC-3.0-DE|BY-NC-ND-3.0-(?:DE|IGO)|BY-NC-SA-(?:2.0-(?:DE|FR|UK)|3.0-(?:DE|IGO))"
    "|BY-ND-3.0-DE|BY-SA-(?:2.0-UK|2.1-JP|3.0-(?:AT|DE|IGO))"
)

_PUBLIC_DOMAIN: Final = frozenset({"CC0-1.0", "CC-PDM-1.0", "CC-PDDC", "PDDL-1.0", "Unlicense"})

# Host and the beginning of the path -> identifier; longer beginnings first.
_KNOWN: Final = (
    ("gnu.org", "/licenses/fdl-1.2", "GFDL-1.2-or-later"),
    ("gnu.org", "/licenses/old-licenses/fdl-1.2", "GFDL-1.2-or-later"),
    ("gnu.org", "/licenses/fdl", "GFDL-1.3-or-later"),
    ("gnu.org", "/copyleft/fdl", "GFDL-1.3-or-later"),
    ("gnu.org", "/licenses/agpl", "AGPL-3.0-or-later"),
    ("gnu.org", "/licenses/lgpl", "LGPL-3.0-or-later"),
    ("gnu.org", "/licenses/gpl-2", "GPL-2.0-or-later"),
    ("gnu.org", "/licenses/old-licenses/gpl-2.0", "GPL-2.0-or-later"),
    ("gnu.org", "/licenses/gpl", "GPL-3.0-or-later"),
    ("apache.org", "/licenses/license-2.0", "Apache-2.0"),
    ("mozilla.org", "/mpl/2.0", "MPL-2.0"),
    ("mozilla.org", "/en-us/mpl/2.0", "MPL-2.0"),
    ("opensource.org", "/licenses/mit", "MIT"),
    ("opensource.org", "/license/mit", "MIT"),
    ("opensource.org", "/licenses/apache-2.0", "Apache-2.0"),
    ("opendatacommons.org", "/licenses/odbl", "ODbL-1.0"),
    ("opendatacommons.org", "/licenses/by", "ODC-By-1.0"),
    ("opendatacommons.org", "/licenses/pddl", "PDDL-1.0"),
    ("nationalarchives.gov.uk", "/doc/open-government-licence/version/3", "OGL-UK-3.0"),
    ("nationalarchives.gov.uk", "/doc/open-government-licence/version/2", "OGL-UK-2.0"),
    ("nationalarchives.gov.uk", "/doc/open-government-licence/version/1", "OGL-UK-1.0"),
    ("unlicense.org", "", "Unlicense"),
    ("creativecommons.org", "/licenses/publicdomain", "CC-PDDC"),
    ("en.wikipedia.org", "/wiki/wikipedia:text_of_the_creative_commons_attribution-sharealike_4.0", "CC-BY-SA-4.0"),
    ("en.wikipedia.org", "/wiki/wikipedia:text_of_creative_commons_attribution-sharealike_3.0", "CC-BY-SA-3.0"),
)


def licence_of(value: str) -> str | None:
    """The SPDX identifier that a licence address or name stands for; ``LicenseRef-...`` where SPDX has none.

    Understands Creative Commons deeds in any language and port, common free licences, spdx.org, rightsstatements.org,
    and plain names such as ``CC BY-SA 4.0``. Null for anything else. Hosts are compared whole.
    """
    value = value.strip()
    if len(value) > 2_000:
        return None
    if value.lower().startswith(("http://", "https://", "//")):
        return _by_address(value)
    return _by_name(value)


_SPDX: Final = re.compile(r"/licenses/([A-Za-z0-9.+-]{1,60}?)(?:\.html)?/?")


def _by_address(value: str) -> str | None:
    try:
        parts = urlsplit(value.lower())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = parts.path
    if host == "creativecommons.org":
        if match := _CC.fullmatch(path):
            return _creative_commons(*match.groups())
        if match := _CC_PUBLIC.fullmatch(path):
            return "CC0-1.0" if match[1] == "zero" else "CC-PDM-1.0"
    if host == "spdx.org" and (match := _SPDX.fullmatch(urlsplit(value).path)):
        return match[1]
    if host == "rightsstatements.org" and (match := re.fullmatch(r"/(?:vocab|page)/([a-z-]{2,12})/1\.0/?", path)):
        return f"LicenseRef-rightsstatements-{match[1].upper()}-1.0"
    return next((spdx for h, start, spdx in _KNOWN if h == host and path.startswith(start)), None)


_NAME: Final = re.compile(
    r"(?:creative commons\s+)?cc[\s-]*(by(?:[\s-]*nc)?(?:[\s-]*nd|[\s-]*sa)?)[\s-]*(1\.0|2\.0|2\.5|3\.0|4\.0)"
    r"(?:\s+(?:international|unported))?",
    re.IGNORECASE,
)


def _by_name(value: str) -> str | None:
    if re.fullmatch(r"cc0[\s-]*(?:1\.0)?(?:\s+universal)?", value, re.IGNORECASE):
        return "CC0-1.0"
    if match := _NAME.fullmatch(value):
        return _creative_commons("-".join(re.findall("by|nc|nd|sa", match[1].lower())), match[2], None)
    return None


def _creative_commons(elements: str, version: str, port: str | None) -> str:
    name = f"{elements.upper()}-{version}"
    if port is None or port in ("deed", "legalcode"):
        return f"CC-{name}" if elements.startswith("by") else f"LicenseRef-CC-{name}"
    ported = f"{name}-{port.upper()}"
    return f"CC-{ported}" if _PORTED.fullmatch(ported) else f"LicenseRef-CC-{ported}"


def _strictness(licence: str) -> int:
    """How little a licence allows: public domain 0, attribution 1, share-alike, copyleft 2, ND 3, NC 4-6, unknown 7."""
    if licence in _PUBLIC_DOMAIN:
        return 0
    match = re.match(r"(?:LicenseRef-)?CC-(BY(?:-NC)?(?:-ND|-SA)?|NC-SA|NC|ND|SA)-\d", licence)
    if match:
        elements = match[1].split("-")
        if "NC" in elements:
            return 6 if "ND" in elements else 5 if "SA" in elements else 4
        return 3 if "ND" in elements else 2 if "SA" in elements else 1
    return 7 if licence.startswith("LicenseRef-") else 2


def _one_line(value: str) -> str:
    """A value fit for a log line: white space and control characters become single spaces."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value).split(" "))


def _bounded(notices: list[str]) -> list[str]:
    kept = [clip(n, NOTICE_BYTES) or "" for n in notices[:MAX_NOTICES]]
    if len(notices) > MAX_NOTICES:
        kept.append(f"and {len(notices) - MAX_NOTICES} more")
    return kept
