from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path

from alignment import tables
from alignment.checks.excerpts import MAX_CHARS, ROWS, ExcerptSampler, read_excerpts
from alignment.types import SentencePair

Row = tuple[int, SentencePair]


def sample(sources: list[str], num_rows: int = 40) -> list[Row]:
    sampler = ExcerptSampler(num_rows)
    for number, source in enumerate(sources):
        sampler.add(SentencePair(source, f"t{number}", f"file:{number}"))
    return list(sampler.excerpts())


def numbered(count: int, name: str = "s") -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def lines(rows: list[Row]) -> list[int]:
    return [int(pair.origin.removeprefix("file:")) for _, pair in rows]


def excerpts(rows: list[Row]) -> list[list[int]]:
    groups = groupby(rows, key=lambda row: row[0])
    return [lines(list(group)) for _, group in groups]


def test_a_small_corpus_is_kept_whole() -> None:
    rows = sample(numbered(39))
    assert sorted(lines(rows)) == list(range(39))
    assert [number for number, _ in rows] == sorted(number for number, _ in rows)


def test_excerpts_of_a_large_corpus_are_consecutive_rows() -> None:
    rows = sample(numbered(1000))
    assert 40 <= len(rows) < 40 + ROWS[1]
    for of_excerpt in excerpts(rows):
        assert ROWS[0] <= len(of_excerpt) <= ROWS[1]
        assert all(after == before + 1 for before, after in pairwise(of_excerpt))
    assert len(set(lines(rows))) == len(rows)


def test_excerpts_come_from_everywhere() -> None:
    means = []
    for name in numbered(60, "corpus"):
        rows = lines(sample(numbered(100, name)))
        means.append(sum(rows) / len(rows))
    assert abs(sum(means) / len(means) - 49.5) < 5


def test_the_pivot_text_decides_which_rows_are_chosen() -> None:
    sources = numbered(1000)
    first = {pair.source for _, pair in sample(sources)}
    fewer = [source for number, source in enumerate(sources) if number % 50]  # untranslated ones
    second = {pair.source for _, pair in sample(["another", *fewer])}
    assert len(first & second) > 20


def test_a_sentence_that_recurs_does_not_choose_all_excerpts() -> None:
    texts = ["Yes." if number % 2 else f"s{number}" for number in range(1000)]
    begins = [of_excerpt[0] for of_excerpt in excerpts(sample(texts, num_rows=100))]
    recurring = [begin for begin in begins if begin % 2]
    assert len(recurring) < len(begins) - 1


def test_long_texts_are_cut() -> None:
    ((_, pair),) = sample(["x" * 5000])
    assert len(pair.source) == MAX_CHARS


def test_excerpts_can_be_stored() -> None:
    ((_, pair),) = sample(["half of a character: \ud83d"])
    assert pair.source == "half of a character: \ufffd"


def test_no_pairs() -> None:
    assert sample([]) == []


def test_read_by_corpus(tmp_path: Path) -> None:
    rows = [
        {"corpus": "a", "excerpt": 0, "source": "s", "target": "t", "origin": "a:1"},
        {"corpus": "b", "excerpt": 0, "source": "u", "target": "v", "origin": "b:1"},
        {"corpus": "b", "excerpt": 1, "source": "w", "target": "x", "origin": "b:9"},
    ]
    tables.write(tmp_path / "e.parquet", tables.EXCERPTS, rows)
    by_corpus = read_excerpts(tmp_path / "e.parquet")
    assert list(by_corpus) == ["a", "b"]
    assert by_corpus["b"].number.tolist() == [0, 1]
    assert by_corpus["b"].source == ["u", "w"]
    assert by_corpus["b"].target == ["v", "x"]
    assert by_corpus["b"].third().source == ["u"]
