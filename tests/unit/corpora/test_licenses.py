"""The license policy, corpus by corpus."""

from pathlib import Path
from typing import Any

import pytest

from alignment.config import Licenses, LocalCorpus
from alignment.corpora import check_licenses
from alignment.errors import LicenseRefused


def corpus(license: str, name: str = "demo") -> LocalCorpus:
    return LocalCorpus(kind="local", path=Path("a.tsv"), name=name, license=license)


@pytest.mark.parametrize(
    ("license", "policy"),
    [
        ("MIT", {}),
        ("MIT", {"allow": ["MIT"]}),
        ("mit", {"allow": ["MIT"]}),
        ("BSD-3-Clause", {"allow": ["BSD-*"]}),
        ("CC-BY-4.0", {"allow": ["permissive"]}),
        ("GPL-3.0 OR MIT", {"allow": ["permissive"]}),
        ("(GPL-3.0 AND MIT) OR ISC", {"allow": ["permissive"]}),
        ("MIT AND ISC", {"allow": ["permissive"]}),
        ("MIT", {"deny": ["GPL-*"]}),
    ],
)
def test_allowed(license: str, policy: dict[str, Any]) -> None:
    check_licenses([corpus(license)], Licenses(**policy))


@pytest.mark.parametrize(
    ("license", "policy", "message"),
    [
        ("GPL-3.0", {"allow": ["permissive"]}, "demo has GPL-3.0: add it to licenses.allow"),
        ("MIT AND GPL-3.0", {"allow": ["permissive"]}, "add it to licenses.allow"),
        ("CC-BY-SA-4.0", {"allow": ["permissive"]}, "add it to licenses.allow"),
        ("Apache-2.0", {"deny": ["apache-*"]}, r"remove apache-\* from licenses.deny"),
        ("MIT", {"allow": ["MIT"], "deny": ["permissive"]}, "remove permissive from licenses.deny"),
        ("unknown", {"unknown": "refuse"}, "demo names no license: set its `license`"),
        ("Unknown", {"unknown": "refuse"}, "`licenses.unknown: warn`"),
    ],
)
def test_refused(license: str, policy: dict[str, Any], message: str) -> None:
    with pytest.raises(LicenseRefused, match=message):
        check_licenses([corpus(license)], Licenses(**policy))


def test_every_refused_corpus_is_named() -> None:
    corpora = [corpus("GPL-3.0", "a"), corpus("MIT", "b"), corpus("unknown", "c")]
    with pytest.raises(LicenseRefused) as caught:
        check_licenses(corpora, Licenses(allow=("MIT",), unknown="refuse"))
    assert "a has GPL-3.0" in str(caught.value) and "c names no license" in str(caught.value)
    assert "b has" not in str(caught.value)


def test_an_unknown_license_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    check_licenses([corpus("unknown"), corpus("unknown")], Licenses(allow=("MIT",)))
    assert [record.getMessage() for record in caplog.records] == ["demo names no license"]
