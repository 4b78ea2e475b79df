"""The registry of kinds."""

from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from alignment.config import CORPUS_KINDS, Corpus
from alignment.corpora import SOURCES, open_source
from alignment.corpora.base import SourceBase
from alignment.downloads import Downloads
from alignment.errors import ConfigError

CORPUS: TypeAdapter[Corpus] = TypeAdapter(Corpus)


def example(kind: str) -> Corpus:
    return CORPUS.validate_python(yaml.safe_load(CORPUS_KINDS[kind].example))


def test_every_kind_of_pairs_has_a_source() -> None:
    assert SOURCES.keys() == CORPUS_KINDS.keys() - {"prebuilt_triplets"}


@pytest.mark.parametrize("kind", SOURCES)
def test_opening_a_source_fetches_nothing(tmp_path: Path, kind: str) -> None:
    source = open_source(example(kind), Downloads(tmp_path / "cache", offline=True), "en")
    assert isinstance(source, SourceBase)
    assert not list(tmp_path.iterdir())


def test_prebuilt_triplets_have_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="kind prebuilt_triplets has no sentence pairs"):
        open_source(example("prebuilt_triplets"), Downloads(tmp_path), "en")


class Spelled(SourceBase[None]):
    def languages(self) -> frozenset[str]:
        return frozenset({"fin", "pt_br"})


@pytest.mark.parametrize(
    ("language", "expected"), [("fi", "fin"), ("pt-BR", "pt_br"), ("cy", None)]
)
def test_spelling(tmp_path: Path, language: str, expected: str | None) -> None:
    assert Spelled(None, Downloads(tmp_path), "en").spelling(language) == expected


def test_a_spelling_is_left_to_the_language_that_is_nearer(tmp_path: Path) -> None:
    assert Spelled(None, Downloads(tmp_path), "en").spelling("pt") == "pt_br"
    others = frozenset({"pt", "pt-BR"})
    assert Spelled(None, Downloads(tmp_path), "en", others).spelling("pt") is None
    assert Spelled(None, Downloads(tmp_path), "pt-BR").spelling("pt") is None


def test_doubt(tmp_path: Path) -> None:
    source = Spelled(None, Downloads(tmp_path), "en")
    assert source.doubt("pt-PT") == "pt_br is read for pt-PT"
    assert source.doubt("pt-BR") is source.doubt("cy") is None
