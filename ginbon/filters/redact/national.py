"""National numbers of people, by region: their shape, and the library's check of their digits.

A number is taken where its written form is the official one or its check is strong (two check digits, or one and a
date of birth); one with a weak check and no form of its own only after a word that announces it. Numbers without any
check are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

WINDOW: Final = 28
"""Characters before a number in which its announcing word is looked for."""


@dataclass(frozen=True)
class National:
    """A kind of number: the module of python-stdnum, its shapes (matched on ASCII digits), and the word that
    announces it.
    """

    module: str
    shape: str  # taken wherever its check holds
    announced: str = ""  # taken only after ``word``
    word: str = ""


_TABLE: Final[dict[str, tuple[National, ...]]] = {
    "AR": (National("ar.cuit", r"\d{2}-\d{8}-\d"),),
    "AT": (National("at.vnr", r"\d{4} \d{6}"),),
    "AU": (National("au.tfn", "", r"\d{3} ?\d{3} ?\d{3}", r"TFN|tax file"),),
    "BA": (National("si.emso", r"\d{13}"),),
    "BE": (National("be.nn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}|\d{11}"),),
    "BG": (National("bg.egn", r"\d{10}"),),
    "BR": (
        National("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}"),
        National("br.cnpj", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}|\d{14}"),
    ),
    "CA": (National("ca.sin", r"\d{3}-\d{3}-\d{3}", r"\d{3} ?\d{3} ?\d{3}", r"\bSIN\b|\bNAS\b|social insurance"),),
    "CH": (National("ch.ssn", r"756\.\d{4}\.\d{4}\.\d{2}|756\d{10}"),),
    "CL": (National("cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]|\d{7,8}-[\dkK]"),),
    "CN": (National("cn.ric", r"\d{17}[\dXx]"),),
    "CO": (National("co.nit", r"\d{3}\.\d{3}\.\d{3}-\d"),),
    "CZ": (National("cz.rc", r"\d{6}/\d{3,4}"),),
    "DE": (National("de.idnr", r"\d{2} \d{3} \d{3} \d{3}", r"\d{11}", r"IdNr|Steuer-?ID|Identifikationsnummer"),),
    "DK": (National("dk.cpr", r"\d{6}-\d{4}"),),
    "DO": (National("do.cedula", r"\d{3}-\d{7}-\d"),),
    "EC": (National("ec.ci", "", r"\d{10}", r"c[eé]dula|\bC\.?I\.?"),),
    "EE": (National("ee.ik", r"\d{11}"),),
    "ES": (National("es.dni", r"\d{8}-?[A-Z]|\d{2}\.\d{3}\.\d{3}-?[A-Z]"), National("es.nie", r"[XYZ]-?\d{7}-?[A-Z]")),
    "FI": (National("fi.hetu", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"),),
    "FR": (National("fr.nir", r"[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}"),),
    "GB": (National("gb.nhs", "", r"\d{3} ?\d{3} ?\d{4}", r"\bNHS\b"),),
    "GR": (National("gr.amka", r"\d{11}"),),
    "HR": (National("hr.oib", "", r"\d{11}", r"\bOIB\b"),),
    "ID": (National("id.nik", "", r"\d{16}", r"\bNIK\b|\bKTP\b"),),
    "IE": (National("ie.pps", r"\d{7}[A-W][ABWTXZ]?"),),
    "IL": (National("il.idnr", "", r"\d{9}", r"ת\.?\"?ז|תעודת זהות"),),
    "IN": (National("in_.aadhaar", r"[2-9]\d{3}([ -])\d{4}\1\d{4}", r"[2-9]\d{11}", r"aadha+r|आधार|ஆதார்|ఆధార్|আধার"),),
    "IS": (National("is_.kennitala", r"\d{6}-\d{4}"),),
    "IT": (National("it.codicefiscale", r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]"),),
    "JP": (National("jp.in_", "", r"\d{4}[ -]?\d{4}[ -]?\d{4}", r"マイナンバー|個人番号"),),
    "KR": (National("kr.rrn", r"\d{6}-\d{7}"),),
    "LT": (National("lt.asmens", r"\d{11}"),),
    "ME": (National("si.emso", r"\d{13}"),),
    "MK": (National("si.emso", r"\d{13}"),),
    "MX": (National("mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d"),),
    "MY": (National("my.nric", r"\d{6}-\d{2}-\d{4}"),),
    "NL": (National("nl.bsn", r"\d{4}\.\d{2}\.\d{3}", r"\d{9}", r"\bBSN\b|burgerservice|sofi"),),
    "NO": (National("no.fodselsnummer", r"\d{6} ?\d{5}"),),
    "NZ": (National("nz.ird", "", r"\d{2,3}-\d{3}-\d{3}", r"\bIRD\b"),),
    "PK": (National("pk.cnic", r"\d{5}-\d{7}-\d"),),
    "PL": (National("pl.pesel", r"\d{11}"),),
    "PT": (
        National("pt.cc", r"\d{8}[ -]?\d[ -]?[A-Z0-9]{2}\d"),
        National("pt.nif", "", r"\d{3} ?\d{3} ?\d{3}", r"\bNIF\b|contribuinte"),
    ),
    "RO": (National("ro.cnp", r"\d{13}"),),
    "RS": (National("si.emso", r"\d{13}"),),
    "RU": (National("ru.inn", "", r"\d{12}|\d{10}", r"ИНН"),),
    "SE": (National("se.personnummer", r"(?:\d{2})?\d{6}[-+]\d{4}"),),
    "SI": (National("si.emso", r"\d{13}"),),
    "SK": (National("sk.rc", r"\d{6}/\d{3,4}"),),
    "SV": (National("sv.nit", r"\d{4}-\d{6}-\d{3}-\d"),),
    "TH": (National("th.pin", r"\d([ -])\d{4}\1\d{5}\1\d{2}\1\d", r"\d{13}", r"บัตรประชาชน|ประจำตัวประชาชน|เลขประจำตัว"),),
    "TR": (National("tr.tckimlik", r"\d{11}"),),
    "UA": (National("ua.rntrc", "", r"\d{10}", r"РНОКПП|ІПН|ідентифікаційн"),),
    "US": (National("us.ssn", r"\d{3}-\d{2}-\d{4}"),),
    "ZA": (National("za.idnr", r"\d{13}"),),
}


def regions() -> tuple[str, ...]:
    """Regions (ISO 3166-1) whose numbers are known."""
    return tuple(_TABLE)


@dataclass(frozen=True)
class _Pattern:
    module: str
    shape: re.Pattern[str]
    word: re.Pattern[str] | None


@cache
def _patterns(wanted: tuple[str, ...]) -> tuple[_Pattern, ...]:
    made = {}
    for region in wanted:
        for kind in _TABLE.get(region, ()):
            for shape, word in ((kind.shape, ""), (kind.announced, kind.word)):
                if shape:
                    made[kind.module, shape] = _Pattern(
                        kind.module,
                        re.compile(rf"(?<![A-Za-z0-9_./-])(?:{shape})(?![A-Za-z0-9_/]|[-.][A-Za-z0-9])"),
                        re.compile(word, re.IGNORECASE) if word else None,
                    )
    return tuple(made.values())


def find(text: str, start: int, end: int, wanted: tuple[str, ...]) -> Iterable[tuple[int, int]]:
    """Reaches of national numbers of these regions that touch ``text[start:end]``; ``text`` has ASCII digits."""
    low, high = max(0, start - 8), min(len(text), end + 8)
    for pattern in _patterns(wanted):
        for match in pattern.shape.finditer(text, low, high):
            if match.end() <= start or match.start() >= end:
                continue
            if pattern.word and not pattern.word.search(text, max(0, match.start() - WINDOW), match.start()):
                continue
            if _module(pattern.module).is_valid(match[0]):
                yield match.span()


@cache
def _module(name: str) -> Any:
    return import_module(f"stdnum.{name}")
