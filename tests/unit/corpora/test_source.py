"""The registry of kinds."""

from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from alignment.config import Corpus
from alignment.corpora import KINDS, open_source
from alignment.corpora.base import SourceBase
from alignment.downloads import Downloads
from alignment.errors import ConfigError

CORPUS: TypeAdapter[Corpus] = TypeAdapter(Corpus)


def example(kind: str) -> Corpus:
    return CORPUS.validate_python(yaml.safe_load(KINDS[kind].example))


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_a_valid_corpus(kind: str) -> None:
    corpus = example(kind)
    assert corpus.kind == kind and isinstance(corpus, KINDS[kind].settings)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"prebuilt_triplets"}))
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
