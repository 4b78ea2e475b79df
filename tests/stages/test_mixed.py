"""The mixed pool as a stage."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.context import RunContext
from alignment.files import tree_digests
from alignment.pipeline.measure import Bitext
from alignment.retrieval.mixed import search_mixed
from alignment.retrieval.pool import pool_of
from alignment.stages import mixed as stage
from alignment.stages.mixed import MixedCounts, encoded_pool, mixed
from alignment.types import Artifact, Input
from tests.stages.helpers import pairs_artifact
from tests.stages.test_evaluate import Letters

WELSH = [("Tea is hot.", "Mae te yn boeth."), ("Milk", "Llaeth"), ("Good", "Da")]
FINNISH = [("Tea is hot.", "Tee on kuumaa."), ("Milk", "Maito")]
ENCODER = Input("letters", Path("model"))


@pytest.fixture
def holdout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Artifact:
    monkeypatch.setattr(stage, "cached_encoder", lambda path, **_: Letters())
    root = tmp_path / "suites"
    for code, pairs in (("cy", WELSH), ("fi", FINNISH)):
        written = pairs_artifact(tmp_path / code, code, pairs)
        path = root / layout.suite_file("tatoeba", code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((written.path / layout.PAIRS).read_bytes())
    return replace(written, path=root, files=tree_digests(root))


def test_outcomes_are_those_of_the_search(context: RunContext, holdout: Artifact) -> None:
    artifact = mixed(context.store, ["cy", "fi"], holdout, ENCODER, pivot="en")
    rows = list(tables.read(artifact.path / layout.outcomes_file("tatoeba")))
    bitexts = [
        Bitext("cy", *[list(side) for side in zip(*WELSH, strict=True)]),
        Bitext("fi", *[list(side) for side in zip(*FINNISH, strict=True)]),
    ]
    pool = pool_of(bitexts, "en")
    searched = encoded_pool(Letters(), pool, "en")  # type: ignore[arg-type]
    for language, count in Counter(row["language"] for row in rows).items():
        expected = search_mixed(searched, language)
        own = [row for row in rows if row["language"] == language]
        assert count == expected.queries
        assert sum(row["correct"] for row in own) / count == pytest.approx(expected.accuracy)
        assert sum(row["recalled"] for row in own) / count == pytest.approx(expected.recall)
    counts = MixedCounts.of(artifact)
    assert counts.queries == {"tatoeba": len(rows)} == {"tatoeba": 8}
    assert counts.correct == {"tatoeba": sum(row["correct"] for row in rows)}


def test_the_pool_is_part_of_the_key(context: RunContext, holdout: Artifact) -> None:
    both = mixed(context.store, ["cy", "fi"], holdout, ENCODER, pivot="en")
    again = mixed(context.store, ["cy", "fi"], holdout, ENCODER, pivot="en")
    one = mixed(context.store, ["cy"], holdout, ENCODER, pivot="en")
    assert again.reused
    assert one.key != both.key
