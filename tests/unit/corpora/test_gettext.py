import json
import zipfile
from pathlib import Path

import polib
import pytest

from alignment.config import GettextCorpus
from alignment.corpora.gettext import GettextSource
from alignment.corpora.json_catalog import member_pattern
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError, Malformed, SourceError, UnsafeArchive

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"\n\n'
PO = (
    HEADER
    + """
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
)


def tree(root: Path, *places: str) -> Path:
    for place in places:
        file = root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PO)
    return root


def test_contexts_plurals_fuzzy_and_obsolete() -> None:
    pairs = list(read_catalog(Catalog("lt/django.po", "po", PO.encode())))
    assert [(p.source, p.target) for p in pairs] == [
        ("Save the page", "Įrašyti puslapį"),
        ("%(count)d file was copied", "nukopijuotas %(count)d failas"),
        ("%(count)d files were copied", "nukopijuoti %(count)d failai"),
    ]
    assert pairs[0].origin.startswith("lt/django.po:")


def test_mo_gives_the_same_pairs(tmp_path: Path) -> None:
    polib.pofile(PO).save_as_mofile(str(tmp_path / "a.mo"))
    mo = read_catalog(Catalog("a.mo", "mo", (tmp_path / "a.mo").read_bytes()))
    po = read_catalog(Catalog("a.po", "po", PO.encode()))
    assert {p[:2] for p in mo} == {p[:2] for p in po}


def test_a_directory_takes_the_best_spelling_of_each_folder_and_po_before_mo(
    tmp_path: Path,
) -> None:
    tree(
        tmp_path,
        "a/locale/lt/LC_MESSAGES/django.po",
        "b/locale/lt_LT/LC_MESSAGES/django.po",
        "a/locale/fi/LC_MESSAGES/django.po",
    )
    polib.pofile(PO).save_as_mofile(str(tmp_path / "a/locale/lt/LC_MESSAGES/django.mo"))
    source = GettextSource(GettextCorpus(kind="gettext", path=tmp_path), Downloads(tmp_path), "en")
    assert source.languages() == {"lt", "lt_LT", "fi"}
    assert len(list(source.pairs("lt"))) == 6
    assert not list(source.pairs("cy"))
    assert set(source.inputs("lt")) == {
        "a/locale/lt/LC_MESSAGES/django.po",
        "b/locale/lt_LT/LC_MESSAGES/django.po",
    }


def wheel(path: Path, **members: bytes) -> Path:
    home = path / "wheels" / "demo-1.0"
    home.mkdir(parents=True)
    with zipfile.ZipFile(home / "demo-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return path


DEMO = GettextCorpus(kind="gettext", package="demo", version="1.0")


def test_a_wheel_is_read_and_nothing_in_it_runs(tmp_path: Path) -> None:
    downloads = wheel(
        tmp_path,
        **{
            "demo/locale/lt/LC_MESSAGES/x.po": PO.encode(),
            "demo/__init__.py": b"raise SystemExit(1)",
        },
    )
    pairs = list(GettextSource(DEMO, Downloads(downloads), "en").pairs("lt"))
    assert len(pairs) == 3 and pairs[0].origin.startswith("demo/locale/lt/LC_MESSAGES/x.po:")


def test_a_zip_bomb_and_a_member_outside_are_refused(tmp_path: Path) -> None:
    bomb = wheel(tmp_path / "bomb", **{"demo/locale/lt/LC_MESSAGES/x.po": b" " * 30_000_000})
    with pytest.raises(UnsafeArchive, match="expands to 30,000,000 bytes"):
        list(GettextSource(DEMO, Downloads(bomb), "en").pairs("lt"))
    outside = wheel(tmp_path / "outside", **{"../locale/lt/LC_MESSAGES/x.po": PO.encode()})
    with pytest.raises(UnsafeArchive, match="outside"):
        list(GettextSource(DEMO, Downloads(outside), "en").pairs("lt"))


def test_a_truncated_wheel_says_so(tmp_path: Path) -> None:
    downloads = wheel(tmp_path, **{"demo/locale/lt/LC_MESSAGES/x.po": PO.encode()})
    file = next(downloads.rglob("*.whl"))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(Malformed, match="truncated"):
        list(GettextSource(DEMO, Downloads(downloads), "en").pairs("lt"))


def test_a_version_that_does_not_exist_names_those_that_do(tmp_path: Path) -> None:
    corpus = GettextCorpus(kind="gettext", package="polib", version="99.0")
    with pytest.raises(ConfigError, match=r"polib==99\.0.*no wheel of version 99\.0") as caught:
        list(GettextSource(corpus, Downloads(tmp_path), "en").pairs("lt"))
    assert "1.2.0" in str(caught.value)
    assert not list(tmp_path.rglob("*.whl"))


@pytest.mark.parametrize(
    "data", [b'msgid "a\nmsgstr', b"\xff\xfe\x00", b'msgid ""\nmsgstr "charset=nope"\n\xe9']
)
def test_malformed_catalogs(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"x\.po"):
        list(read_catalog(Catalog("x.po", "po", data)))


def test_missing_directory_and_distribution(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or directory"):
        GettextSource(
            GettextCorpus(kind="gettext", path=tmp_path / "no"), Downloads(tmp_path), "en"
        ).languages()
    with pytest.raises(SourceError, match="not installed"):
        GettextSource(
            GettextCorpus(kind="gettext", installed="no-such-thing"), Downloads(tmp_path), "en"
        ).languages()


def test_json_catalogs_by_a_pattern_beside_the_pivots(tmp_path: Path) -> None:
    texts = {"en": {"a": {"title": "Good morning", "n": 3, "list": ["One", "Two"]}, "only": "Here"}}
    texts["cy"] = {"a": {"title": "Bore da", "list": ["Un", "Dau"]}, "extra": "Yma"}
    for code, value in texts.items():
        file = tmp_path / "demo" / "translations" / f"{code}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    source = GettextSource(
        GettextCorpus(kind="gettext", path=tmp_path, pattern="**/translations/{lang}.json"),
        Downloads(tmp_path),
        "en",
    )
    assert source.languages() == {"en", "cy"}
    pairs = list(source.pairs("cy"))
    assert [pair[:2] for pair in pairs] == [
        ("Good morning", "Bore da"),
        ("One", "Un"),
        ("Two", "Dau"),
    ]
    assert pairs[0].origin == "demo/translations/cy.json#a.title"
    assert set(source.inputs("cy")) == {"demo/translations/cy.json", "demo/translations/en.json"}
    (tmp_path / "demo/translations/cy.json").write_text('{"a":\n [')
    with pytest.raises(Malformed, match=r"cy\.json:2"):
        list(source.pairs("cy"))


def test_the_pattern_of_json_catalogs() -> None:
    kolibri = member_pattern("kolibri/locale/{lang}/LC_MESSAGES/*.json")
    assert kolibri.search("kolibri/locale/sw_TZ/LC_MESSAGES/a.b-messages.json")["lang"] == "sw_TZ"  # type: ignore[index]
    assert not kolibri.search("kolibri/locale/sw_TZ/LC_MESSAGES/deep/a.json")
    assert member_pattern("**/{lang}/x/{lang}.json").search("a/b/cy/x/cy.json")
    assert not member_pattern("**/{lang}/x/{lang}.json").search("a/b/cy/x/fi.json")
