"""Hard negatives from Python: strategies, guards, and the same choice as the pipeline's."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alignment import tables
from alignment.api.negatives import NegativeStrategy, TextTriplet, mine_hard_negatives
from alignment.encoder.directory import load_encoder
from alignment.errors import ConfigError, DataError
from alignment.store import Store
from tests.letters import LetterEncoder

SOURCES = ["aab", "bbc", "ccd", "dda"]
TARGETS = ["the red house", "a blue house", "a green tree", "the tall tree"]
STRATEGIES: tuple[NegativeStrategy, ...] = ("random", "lexical", "semantic")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_negative_is_the_positive(strategy: NegativeStrategy) -> None:
    negatives = mine_hard_negatives(
        SOURCES, TARGETS, LetterEncoder(), strategy=strategy, num_negatives=2
    )
    assert negatives.indices.shape == negatives.scores.shape == (4, 2)
    for row, chosen in enumerate(negatives.indices.tolist()):
        assert row not in chosen
        known = [index for index in chosen if index >= 0]
        assert known
        assert len(set(known)) == len(known)


def test_semantic_takes_the_nearest_target() -> None:
    sources = ["aa", "bb", "cc"]
    targets = ["aac", "bba", "ccb"]
    negatives = mine_hard_negatives(sources, targets, LetterEncoder(), max_chrf=100)
    assert negatives.indices.ravel().tolist() == [1, 2, 0]
    np.testing.assert_allclose(negatives.scores, 1 / np.sqrt(5), rtol=1e-6)
    np.testing.assert_array_equal(negatives.scores, negatives.similarities)


def test_skip_top_leaves_out_the_nearest() -> None:
    sources = ["aaa", "x", "y"]
    targets = ["aaab", "aab", "ab"]
    settings: dict[str, Any] = {"max_chrf": 100.0, "num_candidates": 1}
    nearest = mine_hard_negatives(sources, targets, LetterEncoder(), **settings)
    second = mine_hard_negatives(sources, targets, LetterEncoder(), skip_top=1, **settings)
    assert (nearest.indices[0, 0], second.indices[0, 0]) == (1, 2)


def test_translations_of_one_sentence_are_no_negatives() -> None:
    sources = ["Bore da", "Bore da!", "Nos da"]  # equal but for punctuation
    targets = ["Good morning", "A good morning to you", "Good night"]
    negatives = mine_hard_negatives(sources, targets, strategy="lexical", num_negatives=2)
    assert negatives.texts == [["Good night", None], ["Good night", None], [targets[0], None]]


def test_meaning_is_transitive() -> None:
    sources = ["one", "one", "two"]
    targets = ["eins", "ein", "ein"]  # "two" means "one" through "ein"
    negatives = mine_hard_negatives(sources, targets, strategy="random")
    assert (negatives.indices == -1).all()
    assert list(negatives.triplets()) == []


def test_punctuation_only_texts_keep_their_meanings() -> None:
    negatives = mine_hard_negatives(["?", "!"], ["¿?", "¡!"], strategy="random")
    assert negatives.indices.ravel().tolist() == [1, 0]


def test_near_duplicates_are_refused_by_chrf() -> None:
    sources = ["uno", "dos"]
    targets = ["Delete the file", "Delete the files"]
    assert mine_hard_negatives(sources, targets, strategy="lexical").texts == [[None], [None]]
    loose = mine_hard_negatives(sources, targets, strategy="lexical", max_chrf=100)
    assert loose.texts == [[targets[1]], [targets[0]]]


def test_the_margin_refuses_near_candidates() -> None:
    sources = ["aab", "abb"]
    targets = ["aba", "bab"]
    settings: dict[str, Any] = {"strategy": "random", "max_chrf": 100.0}
    loose = mine_hard_negatives(sources, targets, LetterEncoder(), relative_margin=0.1, **settings)
    strict = mine_hard_negatives(sources, targets, LetterEncoder(), relative_margin=0.3, **settings)
    assert loose.indices.ravel().tolist() == [1, 0]  # cosine 0.8 of 1.0
    assert strict.indices.ravel().tolist() == [-1, -1]


def test_without_an_encoder_there_are_no_similarities() -> None:
    negatives = mine_hard_negatives(SOURCES, TARGETS, strategy="lexical")
    assert np.isnan(negatives.similarities).all()
    assert not np.isnan(negatives.scores).all()


def test_random_depends_on_the_seed_alone() -> None:
    def mine(seed: int) -> list[int]:
        texts = [f"text number {row}" for row in range(30)]
        negatives = mine_hard_negatives(texts, texts, strategy="random", max_chrf=100, seed=seed)
        indices: list[int] = negatives.indices.ravel().tolist()
        return indices

    assert mine(1) == mine(1) != mine(2)


def test_lexical_splits_text_without_spaces() -> None:
    targets = ["熱いお茶を飲みます", "熱い水を飲みます", "本を読む"]
    words = mine_hard_negatives(["a", "b", "c"], targets, strategy="lexical", max_chrf=100)
    characters = mine_hard_negatives(
        ["a", "b", "c"], targets, strategy="lexical", max_chrf=100, target_language="ja"
    )
    assert words.texts == [[None], [None], [None]]
    assert characters.texts[0] == [targets[1]]


def test_triplets_carry_the_texts() -> None:
    negatives = mine_hard_negatives(["x", "y"], ["a house", "my house"], strategy="lexical")
    assert list(negatives.triplets()) == [
        TextTriplet("x", "a house", "my house"),
        TextTriplet("y", "my house", "a house"),
    ]


def test_no_pairs_give_no_negatives() -> None:
    assert mine_hard_negatives([], [], strategy="random").texts == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategy": "hard"}, "strategy: expected one of random, lexical, semantic, got 'hard'"),
        ({"strategy": "semantic"}, "need an encoder"),
        ({"strategy": "random", "relative_margin": 0.1}, "need an encoder"),
        ({"strategy": "random", "num_negatives": 0}, "num_negatives: expected 1 to"),
        ({"strategy": "random", "num_negatives": 3, "num_candidates": 2}, r"\(2\), got 3"),
    ],
    ids=["strategy", "semantic alone", "margin alone", "no negatives", "too few candidates"],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        mine_hard_negatives(SOURCES, TARGETS, **arguments)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="4 sources and 3 targets"):
        mine_hard_negatives(SOURCES, TARGETS[:3], strategy="random")


def test_the_choice_is_the_pipelines(finished: Path) -> None:
    """Every semantic triplet of the smoke run, from its pairs and its base encoder."""
    (path,) = finished.glob("runs/*/summary.json")
    store = Store(finished / "store")
    paths = {}
    for record in json.loads(path.read_text())["stages"]:
        paths[record["stage"], record["label"]] = store.get(record["key"]).path
    encoder = load_encoder(paths["encoder", ""] / "model", device="cpu")
    rows = list(tables.read(paths["triplets", ""] / "triplets.parquet"))
    compared = 0
    for language in ("es", "ru", "ja"):
        pairs = paths["clean", language] / "pairs.parquet"
        ids, sources, targets = tables.read_columns(pairs, "pair_id", "source", "target")
        negatives = mine_hard_negatives(sources, targets, encoder)
        expected = dict(zip(ids, negatives.texts, strict=True))
        for row in rows:
            if row["positive_lang"] == language and row["strategy"] == "semantic":
                assert expected[row["pair_id"]] == [row["negative"]]
                compared += 1
    assert compared > 50
