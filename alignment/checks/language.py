"""Which language is a side of a corpus in? By majority over whole passages, not row by row.

A classifier errs on a single short text; on thirty joined rows it hardly does.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import langcodes
import numpy as np
from langcodes.data_dicts import MACROLANGUAGES

from alignment import languages
from alignment.checks.excerpts import Excerpts
from alignment.cleaning import columns
from alignment.cleaning.langid import LanguageIdentifier
from alignment.cleaning.scripts import script_share
from alignment.placeholders import PLACEHOLDER

JOINED = 3
"""Excerpts that make up a passage, whose language is identified: about 30 rows."""
MIN_LETTERS = 200
"""Of a side; with fewer its language is not judged."""
MAJORITY = 0.75
"""Share of the passages that another language must win."""
MIN_PROBABILITY = 0.65
"""Of a passage's most likely language, for the passage to count."""
UNKNOWN_PROBABILITY = 0.9
"""The same where the classifier does not know the language that it should be: text in such a
language looks a little like many others."""
MIN_SCRIPT = 0.25
"""Share of the letters in a script of the language; less is another script."""
MIN_HAN = 20
"""Characters that only one of the two Chinese scripts has."""
HAN_MAJORITY = 0.8
"""Share of such characters that must be of the other script."""

_ALIKE = {"da": "no", "gsw": "de"}  # which classifiers take for each other in short texts
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class SideLanguage(NamedTuple):
    """What one side of a corpus looks like."""

    wrong: str | None
    """What it is instead of its language, such as `Russian`; None if nothing speaks against it."""
    code: str | None
    """The code of the language that most passages are in; None if that is not known."""


def side_language(
    excerpts: Excerpts, texts: Sequence[str], language: str, identifier: LanguageIdentifier
) -> SideLanguage:
    """The language of one side of a corpus, which should be `language`.

    Another language must be very likely to count where the classifier does not know this one.

    Args:
        excerpts: The excerpts of the corpus.
        texts: One of their sides (n).
        language: BCP-47 code of the language that it should be in.
        identifier: The classifier.
    """
    passages = _passages(excerpts, texts)
    if sum(map(_letters, passages)) < MIN_LETTERS:
        return SideLanguage(None, None)
    probabilities = identifier.probabilities(passages)
    code = _majority(probabilities, MIN_PROBABILITY)
    wrong = _wrong_script(passages, language)
    other = code
    if wrong is None and not identifier.knows(language):
        other = _majority(probabilities, UNKNOWN_PROBABILITY)
    if other is not None and not same_language(other, language):
        wrong = languages.name(other)
    if wrong is None:
        wrong = _other_chinese("".join(passages), language)
    return SideLanguage(wrong, code)


def same_language(first: str, second: str) -> bool:
    """Whether they are spellings of one language, members of one macrolanguage, or alike."""
    if languages.best_match(second, frozenset({first})) is not None:
        return True
    return _group(first) == _group(second)


def _passages(excerpts: Excerpts, texts: Sequence[str]) -> list[str]:
    """The rows of `JOINED` excerpts joined, without placeholders and in lower case."""
    by_number: dict[int, list[str]] = {}
    for number, text in zip(excerpts.number.tolist(), texts, strict=True):
        by_number.setdefault(number // JOINED, []).append(PLACEHOLDER.sub(" ", text).lower())
    return [" ".join(" ".join(rows).split()) for rows in by_number.values()]


def _letters(text: str) -> int:
    return len(_NOT_LETTERS.sub("", text))


def _majority(probabilities: Sequence[Mapping[str, float]], min_probability: float) -> str | None:
    """The code that wins at least `MAJORITY` of the passages, each by `min_probability` or more.

    Languages that are alike count as one, and the likeliest of them gives the code.
    """
    wins: Counter[str] = Counter()
    totals: dict[str, dict[str, float]] = {}
    for of_passage in probabilities:
        groups: dict[str, float] = {}
        for code, probability in of_passage.items():
            group = _group(code)
            groups[group] = groups.get(group, 0.0) + probability
            of_group = totals.setdefault(group, {})
            of_group[code] = of_group.get(code, 0.0) + probability
        best = max(groups, key=groups.__getitem__, default="")
        if groups.get(best, 0.0) >= min_probability:
            wins[best] += 1
    for group, count in wins.most_common(1):
        if count >= MAJORITY * len(probabilities):
            return max(totals[group], key=totals[group].__getitem__)
    return None


@functools.cache
def _group(code: str) -> str:
    """Languages that count as one: the members of a macrolanguage, and those in `_ALIKE`.

    Bosnian, Croatian and Serbian are of one macrolanguage, as are Indonesian and Malay, the kinds
    of Arabic and those of Chinese. Script and region do not count.
    """
    language = langcodes.Language.get(langcodes.standardize_tag(code, macro=True)).language or ""
    group = MACROLANGUAGES.get(language, language)
    return _ALIKE.get(group, group)


def _wrong_script(passages: Sequence[str], language: str) -> str | None:
    shares = script_share(columns.from_strings(passages), language)
    letters = np.array([_letters(passage) for passage in passages])
    share = float((shares * letters).sum() / letters.sum())
    if share >= MIN_SCRIPT:
        return None
    return f"another script ({100 * share:.0f}% of the letters are in its own)"


def _other_chinese(text: str, language: str) -> str | None:
    """`Traditional Chinese` in place of Simplified, or the reverse; None for other languages."""
    tag = langcodes.Language.get(language)
    if languages.language_and_script(language)[0] != "zh":
        return None
    script = tag.maximize().script
    counts = {"Hans": 0, "Hant": 0}
    for char in text:
        if (only := _only_in(char)) is not None:
            counts[only] += 1
    total = sum(counts.values())
    other = "Hant" if script == "Hans" else "Hans"
    if total < MIN_HAN or counts[other] < HAN_MAJORITY * total:
        return None
    return {"Hans": "Simplified Chinese", "Hant": "Traditional Chinese"}[other]


@functools.lru_cache(maxsize=65536)
def _only_in(char: str) -> str | None:
    """The Chinese script that a character belongs to; None if to both or to neither.

    GB 2312 is the character set of Simplified Chinese, Big5 that of Traditional Chinese.
    """
    simplified = _encodable(char, "gb2312")
    traditional = _encodable(char, "big5")
    if simplified == traditional or not char.isalpha() or char.isascii():
        return None
    return "Hans" if simplified else "Hant"


def _encodable(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
