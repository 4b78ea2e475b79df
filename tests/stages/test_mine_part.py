"""A language that is mined in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment import layout
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.errors import Corrupt
from alignment.stages import mine_part as stage
from alignment.stages.mine import mine
from alignment.stages.mine_part import MineParts, PoolRange, mine_part, pool_ranges
from alignment.stages.pools import PoolsCounts, pools
from alignment.store.cleanup import collect
from alignment.types import Artifact
from tests.stages.helpers import new_context, pairs_artifact
from tests.stages.test_mine import MANY, POOLED, WITHOUT_VECTORS, embedded_artifact

WITHOUT = WITHOUT_VECTORS.model_copy(update={"pool": 99, "num_candidates": 4})


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three pools; there are four of each kind."""
    monkeypatch.setattr(stage, "POOLS_PER_PART", 3)


@pytest.fixture
def cleaned(tmp_path: Path) -> Artifact:
    return pairs_artifact(tmp_path, "fi", MANY)


@pytest.fixture
def embedded(tmp_path: Path) -> Artifact:
    return embedded_artifact(tmp_path, MANY)


def in_parts(
    context: RunContext, cleaned: Artifact, embedded: Artifact | None, settings: Triplets
) -> MineParts:
    """The parts, built in the opposite order, as another machine might."""
    numbered = pools(context, "fi", cleaned, embedded, settings)
    parts = []
    for some in reversed(pool_ranges(numbered)):
        parts.append(mine_part(context, "fi", cleaned, embedded, settings, numbered, some))
    return MineParts(numbered, parts[::-1])


def test_the_parts_of_a_language(
    context: RunContext, cleaned: Artifact, embedded: Artifact
) -> None:
    numbered = pools(context, "fi", cleaned, embedded, POOLED)
    assert PoolsCounts.of(numbered) == PoolsCounts(random=4, near=4)
    assert set(numbered.files) == {layout.RANDOM_POOLS, layout.NEAR_POOLS}
    assert pool_ranges(numbered) == [
        PoolRange("random", 0, 3),
        PoolRange("random", 3, 4),
        PoolRange("near", 0, 3),
        PoolRange("near", 3, 4),
    ]


def test_parts_give_the_bytes_of_the_whole(
    context: RunContext, cleaned: Artifact, embedded: Artifact, tmp_path: Path
) -> None:
    whole = mine(new_context(tmp_path / "alone"), "fi", cleaned, embedded, POOLED)
    parts = in_parts(context, cleaned, embedded, POOLED)
    artifact = mine(context, "fi", cleaned, embedded, POOLED, parts)
    assert artifact.key == whole.key
    assert artifact.files == whole.files
    assert artifact.counts == whole.counts
    assert not list(parts.parts[0].path.glob(".*")), "temporary files are left"


def test_parts_without_vectors(context: RunContext, cleaned: Artifact, tmp_path: Path) -> None:
    whole = mine(new_context(tmp_path / "alone"), "fi", cleaned, None, WITHOUT)
    parts = in_parts(context, cleaned, None, WITHOUT)
    assert [some.kind for some in pool_ranges(parts.numbered)] == ["random", "random"]
    assert mine(context, "fi", cleaned, None, WITHOUT, parts).digest == whole.digest


@pytest.mark.parametrize("change", ["missing", "swapped", "settings", "vectors"])
def test_other_parts_are_refused(
    context: RunContext, cleaned: Artifact, embedded: Artifact, change: str, tmp_path: Path
) -> None:
    parts = in_parts(context, cleaned, embedded, POOLED)
    settings = POOLED
    if change == "missing":
        parts = parts._replace(parts=parts.parts[:-1])
    if change == "swapped":
        parts = parts._replace(parts=parts.parts[::-1])
    if change == "settings":
        settings = POOLED.model_copy(update={"num_candidates": 5})
    if change == "vectors":
        embedded = embedded_artifact(tmp_path / "changed", MANY, seed=5)
    with pytest.raises(ValueError, match="mine of fi got parts of other pairs, vectors or settin"):
        mine(context, "fi", cleaned, embedded, settings, parts)


def test_a_damaged_part_is_refused_and_built_again(
    context: RunContext, cleaned: Artifact, embedded: Artifact
) -> None:
    parts = in_parts(context, cleaned, embedded, POOLED)
    path = parts.parts[2].path / "forward-semantic.arrow"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Corrupt, match=r"forward-semantic.arrow: the input mine_part 2 is damaged"):
        mine(context, "fi", cleaned, embedded, POOLED, parts)
    again = in_parts(context, cleaned, embedded, POOLED)
    assert [part.reused for part in again.parts] == [True, True, False, True]
    assert not mine(context, "fi", cleaned, embedded, POOLED, again).reused


def test_parts_go_when_the_whole_is_there(
    context: RunContext, cleaned: Artifact, embedded: Artifact
) -> None:
    parts = in_parts(context, cleaned, embedded, POOLED)
    artifact = mine(context, "fi", cleaned, embedded, POOLED, parts)
    collect(context.store, [artifact.key])
    assert len(list(context.store.root.glob("mine_part/*"))) == 1, "the newest one of a language"
    assert mine(context, "fi", cleaned, embedded, POOLED).reused
