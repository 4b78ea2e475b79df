"""Placeholders, tags and addresses of a text, spelled alike in both languages of a pair.

Formats differ in what they spell freely: `{{ name }}` and `{{name}}`, `%s %s` and `%2$s %1$s`,
`{x!r:>10}` and `{x}` hold the same values. Marks leave that out.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import NamedTuple

from alignment.placeholders import CHOICE, PLACEHOLDER, flatten_choices


class Marks(NamedTuple):
    """What a translation must carry over."""

    names: frozenset[str]
    """One per placeholder, tag or site, however often it occurs."""
    counts: frozenset[str]
    """Those of them that are numbers of things: a singular form may leave them out."""


_TAG = re.compile(r"<\s*/?\s*([\w:.-]+)")
_PRINTF = re.compile(r"%(?:(\d+)\$)?[#0+' .*\d-]*(?:hh?|ll?|[Lqjzt])?([a-zA-Z@])")
_NAMED = re.compile(r"%\(([^)]*)\)|%<(\w+)>|%(\w+)%|[$%#@]?\{+\s*([-$]?[\w.\[\]'-]*)|\$(\w+)\$?")
_GRAMMAR = re.compile(r"\{\{\s*(?:PLURAL|GENDER|GRAMMAR)\s*[:|]", re.IGNORECASE)
_TEMPLATE_TAG = re.compile(r"\{%-?\s*(\w+)")
_HOST = re.compile(r"\w+://([^/?#\s]+)")
_WHOLE_NUMBERS = frozenset("diun")
_COUNT_NAMES = re.compile(
    r"n|nb|x|(?:.*_)?(?:count|counter|num|number|total|amount|quantity|size|length|len|"
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?)s?(?:_.*)?|.*(?:Count|Number|Num|Total)",
)
_HTML_NAMES = (
    "a abbr acronym address area article aside audio b base bdi bdo big blockquote body br button "
    "canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div "
    "dl dt em embed fieldset figcaption figure font footer form frame h1 h2 h3 h4 h5 h6 head "
    "header hr html i iframe img input ins kbd label legend li link main map mark menu meta meter "
    "nav object ol optgroup option output p param picture pre progress q rp rt ruby s samp script "
    "section select small source span strike strong style sub summary sup svg table tbody td "
    "template textarea tfoot th thead time title tr track tt u ul var video wbr"
)
_HTML = frozenset(_HTML_NAMES.split())
_HOLE = "<...>"
"""A name in angle brackets that is no tag, such as `<file>` in a usage text: it is translated."""


def marks(text: str) -> Marks:
    """The marks of a text. Entities, `%%` and the grammar of a template are spelling."""
    if CHOICE.search(text):
        text = flatten_choices(text)
    names = set()
    counts = set()
    automatic = {"%": 0, "{": -1}
    for match in PLACEHOLDER.finditer(text):
        name, is_count = _mark(match.group(), text, automatic)
        if name:
            names.add(name)
        if is_count:
            counts.add(name)
    return Marks(frozenset(names), frozenset(counts))


def unmatched_share(a: Marks, b: Marks) -> float:
    """Share of the marks of the side with more that the other side lacks, in [0, 1].

    One half if a pair's only mark is a number of things that one side leaves out (`%d page` and
    `a page`).
    """
    total = max(len(a.names), len(b.names))
    if total == 0:
        return 0.0
    if len(a.names | b.names) == 1 and len(a.names & b.names) == 0 and a.counts | b.counts:
        return 0.5
    return 1 - len(a.names & b.names) / total


def _mark(placeholder: str, text: str, automatic: dict[str, int]) -> tuple[str, bool]:
    """Name of a placeholder, empty if it does not count, and whether it is a number of things.

    `automatic` counts the placeholders without a position, which get their number by it.
    """
    if "://" in placeholder:
        return _site(placeholder), False
    if placeholder.startswith("<"):
        return _tag(placeholder, text), False
    if placeholder.startswith("&"):
        known = placeholder[1] == "#" or placeholder[1:] in html5
        return ("" if known else placeholder), False
    if placeholder == "%%" or placeholder.startswith("{#") or _GRAMMAR.match(placeholder):
        return "", False
    if tag := _TEMPLATE_TAG.match(placeholder):
        return "{%" + tag.group(1), False
    if named := _NAMED.match(placeholder):
        return _named(next(filter(None, named.groups()), ""), automatic)
    if printf := _PRINTF.match(placeholder):
        return _printf(printf.group(1), printf.group(2), automatic)
    return placeholder, False


def _named(name: str, automatic: dict[str, int]) -> tuple[str, bool]:
    name = name.strip("$")
    if not name:
        automatic["{"] += 1
        name = str(automatic["{"])
    return "{" + name + "}", bool(_COUNT_NAMES.fullmatch(name))


def _printf(position: str | None, conversion: str, automatic: dict[str, int]) -> tuple[str, bool]:
    if position is None:
        automatic["%"] += 1
        position = str(automatic["%"])
    return f"%{position}", conversion in _WHOLE_NUMBERS


def _tag(tag: str, text: str) -> str:
    match = _TAG.match(tag)
    if match is None:
        return "<!"  # a comment or a declaration
    name = match.group(1)
    is_markup = name.lower() in _HTML or name.isdecimal() or "=" in tag or tag.endswith("/>")
    if is_markup or f"</{name}" in text:
        return f"<{name.lower()}"  # its end says no more
    return _HOLE


def _site(address: str) -> str:
    """The name of a site without its country and language: `en.wikipedia.org` is `wikipedia`."""
    match = _HOST.match(address)
    if match is None:
        return "://"
    labels = match.group(1).rpartition("@")[2].partition(":")[0].lower().split(".")
    if len(labels) > 1:
        del labels[-1]
    if len(labels) > 1 and labels[-1] in (
        "co",
        "com",
        "org",
        "net",
        "ac",
        "gov",
        "edu",
        "or",
        "ne",
    ):
        del labels[-1]
    return f"://{labels[-1]}"
