"""Licence addresses and names become SPDX identifiers."""

from __future__ import annotations

import pytest

from ginbon.corpus.provenance import Signal, http_signals, judge, licence_of


@pytest.mark.parametrize(
    ("address", "licence"),
    [
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        ("http://creativecommons.org/licenses/by/3.0", "CC-BY-3.0"),
        ("//creativecommons.org/licenses/by-nc-nd/2.5/", "CC-BY-NC-ND-2.5"),
        ("https://www.creativecommons.org/licenses/by/4.0/deed.pt-br", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/deed.an", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/legalcode", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/licenses/by-sa/3.0/de/", "CC-BY-SA-3.0-DE"),
        ("https://creativecommons.org/licenses/by/3.0/br/", "LicenseRef-CC-BY-3.0-BR"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/deed.hi", "CC-PDM-1.0"),
        ("https://www.gnu.org/licenses/fdl-1.3.html", "GFDL-1.3-or-later"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
        ("https://spdx.org/licenses/MPL-2.0.html", "MPL-2.0"),
        ("https://rightsstatements.org/vocab/InC/1.0/", "LicenseRef-rightsstatements-INC-1.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc0", "CC0-1.0"),
        ("Creative Commons CC-BY-NC 3.0 Unported", "CC-BY-NC-3.0"),
        ("All rights reserved", None),
        ("https://example.org/licenses/by/4.0/", None),
        ("https://[bad/licenses/by/4.0/", None),
        ("", None),
    ],
)
def test_licence_addresses_and_names(address: str, licence: str | None) -> None:
    assert licence_of(address) == licence


def test_a_robots_header_may_be_for_one_robot_only() -> None:
    signals = http_signals(
        [
            ("X-Robots-Tag", "noai"),
            ("x-robots-tag", "otherbot: noai, nofollow"),
            ("X-Robots-Tag", "unavailable_after: 2024-01-01"),
            ("Link", '<https://creativecommons.org/licenses/by/4.0/>; rel="license", </x>; rel=next'),
        ]
    )
    assert [(s.kind, s.value, s.about) for s in signals] == [
        ("robots", "noai", None),
        ("robots", "noai, nofollow", "otherbot"),
        ("robots", "unavailable_after: 2024-01-01", None),
        ("licence", "https://creativecommons.org/licenses/by/4.0/", None),
    ]


def test_public_domain_is_a_basis_of_its_own() -> None:
    found = judge([Signal("licence", "https://creativecommons.org/publicdomain/zero/1.0/", "link rel=license")])
    assert (found.licence, found.rights["basis"]) == ("CC0-1.0", "public-domain")
