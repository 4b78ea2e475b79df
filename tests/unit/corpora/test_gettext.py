"""Catalogs in wheels, directories, installed distributions and single files."""

import json
import zipfile
from pathlib import Path

import polib
import pytest

from alignment.config import GettextCorpus
from alignment.corpora.gettext import GettextSource
from alignment.downloads import Downloads
from alignment.errors import Malformed, SourceError, UnsafeArchive

PO = 'msgid "Save the page"\nmsgstr "Įrašyti puslapį"\n\nmsgid "Open"\nmsgstr "Atverti"\n'
PAIRS = [("Save the page", "Įrašyti puslapį"), ("Open", "Atverti")]
DEMO = GettextCorpus(kind="gettext", package="demo", version="1.0")


def write_po(root: Path, *places: str) -> Path:
    for place in places:
        file = root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PO)
    return root


def cached_wheel(root: Path, **members: bytes) -> Downloads:
    """Downloads that already hold the wheel of `DEMO`."""
    directory = root / "wheels" / "demo-1.0"
    directory.mkdir(parents=True)
    path = directory / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return Downloads(root, offline=True)


def source(corpus: GettextCorpus, root: Path) -> GettextSource:
    return GettextSource(corpus, Downloads(root), "en")


def test_a_directory(tmp_path: Path) -> None:
    write_po(
        tmp_path,
        "a/locale/lt/LC_MESSAGES/django.po",
        "b/locale/lt_LT/LC_MESSAGES/django.po",
        "a/locale/fi/LC_MESSAGES/django.po",
    )
    catalogs = source(GettextCorpus(kind="gettext", path=tmp_path), tmp_path)
    assert catalogs.languages() == {"lt", "lt_LT", "fi"}
    assert [pair[:2] for pair in catalogs.pairs("lt")] == PAIRS * 2
    assert not list(catalogs.pairs("cy"))
    assert set(catalogs.inputs("lt")) == {
        "a/locale/lt/LC_MESSAGES/django.po",
        "b/locale/lt_LT/LC_MESSAGES/django.po",
    }


def test_the_best_spelling_of_a_folder(tmp_path: Path) -> None:
    write_po(tmp_path, "locale/de_AT/LC_MESSAGES/x.po", "locale/de/LC_MESSAGES/x.po")
    catalogs = source(GettextCorpus(kind="gettext", path=tmp_path), tmp_path)
    assert set(catalogs.inputs("de")) == {"locale/de/LC_MESSAGES/x.po"}


def test_a_folder_is_left_to_the_language_that_is_nearer(tmp_path: Path) -> None:
    write_po(tmp_path, "locale/pt_BR/LC_MESSAGES/x.po")
    corpus = GettextCorpus(kind="gettext", path=tmp_path)
    alone = GettextSource(corpus, Downloads(tmp_path), "en")
    assert len(list(alone.pairs("pt"))) == 2
    both = GettextSource(corpus, Downloads(tmp_path), "en", frozenset({"pt", "pt-BR"}))
    assert not list(both.pairs("pt"))
    assert len(list(both.pairs("pt-BR"))) == 2


@pytest.mark.parametrize("written_first", ["po", "mo"])
def test_po_is_preferred_to_mo(tmp_path: Path, written_first: str) -> None:
    folder = write_po(tmp_path, "locale/lt/LC_MESSAGES/x.po") / "locale/lt/LC_MESSAGES"
    polib.pofile(PO).save_as_mofile(str(folder / "x.mo"))
    polib.pofile(PO).save_as_mofile(str(folder / "only.mo"))
    catalogs = source(GettextCorpus(kind="gettext", path=tmp_path), tmp_path)
    names = [Path(name).name for name in catalogs.inputs("lt")]
    assert sorted(names) == ["only.mo", "x.po"]


def test_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "welsh.po").write_text(PO)
    catalogs = source(GettextCorpus(kind="gettext", path=tmp_path / "welsh.po"), tmp_path)
    assert [pair[:2] for pair in catalogs.pairs("cy")] == PAIRS
    assert set(catalogs.inputs("cy")) == {"welsh.po"}
    assert catalogs.languages() == frozenset()


def test_a_wheel_is_read_and_nothing_in_it_runs(tmp_path: Path) -> None:
    members = {
        "demo/locale/lt/LC_MESSAGES/x.po": PO.encode(),
        "demo/__init__.py": b"raise SystemExit(1)",
    }
    catalogs = GettextSource(DEMO, cached_wheel(tmp_path, **members), "en")
    pairs = list(catalogs.pairs("lt"))
    assert [pair[:2] for pair in pairs] == PAIRS
    assert pairs[1].origin == "demo/locale/lt/LC_MESSAGES/x.po:4"
    assert catalogs.inputs("lt") == {}  # the version pins it


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("demo/locale/lt/LC_MESSAGES/x.po", b" " * 30_000_000, "expands to 30,000,000 bytes"),
        ("../locale/lt/LC_MESSAGES/x.po", PO.encode(), "outside"),
    ],
    ids=["bomb", "outside"],
)
def test_an_unsafe_wheel(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    downloads = cached_wheel(tmp_path, **{name: data})
    with pytest.raises(UnsafeArchive, match=message):
        list(GettextSource(DEMO, downloads, "en").pairs("lt"))


def test_a_truncated_wheel(tmp_path: Path) -> None:
    downloads = cached_wheel(tmp_path, **{"demo/locale/lt/LC_MESSAGES/x.po": PO.encode()})
    file = next(tmp_path.rglob("*.whl"))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(Malformed, match="truncated"):
        list(GettextSource(DEMO, downloads, "en").pairs("lt"))


def test_a_missing_directory(tmp_path: Path) -> None:
    corpus = GettextCorpus(kind="gettext", path=tmp_path / "no")
    with pytest.raises(SourceError, match="no such file or directory"):
        source(corpus, tmp_path).languages()


def test_an_installed_distribution(tmp_path: Path) -> None:
    missing = GettextCorpus(kind="gettext", installed="no-such-thing")
    with pytest.raises(SourceError, match="not installed"):
        source(missing, tmp_path).languages()
    other = GettextCorpus(kind="gettext", installed="polib", version="0.0")
    with pytest.raises(SourceError, match=r"is installed, expected 0\.0"):
        source(other, tmp_path).languages()
    without = GettextCorpus(kind="gettext", installed="polib")
    assert list(source(without, tmp_path).pairs("lt")) == []


def test_an_installed_distribution_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_po(tmp_path, "demo/locale/lt/LC_MESSAGES/x.po")
    info = tmp_path / "demo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
    (info / "RECORD").write_text("demo/locale/lt/LC_MESSAGES/x.po,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    catalogs = source(GettextCorpus(kind="gettext", installed="demo"), tmp_path)
    assert [pair[:2] for pair in catalogs.pairs("lt")] == PAIRS


def test_json_catalogs_by_a_pattern(tmp_path: Path) -> None:
    texts = {"en": {"title": "Good morning"}, "cy": {"title": "Bore da"}}
    for code, value in texts.items():
        file = tmp_path / "demo" / "translations" / f"{code}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    lonely = tmp_path / "other" / "translations" / "cy.json"
    lonely.parent.mkdir(parents=True)
    lonely.write_text('{"title": "no English file"}')
    corpus = GettextCorpus(kind="gettext", path=tmp_path, pattern="**/translations/{lang}.json")
    catalogs = source(corpus, tmp_path)
    assert catalogs.languages() == {"en", "cy"}
    assert [tuple(pair) for pair in catalogs.pairs("cy")] == [
        ("Good morning", "Bore da", "demo/translations/cy.json#title")
    ]
    assert set(catalogs.inputs("cy")) == {
        "demo/translations/cy.json",
        "demo/translations/en.json",
        "other/translations/cy.json",
    }
