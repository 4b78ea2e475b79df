"""Two normal forms of a sentence: a light one for training text, a strong one for comparing."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import xxhash

from alignment.cleaning.escapes import unescape

_SPACE = re.compile(r"\s+")  # also U+0085, U+001C to U+001F, form feed and vertical tab
# Characters that show nothing and separate nothing. Joiners are not among them (see `normalize`).
_INVISIBLE = re.compile(
    "["
    "\u0000-\u0008\u000e-\u001b\u007f"  # control characters
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, byte order mark
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of writing direction
    "\u2061-\u2064\u206a-\u206f\ufff9-\ufffb"  # invisible operators, deprecated ones, annotations
    "\U000e0001"  # language tag
    "]"
)
# Bytes of another encoding that were read as Latin-1: U+0093 was a quotation mark.
_UNDECODED = re.compile("[\u0080-\u0084\u0086-\u009f]")
REPLACEMENT = "\ufffd"
"""Replaces a lost character."""
_WORD_CATEGORIES = frozenset("LMN")  # letters, marks, numbers


def normalize(text: str) -> str:
    """Text as training sees it: NFC, unescaped, no control or invisible characters, single spaces.

    It is idempotent. Joiners (U+200C, U+200D) are kept: Persian and Indic spelling needs them.
    Control characters from U+0080 on become U+FFFD, since they are bytes of an unknown encoding.
    """
    text = _visible(text)
    unescaped = unescape(text)
    while unescaped != text:  # `&amp;quot;` takes two turns
        text = _visible(unescaped)
        unescaped = unescape(text)
    return text


def comparable(text: str) -> str:
    """Text as duplicates and leaks are found: NFKC, case folded, letters, marks and digits only.

    `Save changes?` and `save  CHANGES` compare equal. Empty if there is no letter or digit.
    """
    form = _folded_words(text)
    while not is_comparable(form):
        again = _folded_words(form)  # a dropped space may have let an accent join a letter
        if again == form:
            break
        form = again
    return form


def nfkc_casefold(text: str) -> str:
    """The first half of `comparable`: NFKC and case folded, nothing dropped yet."""
    composed = unicodedata.normalize("NFKC", text)
    folded = composed.casefold()
    return composed if folded == composed else unicodedata.normalize("NFKC", folded)


def is_comparable(text: str) -> bool:
    """Whether a text of letters, marks and digits is certainly its own comparable form.

    This is much cheaper than `comparable(text) == text`; False means "not known".
    """
    return unicodedata.is_normalized("NFKC", text) and text.casefold() == text


def is_word_char(char: str) -> bool:
    """Whether the character is a letter, a mark or a number."""
    return unicodedata.category(char)[0] in _WORD_CATEGORIES


def repair(text: str) -> str:
    """Undo mojibake (`Ã¤` becomes `ä`). None of ftfy's other fixes is applied."""
    import ftfy

    return ftfy.fix_encoding(text)


def fingerprint(text: str) -> int:
    """A signed 64-bit hash (xxh3) of `comparable(text)`, the same on every machine and run."""
    value = xxhash.xxh3_64_intdigest(comparable(text).encode("utf-32-le"))
    return value - 2**64 if value >= 2**63 else value


def pair_id(source_lang: str, target_lang: str, source: str, target: str) -> str:
    """16 hexadecimal digits from the languages and the raw texts."""
    joined = "\0".join((source_lang, target_lang, source, target))
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _visible(text: str) -> str:
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    text = _UNDECODED.sub(REPLACEMENT, text)
    return unicodedata.normalize("NFC", _SPACE.sub(" ", text).strip())


def _folded_words(text: str) -> str:
    return "".join([char for char in nfkc_casefold(text) if is_word_char(char)])
