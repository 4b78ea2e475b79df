"""Edited negatives: the true translation with its meaning changed by a rule that is safe to apply.

A number becomes another of as many digits; a negation word goes, or comes. What the rules do not fit gets no
edited negative: a wrong edit would teach that a translation is none.
"""

from __future__ import annotations

import hashlib
import re

_UNTOUCHED = re.compile(r"%\([^)]*\)\w|%\d*\$?\w|\{[^{}]*\}|<[^<>]*>|&#?\w+;|https?://\S+")  # placeholders, tags, addresses
_NUMBER = re.compile(r"(?<![\w.,])\d{1,9}(?![\w])")
# Words whose removal turns a sentence into its contrary, where the language has one that stands alone.
_NOT = {
    "bg": "не", "da": "ikke", "de": "nicht", "en": "not", "hu": "nem", "lt": "ne", "mk": "не", "nb": "ikke", "nl": "niet",
    "no": "ikke", "pl": "nie", "ro": "nu", "ru": "не", "sk": "nie", "sr": "не", "sv": "inte", "uk": "не",
}  # fmt: skip
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|must|do|does|did|has been|have been)\b(?! not\b)", re.I
)
_CONTRACTED = re.compile(r"n['\u2019]t\b|\bcannot\b", re.IGNORECASE)


def edited(text: str, language: str, identity: str) -> str | None:
    """The text with another meaning, the same for the same identity; None if no rule is safe."""
    return _other_number(text, identity) or _without_not(text, language) or (_with_not(text) if language == "en" else None)


def _other_number(text: str, identity: str) -> str | None:
    """One number, outside of placeholders and tags, replaced by another."""
    taken = [match.span() for match in _UNTOUCHED.finditer(text)]
    numbers = [m for m in _NUMBER.finditer(text) if not any(a < m.end() and m.start() < b for a, b in taken)]
    if not numbers:
        return None
    drawn = int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")
    match = numbers[drawn % len(numbers)]
    width, old = len(match.group()), int(match.group())
    low = 10 ** (width - 1) if width > 1 else 2  # one is often a word, or nothing, on the other side
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
