"""The wiki markup in MediaWiki's messages: `{{PLURAL:$1|one file|$1 files}}`, links and quotes.

The syntax is that of mediawiki.org, "Help:Magic words" and "Help:System message".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MAX_ROUNDS = 12  # of templates within templates
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_PAGE_LINK = re.compile(r"\[\[(?:[^][]*\|)?([^][|]*)\]\]")
_OPEN = "\ue000"
_CLOSE = "\ue001"
_WEB_LINK = re.compile(rf"\[(?:https?:|mailto:|//|\$|{_OPEN})[^\s\]]*\s+([^][]*)\]")
_QUOTES = re.compile(r"'{2,5}")
_BREAK = re.compile(r"<br\b[^<>]*>")
# The same as quotes: some translators write <strong>, others '''.
_FORMAT_TAG = re.compile(
    r"</?(?:b|big|code|em|i|kbd|nowiki|small|span|strong|tt|u|var)\b[^<>]*>", re.IGNORECASE
)
_EXPLICIT = re.compile(r"^\s*\d+\s*=")  # {{PLURAL:$1|0=none|...}}
_Choose = Callable[[list[str]], str]


def pair_texts(source: str, target: str) -> Iterator[tuple[str, str]]:
    """The texts without markup: with the general plural form, and with the singular.

    The singular is paired only if every `PLURAL` has two forms on both sides: in a language with
    more, the first form need not be the one for 1.
    """
    general = (_plain(source, _last), _plain(target, _last))
    yield general
    numbers = [_plural_sizes(source), _plural_sizes(target)]
    if all(numbers) and set().union(*numbers) == {2}:
        singular = (_plain(source, _first), _plain(target, _first))
        if singular != general:
            yield singular


def _plural_sizes(text: str) -> set[int]:
    """How many forms the `PLURAL`s have."""
    sizes = set()

    def record(forms: list[str]) -> str:
        sizes.add(len(forms))
        return forms[-1]

    _plain(text, record)
    return sizes


def _first(forms: list[str]) -> str:
    return forms[0]


def _last(forms: list[str]) -> str:
    return forms[-1]


def _plain(text: str, choose: _Choose) -> str:
    """The text with one form for each `PLURAL`; templates such as `{{SITENAME}}` stay."""
    for _ in range(_MAX_ROUNDS):
        if not _TEMPLATE.search(text):
            break
        text = _TEMPLATE.sub(lambda match: _resolved(match[1], choose), text)
    text = _PAGE_LINK.sub(r"\1", text)
    text = _WEB_LINK.sub(r"\1", text)
    text = _FORMAT_TAG.sub("", _BREAK.sub(" ", _QUOTES.sub("", text)))
    return text.replace(_OPEN, "{{").replace(_CLOSE, "}}")


def _resolved(template: str, choose: _Choose) -> str:
    name, colon, rest = template.partition(":")
    parts = rest.split("|")
    name = name.strip().upper()
    if name == "FORMATNUM" and colon:
        return parts[0].strip()  # a number; some translators write it without the template
    if not colon or len(parts) < 2:
        return f"{_OPEN}{template}{_CLOSE}"
    if name == "PLURAL":
        forms = [form for form in parts[1:] if not _EXPLICIT.match(form)]
        return choose(forms) if forms else _EXPLICIT.sub("", parts[-1])
    if name == "GENDER":
        return parts[1]
    if name == "GRAMMAR":
        return parts[-1]
    return f"{_OPEN}{template}{_CLOSE}"
