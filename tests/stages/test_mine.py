from pathlib import Path
from typing import Any

import pytest

from alignment import layout, tables
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.errors import DataError
from alignment.files import tree_digests
from alignment.stages import mine as stage
from alignment.stages.mine import MineCounts, mine, needs_vectors
from alignment.types import Artifact
from tests.stages.helpers import new_context, pairs_artifact
from tests.unit.encoder.toys import save_toy

PAIRS = [("one cat", "yksi kissa"), ("two cats", "kaksi kissaa"), ("a dog", "koira")]
NO_ENCODER = Artifact("encoder", "", "", Path("nowhere"), {}, {}, 0.0, "none")


def settings(**shares: float) -> Triplets:
    return Triplets.model_validate({"shares": shares})


WITHOUT_VECTORS = settings(random=0.5, lexical=0.5, semantic=0)


def candidates(artifact: Artifact) -> list[dict[str, Any]]:
    return list(tables.read(artifact.path / layout.CANDIDATES))


def test_both_directions_of_every_pair(context: RunContext, tmp_path: Path) -> None:
    cleaned = pairs_artifact(tmp_path, "fi", PAIRS)
    artifact = mine(context, "fi", cleaned, NO_ENCODER, WITHOUT_VECTORS)
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
    for row in candidates(mine(context, "fi", cleaned, NO_ENCODER, WITHOUT_VECTORS)):
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
    alone = mine(context, "fi", cleaned, NO_ENCODER, WITHOUT_VECTORS)
    monkeypatch.setattr(stage, "PARALLEL_FROM", 0)
    monkeypatch.setattr(stage, "available_cpus", lambda: 2)
    parallel = new_context(tmp_path / "parallel")
    assert mine(parallel, "fi", cleaned, NO_ENCODER, WITHOUT_VECTORS).digest == alone.digest


def test_a_language_that_the_encoder_cannot_read(context: RunContext, tmp_path: Path) -> None:
    cleaned = pairs_artifact(tmp_path, "th", [("one cat", "แมวหนึ่งตัว"), ("a dog", "หมา")])
    save_toy(tmp_path / "encoder" / layout.MODEL)
    files = tree_digests(tmp_path / "encoder")
    encoder = Artifact("encoder", "", "", tmp_path / "encoder", files, {}, 0.0, "x")
    with pytest.raises(DataError, match=r"languages\.th: the encoder cannot read this language"):
        mine(context, "th", cleaned, encoder, settings(random=0, lexical=0, semantic=1))
