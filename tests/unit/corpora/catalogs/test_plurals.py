"""Plural rules of gettext catalogs, and which message each form translates."""

import pytest

from alignment.corpora.catalogs.entries import GettextEntry
from alignment.corpora.catalogs.plurals import PluralRule, plural_pairs, plural_rule
from alignment.errors import Malformed

RUSSIAN = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"
ARABIC = "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5"


def header(rule: str) -> str:
    return f"Project-Id: x\nPlural-Forms: nplurals=9; plural={rule};\nX: y\n"


@pytest.mark.parametrize(
    ("rule", "indexes"),
    [
        ("0", (0, 0)),
        ("(n != 1)", (0, 1)),
        ("n>1", (0, 1)),
        ("n == 1 ? 0 : 1", (0, 1)),
        (RUSSIAN, (0, 2)),
        (ARABIC, (1, 3)),
        ("n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2", (0, 1)),
    ],
)
def test_rules(rule: str, indexes: tuple[int, int]) -> None:
    assert plural_rule(header(rule), "x.po:1") == PluralRule(*indexes)


@pytest.mark.parametrize("rule", ["n/0", "n%0", "1/(n-5)", "n==1 ? 0 : n/(n-n)"])
def test_a_rule_that_divides_by_zero(rule: str) -> None:
    with pytest.raises(Malformed, match=r"x\.po:1: the plural rule divides by zero"):
        plural_rule(header(rule), "x.po:1")


@pytest.mark.parametrize(
    "rule", ["EXPRESSION", "n +", "n !=!1", "(" * 500 + "n" + ")" * 500, "n.real"]
)
def test_what_is_no_rule(rule: str) -> None:
    assert plural_rule(header(rule), "x.po:1") is None


def pairs(forms: list[str], rule: PluralRule | None) -> list[tuple[str, str]]:
    entry = GettextEntry("one", "many", dict(enumerate(forms)), None, "x.po:9")
    return list(plural_pairs(entry, rule))


@pytest.mark.parametrize(
    ("forms", "rule", "expected"),
    [
        (["個"], PluralRule(0, 0), [("many", "個")]),
        (["個"], None, [("many", "個")]),
        (["eins", "viele"], PluralRule(0, 1), [("one", "eins"), ("many", "viele")]),
        (["eins", "viele"], None, [("one", "eins"), ("many", "viele")]),
        (["odin", "dva", "pyat"], PluralRule(0, 2), [("one", "odin"), ("many", "pyat")]),
        (["odin", "dva", "pyat"], None, []),
        (["eins"], PluralRule(0, 1), [("one", "eins")]),
        (["", "viele"], PluralRule(0, 1), [("many", "viele")]),
    ],
)
def test_pairs(forms: list[str], rule: PluralRule | None, expected: list[tuple[str, str]]) -> None:
    assert pairs(forms, rule) == expected
