from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.context import RunContext
from alignment.encoder.prompts import Side
from alignment.stages import evaluate as stage
from alignment.stages.evaluate import EvaluateCounts, SuiteCounts, evaluate
from alignment.types import Artifact, Input
from tests.stages.helpers import clean_tiny


class Letters:
    """Encodes a text as its counts of ASCII letters, normalized."""

    def encode(
        self, texts: list[str], *, side: Side = "source", check: bool = True
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), 128), np.float32)
        for row, text in enumerate(texts):
            for char in text.lower():
                vectors[row, min(ord(char), 127)] += 1
        normalized: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalized


@pytest.fixture
def holdout(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> Artifact:
    monkeypatch.setattr(stage, "cached_encoder", lambda path, **_: Letters())
    return clean_tiny(context, "es")[1]


def test_one_outcome_per_query_and_direction(context: RunContext, holdout: Artifact) -> None:
    artifact = evaluate(context.store, "es", holdout, Input("letters", Path("model")))
    suite = layout.read_suite(holdout.path, layout.HELDOUT, "es")
    rows = list(tables.read(artifact.path / layout.outcomes_file("heldout")))
    forward = [row for row in rows if row["direction"] == "forward"]
    backward = [row for row in rows if row["direction"] == "backward"]
    assert [row["query_id"] for row in forward] == suite.ids
    assert [row["query_id"] for row in backward] == suite.ids
    for row in rows:
        assert row["correct"] == (row["similarity"] - row["best_wrong"] > 1e-6)
    counts = EvaluateCounts.of(artifact).suites["heldout"]
    assert counts == SuiteCounts(
        queries=len(suite.ids),
        forward=sum(row["correct"] for row in forward),
        backward=sum(row["correct"] for row in backward),
    )


def test_an_encoder_counts_by_content(context: RunContext, holdout: Artifact) -> None:
    first = evaluate(context.store, "es", holdout, Input("letters", Path("here")))
    moved = evaluate(context.store, "es", holdout, Input("letters", Path("there")))
    other = evaluate(context.store, "es", holdout, Input("other", Path("here")))
    assert moved.reused
    assert moved.key == first.key
    assert other.rebuild_reasons == ("input encoder changed",)


def test_the_hard_pool_where_it_is_asked_for(context: RunContext, holdout: Artifact) -> None:
    plain = evaluate(context.store, "es", holdout, Input("letters", Path("model")))
    asked = evaluate(
        context.store, "es", holdout, Input("letters", Path("model")), hard_pool_pivot="en"
    )
    assert plain.key != asked.key
    assert layout.hard_file("heldout") not in plain.files
    assert layout.evaluated_suites(asked) == ["heldout"]
    hard = list(tables.read(asked.path / layout.hard_file("heldout")))
    rows = list(tables.read(asked.path / layout.outcomes_file("heldout")))
    for before, after in zip(rows, hard, strict=True):
        assert (before["query_id"], before["direction"]) == (after["query_id"], after["direction"])
        assert after["correct"] <= before["correct"]
        assert (after["winner"] == "") == after["correct"]
    # Counts of letters hardly change with a number, so a copy wins here and there.
    assert {row["winner"] for row in hard} > {"", "other_text"}


def test_a_language_without_a_suite(context: RunContext, holdout: Artifact) -> None:
    artifact = evaluate(context.store, "fi", holdout, Input("letters", Path("model")))
    assert EvaluateCounts.of(artifact) == EvaluateCounts({})
    assert not artifact.files


def test_accuracy_is_the_mean_of_both_directions() -> None:
    assert SuiteCounts(queries=10, forward=8, backward=6).accuracy == pytest.approx(0.7)
