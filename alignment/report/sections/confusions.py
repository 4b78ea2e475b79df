"""The worst wrong answers of each language: query, what was found, and the translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alignment import languages
from alignment.report.mistakes import Mistake
from alignment.report.summary import Summary

LONGEST = 160
"""Characters of a text that are shown."""
RIGHT_TO_LEFT = frozenset(
    ("Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi")
)
"""Scripts of living languages that are written from right to left (ISO 15924)."""


@dataclass(frozen=True)
class ConfusionRow:
    """One wrong answer; similarities are cosines."""

    direction: str
    suite: str
    query: str
    query_language: str
    """BCP-47, for the browser."""
    query_writing: str
    """Direction of writing: `rtl`, or `auto`."""
    retrieved: str
    gold: str
    found_language: str
    found_writing: str
    similarity: str
    gold_similarity: str
    status: str
    """Whether the encoder that it is compared with makes the mistake as well."""


@dataclass(frozen=True)
class LanguageConfusions:
    """The worst answers of one language."""

    code: str
    name: str
    rows: Sequence[ConfusionRow]
    new: int
    """How many of them the reference does not make."""
    tested: bool
    """Whether it is known what the reference answers."""


@dataclass(frozen=True)
class Confusions:
    """The section."""

    languages: Sequence[LanguageConfusions]
    """By name."""
    without: Sequence[str]
    """Names of the languages without a wrong answer."""
    several_suites: bool


def confusions_section(
    summary: Summary, mistakes: Mapping[str, Sequence[Mistake]]
) -> Confusions | None:
    """None if no mistakes were stored, as in runs of earlier releases."""
    if not mistakes:
        return None
    confused = []
    without = []
    for code, language in summary.languages.items():
        if mistakes.get(code):
            confused.append(_language(code, language.name, mistakes[code], summary))
        elif code in mistakes:
            without.append(language.name)
    confused.sort(key=lambda entry: entry.name.casefold())
    return Confusions(confused, without, len(summary.suites()) > 1)


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, or its start with an ellipsis.

    >>> shortened("a long sentence", 6)
    'a long…'
    """
    if len(text) <= longest:
        return text
    return text[:longest].rstrip() + "…"


def writing(code: str) -> str:
    """The direction of writing of a language, for the attribute `dir`.

    A browser tells the direction from the first letter, which in a message such as `%(name)s ...`
    is not one of the language.

    >>> writing("he"), writing("cy")
    ('rtl', 'auto')
    """
    return "rtl" if languages.script(code) in RIGHT_TO_LEFT else "auto"


def _language(
    code: str, name: str, mistakes: Sequence[Mistake], summary: Summary
) -> LanguageConfusions:
    rows = [_row(mistake, code, summary) for mistake in mistakes]
    new = sum(mistake.is_new is True for mistake in mistakes)
    tested = any(mistake.is_new is not None for mistake in mistakes)
    return LanguageConfusions(code, name, rows, new, tested)


def _row(mistake: Mistake, code: str, summary: Summary) -> ConfusionRow:
    pivot = summary.pivot or "en"
    is_forward = mistake.direction == "forward"
    query_language, found_language = (pivot, code) if is_forward else (code, pivot)
    return ConfusionRow(
        direction=f"{query_language} → {found_language}",
        suite=mistake.suite,
        query=shortened(mistake.query),
        query_language=query_language,
        query_writing=writing(query_language),
        retrieved=shortened(mistake.retrieved),
        gold=shortened(mistake.gold),
        found_language=found_language,
        found_writing=writing(found_language),
        similarity=f"{mistake.similarity:.2f}",
        gold_similarity=f"{mistake.gold_similarity:.2f}",
        status={True: "new", False: "before as well", None: ""}[mistake.is_new],
    )
