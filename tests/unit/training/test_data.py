from pathlib import Path

import numpy as np
import pytest

from alignment import tables
from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.vocabulary import Reduction
from alignment.errors import Corrupt
from alignment.training.data import UNUSED, Choice, TripletData
from alignment.training.run import open_data
from alignment.training.sampling import chosen_negatives, pair_ids
from tests.unit.training.naive import data_of
from tests.unit.training.support import (
    TINY_SENTENCES,
    encoder_of,
    sentence,
    tiny_data,
    tokens_of,
    triplet,
    triplets_of,
)


def test_the_sentences_of_a_triplet() -> None:
    data = tiny_data()
    assert [data.encoded(row) for row in range(3)] == [(0, 1, 3), (2, 3, 1), (0, 1)]
    assert [data.translations(row) for row in range(3)] == [(1, 3), (3, 1), (1,)]
    assert data.groups(1) == (11, 1011) and data.group(1) == 11
    assert data.texts([3, 0]) == ["koira", "cat"]


def test_a_negative_that_is_not_encoded_leads_to_its_pair() -> None:
    sentences = [*TINY_SENTENCES, sentence("talo", "fi", 9)]
    triplets = [triplet(0, 1, 3), triplet(2, 3, 4)]
    data = data_of(sentences, triplets, [False, False])
    assert [data.encoded(row) for row in range(2)] == [(0, 1), (2, 3)]
    assert data.translations(0) == (1, 3)
    assert data.translations(1) == (3,)  # nobody else has "talo"


def test_distinct_sentences_of_a_batch() -> None:
    data = tiny_data()
    assert data.distinct([0, 1, 2]) == [0, 1, 2, 3]
    assert data.distinct([2]) == [0, 1]


def test_triplets_of_a_translation_begin_anywhere() -> None:
    triplets = [triplet(0, 1) for _ in range(5)]
    data = data_of(TINY_SENTENCES[:2], triplets)
    orders = {tuple(data.related(1, salt)) for salt in range(5)}
    assert len(orders) == 5
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert data.related(0, 0) == []  # an anchor only


def test_a_very_frequent_translation_leads_to_some_triplets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alignment.training.data.MAX_RELATED", 3)
    data = data_of(TINY_SENTENCES[:2], [triplet(0, 1) for _ in range(5)])
    seen = [data.related(1, salt) for salt in range(5)]
    assert {len(rows) for rows in seen} == {3}
    assert {row for rows in seen for row in rows} == {0, 1, 2, 3, 4}


def test_a_reduced_vocabulary() -> None:
    data = tiny_data()
    assert data.used_tokens.tolist() == [1, 2, 3, 4, 5, 6, 7]
    reduced = data.replaced(reduction=Reduction(data.used_tokens.astype(np.int64), 0))
    assert reduced.clean_token_ids([0, 1]) == [[0, 1, 2], [0, 3, 4, 2]]
    assert data.clean_token_ids([0, 1]) == [[1, 2, 3], [1, 4, 5, 3]]
    assert reduced.sample_rows()[-1] == [0, 3, 4, 2]  # the longest


def test_only_chosen_triplets_are_in_the_pools() -> None:
    data = tiny_data()
    assert data.pool_rows(0).tolist() == [0, 1, 2]
    some = data.replaced(choice=Choice(np.array([True, False, True])))
    assert some.pool_rows(0).tolist() == [0, 2]
    assert data.total_weights().tolist() == [3.0] and some.total_weights().tolist() == [2.0]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_used_negatives(share: float) -> None:
    first = chosen_negatives(10_000, share, 1)
    if share == 1:
        assert first is None  # all of them
        return
    assert first is not None
    assert first.mean() == pytest.approx(share, abs=0.02)
    same = chosen_negatives(10_000, share, 1)
    other = chosen_negatives(10_000, share, 2)
    assert same is not None and other is not None
    assert np.array_equal(first, same)
    assert share == 0 or not np.array_equal(first, other)


def test_a_sample_has_as_many_pivot_texts_as_others() -> None:
    sentences = [sentence(f"en {i}", "en", 1) for i in range(20)]
    sentences += [sentence(f"fi {i}", "fi", 1) for i in range(20)]
    sentences += [sentence(f"sv {i}", "sv", 1) for i in range(3)]
    data = data_of(sentences, [triplet(i, 20 + i) for i in range(20)])
    sample = data.sample(5, "en", seed=1)
    assert len(sample["source"]) == 8 and all(text[:2] == "en" for text in sample["source"])
    assert [text[:2] for text in sample["target"]] == ["fi"] * 5 + ["sv"] * 3
    assert data.sample(5, "en", seed=1) == sample
    assert data.sample(5, "en", seed=2) != sample


def test_pair_ids_are_read_from_the_table(finished: Path) -> None:
    path = triplets_of(finished)
    expected = tables.read_columns(path, "pair_id")[0]
    last = len(expected) - 1
    assert pair_ids(path, [last, 3, 3]) == [expected[last], expected[3], expected[3]]


def test_languages_of_batches() -> None:
    triplets = [triplet(0, 1), triplet(0, 1, languages=("fi", "en")), triplet(2, 3)]
    triplets[2] = triplets[2]._replace(positive_language="sv")
    data = data_of(TINY_SENTENCES, triplets)
    assert data.languages_of_batches([[0, 1], [0]]) == {"en": 3, "fi": 3}
    assert data.languages_of_batches([]) == {}


@pytest.mark.parametrize("name", ["token_ids", "sentences", "weight"])
def test_a_file_that_was_cut_off_is_named(finished: Path, tmp_path: Path, name: str) -> None:
    for file in tokens_of(finished).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / f"{name}.npy"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(Corrupt, match="the array cannot be read") as raised:
        TripletData.open(tmp_path)
    assert raised.value.where == str(path)


@pytest.fixture
def encoder(finished: Path) -> Encoder:
    return load_encoder(encoder_of(finished))


def noisy_data(finished: Path, encoder: Encoder, seed: int = 3) -> TripletData:
    train = Train(char_noise=0.2)
    return open_data(tokens_of(finished), encoder, train, pivot="en", seed=seed)


def test_misspelled_copies_are_drawn_per_batch(finished: Path, encoder: Encoder) -> None:
    plain = TripletData.open(tokens_of(finished))
    noisy = noisy_data(finished, encoder)
    batch = list(range(60))
    sentences = noisy.distinct(batch)
    clean = plain.clean_token_ids(sentences)
    assert plain.token_ids(sentences, batch) == noisy.clean_token_ids(sentences) == clean
    drawn = noisy.token_ids(sentences, batch)
    assert drawn == noisy.token_ids(sentences, batch) != noisy.token_ids(sentences, batch[::-1])
    assert drawn != noisy_data(finished, encoder, seed=4).token_ids(sentences, batch)

    unchanged: dict[str, list[bool]] = {}
    for number, ids, before in zip(sentences, drawn, clean, strict=True):
        unchanged.setdefault(noisy.language(number), []).append(ids == before)
        assert len(ids) <= noisy.length(number)
    assert all(unchanged.pop("en"))
    for of_language in unchanged.values():
        assert len(of_language) < 10 or 0 < sum(of_language) < 0.6 * len(of_language)


def test_misspelled_copies_have_no_token_that_was_left_out(
    finished: Path, encoder: Encoder
) -> None:
    noisy = noisy_data(finished, encoder)
    known = set(noisy.used_tokens.tolist())
    assert known > set(TripletData.open(tokens_of(finished)).used_tokens.tolist())
    only_clean = Reduction(noisy.columns["used_tokens"].astype(np.int64), 0)
    reduced = noisy.replaced(reduction=only_clean)
    batch = list(range(80))
    sentences = reduced.distinct(batch)
    rows = reduced.token_ids(sentences, batch)
    assert rows != reduced.clean_token_ids(sentences)
    assert all(token >= 0 for row in rows for token in row)


def test_unused_is_no_sentence() -> None:
    assert UNUSED not in tiny_data().distinct([0, 1, 2])
