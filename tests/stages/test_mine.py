import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from alignment import layout, tables
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.errors import Corrupt
from alignment.files import tree_digests
from alignment.stages import miner
from alignment.stages.mine import MineCounts, mine, needs_vectors
from alignment.triplets.near_pools import near_pool_numbers
from alignment.triplets.pools import random_pool_numbers
from alignment.types import Artifact, combined_digest
from alignment.vectors import pair_vectors, shard_name, write_shard
from tests.stages.helpers import new_context, pairs_artifact
from tests.unit.retrieval.vectors import unit

PAIRS = [("one cat", "yksi kissa"), ("two cats", "kaksi kissaa"), ("a dog", "koira")]


def settings(**shares: float) -> Triplets:
    return Triplets.model_validate({"shares": shares})


WITHOUT_VECTORS = settings(random=0.5, lexical=0.5, semantic=0)


def candidates(artifact: Artifact) -> list[dict[str, Any]]:
    return list(tables.read(artifact.path / layout.CANDIDATES))


def test_both_directions_of_every_pair(context: RunContext, tmp_path: Path) -> None:
    cleaned = pairs_artifact(tmp_path, "fi", PAIRS)
    artifact = mine(context, "fi", cleaned, None, WITHOUT_VECTORS)
    rows = candidates(artifact)
    assert MineCounts.of(artifact) == MineCounts(pairs=3, lists=len(rows)) == MineCounts(3, 12)
    assert {(row["direction"], row["strategy"]) for row in rows} == {
        ("forward", "random"),
        ("forward", "lexical"),
        ("backward", "random"),
        ("backward", "lexical"),
    }


def test_a_pair_is_not_its_own_candidate(context: RunContext, tmp_path: Path) -> None:
    cleaned = pairs_artifact(tmp_path, "fi", PAIRS)
    for row in candidates(mine(context, "fi", cleaned, None, WITHOUT_VECTORS)):
        assert row["pair"] not in row["candidates"]
        assert row["positive_similarity"] is None


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"shares": {"random": 1, "lexical": 0, "semantic": 0}}, False),
        ({"shares": {"random": 0, "lexical": 0, "semantic": 1}}, True),
        ({"shares": {"random": 0, "lexical": 0, "semantic": 0, "cross": 1}}, True),
        ({"shares": {"random": 1, "lexical": 0, "semantic": 0}, "relative_margin": 0.1}, True),
    ],
    ids=["random", "semantic", "cross", "relative margin"],
)
def test_when_an_encoder_is_needed(changes: dict[str, Any], needed: bool) -> None:
    assert needs_vectors(Triplets.model_validate(changes)) is needed


def test_processes_give_the_same_bytes(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = pairs_artifact(tmp_path, "fi", PAIRS)
    alone = mine(context, "fi", cleaned, None, WITHOUT_VECTORS)
    monkeypatch.setattr(miner, "PARALLEL_FROM", 0)
    monkeypatch.setattr(miner, "available_cpus", lambda: 2)
    parallel = new_context(tmp_path / "parallel")
    assert mine(parallel, "fi", cleaned, None, WITHOUT_VECTORS).digest == alone.digest


# 300 pairs in four pools of 75, whose texts share words.
MANY = [(f"number {row} of {row % 7}", f"numero {row} {row % 5}") for row in range(300)]
ALL_STRATEGIES = settings(random=0.25, lexical=0.25, semantic=0.25, cross=0.25)
POOLED = ALL_STRATEGIES.model_copy(update={"pool": 99, "num_candidates": 4})
ONE_POOL = ALL_STRATEGIES.model_copy(update={"num_candidates": 4})


def embedded_artifact(directory: Path, pairs: Sequence[tuple[str, str]], seed: int = 1) -> Artifact:
    """An artifact of `embed` with random vectors."""
    path = directory / "embed"
    for number, side in enumerate((layout.SOURCE_VECTORS, layout.TARGET_VECTORS)):
        (path / side).mkdir(parents=True)
        vectors = unit(len(pairs), 8, seed + number)
        write_shard(path / side / shard_name(0), [vectors], *vectors.shape)
    for name in (layout.SOURCE_ROWS, layout.TARGET_ROWS):
        np.save(path / name, np.arange(len(pairs), dtype=np.int32))
    files = tree_digests(path)
    return Artifact("embed", "fi", "fi", path, files, {}, 0.0, combined_digest(files))


@pytest.fixture
def many(tmp_path: Path) -> tuple[Artifact, Artifact]:
    """The pairs and their vectors."""
    return pairs_artifact(tmp_path, "fi", MANY), embedded_artifact(tmp_path, MANY)


def test_semantic_candidates_are_the_nearest(
    context: RunContext, many: tuple[Artifact, Artifact]
) -> None:
    cleaned, embedded = many
    vectors = pair_vectors(embedded)
    similarities = vectors.sources() @ vectors.targets().T
    others = similarities - 9 * np.eye(len(MANY), dtype=np.float32)
    for row in candidates(mine(context, "fi", cleaned, embedded, ONE_POOL)):
        if (row["direction"], row["strategy"]) != ("forward", "semantic"):
            continue
        pair = row["pair"]
        best = np.argsort(-others[pair], kind="stable")[:4]
        assert row["candidates"] == best.tolist()
        assert row["similarities"] == pytest.approx(similarities[pair, best].tolist(), abs=1e-5)
        assert row["positive_similarity"] == pytest.approx(similarities[pair, pair], abs=1e-5)


def test_candidates_come_from_the_pair_s_pool(
    context: RunContext, many: tuple[Artifact, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 64)
    cleaned, embedded = many
    rows = candidates(mine(context, "fi", cleaned, embedded, POOLED))
    keys = [(row["direction"], row["strategy"], row["pair"]) for row in rows]
    blocks = list(dict.fromkeys(key[:2] for key in keys))
    strategies = ("random", "lexical", "semantic", "cross")
    assert set(blocks) == set(itertools.product(("forward", "backward"), strategies))
    assert keys == [(*block, pair) for block in blocks for pair in range(len(MANY))]
    in_random_pools = random_pool_numbers(cleaned.path / layout.PAIRS, 99, context.seed)
    in_near_pools = near_pool_numbers(pair_vectors(embedded), 99)
    for row in rows:
        assert len(row["candidates"]) == 4
        pool_of = in_random_pools if row["strategy"] == "random" else in_near_pools
        assert set(pool_of[row["candidates"]]) == {pool_of[row["pair"]]}
        assert row["pair"] not in row["candidates"]


def test_pools_without_vectors(context: RunContext, many: tuple[Artifact, Artifact]) -> None:
    cleaned, _ = many
    pooled = WITHOUT_VECTORS.model_copy(update={"pool": 99, "num_candidates": 4})
    rows = candidates(mine(context, "fi", cleaned, None, pooled))
    pool_of = random_pool_numbers(cleaned.path / layout.PAIRS, 99, context.seed)
    assert {row["strategy"] for row in rows} == {"random", "lexical"}
    for row in rows:
        assert set(pool_of[row["candidates"]]) == {pool_of[row["pair"]]}
        assert row["similarities"] is None


def test_similarities_in_pools_are_those_of_the_texts(
    context: RunContext, many: tuple[Artifact, Artifact]
) -> None:
    cleaned, embedded = many
    vectors = pair_vectors(embedded)
    sides = {"forward": vectors.sources(), "backward": vectors.targets()}
    for row in candidates(mine(context, "fi", cleaned, embedded, POOLED)):
        anchors = sides[row["direction"]]
        positives = sides["backward" if row["direction"] == "forward" else "forward"]
        anchor = anchors[row["pair"]]
        searched = anchors if row["strategy"] == "cross" else positives
        expected = (searched[row["candidates"]] @ anchor).tolist()
        assert row["similarities"] == pytest.approx(expected, abs=1e-5)
        assert row["positive_similarity"] == pytest.approx(
            anchor @ positives[row["pair"]], abs=1e-5
        )


def test_a_pool_that_holds_all_changes_nothing(
    context: RunContext, many: tuple[Artifact, Artifact]
) -> None:
    cleaned, embedded = many
    exact = ONE_POOL.model_copy(update={"pool": len(MANY)})
    one = mine(context, "fi", cleaned, embedded, ONE_POOL)
    other = mine(context, "fi", cleaned, embedded, exact)
    assert other.key != one.key
    assert other.digest == one.digest


def test_pairs_that_were_dropped_after_embed(
    context: RunContext, many: tuple[Artifact, Artifact], tmp_path: Path
) -> None:
    _, embedded = many
    kept = np.flatnonzero(np.arange(len(MANY)) % 3 > 0)
    filtered = pairs_artifact(tmp_path / "filtered", "fi", [MANY[row] for row in kept], "semantic")
    np.save(filtered.path / layout.KEPT, kept)
    files = tree_digests(filtered.path)
    filtered = dataclasses.replace(filtered, files=files, digest=combined_digest(files))
    vectors = pair_vectors(embedded)
    for row in candidates(mine(context, "fi", filtered, embedded, POOLED)):
        if (row["direction"], row["strategy"]) == ("forward", "semantic"):
            numbers = kept[row["candidates"]]
            anchor = vectors.sources(kept[[row["pair"]]])[0]
            expected = (vectors.targets(numbers) @ anchor).tolist()
            assert row["similarities"] == pytest.approx(expected, abs=1e-5)


def test_vectors_of_other_pairs_are_refused(context: RunContext, tmp_path: Path) -> None:
    cleaned = pairs_artifact(tmp_path, "fi", MANY)
    embedded = embedded_artifact(tmp_path, MANY[:-1])
    with pytest.raises(Corrupt, match="got vectors of 299 pairs, expected 300"):
        mine(context, "fi", cleaned, embedded, ONE_POOL)


def test_vectors_that_were_cut_short_are_refused(
    context: RunContext, many: tuple[Artifact, Artifact]
) -> None:
    cleaned, embedded = many
    path = embedded.path / layout.TARGET_VECTORS / shard_name(0)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Corrupt, match=r"00000.npy: the input embed is damaged"):
        mine(context, "fi", cleaned, embedded, ONE_POOL)
    assert not list(context.store.root.glob("mine/*"))


def test_other_vectors_are_mined_again(
    context: RunContext, many: tuple[Artifact, Artifact], tmp_path: Path
) -> None:
    cleaned, embedded = many
    first = mine(context, "fi", cleaned, embedded, ONE_POOL)
    assert mine(context, "fi", cleaned, embedded, ONE_POOL).reused
    changed = embedded_artifact(tmp_path / "changed", MANY, seed=5)
    assert mine(context, "fi", cleaned, changed, ONE_POOL).key != first.key


@pytest.mark.parametrize("count", [1, 2, 10])
def test_a_language_with_few_pairs(context: RunContext, tmp_path: Path, count: int) -> None:
    cleaned = pairs_artifact(tmp_path, "fi", MANY[:count])
    embedded = embedded_artifact(tmp_path, MANY[:count])
    for row in candidates(mine(context, "fi", cleaned, embedded, ALL_STRATEGIES)):
        if row["strategy"] != "lexical":
            assert len(row["candidates"]) == count - 1


def test_pools_smaller_than_the_candidates_asked_for(
    context: RunContext, many: tuple[Artifact, Artifact]
) -> None:
    """Each list has the rest of its pool; the configuration refuses pools as small as these."""
    cleaned, embedded = many
    small = ALL_STRATEGIES.model_copy(update={"pool": 10, "num_candidates": 16})
    rows = candidates(mine(context, "fi", cleaned, embedded, small))
    assert {row["strategy"] for row in rows} == {"random", "lexical", "semantic", "cross"}
    for row in rows:
        assert row["pair"] not in row["candidates"]
        assert len(set(row["candidates"])) == len(row["candidates"]) <= 9
        if row["strategy"] != "lexical":
            assert len(row["candidates"]) == 9
    with pytest.raises(ValidationError, match="greater than or equal to 1024"):
        Triplets(pool=100)


def test_vectors_are_needed(context: RunContext, many: tuple[Artifact, Artifact]) -> None:
    with pytest.raises(ValueError, match="mine of fi needs an artifact of embed"):
        mine(context, "fi", many[0], None, ONE_POOL)
