"""Rules for English sentences, the pivot of most suites."""

from __future__ import annotations

import re

from alignment.edits.antonyms import OPPOSITES
from alignment.edits.rules import common_names, outside_placeholders, swapped

_WORD = re.compile(r"(?<![\w'\u2019-])[A-Za-z]+(?:-[a-z]+)*(?![\w'\u2019-])")
_NUMBER_WORDS = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
)
_NUMBER_WORD = re.compile(rf"(?<![\w-])({'|'.join(_NUMBER_WORDS)})(?![\w-])", re.IGNORECASE)
_CAPITALIZED = r"[A-Z\u00c0-\u00d6\u00d8-\u00de]\w+(?:-\w+)*"
_ENTITY = re.compile(rf"(?<![\w'\u2019-]){_CAPITALIZED}(?: {_CAPITALIZED})*(?![\w-])")
_TITLES = frozenset({"Dr", "Mr", "Mrs", "Ms", "St"})
_CONTRACTION = re.compile(
    r"\b(is|are|was|were|do|does|did|could|would|should|must|has|have|had|need)n['\u2019]t\b",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"\b(can['\u2019]t|cannot|won['\u2019]t)(?!\w)", re.IGNORECASE)
_UNSHORTENED = {"won": "will", "can": "can"}
# With one of these, another negation may mean the same: `I don't know nothing`.
_NEGATIVE = re.compile(
    r"\b(no|not|never|nobody|nothing|none|neither|nor|nowhere|hardly|without)\b", re.IGNORECASE
)
_WITHOUT_EFFECT = re.compile(r"\bor not\b|\bnot only\b", re.IGNORECASE)
# The noun after a determiner, if it is plainly a noun because of what follows.
_NOUN = re.compile(
    r"\b(?:the|a|an|my|your|his|her|its|our|their) (?P<noun>[a-z]{3,})(?=[.,;:!?]|$| "
    r"(?:is|are|was|were|has|had|will|would|can|could|must|should|did|does|"
    r"in|on|at|of|for|with|and|than|before|after|into)\b)",
    re.IGNORECASE,
)
_ORDER_WORD = re.compile(r"\b(than|before|after|into)\b")
# `A is different from B` means the same as `B is different from A`.
_SYMMETRIC = re.compile(
    r"\b(adjacent|alike|close|comparable|compared|connected|differ\w*|equal\w*|equivalent|far|"
    r"identical|linked|married|near|next|opposite|parallel|related|same|similar)\b",
    re.IGNORECASE,
)


def is_symmetric(text: str) -> bool:
    """Whether a word says that the order of two things may not matter."""
    return _SYMMETRIC.search(text) is not None


def entities(text: str, translation: str) -> list[re.Match[str]]:
    """Names: capitalized words inside a sentence, and words that the translation has too.

    A text whose words are mostly capitalized is a title, where a capital says nothing.
    """
    shared = {match.span() for match in common_names(text, translation)}
    inner_words = re.findall(r"[^\W\d_]{2,}", text)[1:]
    capitalized = sum(word[0].isupper() for word in inner_words)
    is_title = 2 * capitalized > len(inner_words)
    matches = []
    for match in outside_placeholders(_ENTITY, text):
        is_inside = bool(re.search(r"[\w,] $", text[: match.start()]))
        is_name = is_inside and not is_title and match.group() not in _TITLES
        if is_name or match.span() in shared:
            matches.append(match)
    return matches


def replace_number_word(text: str, drawn: int) -> str | None:
    """One number in words, above one, replaced by another."""
    matches = list(_NUMBER_WORD.finditer(text))
    if not matches:
        return None
    match = matches[drawn % len(matches)]
    place = _NUMBER_WORDS.index(match.group().lower())
    step = 1 + drawn // len(matches) % (len(_NUMBER_WORDS) - 1)
    new = _NUMBER_WORDS[(place + step) % len(_NUMBER_WORDS)]
    return _replaced(text, match, new)


def replace_by_opposite(text: str, drawn: int) -> str | None:
    """One word replaced by its opposite."""
    matches = [m for m in outside_placeholders(_WORD, text) if m.group().lower() in OPPOSITES]
    if not matches:
        return None
    match = matches[drawn % len(matches)]
    return _replaced(text, match, OPPOSITES[match.group().lower()])


def resolve_contraction(text: str) -> str | None:
    """The statement without its only contracted negation: `can't` becomes `can`."""
    matches = [*_CONTRACTION.finditer(text), *_SHORTENED.finditer(text)]
    if len(matches) != 1 or text.rstrip().endswith("?"):
        return None
    (match,) = matches
    shortened = match.group().lower()
    positive = match.group(1).lower()
    return _replaced(text, match, _UNSHORTENED.get(shortened[:3], positive))


def is_negative(text: str) -> bool:
    """Whether a word negates the sentence already, so that a second one may change nothing."""
    return _NEGATIVE.search(text) is not None


def negation_has_no_effect(text: str) -> bool:
    """Whether a negation word may go without a change of meaning, as in `whether or not`."""
    return _WITHOUT_EFFECT.search(text) is not None


def swap_nouns(text: str) -> str | None:
    """The nouns before and after the only `than`, `before`, `after` or `into` exchanged."""
    words = list(_ORDER_WORD.finditer(text))
    if len(words) != 1:
        return None
    nouns = outside_placeholders(_NOUN, text)
    before = [noun.span("noun") for noun in nouns if noun.end() <= words[0].start()]
    after = [noun.span("noun") for noun in nouns if noun.start() == words[0].end() + 1]
    return swapped(text, before[-1], after[0]) if before and after else None


def _replaced(text: str, match: re.Match[str], new: str) -> str:
    """The text with another word in a place, in the same case."""
    old = match.group()
    if old.isupper() and len(old) > 1:
        new = new.upper()
    elif old[0].isupper():
        new = new.capitalize()
    return f"{text[: match.start()]}{new}{text[match.end() :]}"
