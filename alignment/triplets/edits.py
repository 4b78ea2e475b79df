"""Edited negatives: the true translation with its meaning changed by a rule that is safe to apply.

A number becomes another of as many digits; a negation word goes, or comes; a name that stands in both sentences
becomes another; two names on the two sides of a word like `to` or `than` change places. What the rules do not fit gets
no edited negative: a wrong edit would teach that a translation is none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

_UNTOUCHED = re.compile(
    r"%\([^)]*\)\w|%\d*\$?\w|\{[^{}]*\}|<[^<>]*>|&#?\w+;|https?://\S+"
)  # placeholders, tags, addresses
_NUMBER = re.compile(r"(?<![\w.,])\d{1,9}(?![\w])")
# Words whose removal turns a sentence into its contrary, where the language has one that stands alone.
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
    r"\b(is|are|was|were|can|could|will|would|should|must|do|does|did|has been|have been)\b(?! not\b)",
    re.I,
)
_CONTRACTED = re.compile(r"n['\u2019]t\b|\bcannot\b", re.IGNORECASE)


_NAME = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])[A-Za-z][\w-]{2,}(?![\w-])", re.ASCII)
# Words between two names that make `A word B` another thing than `B word A`.
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


def edited(
    text: str, language: str, identity: str, *, anchor: str = "", names: Sequence[str] = ()
) -> str | None:
    """The text with another meaning, the same for the same identity; None if no rule is safe.

    Where several rules fit, the identity draws one. `names` are those that may come in (see `shared_names`).
    """
    drawn = int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")
    changed = (
        _other_number(text, drawn),
        _without_not(text, language),
        _with_not(text) if language == "en" else None,
        _other_name(text, anchor, names, drawn),
        _other_order(text, anchor, language),
    )
    found = [one for one in changed if one is not None and one != text]
    return found[drawn % len(found)] if found else None


def shared_names(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Words with a capital letter that both sentences of a pair have, letter by letter: names, sorted."""
    return sorted({match.group() for source, target in pairs for match in _names(target, source)})


def _names(text: str, anchor: str) -> list[re.Match[str]]:
    """The names of a text that its translation has too, outside of placeholders, each once in both."""
    other = [match.group() for match in _outside(_NAME, anchor)]
    own = _outside(_NAME, text)
    count = [match.group() for match in own]
    return [match for match in own if count.count(match.group()) == other.count(match.group()) == 1]


def _outside(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches outside of placeholders, tags and addresses."""
    taken = [match.span() for match in _UNTOUCHED.finditer(text)]
    return [
        m
        for m in pattern.finditer(text)
        if not any(a < m.end() and m.start() < b for a, b in taken)
    ]


def _other_name(text: str, anchor: str, names: Sequence[str], drawn: int) -> str | None:
    """One name replaced by one that neither sentence has in any case."""
    found, known = _names(text, anchor), f"{text} {anchor}".casefold()
    strange = [
        name
        for name in (names[(drawn + i) % len(names)] for i in range(min(8, len(names))))
        if name.casefold() not in known
    ]
    if not found or not strange:
        return None
    match = found[drawn % len(found)]
    return f"{text[: match.start()]}{strange[0]}{text[match.end() :]}"


def _other_order(text: str, anchor: str, language: str) -> str | None:
    """The two names of a text in each other's place, if a word between them gives them a direction."""
    found = _names(text, anchor)
    if len(found) != 2:
        return None
    first, second = found
    between = text[first.end() : second.start()]
    if not set(_DIRECTED.get(language.split("-")[0], "").split()) & set(
        re.findall(r"\w+", between.casefold())
    ):
        return None
    return f"{text[: first.start()]}{second.group()}{between}{first.group()}{text[second.end() :]}"


def _other_number(text: str, drawn: int) -> str | None:
    """One number, outside of placeholders and tags, replaced by another."""
    numbers = _outside(_NUMBER, text)
    if not numbers:
        return None
    match = numbers[drawn % len(numbers)]
    width, old = len(match.group()), int(match.group())
    low = (
        10 ** (width - 1) if width > 1 else 2
    )  # one is often a word, or nothing, on the other side
    span = 10**width - low
    new = low + (drawn // len(numbers)) % span
    if new == old:
        new = low + (new - low + 1) % span
    return f"{text[: match.start()]}{new:0{width}d}{text[match.end() :]}"


def _without_not(text: str, language: str) -> str | None:
    word = _NOT.get(language.split("-")[0])
    found = list(re.finditer(rf"\b{word}\b ?", text, re.IGNORECASE)) if word else []
    if len(found) != 1 or found[0].start() == 0:
        return None
    return (text[: found[0].start()] + text[found[0].end() :]).strip()


def _with_not(text: str) -> str | None:
    found = list(_AUXILIARY.finditer(text))
    if len(found) != 1 or text.rstrip().endswith("?") or _CONTRACTED.search(text):
        return None
    head, tail = found[0].group().split(" ")[0], found[0].group().split(" ")[1:]
    return " ".join([text[: found[0].start()] + head, "not", *tail]) + text[found[0].end() :]
