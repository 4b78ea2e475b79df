"""Rules that change the meaning of a sentence, each only where it is safe.

A rule that does not fit a sentence gives None: a copy that still means the same would teach, or
measure, that a correct translation is wrong.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from alignment.placeholders import PLACEHOLDER

NUMBER = re.compile(r"(?<![\w.,])\d{1,9}(?![\w])")
# Words whose removal negates a sentence, for languages where it is one separate word.
_NOT = {
    "bg": "не",
    "da": "ikke",
    "de": "nicht",
    "en": "not",
    "hu": "nem",
    "lt": "ne",
    "mk": "не",
    "nb": "ikke",
    "nl": "niet",
    "no": "ikke",
    "pl": "nie",
    "ro": "nu",
    "ru": "не",
    "sk": "nie",
    "sr": "не",
    "sv": "inte",
    "uk": "не",
}
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|must|do|does|did|has been|have been)\b"
    r"(?! not\b)",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(r"n['\u2019]t\b|\bcannot\b", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])[A-Za-z][\w-]{2,}(?![\w-])", re.ASCII)
# Words between two names that make `A word B` mean something else than `B word A`.
_DIRECTED = {
    "da": "til fra end før efter",
    "de": "zu nach von als vor statt",
    "en": "to from than before after into instead",
    "es": "a hacia desde que antes después",
    "fr": "à vers depuis que avant après",
    "it": "a da verso prima dopo",
    "nb": "til fra enn før etter",
    "nl": "naar van dan voor na",
    "pt": "para até antes depois",
    "sv": "till från än före efter",
}
_NAMES_TRIED = 8


def draw(identity: str) -> int:
    """A number below 2^64 that depends on the identity only."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")


def shared_names(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Names that occur in both sentences of a (source, target) pair, sorted.

    A name is a word with a capital letter that both spell the same.
    """
    names: set[str] = set()
    for source, target in pairs:
        names.update(match.group() for match in common_names(target, source))
    return sorted(names)


def common_names(text: str, anchor: str) -> list[re.Match[str]]:
    """The names of a text that its translation has too, each exactly once in both."""
    matches = outside_placeholders(_NAME, text)
    words = list(map(re.Match.group, matches))
    anchor_words = list(map(re.Match.group, outside_placeholders(_NAME, anchor)))
    shared = []
    for match, word in zip(matches, words, strict=True):
        # A name that occurs twice is left out: which of them would be replaced?
        if words.count(word) == anchor_words.count(word) == 1:
            shared.append(match)
    return shared


def outside_placeholders(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches that do not overlap a placeholder, tag, entity or address."""
    matches = list(pattern.finditer(text))
    if not matches:
        return []
    taken = [match.span() for match in PLACEHOLDER.finditer(text)]

    def is_free(match: re.Match[str]) -> bool:
        return not any(start < match.end() and match.start() < end for start, end in taken)

    return [match for match in matches if is_free(match)]


def replace_name(text: str, anchor: str, names: Sequence[str], drawn: int) -> str | None:
    """One name replaced by another one that neither sentence has in any case."""
    matches = common_names(text, anchor)
    if not matches:
        return None
    match = matches[drawn % len(matches)]
    known = f"{text} {anchor}".casefold()
    for i in range(min(_NAMES_TRIED, len(names))):
        name = names[(drawn + i) % len(names)]
        if name.casefold() not in known:
            return f"{text[: match.start()]}{name}{text[match.end() :]}"
    return None


def swap_names(text: str, anchor: str, language: str) -> str | None:
    """The two names of a text swapped, if a word between them gives them a direction."""
    matches = common_names(text, anchor)
    if len(matches) != 2:
        return None
    first, second = matches
    if not is_directed(text[first.end() : second.start()], language):
        return None
    return swapped(text, first.span(), second.span())


def is_directed(between: str, language: str) -> bool:
    """Whether the words between two expressions make their order matter."""
    directed = _DIRECTED.get(language.split("-")[0], "").split()
    return bool(set(directed) & set(re.findall(r"\w+", between.casefold())))


def swapped(text: str, first: tuple[int, int], second: tuple[int, int]) -> str:
    """The text with two of its parts exchanged, each by its start and end."""
    (start, end), (later_start, later_end) = first, second
    between = text[end:later_start]
    return (
        f"{text[:start]}{text[later_start:later_end]}{between}{text[start:end]}{text[later_end:]}"
    )


def replace_number(text: str, drawn: int) -> str | None:
    """One number outside of placeholders and tags replaced by another one of as many digits."""
    numbers = outside_placeholders(NUMBER, text)
    if not numbers:
        return None
    match = numbers[drawn % len(numbers)]
    width = len(match.group())
    # A single 1 or 0 is often a word, or nothing, on the other side.
    low = 10 ** (width - 1) if width > 1 else 2
    span = 10**width - low
    new = low + (drawn // len(numbers)) % span
    if new == int(match.group()):
        new = low + (new - low + 1) % span
    return f"{text[: match.start()]}{new:0{width}d}{text[match.end() :]}"


def remove_not(text: str, language: str) -> str | None:
    """The sentence without its only negation word, unless it begins with it."""
    word = _NOT.get(language.split("-")[0])
    if word is None:
        return None
    matches = list(re.finditer(rf"\b{word}\b ?", text, re.IGNORECASE))
    if len(matches) != 1 or matches[0].start() == 0:
        return None
    return (text[: matches[0].start()] + text[matches[0].end() :]).strip()


def add_not(text: str, language: str) -> str | None:
    """An English statement with `not` after its only auxiliary verb."""
    if language != "en":
        return None
    matches = list(_AUXILIARY.finditer(text))
    if len(matches) != 1 or text.rstrip().endswith("?") or _CONTRACTED.search(text):
        return None
    match = matches[0]
    verb, *rest = match.group().split(" ")
    return " ".join([text[: match.start()] + verb, "not", *rest]) + text[match.end() :]
