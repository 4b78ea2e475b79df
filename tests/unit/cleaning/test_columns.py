import numpy as np
import pyarrow as pa

from alignment.cleaning import columns
from alignment.cleaning.normalize import fingerprint


def test_null_reads_as_empty() -> None:
    texts = columns.from_arrow(pa.array(["é", None, "", "日本"]))
    assert texts.strings() == ["é", "", "", "日本"]
    assert texts.lengths.tolist() == [1, 0, 0, 2]


def test_a_slice_of_an_arrow_array() -> None:
    column = pa.array(["ab", "日本", "c\U00020001", "d"]).slice(1, 2)
    texts = columns.from_arrow(column)
    assert texts.strings() == ["日本", "c\U00020001"]
    assert columns.to_arrow(texts).equals(pa.array(["日本", "c\U00020001"]))


def test_an_empty_column() -> None:
    texts = columns.from_arrow(pa.array([], pa.string()))
    assert texts.strings() == []
    assert columns.to_arrow(texts).to_pylist() == []
    assert columns.fingerprints(columns.comparables(texts)).tolist() == []


def test_total_and_any() -> None:
    texts = columns.from_strings(["abca", "", "xa"])
    is_a = texts.points == ord("a")
    assert texts.total(is_a).tolist() == [2, 0, 1]
    assert texts.any(texts.points == ord("x")).tolist() == [False, False, True]


def test_map_rows_changes_the_selected_rows_only() -> None:
    texts = columns.from_strings(["a", "bb", "ccc"])
    changed = columns.map_rows(texts, np.array([True, False, True]), lambda text: text * 2)
    assert changed.strings() == ["aa", "bb", "cccccc"]
    assert columns.map_rows(texts, np.zeros(3, dtype=bool), str.upper) is texts
    assert columns.map_rows(texts, np.ones(3, dtype=bool), str.lower) is texts


def test_map_rows_may_empty_and_lengthen_rows() -> None:
    texts = columns.from_strings(["a", "", "bb", "c", ""])
    changed = columns.map_rows(texts, np.ones(5, dtype=bool), lambda text: "x" * (2 - len(text)))
    assert changed.strings() == ["x", "xx", "", "x", "xx"]


def test_rows_that_normalize_may_change() -> None:
    changed = ["a\u00a0b", "a  b", " a", "a ", "e\u0301", "\u1112\u1161", "&amp;", "a @-@ b"]
    normal = ["नमस्ते", "ครับ", "R&D", "a@b.example", "", "é", "\u0301"]
    rows = columns.not_normal(columns.from_strings([*changed, *normal]))
    assert rows.tolist() == [True] * len(changed) + [False] * len(normal)


def test_take_repeats_and_reorders() -> None:
    texts = columns.from_strings(["a", "bb", ""])
    assert columns.take(texts, np.array([2, 1, 1])).strings() == ["", "bb", "bb"]


def test_characters_past_the_table() -> None:
    """Rare ideographs and compatibility forms go through the plain functions."""
    values = ["\U00020001 X", "\U0002f81a", "ß\U00020001"]
    forms = columns.comparables(columns.from_strings(values))
    assert forms.strings() == ["\U00020001x", "冬", "ss\U00020001"]


def test_accents_behind_dropped_characters() -> None:
    """They join the letter before, or change places with another accent."""
    rows = ["e \u0301", "ß e \u0301", "a\u0301-\u0323", "e\u0301 ß", "\u0301e", "x =\u0338 y"]
    texts = columns.normalized(columns.from_strings(rows))
    expected = ["é", "ssé", "ạ\u0301", "éss", "\u0301e", "xy"]
    assert columns.comparables(texts).strings() == expected


def test_fingerprints_of_some_rows() -> None:
    forms = columns.comparables(columns.from_strings(["A b", "c", "D!"]))
    hashes = columns.fingerprints(forms, np.array([2, 0]))
    assert hashes.tolist() == [fingerprint("d"), fingerprint("ab")]
