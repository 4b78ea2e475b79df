from pathlib import Path

import pytest

from alignment import tables
from alignment.cleaning import corpus_context
from alignment.cleaning.corpus_context import workers_for
from alignment.config import Clean


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> None:
    empty = dict.fromkeys(tables.PAIRS.names, "")
    rows = ({**empty, "source": source, "target": target} for source, target in pairs)
    tables.write(path, tables.PAIRS, rows)


def test_the_usual_ratio_of_lengths(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    write_pairs(path, [("x" * 10, "y" * 20)] * 50)
    context = corpus_context.corpus_context(path, Clean(), "en", "fi")
    assert context.expected_ratio == pytest.approx(2.0, rel=0.1)
    assert (context.source_lang, context.target_lang) == ("en", "fi")
    assert context.identifier is None


def test_the_sample_is_spread_over_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 10)
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 10)
    monkeypatch.setattr(corpus_context, "RATIO_SAMPLE", 8)
    path = tmp_path / "pairs.parquet"
    write_pairs(path, [(str(number), "y") for number in range(35)])
    sampled: list[str] = []
    for batch in corpus_context._sample(path):
        sampled += batch.column("source").to_pylist()
    assert sampled == ["0", "1", "10", "11", "20", "21", "30", "31"]


def test_small_corpora_use_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_context, "available_cpus", lambda: 4)
    assert workers_for(99_999) == 1
    assert workers_for(100_000) == 4
