"""Queries, documents and judgments as they are read, with the place of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from alignment.errors import Malformed

ID_NAMES = ("_id", "id", "docid", "doc_id", "query_id", "qid")
TEXT_NAMES = ("text", "contents", "query", "question")
QUERY_NAMES = ("query-id", "query_id", "qid")
DOCUMENT_NAMES = ("corpus-id", "corpus_id", "docid", "doc_id")
SCORE_NAMES = ("score", "relevance", "label")


class Text(NamedTuple):
    """A query or a document."""

    identity: str
    text: str
    where: str
    """File and line, or dataset and row."""


class Judgment(NamedTuple):
    """How relevant a document is to a query; 0 or less is not."""

    query: str
    document: str
    score: int
    where: str


class Row(NamedTuple):
    """Values by column, and where they are."""

    values: Mapping[str, Any]
    where: str


def text_of(row: Row) -> Text:
    """A row as a query or a document; a title is put before the text.

    Raises:
        Malformed: if it has no identity or no text.
    """
    identity = _identity(row, ID_NAMES)
    text = _first(row.values, TEXT_NAMES)
    if not isinstance(text, str):
        raise Malformed(
            f"expected a text under one of {', '.join(TEXT_NAMES)}, got {type(text).__name__}",
            where=row.where,
            hint=f"The fields are {', '.join(map(str, row.values)) or 'none'}.",
        )
    title = row.values.get("title")
    if isinstance(title, str) and title.strip():
        text = f"{title} {text}"
    text = text.strip()
    if not text:
        raise Malformed(f"{identity} has no text", where=row.where)
    return Text(identity, text, row.where)


def judgment_of(row: Row) -> Judgment:
    """A row as a judgment.

    Raises:
        Malformed: if a column is missing or the score is no whole number.
    """
    query = _identity(row, QUERY_NAMES)
    document = _identity(row, DOCUMENT_NAMES)
    score = _first(row.values, SCORE_NAMES)
    try:
        number = float(score)
        if number != int(number):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise Malformed(
            f"expected a whole number as the score, got {score!r}", where=row.where
        ) from None
    return Judgment(query, document, int(number), row.where)


def distinct(texts: Iterator[Text], what: str) -> Iterator[Text]:
    """The texts as they come.

    Raises:
        Malformed: if two have the same identity; `what` they are is part of the message.
    """
    seen: set[str] = set()
    for text in texts:
        if text.identity in seen:
            raise Malformed(
                f"two {what} have the id {text.identity!r}",
                where=text.where,
                hint="Give each its own id; remove the line if it is a repetition.",
            )
        seen.add(text.identity)
        yield text


def _identity(row: Row, names: tuple[str, ...]) -> str:
    value = _first(row.values, names)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise Malformed(
            f"expected an id under one of {', '.join(names)}, got {value!r}",
            where=row.where,
            hint=f"The fields are {', '.join(map(str, row.values)) or 'none'}.",
        )
    return value


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The value of the first of these columns that there is; None without any."""
    return next((values[name] for name in names if name in values), None)
