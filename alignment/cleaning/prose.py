"""The part of a text that is written in its language: without markup, code, addresses and names."""

from __future__ import annotations

import re

from alignment.placeholders import PLACEHOLDER

# Repetitions have limits, or begin at one place only: the time is linear in the text's length.
_ADDRESS = re.compile(
    r"""
      `[^`]{1,300}`                                          # code in Markdown
    | <(code|kbd|samp|pre|tt)\b[^<>]*>[^<>]{1,300}</\1\s*>    # code in HTML
    | (?<![a-z0-9])(?:[a-z][a-z0-9+.-]{0,30}://|www\.)[!-;=?-~]+   # https://example.org/a
    | (?<![a-z0-9.+_-])[a-z0-9.+_-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+
    | {\w{1,40},\s{0,9}(?:plural|select|selectordinal)\s{0,9},  # the keywords of ICU messages
    | \\[a-z]{1,30}(?:{[^{}]{0,300}})?                        # \n  \textbf{x}
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_MAY_BE_ADDRESS = re.compile(r"[`<@{\\]|://|www\.", re.IGNORECASE)
"""In every text that `_ADDRESS` matches: a cheap first check."""
_TECHNICAL = re.compile(
    r"""
    (?<![A-Za-z0-9])
    (?:
      (?=[0-9]*[A-Za-z])[A-Za-z0-9]+(?:[_./\\:=\#@][A-Za-z0-9]+)+  # settings.py  a/b  key=value
    | --?[A-Za-z][A-Za-z0-9-]*                       # --option  -v
    | \.[A-Za-z][A-Za-z0-9]*                         # .zip
    | [A-Za-z]+[0-9][A-Za-z0-9]*                     # MP3  utf8
    | [0-9]+[A-Za-z][A-Za-z0-9]*                     # 3D
    | [a-z]+[A-Z][A-Za-z0-9]*                        # iPhone  camelCase
    | [A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+              # GitHub
    | [A-Z]{2,5}s?                                   # PDF  URLs
    )
    (?![A-Za-z0-9])
    """,
    re.VERBOSE,
)
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")


def without_markup(text: str) -> str:
    """The text with a space in place of each placeholder, tag, address and piece of code."""
    if _MAY_BE_ADDRESS.search(text):
        text = _ADDRESS.sub(" ", text)
    return PLACEHOLDER.sub(" ", text)


def without_names(text: str, translation: str) -> str:
    """The text without abbreviations, identifiers, and capitalized words that both sides have."""
    text = _TECHNICAL.sub(" ", text)
    shared = set(_LATIN_WORD.findall(translation))

    def replacement(match: re.Match[str]) -> str:
        word = match.group()
        return " " if word in shared and not word.islower() else word

    return _LATIN_WORD.sub(replacement, text)
