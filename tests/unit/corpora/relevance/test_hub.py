"""A retrieval suite in MTEB's layout of a Hub dataset, read from a directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alignment.config import RetrievalSuite
from alignment.corpora.relevance.suite import CheckedDocuments, judged_queries, offered, open_suite
from alignment.downloads import Downloads
from alignment.errors import ConfigError

CARD = """---
configs:
- config_name: corpus
  data_files: [{split: corpus, path: corpus.jsonl}]
- config_name: queries
  data_files: [{split: queries, path: queries.jsonl}]
- config_name: QRELS
  data_files: [{split: test, path: qrels/test.jsonl}]
---
"""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "dataset"
    rows: dict[str, list[dict[str, Any]]] = {
        "corpus.jsonl": [{"_id": "d1", "title": "Te", "text": "Paned"}],
        "queries.jsonl": [{"_id": "q1", "text": "te"}],
        "qrels/test.jsonl": [{"query-id": "q1", "corpus-id": "d1", "score": 1}],
    }
    for name, content in rows.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in content))
    return root


@pytest.mark.parametrize("name", ["default", "qrels"])
def test_the_layout_of_mteb(dataset: Path, tmp_path: Path, name: str) -> None:
    (dataset / "README.md").write_text(CARD.replace("QRELS", name))
    suite = RetrievalSuite(dataset=str(dataset), language="cy")
    reader = open_suite(suite, Downloads(tmp_path / "downloads"))
    assert offered(reader) == {"cy": "cy"}
    judged = judged_queries(reader, "cy", "cy")
    assert judged.texts == {"q1": "te"}
    assert judged.relevance == {"q1": {"d1": 1}}
    documents = CheckedDocuments(reader, "cy", judged)
    assert [document.text for document in documents] == ["Te Paned"]
    assert documents.digest


def test_a_revision_is_needed(tmp_path: Path) -> None:
    suite = RetrievalSuite(dataset="mteb/scifact", language="en")
    reader = open_suite(suite, Downloads(tmp_path, offline=True))
    with pytest.raises(ConfigError, match="needs its `revision`"):
        reader.inputs("en")


def test_one_configuration_per_language(dataset: Path, tmp_path: Path) -> None:
    card = CARD.replace("QRELS", "qrels").replace("config_name: ", "config_name: cy-")
    (dataset / "README.md").write_text(card)
    suite = RetrievalSuite(dataset=str(dataset), prefix="{lang}-")
    reader = open_suite(suite, Downloads(tmp_path / "downloads"))
    assert offered(reader) == {"cy": "cy"}
    assert judged_queries(reader, "cy", "cy").relevance == {"q1": {"d1": 1}}
