"""Catalogs in wheels, directories, installed distributions and single files."""

import io
import json
import zipfile
from pathlib import Path

import polib
import pytest

from alignment.config import GettextCorpus
from alignment.corpora.gettext import GettextSource
from alignment.downloads import Downloads
from alignment.errors import Malformed, SourceError, UnsafeArchive
from tests.archives import COMPRESSIONS, deb, tar
from tests.faulty_server import FaultyServer

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
    assert catalogs.skipped.counts == {"no file in the pivot language": 1}
    assert set(catalogs.inputs("cy")) == {
        "demo/translations/cy.json",
        "demo/translations/en.json",
        "other/translations/cy.json",
    }


LT = {"usr/share/locale/lt/LC_MESSAGES/x.po": PO.encode()}


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


ARCHIVES = {
    "x.whl": zipped(LT),
    "x.xpi": zipped(LT),
    "x.deb": deb(LT),
    **{f"x.tar{ending}": tar(LT, ending) for ending in COMPRESSIONS},
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_by_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name])
    catalogs = source(GettextCorpus(kind="gettext", path=path), tmp_path / "cache")
    assert catalogs.languages() == {"lt"}
    assert [pair[:2] for pair in catalogs.pairs("lt")] == PAIRS
    assert {item.path for item in catalogs.inputs("lt").values()} == {path}


@pytest.mark.parametrize("name", ["x.deb", "x.whl", "lt.po"])
def test_an_archive_or_a_file_by_url(tmp_path: Path, name: str) -> None:
    data = ARCHIVES.get(name, PO.encode())
    with FaultyServer({f"/{name}": data}).serving() as server:
        corpus = GettextCorpus(kind="gettext", url=f"{server.url}/{name}")
        catalogs = source(corpus, tmp_path)
        assert [pair[:2] for pair in catalogs.pairs("lt")] == PAIRS
        assert set(catalogs.inputs("lt")) == {name}
    assert [entry.url for entry in catalogs.downloads.lock.entries()] == [corpus.url]


def test_a_debian_package_is_pinned_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a": deb({"i18n/en.json": b'{"x": "Good morning"}'})}
    files["b"] = deb({"i18n/br.json": b'{"x": "Demat"}'})
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(
        "alignment.corpora.gettext.fetch_deb", lambda name, version, *_, **__: tmp_path / name
    )
    corpus = GettextCorpus(kind="gettext", deb=("a", "b"), version="1", pattern="i18n/{lang}.json")
    catalogs = source(corpus, tmp_path)
    assert catalogs.languages() == {"en", "br"}
    assert [pair[:2] for pair in catalogs.pairs("br")] == [("Good morning", "Demat")]
    assert catalogs.inputs("br") == {}


def test_catalogs_in_an_archive_within_an_archive(tmp_path: Path) -> None:
    members = {
        f"usr/lib/langpack-{code}@x.xpi": zipped({f"localization/{code}/a/b.ftl": text.encode()})
        for code, text in {"br": "x = Digeri\u00f1", "en-GB": "x = Open"}.items()
    }
    path = tmp_path / "x.deb"
    path.write_bytes(deb(members))
    corpus = GettextCorpus(
        kind="gettext", path=path, pattern="**/langpack-{lang}@*.xpi/**/{lang}/**/*.ftl"
    )
    catalogs = source(corpus, tmp_path)
    assert catalogs.languages() == {"br", "en-GB"}
    (pair,) = catalogs.pairs("br")
    assert pair[:2] == ("Open", "Digeriñ")
    assert pair.origin == "usr/lib/langpack-br@x.xpi/localization/br/a/b.ftl#x"


def test_what_macos_adds_to_an_archive_is_left_out(tmp_path: Path) -> None:
    members = {**LT}
    for name in LT:
        members[f"__MACOSX/{name}"] = b"\x00\x05"
        members[name.replace("x.po", "._x.po")] = b"\x00\x05"
    (tmp_path / "x.zip").write_bytes(zipped(members))
    catalogs = source(GettextCorpus(kind="gettext", path=tmp_path / "x.zip"), tmp_path)
    assert [pair[:2] for pair in catalogs.pairs("lt")] == PAIRS


def test_skipped_entries_are_counted(tmp_path: Path) -> None:
    (tmp_path / "po").mkdir()
    (tmp_path / "po" / "lt.po").write_text(
        PO + '#, fuzzy\nmsgid "a"\nmsgstr "b"\n\nmsgid "open\nmsgstr ""\n\n'
        'msgid "c"\nmsgstr ""\n\nmsgid "translator-credits"\nmsgstr "A B"\n'
    )
    catalogs = source(GettextCorpus(kind="gettext", path=tmp_path), tmp_path)
    assert [pair[:2] for pair in catalogs.pairs("lt")] == PAIRS
    assert catalogs.skipped.counts == {
        "fuzzy": 1,
        "unreadable entry": 1,
        "untranslated": 1,
        "translator credits": 1,
    }


@pytest.mark.parametrize("pattern", [None, "locale/{lang}.po"])
def test_catalogs_in_other_places_are_named(tmp_path: Path, pattern: str | None) -> None:
    write_po(tmp_path, "translations/lt/app.po")
    corpus = GettextCorpus(kind="gettext", path=tmp_path, pattern=pattern)
    with pytest.raises(SourceError, match=r"1 catalogs, but none at .*\n.*translations/lt/app\.po"):
        source(corpus, tmp_path).languages()
    right = GettextCorpus(kind="gettext", path=tmp_path, pattern="**/{lang}/*.po")
    assert [pair[:2] for pair in source(right, tmp_path).pairs("lt")] == PAIRS


@pytest.mark.parametrize("name", ["x.json", "x.bin"])
def test_a_single_file_of_another_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    corpus = GettextCorpus(kind="gettext", path=tmp_path / name)
    with pytest.raises(SourceError, match="neither a directory, nor an archive"):
        list(source(corpus, tmp_path).pairs("lt"))
