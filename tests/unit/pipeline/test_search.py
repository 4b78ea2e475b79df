"""Indexes and the models that they belong to."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from alignment.encoder.directory import save_encoder
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import ConfigError
from alignment.pipeline.search import (
    Models,
    index_documents,
    model_digest,
    open_challenger,
    open_engine,
)
from alignment.pipeline.workspace import Workspace
from alignment.search import Document, Documents
from tests.unit.encoder.examples import TEXTS, small_encoder
from tests.unit.encoder.toys import scale_embedding, write_json

DOCUMENTS = Documents(
    "kb.jsonl", "d1", lambda: (Document(str(n), text) for n, text in enumerate(TEXTS))
)


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two encoders with prompts for queries and documents: `old` and `new`."""
    root = tmp_path_factory.mktemp("encoders")
    encoder = small_encoder()
    choose_prompts(encoder.container, Prompts("query: ", "the red "))
    save_encoder(root / "old", encoder)
    scale_embedding(encoder.model, -1)
    save_encoder(root / "new", encoder)
    return root


@pytest.fixture
def models(tmp_path: Path, encoders: Path) -> Models:
    """The registry has demo v1 and v2; v1 is the champion."""
    for version, name in (("v1", "old"), ("v2", "new")):
        path = tmp_path / "workspace/registry/demo" / version
        shutil.copytree(encoders / name, path)
        write_json(path / "manifest.json", {"digest": name})
        (path / "README.md").write_text("a card")
    (tmp_path / "workspace/registry/demo/champion").symlink_to("v1")
    return Models(Workspace(tmp_path / "workspace"))


def test_documents_and_queries_get_their_own_prompts(
    tmp_path: Path, encoders: Path, models: Models
) -> None:
    from sentence_transformers import SentenceTransformer

    index_documents(tmp_path / "index", DOCUMENTS, models, str(encoders / "old"))
    engine = open_engine(tmp_path / "index", models)
    theirs = SentenceTransformer(str(encoders / "old"), device="cpu")
    documents = theirs.encode_document(TEXTS)
    query = theirs.encode_query(["the old boat"])[0]
    scores = documents @ query
    matches = engine.matches("the old boat", len(TEXTS))
    expected = [float(scores[match.row]) for match in matches]
    assert [match.score for match in matches] == pytest.approx(expected, abs=1e-5)
    assert np.all(np.diff(expected) <= 1e-5)


def test_a_version_is_remembered_by_its_name(tmp_path: Path, models: Models) -> None:
    built = index_documents(tmp_path / "index", DOCUMENTS, models, "demo@champion")
    assert built.model.name == "demo v1"
    assert built.model.reference == "demo@v1"
    engine = open_engine(tmp_path / "index", models)
    assert engine.role == "champion"
    assert open_engine(tmp_path / "index", models, "demo@champion").name == "demo v1"


def test_another_model_is_refused_by_name(tmp_path: Path, models: Models) -> None:
    index_documents(tmp_path / "index", DOCUMENTS, models, "demo@v1")
    with pytest.raises(ConfigError, match=r"built with demo v1 \(.*\), got demo v2") as caught:
        open_engine(tmp_path / "index", models, "demo@v2")
    assert "--model" in str(caught.value)


def test_a_model_that_has_changed_is_refused(
    tmp_path: Path, encoders: Path, models: Models
) -> None:
    model = tmp_path / "model"
    shutil.copytree(encoders / "old", model)
    index_documents(tmp_path / "index", DOCUMENTS, models, str(model))
    shutil.rmtree(model)
    shutil.copytree(encoders / "new", model)
    with pytest.raises(ConfigError, match="its files have changed since"):
        open_engine(tmp_path / "index", models)


def test_a_copy_of_a_version_is_the_same_model(
    tmp_path: Path, encoders: Path, models: Models
) -> None:
    index_documents(tmp_path / "index", DOCUMENTS, models, "demo@v1")
    assert open_engine(tmp_path / "index", models, str(encoders / "old")).name == "demo v1"
    assert model_digest(encoders / "old") != model_digest(encoders / "new")


def test_a_challenger_encodes_the_same_documents_once(tmp_path: Path, models: Models) -> None:
    index_documents(tmp_path / "index", DOCUMENTS, models, "demo@v1")
    engine = open_engine(tmp_path / "index", models)
    encoded: list[int] = []
    challenger = open_challenger(engine, "demo@v2", models, encoded.append)
    assert challenger.name == "demo v2" and challenger.role == ""
    assert list(challenger.index.documents) == list(engine.index.documents)
    assert challenger.index.path.parent == tmp_path
    again = open_challenger(engine, "demo@v2", models, encoded.append)
    assert again.index.path == challenger.index.path
    assert encoded == [len(TEXTS)]
    assert open_challenger(engine, str(again.index.path), models).name == "demo v2"


def test_indexes_of_other_documents_are_not_compared(tmp_path: Path, models: Models) -> None:
    index_documents(tmp_path / "index", DOCUMENTS, models, "demo@v1")
    others = DOCUMENTS._replace(digest="d2", read=lambda: iter([Document("1", "the boat")]))
    index_documents(tmp_path / "others", others, models, "demo@v2")
    engine = open_engine(tmp_path / "index", models)
    with pytest.raises(ConfigError, match="hold different documents"):
        open_challenger(engine, str(tmp_path / "others"), models)
