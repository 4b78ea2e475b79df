from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder, clear_encoders
from alignment.encoder.directory import save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.files import tree_digests
from alignment.stages import evaluate as stage
from alignment.stages.evaluate import EvaluateCounts, SuiteCounts, evaluate
from alignment.types import Artifact, Input
from tests.stages.helpers import clean_tiny
from tests.unit.encoder.examples import small_encoder


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


def test_a_language_without_a_suite(context: RunContext, holdout: Artifact) -> None:
    artifact = evaluate(context.store, "fi", holdout, Input("letters", Path("model")))
    assert EvaluateCounts.of(artifact) == EvaluateCounts({})
    assert not artifact.files


LANGUAGES = 100
PAIRS = 12


def many_suites(root: Path) -> Artifact:
    """Suites of many languages, half of whose sentences in the pivot are the same."""
    for number in range(LANGUAGES):
        rows = []
        for pair in range(PAIRS):
            source = f"shared {pair}" if pair % 2 else f"language {number} sentence {pair}"
            target = f"translation {number} {pair}"
            row = dict.fromkeys(tables.PAIRS.names, "")
            rows.append(row | {"pair_id": str(pair), "source": source, "target": target})
        path = root / layout.suite_file(layout.HELDOUT, f"x{number:02}")
        tables.write(path, tables.PAIRS, rows)
    return Artifact("holdout", "", "h", root, tree_digests(root), {}, 0.0, "h")


def test_each_sentence_is_encoded_once_per_encoder(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a run: all languages with one encoder, then with the other, in bounded memory."""
    suites = many_suites(tmp_path / "holdout")
    encoded: dict[str, list[str]] = {"candidate": [], "reference": []}
    for name in encoded:
        save_encoder(tmp_path / name, small_encoder())
    encode = Encoder._run

    def counted(encoder: Encoder, texts: list[str], side: Side, function: Any) -> Any:
        name = next(name for name in encoded if cached_encoder(tmp_path / name) is encoder)
        encoded[name] += [side + text for text in texts]
        return encode(encoder, texts, side, function)

    monkeypatch.setattr(Encoder, "_run", counted)
    for name in encoded:
        encoder = cached_encoder(tmp_path / name)
        encoder._cache.capacity = 8 * PAIRS  # far less than all sentences
        for number in range(LANGUAGES):
            evaluate(context.store, f"x{number:02}", suites, Input(name, tmp_path / name))
        assert len(encoder._cache) <= 8 * PAIRS
    clear_encoders()
    targets = LANGUAGES * PAIRS
    sources = LANGUAGES * PAIRS // 2 + PAIRS // 2
    for texts in encoded.values():
        assert len(texts) == len(set(texts)) == targets + sources


def test_accuracy_is_the_mean_of_both_directions() -> None:
    assert SuiteCounts(queries=10, forward=8, backward=6).accuracy == pytest.approx(0.7)
