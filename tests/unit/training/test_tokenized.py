"""The columns against a plain reading of the same table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignment import tables
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import DataError, EmptyCorpus
from alignment.training import columns, sentences, tokenized
from alignment.training.columns import Columns
from alignment.training.data import TripletData
from alignment.training.tokenized import Meta, write_tokenized
from tests.unit.training import naive
from tests.unit.training.support import encoder_of, tokens_of, triplets_of

LANGUAGES = ("en", "fi", "sv")


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


@pytest.fixture(scope="module")
def encoder(finished: Path) -> Encoder:
    """Its two sides have different prompts."""
    loaded = load_encoder(encoder_of(finished), device="cpu")
    choose_prompts(loaded.container, Prompts("query: ", "passage: "))
    return loaded


def write(path: Path, encoder: Encoder, rows: Sequence[Mapping[str, Any]]) -> Path:
    tables.write(path / "triplets.parquet", tables.TRIPLETS, rows)
    tokens = path / "tokens"
    tokens.mkdir(exist_ok=True)
    write_tokenized(path / "triplets.parquet", encoder, tokens, pivot="en")
    return tokens


def assert_like_naive(
    tokens: Path, rows: Sequence[Mapping[str, Any]], encoder: Encoder, pivot: str
) -> None:
    def tokenize(texts: list[str], side: Any) -> list[list[int]]:
        return encoder.tokenize(texts, side=side)

    expected_sentences, expected_triplets = naive.read(rows, tokenize, pivot)
    expected = naive.columns(expected_sentences, expected_triplets)
    actual = Columns(tokens)
    assert set(actual) == set(expected)
    meta = Meta.read(tokens)
    assert meta.pools == list(dict.fromkeys(each.pool for each in expected_triplets))
    languages = [meta.languages[code] for code in actual["language"]]
    assert languages == [each.language for each in expected_sentences]
    for name in sorted(set(expected) - {"language"}):
        assert actual[name].dtype == expected[name].dtype, name
        assert np.array_equal(actual[name], expected[name]), name


texts = st.text("abcdé 🎈", min_size=1, max_size=12) | st.sampled_from(["cat", "kissa", "katt"])
any_rows = st.lists(
    st.builds(
        row,
        texts,
        texts,
        texts | st.just(""),
        anchor_lang=st.sampled_from(LANGUAGES),
        positive_lang=st.sampled_from(LANGUAGES),
        negative_lang=st.sampled_from(LANGUAGES),
        group=st.integers(0, 5) | st.integers(-(2**62), 2**62),
        negative_group=st.integers(0, 5),
        weight=st.sampled_from([1.0, 0.25]),
    ),
    min_size=1,
    max_size=30,
)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(any_rows)
def test_the_columns_are_those_of_a_plain_reading(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    tokens = write(tmp_path_factory.mktemp("rows"), encoder, rows)
    assert_like_naive(tokens, rows, encoder, "en")


def test_small_parts_change_nothing(
    encoder: Encoder, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smoke run's triplets, a few at a time."""
    rows = list(tables.read(triplets_of(finished)))
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 50)
    monkeypatch.setattr(sentences, "TEXTS_PER_CALL", 40)
    monkeypatch.setattr(columns.chunks, "__defaults__", (37,))
    tokens = write(tmp_path, encoder, rows)
    assert_like_naive(tokens, rows, encoder, "en")


def test_the_stage_writes_what_training_reads(finished: Path) -> None:
    rows = list(tables.read(triplets_of(finished)))
    encoder = load_encoder(encoder_of(finished), device="cpu")
    assert_like_naive(tokens_of(finished), rows, encoder, "en")
    assert len(TripletData.open(tokens_of(finished))) == len(rows)


def test_an_empty_table_is_an_error(tmp_path: Path, encoder: Encoder) -> None:
    with pytest.raises(EmptyCorpus, match="no triplets to train on"):
        write(tmp_path, encoder, [])


def test_too_many_triplets_are_an_error(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenized, "MAX_TRIPLETS", 1)
    with pytest.raises(DataError, match="2 triplets are too many to train on: at most 1"):
        write(tmp_path, encoder, [row("a", "b", "c"), row("d", "e", "f")])


def test_nothing_else_is_left_in_the_directory(tmp_path: Path, encoder: Encoder) -> None:
    tokens = write(tmp_path, encoder, [row("cat", "kissa", "koira")])
    assert all(path.suffix in (".npy", ".json") for path in tokens.iterdir())
