from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path

from alignment import tables
from alignment.checks.excerpts import MAX_CHARS, ExcerptSampler, read_excerpts
from alignment.types import SentencePair

Row = tuple[int, SentencePair]


def sample(sources: list[str], num_excerpts: int = 5, rows: int = 4) -> list[Row]:
    sampler = ExcerptSampler(num_excerpts, rows)
    for number, source in enumerate(sources):
        sampler.add(SentencePair(source, f"t{number}", f"file:{number}"))
    return list(sampler.excerpts())


def lines(rows: list[Row]) -> list[int]:
    return [int(pair.origin.removeprefix("file:")) for _, pair in rows]


def test_a_small_corpus_is_kept_whole() -> None:
    rows = sample([f"s{i}" for i in range(19)])
    assert lines(rows) == list(range(19))
    assert [number for number, _ in rows] == [i // 4 for i in range(19)]


def test_excerpts_of_a_large_corpus_are_consecutive_rows() -> None:
    rows = sample([f"s{i}" for i in range(1000)])
    assert len(rows) == 20
    assert lines(rows) == sorted(set(lines(rows)))
    for _, group in groupby(rows, key=lambda row: row[0]):
        of_excerpt = lines(list(group))
        assert len(of_excerpt) == 4
        assert all(after == before + 1 for before, after in pairwise(of_excerpt))
    assert lines(rows)[-1] > 300  # not the beginning only


def test_the_pivot_text_decides_where_an_excerpt_begins() -> None:
    sources = [f"s{i}" for i in range(1000)]
    first = {pair.source for _, pair in sample(sources)}
    with_more = {pair.source for _, pair in sample([f"more {i}" for i in range(50)] + sources)}
    assert len(first & with_more) > 10


def test_a_sentence_that_recurs_begins_one_excerpt() -> None:
    texts = ["Yes." if i % 2 else f"s{i}" for i in range(1000)]
    rows = sample(texts)
    begins = [pair.source for number, pair in rows if lines(rows)]
    assert begins.count("Yes.") <= 2 * 5 + 1


def test_long_texts_are_cut() -> None:
    ((_, pair),) = sample(["x" * 5000])
    assert len(pair.source) == MAX_CHARS


def test_no_pairs() -> None:
    assert sample([]) == []


def test_read_by_corpus(tmp_path: Path) -> None:
    rows = [
        {"corpus": "a", "excerpt": 0, "source": "s", "target": "t", "origin": "a:1"},
        {"corpus": "b", "excerpt": 0, "source": "u", "target": "v", "origin": "b:1"},
        {"corpus": "b", "excerpt": 1, "source": "w", "target": "x", "origin": "b:9"},
    ]
    tables.write(tmp_path / "e.parquet", tables.EXCERPTS, rows)
    excerpts = read_excerpts(tmp_path / "e.parquet")
    assert list(excerpts) == ["a", "b"]
    assert excerpts["b"].number.tolist() == [0, 1]
    assert excerpts["b"].source == ["u", "w"]
    assert excerpts["b"].target == ["v", "x"]
    assert excerpts["b"].every(2).source == ["u"]
    assert excerpts["b"].every(1).target == ["v", "x"]
