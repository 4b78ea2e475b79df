import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alignment import layout, tables
from alignment.checks.semantic import Threshold
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.errors import Corrupt, EmptyCorpus
from alignment.files import tree_digests, write_json
from alignment.pipeline.explain import explain_semantics
from alignment.stages import semantic as stage
from alignment.stages.mine import mine
from alignment.stages.semantic import SemanticCounts, read_semantic, semantic
from alignment.types import Artifact, combined_digest
from alignment.vectors import read_kept, shard_name, write_shard
from tests.stages.helpers import pairs_artifact
from tests.unit.checks.vectors import made_up

N = 300
VECTORS, BAD = made_up(N, noise=0.2)
PAIRS = [(f"source {'a' * (row % 7)} {row}", f"target {'b' * (row % 5)} {row}") for row in range(N)]


def artifact_of(path: Path, stage_name: str) -> Artifact:
    files = tree_digests(path)
    return Artifact(stage_name, "fi", path.name, path, files, {}, 0.0, combined_digest(files))


def cleaned_artifact(directory: Path, n: int = N, rows: list[int] | None = None) -> Artifact:
    """The pairs in the order of `rows`, with the ledger of a language that lost ten before."""
    order = rows or list(range(n))
    artifact = pairs_artifact(directory, "fi", [PAIRS[row] for row in order])
    ledger = {"seen": n + 10, "kept": n, "dropped": {"too_short": 10}, "skipped_by_reader": {}}
    write_json(artifact.path / layout.LEDGER, ledger)
    return artifact_of(artifact.path, "clean")


def embedded_artifact(directory: Path, n: int = N, rows: list[int] | None = None) -> Artifact:
    order = np.array(rows or range(n))
    path = directory / "embedded"
    sides = (
        (layout.SOURCE_VECTORS, layout.SOURCE_ROWS, VECTORS.source),
        (layout.TARGET_VECTORS, layout.TARGET_ROWS, VECTORS.target),
    )
    for folder, numbers, vectors in sides:
        (path / folder).mkdir(parents=True)
        write_shard(path / folder / shard_name(0), [vectors[order]], n, vectors.shape[1])
        np.save(path / numbers, np.arange(n, dtype=np.int32))
    return artifact_of(path, "embed")


def filtered(
    context: RunContext, directory: Path, threshold: Threshold = "learned", **options: Any
) -> Artifact:
    cleaned = cleaned_artifact(directory)
    return semantic(context, "fi", cleaned, embedded_artifact(directory), threshold, **options)


def test_noise_is_dropped_and_counted(context: RunContext, tmp_path: Path) -> None:
    artifact = filtered(context, tmp_path)
    scores = np.load(artifact.path / layout.SCORES)
    kept = read_kept(artifact)
    assert scores.shape == (N,) and scores.dtype == np.float32
    assert kept is not None
    assert BAD[kept].mean() < 0.05
    assert len(kept) >= 0.95 * (~BAD).sum()
    counts = SemanticCounts.of(artifact)
    assert counts == SemanticCounts(
        N + 10, len(kept), {"too_short": 10, "not_a_translation": N - len(kept)}
    )
    ledger = json.loads((artifact.path / layout.LEDGER).read_text())
    assert ledger["kept"] + sum(ledger["dropped"].values()) == ledger["seen"]
    assert ledger["semantic"]["outcome"] == "filtered"
    assert read_semantic(artifact)["dropped"] == N - len(kept)


def test_pairs_have_their_scores(context: RunContext, tmp_path: Path) -> None:
    artifact = filtered(context, tmp_path)
    table = tables.read_table(artifact.path / layout.PAIRS)
    assert table.schema.equals(tables.SCORED_PAIRS)
    kept = read_kept(artifact)
    assert kept is not None
    assert table["target"].to_pylist() == [PAIRS[row][1] for row in kept]
    scores = np.load(artifact.path / layout.SCORES)
    assert table["semantic_score"].to_numpy().tolist() == scores[kept].tolist()
    assert table["probability"].to_numpy().min() >= 0
    assert table["probability"].to_numpy().mean() > 0.95


def test_the_last_scores_are_explained(context: RunContext, tmp_path: Path) -> None:
    assert explain_semantics(context.store, "fi") is None
    filtered(context, tmp_path / "measured", "measure")
    artifact = filtered(context, tmp_path / "filtered")
    explained = explain_semantics(context.store, "fi")
    assert explained is not None
    assert explained.threshold == "learned"
    assert explained.result.model_dump() == read_semantic(artifact)
    assert explain_semantics(context.store, "cy") is None


@pytest.mark.parametrize("keep", [True, False])
def test_rejects(context: RunContext, tmp_path: Path, keep: bool) -> None:
    artifact = filtered(context, tmp_path, keep_rejects=keep)
    assert (layout.REJECTS in artifact.files) is keep
    if keep:
        rows = list(tables.read(artifact.path / layout.REJECTS))
        assert len(rows) == N - SemanticCounts.of(artifact).kept > 0
        assert {row["reason"] for row in rows} == {"not_a_translation"}


def test_the_order_of_the_pairs_does_not_matter(context: RunContext, tmp_path: Path) -> None:
    straight = filtered(context, tmp_path / "straight")
    rows = np.random.default_rng(0).permutation(N).tolist()
    directory = tmp_path / "shuffled"
    shuffled_pairs = cleaned_artifact(directory)
    # The identities move with their pairs.
    table = tables.read_table(shuffled_pairs.path / layout.PAIRS).take(rows)
    tables.write_batches(
        shuffled_pairs.path / layout.PAIRS, tables.PAIRS, table.combine_chunks().to_batches()
    )
    shuffled_pairs = artifact_of(shuffled_pairs.path, "clean")
    shuffled = semantic(
        context, "fi", shuffled_pairs, embedded_artifact(directory, rows=rows), "learned"
    )
    scores = np.load(straight.path / layout.SCORES)
    assert np.array_equal(np.load(shuffled.path / layout.SCORES), scores[rows])
    assert SemanticCounts.of(shuffled) == SemanticCounts.of(straight)


def test_pools_cover_every_pair(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "POOL", 160)
    artifact = filtered(context, tmp_path)
    kept = read_kept(artifact)
    assert kept is not None
    assert BAD[kept].mean() < 0.1
    assert len(kept) >= 0.9 * (~BAD).sum()


def test_ten_pairs_are_left_alone(context: RunContext, tmp_path: Path) -> None:
    cleaned = cleaned_artifact(tmp_path, 10)
    artifact = semantic(context, "fi", cleaned, embedded_artifact(tmp_path, 10), "learned")
    assert SemanticCounts.of(artifact).kept == 10
    assert read_semantic(artifact)["outcome"] == "too_few_pairs"


def test_a_margin_that_no_pair_reaches(context: RunContext, tmp_path: Path) -> None:
    with pytest.raises(EmptyCorpus, match=r"none of the 300 pairs has a score of 9 or more"):
        filtered(context, tmp_path, 9.0)


def test_vectors_of_other_pairs(context: RunContext, tmp_path: Path) -> None:
    cleaned = cleaned_artifact(tmp_path, 200)
    with pytest.raises(Corrupt, match="got vectors of 300 pairs, expected 200"):
        semantic(context, "fi", cleaned, embedded_artifact(tmp_path), "learned")


def test_reuse_depends_on_the_threshold(context: RunContext, tmp_path: Path) -> None:
    cleaned = cleaned_artifact(tmp_path)
    embedded = embedded_artifact(tmp_path)
    assert not semantic(context, "fi", cleaned, embedded, "learned").reused
    assert semantic(context, "fi", cleaned, embedded, "learned").reused
    assert not semantic(context, "fi", cleaned, embedded, "measure").reused


def test_negatives_are_mined_from_the_kept_pairs(context: RunContext, tmp_path: Path) -> None:
    cleaned = cleaned_artifact(tmp_path)
    embedded = embedded_artifact(tmp_path)
    pairs = semantic(context, "fi", cleaned, embedded, "learned")
    mined = mine(context, "fi", pairs, embedded, Triplets())
    kept = SemanticCounts.of(pairs).kept
    rows = [row["pair"] for row in tables.read(mined.path / layout.CANDIDATES)]
    assert set(rows) == set(range(kept))
