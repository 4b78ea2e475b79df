"""Numbers in words: `zwölf`, `nineteen eighty-four`, `quatre-vingt-dix`, `kaksikymmentäviisi`.

A table has the stems of a language's numerals, so that endings and ordinals fit as well. It may
match words that are no numbers (`one`, `stola`): what is found here only ever excuses a number that
the other side writes in digits.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

from alignment.cleaning.number_stems import STEMS

_SAME_WORDS = {
    "no": "nb",
    "nn": "nb",
    "ms": "id",
    "sr": "hr",
    "bs": "hr",
    "sh": "hr",
    "zsm": "id",
    "arb": "ar",
    "pes": "fa",
}
_IN_OTHER_SIGNS = frozenset({"zh", "ja", "yue", "wuu", "nan", "hak", "lzh"})  # numbers are numerals
_INCOMPLETE = frozenset({"hi"})  # the irregular words below a hundred have many spellings
_ANYWHERE = frozenset({"th", "ko", "ar", "fa"})  # no spaces, or prefixes without a table
_LONGEST_LINK = 3  # letters between the parts of a word: `ein-und-zwanzig`, `kahde-lla-toista`
_BETWEEN_WORDS = re.compile(
    rf"[^\W\d_]{{0,{_LONGEST_LINK}}}"  # the ending of the first one
    r"(?:[\s-]+(?:(?:and|und|en|og|och|ja|y|e|et|i|и|і|și|şi|και|kaj|lẻ|linh)[\s-]+)?"
    r"|\s*و\s*|\s*)"
)
_ALSO_IN_CYRILLIC = frozenset({"hr"})  # as Serbian
_CYRILLIC = "абвгдђежзијклљмнњопрстћуфхцчџш"
_LATIN = "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š"
_SERBIAN = str.maketrans(dict(zip(_CYRILLIC, _LATIN.split(), strict=True)))
_APOSTROPHES = (("'", ""), ("’", ""), ("ʼ", ""), ("\u200c", ""))


class Part(NamedTuple):
    """One numeral: `vier`, or `hundert`, which multiplies."""

    value: int
    multiplies: bool = False


def has_words(language: str) -> bool:
    """Whether all numerals of a language are known."""
    base = _base(language)
    return (base in STEMS or base in _IN_OTHER_SIGNS) and base not in _INCOMPLETE


def word_values(text: str, language: str) -> set[float]:
    """The numbers that a text may have in words; empty if the language's are not known."""
    table = _table(_base(language))
    if table is None:
        return set()
    text = replaced(text.casefold(), _APOSTROPHES)
    if _base(language) in _ALSO_IN_CYRILLIC:
        text = text.translate(_SERBIAN)
    values: set[float] = set()
    for run in _runs(text, table, anywhere=_base(language) in _ANYWHERE):
        values.add(float(combined(run)))
        values.update(float(part.value) for part in run)
        values.update(map(float, _as_year(run)))
    return values


def combined(parts: Iterable[Part]) -> int:
    """The number that numerals make: 2, *100, 4, 20 is 224."""
    terms: list[int] = []
    for part in parts:
        if not part.multiplies:
            terms.append(part.value)
            continue
        smaller = 0
        while terms and terms[-1] < part.value:
            smaller += terms.pop()
        terms.append(max(smaller, 1) * part.value)
    return sum(terms)


def replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    """The text with some characters replaced; much faster than `str.translate` for a few."""
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _as_year(run: list[Part]) -> list[int]:
    """`nineteen eighty-four` as 1984."""
    rest = combined(run[1:])
    if len(run) > 1 and 10 <= run[0].value < 100 and rest < 100:
        return [100 * run[0].value + rest]
    return []


class _Table(NamedTuple):
    pattern: re.Pattern[str]
    parts: dict[str, Part]


def _runs(text: str, table: _Table, *, anywhere: bool) -> list[list[Part]]:
    """Numerals that follow each other, as one run each."""
    runs: list[list[Part]] = []
    end = -1
    for match in table.pattern.finditer(text):
        part = table.parts[match.group()]
        start = match.start()
        between = text[end:start] if end >= 0 else None
        begins = anywhere or start == 0 or not text[start - 1].isalpha()
        if between is not None and _links(between, begins=begins):
            runs[-1].append(part)
        elif begins:
            runs.append([part])
        else:
            continue
        end = match.end()
    return runs


def _links(between: str, *, begins: bool) -> bool:
    """Whether two numerals with this text between them belong to one number."""
    if len(between) <= _LONGEST_LINK and (between == "" or between.isalpha()):
        return True
    return begins and _BETWEEN_WORDS.fullmatch(between) is not None


@functools.cache
def _table(language: str) -> _Table | None:
    if language not in STEMS:
        return None
    parts = {}
    for entry in STEMS[language].split():
        value, _, stems = entry.partition(":")
        for stem in stems.split(","):
            parts[stem.casefold()] = Part(int(value.lstrip("*")), value.startswith("*"))
    longest_first = sorted(parts, key=len, reverse=True)
    return _Table(re.compile("|".join(map(re.escape, longest_first))), parts)


def _base(language: str) -> str:
    base = language.partition("-")[0]
    return _SAME_WORDS.get(base, base)
