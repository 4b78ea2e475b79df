"""Retrieval suites as a stage, with the encoder of the finished smoke run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from alignment import layout, tables
from alignment.config import RetrievalSuite
from alignment.context import RunContext
from alignment.encoder.directory import load_encoder
from alignment.encoder.query_document import for_queries_and_documents
from alignment.errors import Malformed
from alignment.stages.retrieve import RetrieveCounts, retrieve
from alignment.types import Artifact, Input


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    root = tmp_path / "suite" / "es"
    (root / "qrels").mkdir(parents=True)
    documents = ["The file is new.", "Open the door", "Print all pages", "Cancel"]
    queries = ["El archivo es nuevo.", "Cancelar"]
    lines = [json.dumps({"_id": f"d{i}", "text": text}) for i, text in enumerate(documents)]
    (root / "corpus.jsonl").write_text("\n".join(lines))
    lines = [json.dumps({"_id": f"q{i}", "text": text}) for i, text in enumerate(queries)]
    (root / "queries.jsonl").write_text("\n".join(lines))
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td3\t1\n")
    return root


def run(context: RunContext, finished: Path, root: Path, language: str = "es") -> Artifact:
    model = Input("champion", finished / "registry" / "smoke" / "champion")
    suites = {"help": RetrievalSuite(path=root.parent / "{lang}")}
    return retrieve(context.store, context.downloads, language, suites, model)


def test_one_row_per_query(context: RunContext, finished: Path, suite: Path) -> None:
    artifact = run(context, finished, suite)
    rows = list(tables.read(artifact.path / layout.outcomes_file("help")))
    assert [row["query_id"] for row in rows] == ["q0", "q1"]
    assert all(row["recall@100"] == 1.0 for row in rows)
    assert all(0 < row["mrr@10"] <= row["ndcg@10"] <= 1 for row in rows)
    counts = RetrieveCounts.of(artifact)
    assert (counts.queries, counts.documents) == ({"help": 2}, {"help": 4})
    assert len(counts.digests["help"]) == 64
    assert run(context, finished, suite).reused


def test_files_count_by_content(context: RunContext, finished: Path, suite: Path) -> None:
    first = run(context, finished, suite)
    with (suite / "corpus.jsonl").open("a") as file:
        file.write('\n{"_id": "d9", "text": "more"}\n')
    second = run(context, finished, suite)
    assert second.rebuild_reasons == ("input help:corpus.jsonl changed",)
    assert RetrieveCounts.of(first).digests != RetrieveCounts.of(second).digests


def test_a_language_that_no_suite_has(context: RunContext, finished: Path, suite: Path) -> None:
    artifact = run(context, finished, suite, "ru")
    assert not layout.evaluated_suites(artifact)


def test_damage_stops_the_stage(context: RunContext, finished: Path, suite: Path) -> None:
    (suite / "qrels" / "test.tsv").write_text("q0\td7\t1\n")
    with pytest.raises(Malformed, match="no document with the id 'd7'"):
        run(context, finished, suite)


def test_prompts_of_queries_and_documents(finished: Path) -> None:
    encoder = load_encoder(finished / "registry" / "smoke" / "champion", device="cpu")
    container = encoder.container
    container.prompts = {"query": "q: ", "passage": "p: "}
    container.default_prompt_name = None
    searcher = for_queries_and_documents(encoder)
    text = ["open the door"]
    query = searcher.encode(text, side="source")
    assert np.allclose(query, container.encode_query(text), atol=1e-5)
    document = searcher.encode(text, side="target")
    assert np.allclose(document, container.encode_document(text), atol=1e-5)
    # The given encoder is as it was.
    assert container.prompts == {"query": "q: ", "passage": "p: "}
    assert np.allclose(encoder.encode(text), container.encode(text), atol=1e-5)
