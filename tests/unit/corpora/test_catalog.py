"""One message catalog as sentence pairs."""

from pathlib import Path

import polib
import pytest

from alignment.corpora.catalog import Catalog, read_catalog
from alignment.corpora.skips import Skips
from alignment.errors import Malformed

RULE = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2"
PO = f"""msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=({RULE});\\n"

msgctxt "button"
msgid "Save the page"
msgstr "Įrašyti puslapį"

#, fuzzy
msgid "Old text"
msgstr "Senas"

msgid "Untranslated"
msgstr ""

#, python-format
msgid "%(count)d file was copied"
msgid_plural "%(count)d files were copied"
msgstr[0] "nukopijuotas %(count)d failas"
msgstr[1] "nukopijuoti %(count)d failai"
msgstr[2] "nukopijuota %(count)d failų"

#~ msgid "Gone"
#~ msgstr "Dingo"
"""
PLURAL = """msgid "one"
msgid_plural "many"
msgstr[0] "form 0"
msgstr[1] "form 1"
"""


def texts(data: str, suffix: str = "po") -> list[tuple[str, str]]:
    return [pair[:2] for pair in read_catalog(Catalog("x", suffix, data.encode()))]


def test_contexts_plurals_fuzzy_and_obsolete() -> None:
    pairs = list(read_catalog(Catalog("lt/django.po", "po", PO.encode())))
    assert [pair[:2] for pair in pairs] == [
        ("Save the page", "Įrašyti puslapį"),
        ("%(count)d file was copied", "nukopijuotas %(count)d failas"),
        ("%(count)d files were copied", "nukopijuoti %(count)d failai"),
    ]
    assert pairs[0].origin == "lt/django.po:5"


def test_mo_gives_the_same_pairs(tmp_path: Path) -> None:
    polib.pofile(PO).save_as_mofile(str(tmp_path / "a.mo"))
    mo = list(read_catalog(Catalog("a.mo", "mo", (tmp_path / "a.mo").read_bytes())))
    assert {pair[:2] for pair in mo} == set(texts(PO))
    assert "a.mo#button|Save the page" in {pair.origin for pair in mo}


def test_json_is_read_with_the_pivots_file() -> None:
    catalog = Catalog("cy.json", "json", b'{"a": "Bore da"}', b'{"a": "Good morning"}')
    assert list(read_catalog(catalog)) == [("Good morning", "Bore da", "cy.json#a")]


def test_english_plurals_without_a_header() -> None:
    assert texts(PLURAL) == [("one", "form 0"), ("many", "form 1")]


@pytest.mark.parametrize("rule", ["__import__('os')", "n +"])
def test_plural_rules_do_not_run_code(rule: str) -> None:
    head = f'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural={rule};\\n"\n\n'
    assert texts(head + PLURAL) == [("one", "form 0"), ("many", "form 1")]  # English's rule


def test_kde_3_has_plural_forms_in_one_message() -> None:
    po = 'msgid "_n: %n file\\n%n files"\nmsgstr "%n Datei\\n%n Dateien"\n'
    assert texts(po) == [("%n file", "%n Datei"), ("%n files", "%n Dateien")]


def test_plural_forms_without_a_rule_are_counted() -> None:
    skips = Skips()
    po = PLURAL + 'msgstr[2] "form 2"\n\nmsgid "a"\nmsgstr "b"\n'
    read = read_catalog(Catalog("x.po", "po", po.encode()), skips)
    assert [pair[:2] for pair in read] == [("a", "b")]
    assert skips.counts == {"plural forms without a rule": 1}


def test_a_plural_rule_that_divides_by_zero_is_named() -> None:
    head = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=n/0;\\n"\n\n'
    with pytest.raises(Malformed, match=r"x:1: the plural rule divides by zero: n/0"):
        texts(head + PLURAL)


def test_another_charset() -> None:
    text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=latin-1\\n"\n\n'
    data = (text + 'msgid "Coffee"\nmsgstr "Kaffé"\n').encode("latin-1")
    assert [pair.target for pair in read_catalog(Catalog("x.po", "po", data))] == ["Kaffé"]


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        ("po", b'msgid "a\nmsgstr'),
        ("po", b"\xff\xfe\x00"),
        ("po", b'msgid ""\nmsgstr "charset=nope"\n\xe9'),
        ("mo", b"\xde\x12\x04\x95\x00"),
        ("mo", b""),
    ],
    ids=["open quote", "not UTF-8", "unknown charset", "truncated .mo", "empty .mo"],
)
def test_malformed(suffix: str, data: bytes) -> None:
    with pytest.raises(Malformed, match=rf"x\.{suffix}"):
        list(read_catalog(Catalog(f"x.{suffix}", suffix, data)))
