"""Rows of a Hub dataset as sentence pairs: which column is which side, and of which language."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alignment import languages
from alignment.config import Columns
from alignment.corpora.skips import OnSkip
from alignment.corpora.tabular import MISSING, field, field_names
from alignment.errors import ConfigError, Malformed
from alignment.types import SentencePair

OTHER_LANGUAGE = "other language"
Row = Mapping[str, Any]
NumberedRows = Generator[tuple[str, Row], None, None]
"""Origin and row."""


@dataclass(frozen=True)
class ColumnReader:
    """Reads the pairs of one language from two columns.

    If each of the two has a column with its language (`sourceLang` for `sourceString`), that
    column decides which side a text is on, row by row. tatoeba_mt needs it: its `source` is the
    language that comes first in the alphabet.
    """

    dataset: str
    columns: Columns
    pivot: str
    language: str
    spelling: str
    """The language as the dataset spells it; replaces `{lang}`."""
    pair: tuple[str, str] | None = None
    """Both codes in the order of the configuration's name, such as deu-eng."""
    rivals: frozenset[str] = frozenset()
    """Codes of all wanted languages: a row that is nearer to another one is left to it."""

    def pairs(self, rows: NumberedRows, on_skip: OnSkip) -> Iterator[SentencePair]:
        """The pairs of the rows, as they come.

        Raises:
            ConfigError: if a column is missing.
            Malformed: if a cell is no text.
        """
        source, target = self.names()
        language_columns: tuple[str, str] | None = None
        swapped = False
        first = True
        for origin, row in rows:
            if first:
                names = list(field_names(row))
                language_columns = language_columns_of(source, target, names)
                if language_columns and not all(map(_is_code, map(row.get, language_columns))):
                    language_columns = None
                swapped = language_columns is None and self._swapped(source, target)
                first = False
            texts = self._text(row, source, origin), self._text(row, target, origin)
            if not self._has_language(row):
                continue
            if language_columns is not None:
                order = self._order(row, language_columns)
                if order is None:
                    on_skip(OTHER_LANGUAGE, origin)
                    continue
                swapped = order
            source_text, target_text = reversed(texts) if swapped else texts
            yield SentencePair(source_text, target_text, origin)

    def names(self) -> tuple[str, str]:
        """The columns of the two texts.

        Raises:
            ConfigError: if they are given by number.
        """
        source = self.columns.source
        target = self.columns.target
        if isinstance(source, int) or isinstance(target, int):
            raise ConfigError(
                f"the columns of a dataset have names, got the numbers {source} and {target}",
                where=self.dataset,
            )
        return source, target.replace("{lang}", self.spelling)

    def _text(self, row: Row, column: str, origin: str) -> str:
        value = field(row, column)
        if value is MISSING:
            if "." in column and isinstance(field(row, column.rpartition(".")[0]), Mapping | None):
                return ""  # a translation without this language
            raise missing_column(self.dataset, column, list(field_names(row)))
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Malformed(
                f"{column}: expected text, got {type(value).__name__}",
                where=f"{self.dataset}: {origin}",
                hint="Name a column that holds one text per row.",
            )
        return value

    def _has_language(self, row: Row) -> bool:
        """Whether the row is of the language, if the configuration names a language column."""
        column = self.columns.language
        if column is None:
            return True
        value = field(row, str(column))
        if value is MISSING:
            raise missing_column(self.dataset, str(column), list(field_names(row)))
        offered = frozenset({str(value)})
        return languages.best_match(self.language, offered, self.rivals) is not None

    def _order(self, row: Row, columns: tuple[str, str]) -> bool | None:
        """Whether the sides are swapped, by their language columns; None for other languages."""
        first, second = (field(row, column) for column in columns)
        if _is(self.pivot, first) and _is(self.language, second):
            return False
        if _is(self.language, first) and _is(self.pivot, second):
            return True
        return None

    def _swapped(self, source: str, target: str) -> bool:
        """Whether the columns are in the order of the configuration's name, and the pivot second.

        A column that is named after a language holds that language.
        """
        if self.pair is None or "{lang}" in str(self.columns.target):
            return False
        named = [_names(column, code) for column in (source, target) for code in self.pair]
        return not any(named) and _is(self.pivot, self.pair[1])


def language_columns_of(source: str, target: str, names: Sequence[str]) -> tuple[str, str] | None:
    """The columns with the languages of the two text columns; None unless both have one.

    `sourceString` belongs to `sourceLang`, `src_text` to `src_lang`, `text1` to `lang1`.
    """
    matches = []
    for column in (source, target):
        text = _plain(column)
        for name in names:
            stem = re.sub("language|lang", "", _plain(name))
            is_language = stem != _plain(name) and stem != ""
            if is_language and name != column and (text.startswith(stem) or text.endswith(stem)):
                matches.append(name)
                break
    if len(matches) != 2 or matches[0] == matches[1]:
        return None
    return matches[0], matches[1]


def missing_column(dataset: str, column: str, names: Sequence[str]) -> ConfigError:
    """The error for a column that the dataset does not have."""
    return ConfigError(
        f"no column {column!r}; the dataset has {', '.join(names) or 'none'}",
        where=dataset,
        hint="Name the columns: `columns: {source: ..., target: ...}`.",
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _is_code(value: Any) -> bool:
    try:
        languages.canonical(str(value))
    except ValueError:
        return False
    return True


def _is(language: str, spelling: Any) -> bool:
    if not isinstance(spelling, str):
        return False
    return languages.best_match(language, frozenset({spelling})) is not None


def _names(column: str, code: str) -> bool:
    """Whether a part of the column's name is the language's code or name: `text_en`, `english`."""
    english = languages.name(code).lower()
    parts = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).lower())
    return any(part == english or _is(languages.canonical(code), part) for part in parts)
