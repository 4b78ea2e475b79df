"""Undo escapes: character references of HTML and XML, and the joints of tokenizers.

Corpora hold `Tom &amp; Jerry&#39;s` because a page, a table or a translation memory was escaped
once too often. A reference is decoded to what a reader of the page saw, also if it was escaped
twice (`&amp;amp;`) or torn apart by a tokenizer (`& quot ;`). Text *about* references keeps them:

- the whole text, if it has both a character and its reference: `Write &amp; in place of &.`
- a reference alone between quotes or backticks: `Type "&nbsp;" twice.`

The Moses tokenizer writes `|` as `&#124;` or `&bar;` and splits at hyphens with ` @-@ `;
subword-nmt ends a part of a word with `@@`. Both are joined again.
"""

from __future__ import annotations

import html
import re
from html.entities import html5

STARTERS = "&@"
"""Every escape contains at least one of these characters: a cheap first check."""

_REFERENCE = re.compile(
    r"""
    &(?:[A-Za-z][A-Za-z0-9]{1,31} | \#\d{1,7} | \#[xX][0-9A-Fa-f]{1,6});
    | &\ ?(?:(?:amp|quot|apos|lt|gt|nbsp|bar) | \#\ ?\d{1,5})\ ?;     # torn apart
    | &(?:amp|quot|apos|lt|gt|nbsp)(?![\w;=/-])                       # without its semicolon
    """,
    re.VERBOSE,
)
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "„": "“", "「": "」"}
_SURROGATES = re.compile(r"&#([xX]?[0-9A-Fa-f]{4,5});&#([xX]?[0-9A-Fa-f]{4,5});")
_STANDALONE = re.compile(r"(?<![^\s\"'`“”‘’«»(])([&<>])(?![^\s\"'`“”‘’«»).,:;!?])")
_SPECIAL = {"&amp;": "&", "&#38;": "&", "&lt;": "<", "&#60;": "<", "&gt;": ">", "&#62;": ">"}
_JOINT = re.compile(r"(?<=\w) @([-–/.,:])@ (?=\w)|(?<=\w)@@ (?=\w)")
_MOSES = {"bar": "|"}  # not a name that HTML knows


def unescape(text: str) -> str:
    """The text without one level of escapes; text about references as it is."""
    if "&" in text and not _is_about_references(text):
        text = _SURROGATES.sub(_decode_surrogates, text)
        text = _REFERENCE.sub(_decode, text)
    if "@" in text:
        text = _JOINT.sub(lambda match: match.group(1) or "", text)
    return text


def _is_about_references(text: str) -> bool:
    """Whether the text has a special character both as it is and as a reference."""
    standalone = set(_STANDALONE.findall(text))
    if not standalone:
        return False
    return any(name in text and char in standalone for name, char in _SPECIAL.items())


def _decode(match: re.Match[str]) -> str:
    """The character of a reference; the reference itself if it is unknown or a quoted mention."""
    text = match.string
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    if before and _QUOTES.get(before) == after:
        return match.group()
    name = match.group().replace(" ", "").strip("&;")
    if name.startswith("#"):
        return html.unescape(f"&{name};")
    return html5.get(f"{name};") or _MOSES.get(name, match.group())


def _decode_surrogates(match: re.Match[str]) -> str:
    """The one character that two references to UTF-16 surrogates stand for."""
    high, low = map(_number, match.groups())
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return match.group()


def _number(digits: str) -> int:
    if digits[0] in "xX":
        return int(digits[1:], 16)
    return int(digits) if digits.isdecimal() else 0
