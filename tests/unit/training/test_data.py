from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment import tables
from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.encoder.vocabulary import Reduction
from alignment.errors import EmptyCorpus
from alignment.training.data import UNUSED, TripletData, read_triplets
from tests.unit.training.support import encoder_of, tiny_data, triplets_of


class Letters:
    """A fake encoder: the tokens of a text are its letters."""

    def tokenize(self, texts: list[str], *, side: Side = "source") -> list[list[int]]:
        return [[ord(letter) for letter in text] for text in texts]


def row(anchor: str, positive: str, negative: str, **changes: Any) -> dict[str, Any]:
    values = {
        "pair_id": f"{anchor}-{positive}",
        "anchor": anchor,
        "positive": positive,
        "negative": negative,
        "anchor_lang": "en",
        "positive_lang": "fi",
        "negative_lang": "fi",
        "group": 1,
        "negative_group": 2,
        "weight": 1.0,
    }
    return {**values, **changes}


def read(path: Path, *rows: Mapping[str, Any], seed: int = 0, **options: Any) -> TripletData:
    fields = [field for field in tables.TRIPLETS if field.name in row("", "", "")]
    pq.write_table(pa.Table.from_pylist(list(rows), pa.schema(fields)), path / "triplets.parquet")
    train = Train.model_validate({"in_batch_negatives": "hardest", **options})
    encoder: Any = Letters()
    return read_triplets(path / "triplets.parquet", encoder, train, pivot="en", seed=seed)


def spelled(data: TripletData, *numbers: int) -> list[str]:
    return ["".join(map(chr, data.sentences[number].token_ids)) for number in numbers]


def test_a_sentence_is_stored_once(tmp_path: Path) -> None:
    data = read(tmp_path, row("cat", "kissa", "koira"), row("dog", "koira", "kissa", weight=2.0))
    assert [sentence.text for sentence in data.sentences] == ["cat", "dog", "kissa", "koira"]
    first, second = data.triplets
    assert spelled(data, first.anchor, first.positive, first.negative) == ["cat", "kissa", "koira"]
    assert spelled(data, second.anchor, second.positive, second.negative) == [
        "dog",
        "koira",
        "kissa",
    ]
    assert (first.pair_id, first.group, first.negative_group) == ("cat-kissa", 1, 2)
    assert (first.anchor_language, first.positive_language) == ("en", "fi")
    assert second.weight == 2.0


def test_an_empty_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmptyCorpus, match="no triplets to train on"):
        read(tmp_path)


def test_a_text_of_several_languages_is_its_anchor_s(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        row("radio", "x", "radio", negative_lang="it"),
        row("y", "radio", "taxi", negative_lang="sv"),
        row("z", "taxi", "v", negative_lang="de"),
    )
    languages = {sentence.text: sentence.language for sentence in data.sentences}
    assert (languages["radio"], languages["taxi"], languages["v"]) == ("en", "fi", "de")


def test_an_unused_negative_is_known_if_others_encode_it(tmp_path: Path) -> None:
    rows = (row("cat", "kissa", "koira"), row("dog", "koira", "talo"))
    data = read(tmp_path, *rows, explicit_negatives=0.0)
    assert [sentence.text for sentence in data.sentences] == ["cat", "dog", "kissa", "koira"]
    first, second = data.triplets
    assert first.negative == second.negative == UNUSED
    assert first.unencoded_negative == data.triplets[1].positive
    assert second.unencoded_negative is None  # nobody else has "talo"
    assert data.items()[0].unencoded_negative == first.unencoded_negative


def test_used_negatives_are_not_unencoded(tmp_path: Path) -> None:
    data = read(tmp_path, row("cat", "kissa", "koira"), row("dog", "koira", "kissa"))
    assert [triplet.unencoded_negative for triplet in data.triplets] == [None, None]


def test_the_share_of_used_negatives(tmp_path: Path) -> None:
    rows = [row(f"a{i}", f"p{i}", f"n{i}") for i in range(1000)]

    def used(seed: int) -> list[bool]:
        data = read(tmp_path, *rows, seed=seed, explicit_negatives=0.3)
        return [triplet.negative != UNUSED for triplet in data.triplets]

    assert 250 < sum(used(1)) < 350
    assert used(1) == used(1) != used(2)


def test_items_of_the_batch_plan(tmp_path: Path) -> None:
    data = read(tmp_path, row("cat", "kissa", "koira", weight=0.5), row("dog", "koira", ""))
    first, second = data.items()
    assert first.pool == "en>fi" and first.groups == (1, 2) and first.weight == 0.5
    assert first.lengths == (3, 5, 5) and len(first.sentences) == 3
    assert second.lengths == (3, 5)  # an empty negative is none


def test_distinct_sentences_of_a_batch() -> None:
    data = tiny_data()
    assert data.distinct([0, 1, 2]) == {0, 1, 2, 3}
    assert data.distinct([2]) == {0, 1}


def test_a_subset_keeps_the_sentences() -> None:
    data = tiny_data()
    subset = data.subset([2, 0])
    assert subset.triplets == [data.triplets[2], data.triplets[0]]
    assert subset.sentences == data.sentences


def test_a_reduced_vocabulary() -> None:
    data = tiny_data()
    reduced = data.reduced(Reduction(np.array(sorted(data.used_tokens())), 0))
    assert data.used_tokens() == {1, 2, 3, 4, 5, 6, 7}
    assert [sentence.token_ids[0] for sentence in reduced.sentences] == [0, 0, 0, 0]
    assert reduced.used_tokens() == {0, 1, 2, 3, 4, 5, 6}


def test_a_sample_has_as_many_pivot_texts_as_others(tmp_path: Path) -> None:
    rows = [row(f"en {i}", f"fi {i}", f"fi {i}") for i in range(20)]
    rows += [row(f"en {i}", f"sv {i}", f"sv {i}", positive_lang="sv") for i in range(3)]
    data = read(tmp_path, *rows)
    sample = data.sample(5, "en", seed=1)
    pivot = sample["source"]
    others = sample["target"]
    assert len(others) == 5 + 3 and len(pivot) == 8
    assert all(text.startswith("en") for text in pivot)
    assert data.sample(5, "en", seed=1) == sample
    assert data.sample(5, "en", seed=2) != sample


@pytest.fixture
def encoder(finished: Path) -> Encoder:
    return load_encoder(encoder_of(finished))


def test_misspelled_copies_are_drawn_per_batch(finished: Path, encoder: Encoder) -> None:
    path = triplets_of(finished)
    plain = read_triplets(path, encoder, Train(), pivot="en", seed=3)
    noisy = read_triplets(path, encoder, Train(char_noise=0.2), pivot="en", seed=3)
    token_ids = [sentence.token_ids for sentence in plain.sentences]
    assert [sentence.token_ids for sentence in noisy.sentences] == token_ids
    assert noisy.used_tokens() > plain.used_tokens()
    batch = list(range(60))
    sentences = sorted(noisy.distinct(batch))
    drawn = noisy.token_ids(sentences, batch)
    assert drawn == noisy.token_ids(sentences, batch) != noisy.token_ids(sentences, batch[::-1])
    assert plain.token_ids(sentences, batch) == [token_ids[number] for number in sentences]

    unchanged: dict[str, list[bool]] = {}
    for number, ids in zip(sentences, drawn, strict=True):
        language = noisy.sentences[number].language
        unchanged.setdefault(language, []).append(ids == token_ids[number])
    assert all(unchanged.pop("en"))
    for of_language in unchanged.values():
        assert len(of_language) < 10 or 0 < sum(of_language) < 0.6 * len(of_language)


def test_lengths_are_those_of_the_longest_copy(finished: Path, encoder: Encoder) -> None:
    noisy = read_triplets(triplets_of(finished), encoder, Train(char_noise=0.2), pivot="en", seed=3)
    for index, item in enumerate(noisy.items()[:60]):
        drawn = noisy.token_ids(item.sentences, [index])
        for ids, length in zip(drawn, item.lengths, strict=True):
            assert len(ids) <= length
