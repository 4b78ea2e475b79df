"""sacreBLEU's test sets, with the files in our cache."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sacrebleu
from sacrebleu.dataset.plain_text import PlainTextDataset

from alignment.config import SacrebleuCorpus
from alignment.corpora.sacrebleu import SacrebleuSource
from alignment.downloads import Downloads
from alignment.errors import ConfigError, Malformed
from tests.faulty_server import FaultyServer

TEXTS = {"demo.en": "Good morning\nGood night\n", "demo.cy": "Bore da\nNos da\n"}


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in TEXTS.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def test_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainTextDataset]:
    """A test set named `demo`, in sacreBLEU's table and on a loopback server."""
    data = archive()
    with FaultyServer({"/demo.tgz": data}).serving() as server:
        demo = PlainTextDataset(
            "demo",
            data=[f"{server.url}/demo.tgz"],
            md5=[hashlib.md5(data).hexdigest()],
            description="",
            langpairs={"cy-en": ["demo.cy", "demo.en"], "en-cy": ["demo.en", "demo.cy"]},
        )
        monkeypatch.setitem(sacrebleu.DATASETS, "demo", demo)
        yield demo


def source(root: Path, name: str = "demo", pivot: str = "en") -> SacrebleuSource:
    corpus = SacrebleuCorpus(kind="sacrebleu", test_set=name)
    return SacrebleuSource(corpus, Downloads(root), pivot)


@pytest.mark.usefixtures("test_set")
def test_the_pivot_comes_first(tmp_path: Path) -> None:
    assert source(tmp_path).languages() == {"cy"}
    expected = [("Good morning", "Bore da"), ("Good night", "Nos da")]
    assert [pair[:2] for pair in source(tmp_path).pairs("cy")] == expected
    swapped = [pair[::-1] for pair in expected]
    assert [pair[:2] for pair in source(tmp_path, pivot="cy").pairs("en")] == swapped


def test_the_other_direction_serves(test_set: PlainTextDataset, tmp_path: Path) -> None:
    del test_set.langpairs["en-cy"]
    pairs = [pair[:2] for pair in source(tmp_path).pairs("cy")]
    assert pairs == [("Good morning", "Bore da"), ("Good night", "Nos da")]


@pytest.mark.usefixtures("test_set")
def test_the_direction_from_the_pivot_in_the_cache(tmp_path: Path) -> None:
    assert set(source(tmp_path).inputs("cy")) == {"demo.en-cy.src", "demo.en-cy.ref"}
    assert [path.name for path in (tmp_path / "sacrebleu").iterdir()] == ["demo"]


@pytest.mark.usefixtures("test_set")
def test_a_language_that_is_missing(tmp_path: Path) -> None:
    assert list(source(tmp_path).pairs("fi")) == [] and source(tmp_path).inputs("fi") == {}


def test_an_unknown_test_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no test set 'wmt99'\n.*sacrebleu --list"):
        source(tmp_path, "wmt99").languages()


def test_a_parser_that_fails(test_set: PlainTextDataset, tmp_path: Path) -> None:
    test_set.langpairs["en-cy"] = ["no-such-member", "demo.cy"]
    with pytest.raises(Malformed, match="demo: sacreBLEU cannot read the test set"):
        list(source(tmp_path).pairs("cy"))


@pytest.mark.parametrize("attribute", ["_outdir", "_rawdir"])
def test_a_version_without_the_private_attribute(
    test_set: PlainTextDataset, tmp_path: Path, attribute: str
) -> None:
    delattr(test_set, attribute)
    with pytest.raises(ConfigError, match=rf"sacrebleu \d.* not supported.*`{attribute}`"):
        source(tmp_path).languages()
