"""Inputs with escaped, broken and differently spelled text, read and cleaned as a run does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from alignment.cleaning.batch import Context
from alignment.cleaning.clean import CleanRules, clean
from alignment.cleaning.ledger import Ledger
from alignment.config import Clean, LocalCorpus
from alignment.corpora import open_source
from alignment.downloads import Downloads
from alignment.errors import Malformed
from alignment.pairs import pair_rows

CORPORA = Path(__file__).with_name("corpora")
SCHEMA = pa.schema([("source", pa.string()), ("target", pa.string())])
LIMITS = Clean(min_words=1)

Cleaned = tuple[list[tuple[str, str]], Mapping[str, int]]


def cleaned(tmp_path: Path, file: str, language: str, **settings: Any) -> Cleaned:
    """The kept pairs of a file, and the counts of dropped ones by reason."""
    corpus = LocalCorpus.model_validate({"kind": "local", "path": CORPORA / file, **settings})
    source = open_source(corpus, Downloads(tmp_path), "en")
    rows = list(pair_rows(corpus, source, language, "en"))
    ledger = Ledger()
    rules = CleanRules(LIMITS, Context("en", language))
    kept = []
    for batch in clean([pa.RecordBatch.from_pylist(rows, SCHEMA)], rules, ledger):
        kept += [(row["source"], row["target"]) for row in batch.to_pylist()]
    return kept, ledger.report().dropped


def test_broken_characters(tmp_path: Path) -> None:
    kept, dropped = cleaned(tmp_path, "filter-broken-characters/a.tsv", "de")
    assert kept == []
    assert dropped == {"broken_text": 3}


def test_the_digits_of_an_entity_are_no_number(tmp_path: Path) -> None:
    kept, dropped = cleaned(tmp_path, "filter-entity-digits/a.tsv", "dv")
    assert "&#39;" not in kept[0][1]
    assert "'%(object)s'" in kept[0][1]
    assert dropped == {"wrong_script": 1}  # the German pair
    kept, _ = cleaned(tmp_path, "filter-entity-digits/a.tsv", "de")
    assert kept[-1] == ("It's a nice day today", "Es ist heut' ein schöner Tag")


def test_numbers_written_differently(tmp_path: Path) -> None:
    """The file has several languages; what counts here is that no number drops a pair."""
    languages = ("th", "zh-Hant", "ja", "am", "ko", "zh", "de", "de", "de", "fr")
    for row, language in enumerate(languages):
        limits = LIMITS.model_copy(update={"filters": ("other_numbers",)})
        corpus = LocalCorpus(kind="local", path=CORPORA / "filter-numbers/a.tsv")
        source = open_source(corpus, Downloads(tmp_path), "en")
        pair = list(pair_rows(corpus, source, language, "en"))[row]
        ledger = Ledger()
        rules = CleanRules(limits, Context("en", language))
        list(clean([pa.RecordBatch.from_pylist([pair], SCHEMA)], rules, ledger))
        assert ledger.report().kept == 1, pair


def test_placeholders_spelled_differently(tmp_path: Path) -> None:
    kept, dropped = cleaned(tmp_path, "filter-placeholder-spelling/a.tsv", "de")
    assert len(kept) == 2
    assert dropped == {}


def test_moses_escapes(tmp_path: Path) -> None:
    kept, _ = cleaned(
        tmp_path,
        "moses-escaped/a.en",
        "de",
        target_path=CORPORA / "moses-escaped/a.de",
    )
    assert kept == [("""Tom & Jerry 's friend | " x " .""", "Tom & Jerrys Freund .")]


def test_controls_that_are_white_space(tmp_path: Path) -> None:
    kept, _ = cleaned(tmp_path, "tsv-u2028/a.tsv", "de")
    assert kept == [("One two three four five six.", "Eins zwei drei.")]


def test_text_that_was_escaped_twice(tmp_path: Path) -> None:
    kept, _ = cleaned(tmp_path, "tmx-double-escaped/a.tmx", "de")
    assert kept == [("Tom & Jerry's river is very cold.", "Tom & Jerry's Fluss ist sehr kalt.")]


def test_half_of_a_surrogate_pair(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"a\.jsonl:1: source: half of a surrogate pair"):
        cleaned(tmp_path, "jsonl-surrogate/a.jsonl", "de")


def test_both_halves_of_a_surrogate_pair(tmp_path: Path) -> None:
    lines = (CORPORA / "jsonl-surrogate/a.jsonl").read_text().splitlines()
    path = tmp_path / "whole.jsonl"
    path.write_text(lines[1])
    kept, _ = cleaned(tmp_path, str(path), "de")
    assert kept == [("OK 😀 fine.", "OK 😀 gut.")]
