"""Rows of Hub datasets: which column is which side."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from alignment.config import Columns
from alignment.corpora.hub_rows import ColumnReader, language_columns_of
from alignment.corpora.skips import Skips
from alignment.errors import ConfigError, Malformed

SIDES = Columns(source="sourceString", target="targetString")


def read(
    rows: Sequence[Mapping[str, Any]],
    columns: Columns,
    pair: tuple[str, str] | None = None,
    spelling: str = "deu",
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    reader = ColumnReader("demo/pairs", columns, "en", "de", spelling, pair)
    skips = Skips()
    numbered = ((f"train:{number}", row) for number, row in enumerate(rows))
    return [item[:2] for item in reader.pairs(numbered, skips)], dict(skips.counts)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("eng", "deu", ("a", "b")),
        ("deu", "eng", ("b", "a")),
        ("en", "de-DE", ("a", "b")),
        ("fra", "eng", None),
        ("eng", "fra", None),
    ],
)
@pytest.mark.parametrize("pair", [None, ("deu", "eng"), ("eng", "deu")])
def test_language_columns_decide(
    source: str, target: str, expected: tuple[str, str] | None, pair: tuple[str, str] | None
) -> None:
    row = {"sourceLang": source, "targetlang": target, "sourceString": "a", "targetString": "b"}
    outcome = ([expected], {}) if expected else ([], {"other language": 1})
    assert read([row], SIDES, pair) == outcome


@pytest.mark.parametrize(
    ("columns", "pair", "swapped"),
    [
        (("text1", "text2"), ("deu", "eng"), True),
        (("text1", "text2"), ("eng", "deu"), False),
        (("text1", "text2"), None, False),
        (("src", "tgt"), ("de", "en"), True),
        (("sentence_en", "sentence_other"), ("deu", "eng"), False),
        (("english", "german"), ("deu", "eng"), False),
        (("textEng", "textDeu"), ("deu", "eng"), False),
        (("original", "translation_de"), ("deu", "eng"), False),
    ],
)
def test_columns_without_languages(
    columns: tuple[str, str], pair: tuple[str, str] | None, swapped: bool
) -> None:
    row = dict(zip(columns, ("a", "b"), strict=True))
    pairs, _ = read([row], Columns(source=columns[0], target=columns[1]), pair)
    assert pairs == [("b", "a") if swapped else ("a", "b")]


def test_a_column_of_the_language_is_never_swapped() -> None:
    row = {"eng": "a", "deu": "b"}
    assert read([row], Columns(source="eng", target="{lang}"), ("deu", "eng"))[0] == [("a", "b")]


def test_values_that_are_no_codes_do_not_decide() -> None:
    row = {"src_lang": "English", "tgt_lang": "German", "src": "a", "tgt": "b"}
    assert read([row], Columns(source="src", target="tgt")) == ([("a", "b")], {})


def test_a_language_column() -> None:
    rows = [{"en": "a", "text": "b", "lang": lang} for lang in ("de", "deu", "fr", "DE", None)]
    columns = Columns(source="en", target="text", language="lang")
    assert read(rows, columns) == ([("a", "b")] * 3, {})


def test_a_row_that_is_nearer_to_another_wanted_language() -> None:
    rows = [(f"train:{lang}", {"en": "a", "text": lang, "lang": lang}) for lang in ("pt", "pt_br")]
    columns = Columns(source="en", target="text", language="lang")
    rivals = frozenset({"en", "pt", "pt-BR"})
    for language, text in (("pt", "pt"), ("pt-BR", "pt_br")):
        reader = ColumnReader("demo", columns, "en", language, language, None, rivals)
        numbered = (row for row in rows)
        assert [pair.target for pair in reader.pairs(numbered, Skips())] == [text]


def test_nested_columns() -> None:
    translations = [{"en": "a", "deu": "b"}, {"en": "c"}, {"en": "d", "deu": None}]
    rows = [{"translation": translation} for translation in translations]
    columns = Columns(source="translation.en", target="translation.{lang}")
    assert read(rows, columns)[0] == [("a", "b"), ("c", ""), ("d", "")]


@pytest.mark.parametrize(
    ("source", "target", "languages"),
    [
        ("sourceString", "targetString", ("sourceLang", "targetlang")),
        ("source", "target", ("sourceLang", "targetlang")),
        ("text1", "text2", ("lang1", "lang2")),
        ("src_text", "tgt_text", ("src_lang", "tgt_lang")),
        ("en", "de", None),
        ("source", "other", None),
    ],
)
def test_language_columns_of(source: str, target: str, languages: tuple[str, str] | None) -> None:
    names = ["id", "lang", "language", "sourceLang", "targetlang", "lang1", "lang2"]
    names += ["src_lang", "tgt_lang", source, target]
    assert language_columns_of(source, target, names) == languages


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (Columns(source="en", target="x"), "no column 'x'; the dataset has en, de, t"),
        (Columns(source="en", target="t.a.b"), "no column 't.a.b'; the dataset has en, de, t"),
        (Columns(source="en", target="de", language="l"), "no column 'l'"),
        (Columns(source=1, target=2), "have names, got the numbers 1 and 2"),
    ],
)
def test_columns_that_are_not_there(columns: Columns, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read([{"en": "a", "de": "b", "t": "c"}], columns)


@pytest.mark.parametrize("value", [["b"], 3, {"x": "b"}, b"b"])
def test_cells_that_are_no_text(value: Any) -> None:
    with pytest.raises(Malformed, match="demo/pairs: train:1: de: expected text, got"):
        read([{"en": "a", "de": "b"}, {"en": "a", "de": value}], Columns(source="en", target="de"))
