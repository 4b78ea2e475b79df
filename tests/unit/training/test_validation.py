from pathlib import Path

import torch

from alignment.training.data import TripletData
from alignment.training.validation import MAX_PAIRS, MIN_PAIRS, Pair, ValidationPairs, split
from tests.unit.training.naive import Sentence, Triplet, data_of
from tests.unit.training.support import sentence, tokens_of, triplet


def test_no_meaning_is_on_both_sides(finished: Path) -> None:
    data = TripletData.open(tokens_of(finished))
    training, validation = split(data, 0.3, "en")
    rows = trained_rows(training)
    assert validation.pairs and 0 < len(rows) < len(data)
    held_out = set(validation.sentences())
    assert not held_out & set(data.sentences[rows, :2].ravel().tolist())


def trained_rows(data: TripletData) -> list[int]:
    rows = []
    for pool in range(len(data.meta.pools)):
        rows += data.pool_rows(pool).tolist()
    return sorted(rows)


def test_a_share_of_0_holds_nothing_out() -> None:
    data = parallel(100)
    assert split(data, 0.0, "en") == (data, ValidationPairs({}))


def parallel(meanings: int, language: str = "fi") -> TripletData:
    """Pairs of English and another language, each trained on in both directions."""
    return data_of(*parallel_lists(meanings, language))


def parallel_lists(meanings: int, language: str = "fi") -> tuple[list[Sentence], list[Triplet]]:
    sentences = []
    triplets = []
    for group in range(meanings):
        sentences.append(sentence(f"english {group}", "en", 1))
        sentences.append(sentence(f"translated {group}", language, 2))
        source = 2 * group
        triplets.append(triplet(source, source + 1, group=group, languages=("en", language)))
        triplets.append(triplet(source + 1, source, group=group, languages=(language, "en")))
    return sentences, triplets


def test_about_the_share_is_held_out() -> None:
    data = parallel(500)
    training, validation = split(data, 0.2, "en")
    held_out = 500 - len(trained_rows(training)) // 2
    assert 70 < held_out < 130
    pairs = validation.pairs["fi"]
    assert len(pairs) == held_out
    assert all(data.language(pair.pivot) == "en" for pair in pairs)


def test_a_larger_corpus_holds_out_the_same_meanings() -> None:
    def texts(data: TripletData) -> set[str]:
        _, validation = split(data, 0.2, "en")
        return set(data.texts(validation.sentences()))

    assert texts(parallel(200)) <= texts(parallel(300))


def test_at_most_the_maximum_of_pairs() -> None:
    _, validation = split(parallel(3000), 0.2, "en")
    assert len(validation.pairs["fi"]) == MAX_PAIRS


def test_too_few_pairs_are_trained_on() -> None:
    data = parallel(MIN_PAIRS - 1)
    assert split(data, 0.9, "en") == (data, ValidationPairs({}))


def test_no_sentence_is_in_two_pairs() -> None:
    """Two translations of one sentence would be each other's wrong answer."""
    sentences, triplets = parallel_lists(60)
    doubled = [
        each._replace(positive=each.positive - 2)
        for each in triplets
        if each.anchor_language == "en" and each.group
    ]
    _, validation = split(data_of(sentences, triplets + doubled), 0.9, "en")
    numbers = [s for pair in validation.pairs["fi"] for s in pair]
    assert len(numbers) == len(set(numbers))


def test_accuracy_by_hand() -> None:
    """Spanish and Finnish share the pivot's sentences 0 to 2.

    Translation 3 is nearest to its own, 4 to that of the Finnish pair, 5 to its own.
    """
    validation = ValidationPairs({"es": [Pair(0, 3), Pair(1, 4)], "fi": [Pair(2, 5)]})
    assert validation.sentences() == [0, 3, 1, 4, 2, 5]
    pivot = torch.eye(3)
    vectors = torch.stack(
        [
            pivot[0],
            torch.tensor([0.9, 0.1, 0.4]),
            pivot[1],
            torch.tensor([0.0, 0.6, 0.8]),
            pivot[2],
            torch.tensor([0.1, 0.0, 0.9]),
        ]
    )
    # es: 1 of 2 to the pivot, 2 of 2 from it. fi: both are right.
    accuracy = validation.accuracy(torch.nn.functional.normalize(vectors, dim=1))
    assert accuracy == {"es": 0.75, "fi": 1.0}
