from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from alignment.config import LocalCorpus
from alignment.corpora.skips import Skips
from alignment.pairs import corpus_settings, pair_rows, source_inputs
from alignment.types import Input, SentencePair

CORPUS = LocalCorpus(kind="local", path=Path("x.tsv"), name="tiny", license="MIT", version="3")


class Numbers:
    """A source of numbered pairs that reads one file."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.skipped = Skips()

    def languages(self) -> frozenset[str]:
        return frozenset({"fi"})

    def doubt(self, language: str) -> str | None:
        return None

    def inputs(self, language: str) -> Mapping[str, Input]:
        return {f"{language}.tsv": Input("d", Path("x.tsv"))}

    def expected_pairs(self, language: str) -> int | None:
        return None

    def pairs(self, language: str) -> Iterator[SentencePair]:
        self.skipped("untranslated", "x.tsv:1")
        for number in range(self.total):
            yield SentencePair(f"source {number}", f"target {number}", f"x.tsv:{number}")


def test_every_pair_is_seen_although_only_a_sample_is_kept() -> None:
    seen: list[SentencePair] = []
    sampled = CORPUS.model_copy(update={"max_pairs": 3})
    assert len(list(pair_rows(sampled, Numbers(9), "fi", "en", seen.append))) == 3
    assert [pair.origin for pair in seen] == [f"x.tsv:{number}" for number in range(9)]


class Broken(Numbers):
    """A source with half of a character."""

    def pairs(self, language: str) -> Iterator[SentencePair]:
        yield SentencePair("One \ud83d.", "Yksi \ud83d\ude00.", "x.tsv:1")


def test_rows_can_be_stored() -> None:
    (row,) = pair_rows(CORPUS, Broken(1), "fi", "en")
    assert (row["source"], row["target"]) == ("One \ufffd.", "Yksi 😀.")


def test_a_row_has_its_provenance() -> None:
    (row,) = pair_rows(CORPUS, Numbers(1), "fi", "en")
    assert len(row.pop("pair_id")) == 16
    assert row == {
        "source": "source 0",
        "target": "target 0",
        "source_lang": "en",
        "target_lang": "fi",
        "corpus": "tiny",
        "version": "3",
        "license": "MIT",
        "origin": "x.tsv:0",
    }


@pytest.mark.parametrize("size", [1, 7, 99])
def test_a_sample_has_the_smallest_ids(size: int) -> None:
    sampled = CORPUS.model_copy(update={"max_pairs": size})
    every = sorted(row["pair_id"] for row in pair_rows(CORPUS, Numbers(100), "fi", "en"))
    sample = sorted(row["pair_id"] for row in pair_rows(sampled, Numbers(100), "fi", "en"))
    assert sample == every[:size]


def test_a_small_corpus_is_not_sampled() -> None:
    sampled = CORPUS.model_copy(update={"max_pairs": 100})
    assert len(list(pair_rows(sampled, Numbers(100), "fi", "en"))) == 100


def test_settings_are_independent_of_paths_and_weights() -> None:
    moved = CORPUS.model_copy(update={"path": Path("elsewhere.tsv"), "weight": 2.0})
    assert corpus_settings(moved) == corpus_settings(CORPUS)
    newer = CORPUS.model_copy(update={"version": "4"})
    assert corpus_settings(newer) != corpus_settings(CORPUS)


def test_inputs_are_named_after_corpus_and_file() -> None:
    inputs = source_inputs({CORPUS: Numbers(1)}, "fi")
    assert inputs == {"tiny:fi.tsv": Input("d", Path("x.tsv"))}


@pytest.mark.parametrize("max_pairs", [None, 7])
def test_what_a_sampled_corpus_skips_is_counted_once(max_pairs: int | None) -> None:
    source = Numbers(100)
    assert list(pair_rows(CORPUS.model_copy(update={"max_pairs": max_pairs}), source, "fi", "en"))
    assert source.skipped.counts == {"untranslated": 1}
