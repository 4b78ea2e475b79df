from pathlib import Path

import pytest

from alignment.config import Config, parse_config
from alignment.errors import ConfigError
from alignment.pipeline.corpora import check_prebuilt, corpus_uses, every_corpus
from alignment.triplets.build import CorpusUsage

CONFIG = """
name: demo
encoder: {source: scratch}
corpora:
  - {kind: local, path: "shared-{lang}.tsv", license: MIT}
  - {kind: prebuilt_triplets, path: nli.jsonl, language: fi, share: 0.1, license: MIT}
holdout:
  suites:
    extra: {kind: local, path: "suite-{lang}.tsv", license: MIT}
languages:
  fi:
    corpora: [{kind: local, path: own.tsv, weight: 2, direction: to_pivot, license: MIT}]
  cy: {}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse_config(CONFIG, base=tmp_path)


def test_every_corpus_is_listed_once(config: Config) -> None:
    names = [corpus.display_name for corpus in every_corpus(config)]
    assert names == ["shared", "own", "suite", "nli"]


def test_uses_that_differ_from_the_default(config: Config) -> None:
    assert corpus_uses(config) == {"own": CorpusUsage(2.0, "to_pivot")}


def test_prebuilt_triplets_without_a_column(config: Config, tmp_path: Path) -> None:
    (tmp_path / "nli.jsonl").write_text('{"anchor": "a", "positive": "b"}\n')
    with pytest.raises(ConfigError, match="no column 'negative'"):
        check_prebuilt(config)
