"""`read_pairs`: one corpus from Python."""

import doctest
from pathlib import Path

import pytest

from alignment.config import LocalCorpus
from alignment.corpora import read, read_pairs
from alignment.downloads import Downloads
from alignment.errors import ConfigError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "welsh.tsv"
    path.write_text("source\ttarget\nGood morning\tBore da\n")
    return path


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = doctest.testmod(read)
    assert results.attempted == 4 and results.failed == 0


def test_a_mapping_and_settings_agree(table: Path) -> None:
    expected = [("Good morning", "Bore da", "welsh.tsv:2")]
    assert list(read_pairs({"kind": "local", "path": str(table)}, "cy")) == expected
    assert list(read_pairs(LocalCorpus(kind="local", path=table), "cy")) == expected


def test_the_pivot_selects_the_source_side(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    path.write_text(
        '<tmx><body><tu><tuv xml:lang="de"><seg>Haus</seg></tuv>'
        '<tuv xml:lang="fi"><seg>Talo</seg></tuv></tu></body></tmx>'
    )
    corpus = {"kind": "local", "path": path}
    assert list(read_pairs(corpus, "fi")) == []
    assert [pair[:2] for pair in read_pairs(corpus, "fi", pivot="de")] == [("Haus", "Talo")]


@pytest.mark.parametrize(
    ("corpus", "messages"),
    [
        (
            {"kind": "local", "pth": "a.tsv", "max_pairs": 0},
            ["corpus: pth: unknown key", "corpus: max_pairs: "],
        ),
        ({"kind": "opus", "corpus": "NLLB"}, ["corpus: version: is required and missing"]),
        ({"kind": "local", "columns": {"targt": "x"}}, ["corpus: columns.targt: unknown key"]),
        ({"kind": "tmx"}, ["kind: expected one of gettext, hub, local"]),
        ({"path": "a.tsv"}, ["kind: expected one of gettext, hub, local"]),
        ({"kind": "gettext"}, ["set exactly one of package, deb, installed, path and url"]),
        ({"kind": "prebuilt_triplets", "path": "a.tsv"}, ["has no sentence pairs"]),
    ],
    ids=["two keys", "missing", "nested", "unknown kind", "no kind", "together", "no pairs"],
)
def test_wrong_settings_name_the_keys(corpus: dict[str, object], messages: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_pairs(corpus, "cy")
    for message in messages:
        assert message in str(caught.value)


@pytest.mark.parametrize(("language", "pivot"), [("welsh", "en"), ("cy", "english")])
def test_wrong_language_codes(table: Path, language: str, pivot: str) -> None:
    with pytest.raises(ConfigError, match=r"not a .*language code"):
        read_pairs({"kind": "local", "path": table}, language, pivot=pivot)


def test_downloads_of_the_caller(table: Path, tmp_path: Path) -> None:
    downloads = Downloads(tmp_path / "cache")
    corpus = {"kind": "local", "url": table.as_uri()}
    assert len(list(read_pairs(corpus, "cy", downloads=downloads))) == 1
    assert list((tmp_path / "cache" / "objects").iterdir())


@pytest.mark.parametrize(
    ("workspace", "expected"),
    [("team", "team/downloads"), (None, "home/.cache/alignment/downloads")],
    ids=["workspace", "user cache"],
)
def test_where_downloads_go_by_default(
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workspace: str | None,
    expected: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ALIGNMENT_WORKSPACE", raising=False)
    if workspace is not None:
        monkeypatch.setenv("ALIGNMENT_WORKSPACE", str(tmp_path / workspace))
    list(read_pairs({"kind": "local", "url": table.as_uri()}, "cy"))
    assert list((tmp_path / expected / "objects").iterdir())
