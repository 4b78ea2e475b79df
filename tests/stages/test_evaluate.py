from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.config import Clean, Holdout
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder, clear_encoders
from alignment.encoder.directory import save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.files import tree_digests
from alignment.retrieval.measures import measure_pairs
from alignment.stages import evaluate as stage
from alignment.stages.confusions import read_mistakes
from alignment.stages.evaluate import EvaluateCounts, SuiteCounts, evaluate, read_measures
from alignment.stages.holdout import holdout as hold_out
from alignment.types import Artifact, Input
from tests.stages.helpers import clean_tiny, pull_tiny
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


def test_development_suites_are_measured_apart(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "cached_encoder", lambda path, **_: Letters())
    path = tmp_path / "dev.tsv"
    path.write_text("source\ttarget\nThe court finds for him.\tEl tribunal falla a su favor.\n")
    suite = {"dev": {"kind": "local", "path": path, "license": "MIT"}}
    pulled = pull_tiny(context, "es")
    config = Holdout.model_validate({"development": suite})
    suites = hold_out(context, pulled, config, {"es": Clean()})
    encoder = Input("letters", Path("model"))
    gated = evaluate(context.store, "es", suites, encoder)
    developed = evaluate(context.store, "es", suites, encoder, development=True)
    assert list(EvaluateCounts.of(gated).suites) == ["heldout"]
    assert EvaluateCounts.of(developed).suites == {"dev": SuiteCounts(1, 1, 1)}


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


def test_the_measures_that_others_publish(context: RunContext, holdout: Artifact) -> None:
    artifact = evaluate(context.store, "es", holdout, Input("letters", Path("model")))
    suite = layout.read_suite(holdout.path, layout.HELDOUT, "es")
    x = Letters().encode(suite.source)
    y = Letters().encode(suite.target)
    expected = measure_pairs(x, y, suite.source, suite.target)
    measures = read_measures(artifact)["heldout"]
    assert measures["forward"] == expected.forward._asdict()
    assert measures["backward"] == expected.backward._asdict()
    counts = EvaluateCounts.of(artifact).suites["heldout"]
    assert measures["backward"]["accuracy"] == counts.backward / counts.queries


def test_an_artifact_of_an_earlier_release_has_no_measures(tmp_path: Path) -> None:
    assert read_measures(Artifact("evaluate", "es", "k", tmp_path, {}, {}, 0.0, "d")) == {}


def test_the_worst_answers_have_their_texts(context: RunContext, holdout: Artifact) -> None:
    artifact = evaluate(context.store, "es", holdout, Input("letters", Path("model")))
    suite = layout.read_suite(holdout.path, layout.HELDOUT, "es")
    rows = list(tables.read(artifact.path / layout.outcomes_file("heldout")))
    wrong = [row for row in rows if not row["correct"]]
    mistakes = read_mistakes(artifact, None)
    assert len(mistakes) == min(10, len(wrong)) > 0
    gaps = [mistake.gap for mistake in mistakes]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] == pytest.approx(
        max(row["best_wrong"] - row["similarity"] for row in wrong), abs=1e-3
    )
    translations = dict(zip(suite.source, suite.target, strict=True))
    for mistake in mistakes:
        pair = (mistake.query, mistake.gold)
        source, target = pair if mistake.direction == "forward" else pair[::-1]
        assert translations[source] == target
        assert mistake.retrieved != mistake.gold
        assert mistake.is_new is None


def test_an_encoder_without_mistakes(
    context: RunContext, holdout: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = layout.read_suite(holdout.path, layout.HELDOUT, "es")
    pair_of = dict(zip(suite.source, range(len(suite.ids)), strict=True))
    pair_of |= dict(zip(suite.target, range(len(suite.ids)), strict=True))

    class Perfect(Letters):
        def encode(
            self, texts: list[str], *, side: Side = "source", check: bool = True
        ) -> NDArray[np.float32]:
            rows = [pair_of[text] for text in texts]
            perfect: NDArray[np.float32] = np.eye(len(suite.ids), dtype=np.float32)[rows]
            return perfect

    monkeypatch.setattr(stage, "cached_encoder", lambda path, **_: Perfect())
    artifact = evaluate(context.store, "es", holdout, Input("perfect", Path("model")))
    assert EvaluateCounts.of(artifact).suites["heldout"].accuracy == 1.0
    assert read_mistakes(artifact, artifact) == []


def test_a_mistake_is_new_if_the_reference_is_right(
    context: RunContext, holdout: Artifact, tmp_path: Path
) -> None:
    artifact = evaluate(context.store, "es", holdout, Input("letters", Path("model")))
    rows = list(tables.read(artifact.path / layout.outcomes_file("heldout")))
    assert {each.is_new for each in read_mistakes(artifact, artifact)} == {False}
    for row in rows:
        row["correct"] = row["direction"] == "forward"
    tables.write(tmp_path / layout.outcomes_file("heldout"), tables.OUTCOMES, rows)
    files = tree_digests(tmp_path)
    reference = Artifact("evaluate", "es", "r", tmp_path, files, {}, 0.0, "r")
    for mistake in read_mistakes(artifact, reference):
        assert mistake.is_new is (mistake.direction == "forward")


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
    assert read_mistakes(artifact, None) == []


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


def test_each_sentence_is_encoded_once(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory for far fewer vectors than there are sentences."""
    suites = many_suites(tmp_path / "holdout")
    model = tmp_path / "model"
    save_encoder(model, small_encoder())
    encoded: list[str] = []

    def counted(encoder: Encoder, texts: list[str], side: Side, _: Any) -> NDArray[np.float32]:
        """In place of the model, which would take the test's time."""
        encoded.extend(side + text for text in texts)
        return np.ones((len(texts), encoder.dim), np.float32)

    monkeypatch.setattr(Encoder, "_run", counted)
    cache = cached_encoder(model)._cache
    cache.capacity = 8 * PAIRS
    for number in range(LANGUAGES):
        evaluate(context.store, f"x{number:02}", suites, Input("m", model))
    clear_encoders()
    targets = LANGUAGES * PAIRS
    sources = LANGUAGES * PAIRS // 2 + PAIRS // 2
    assert len(encoded) == len(set(encoded)) == targets + sources
    assert len(cache) <= 8 * PAIRS


def test_accuracy_is_the_mean_of_both_directions() -> None:
    assert SuiteCounts(queries=10, forward=8, backward=6).accuracy == pytest.approx(0.7)
