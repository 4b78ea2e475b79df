r"""What a message of a program has besides its text: access keys, contexts and credits.

| written | text |
|---|---|
| `&Save`, `_Save`, `~Save`, `Sa_ve`, `保存(_S)` | the marked letter is the access key |
| `Save\tCtrl+S` | a shortcut after a tab |
| `Verb\|Open` (GLib), `female^Archer` (Wesnoth), `_: a comment\nOpen` (KDE 3) | a context |
| `translator-credits`, `Your names` | who translated it |
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from alignment.placeholders import PLACEHOLDER

MARKERS = "&_~"
_CREDITS = frozenset(
    {
        "translator-credits",
        "translator_credits",
        "translator credits",
        "translators-credits",
        "credit_for_translators",
        "roles_of_translators",
        "name of translators",
        "names of translators",
        "email of translators",
        "emails of translators",
    }
)
_KDE_COMMENT = re.compile(r"^_: ?(.*?)\n(.*)$", re.DOTALL)
_KDE_SCRIPT = "|/|"  # what follows it is a program that builds the translation
_BAR_CONTEXT = re.compile(r"^(?=[^\W\d_])([\w .,:;()/'-]{1,60}(?<! ))\|(?=[^\s|][^|]*$)")
_CARET_CONTEXT = re.compile(r"^(?=[^\W\d_]{2})([\w .,:;()='-]{2,60}(?<! ))\^(?=[^\s\d^][^^]*$)")
_SHORTCUT = re.compile(r"(?<=[^\t\n])\t[^\t\n]{1,30}$")


class _Marks(NamedTuple):
    """The access keys of one side that use one marker."""

    appended: list[tuple[int, int]]
    """`(_S)` after a text in another script."""
    word_starts: list[tuple[int, int]]
    """The marker in `_Save`."""
    in_words: list[tuple[int, int]]
    """The marker in `Sa_ve`, unless the other side has the same word, as for `file_name`, `R&D`."""

    @property
    def total(self) -> int:
        """Of all three."""
        return len(self.appended) + len(self.word_starts) + len(self.in_words)


_WORD = r"[^\W\d_][^\W_]*(?![\w&~])"
_APPENDED = {mark: re.compile(rf"\s?[(（]{mark}\w[)）]") for mark in MARKERS}
_NO_ENTITY = r"(?!(?<=&)(?:amp|gt|lt|nbsp|quot)\b)"  # also without a semicolon
_WORD_START = {mark: re.compile(rf"(?<![\w&_~/]){mark}{_NO_ENTITY}(?={_WORD})") for mark in MARKERS}
_IN_WORD = {mark: re.compile(rf"(?<=[^\W\d_]){mark}(?=[^\W\d_])") for mark in MARKERS}
# `Pa_ge(s):` and `c'hli_k`, but neither `contact_page.html` nor `R&D/Q&A`.
_LETTERS = r"[^\W\d_]+"
_ONE_WORD = re.compile(
    rf"[(\[]*(?:{_LETTERS}['’-])*{_LETTERS}[&_~]{_LETTERS}(?:['’-]{_LETTERS})*(?:\({_LETTERS}\))?"
    r"(?:[^\w&~]|_)*"
)
_MIN_USES = 2


def is_credit(msgid: str, context: str | None) -> bool:
    """Whether the translation of this message is a list of translators."""
    comment = _KDE_COMMENT.match(msgid)
    if comment is not None:
        context, msgid = comment.groups()
    return msgid.strip().lower() in _CREDITS or (context or "").strip().lower() in _CREDITS


def without_context(source: str, target: str) -> tuple[str, str]:
    """Both texts without the context that the message id begins with.

    A context is removed only if the translation has no separator, which would make it part of the
    text ("Yes|No", "Ja/Nein"), or repeats the context unchanged.
    """
    if _KDE_SCRIPT not in source:
        target = target.partition(_KDE_SCRIPT)[0]
    comment = _KDE_COMMENT.match(source)
    if comment is not None:
        repeated = _KDE_COMMENT.match(target)
        return comment[2], repeated[2] if repeated else target
    for pattern, separator in ((_BAR_CONTEXT, "|"), (_CARET_CONTEXT, "^")):
        context = pattern.match(source)
        if context is None:
            continue
        if target.startswith(context[0]):
            return source[context.end() :], target[context.end() :]
        if separator not in target and "/" not in target:
            return source[context.end() :], target
    return source, target


def markers_in_use(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The markers of access keys that a catalog uses: several texts begin a word with them.

    `Bee_nden` has one if so; else it is a name like `contact_page`.
    """
    counts: Counter[str] = Counter()
    for source, target in pairs:
        for mark in MARKERS:
            if mark in source and mark in target:
                both = _marks(mark, source, target), _marks(mark, target, source)
                counts[mark] += all(marks.total == 1 and not marks.in_words for marks in both)
    return frozenset(mark for mark in MARKERS if counts[mark] >= _MIN_USES)


def without_access_keys(
    source: str,
    target: str,
    in_use: frozenset[str] = frozenset(),
    *,
    markers: Iterable[str] = MARKERS,
) -> tuple[str, str]:
    """Both texts without the markers of access keys and without shortcuts after a tab.

    Where `&` is in use, `&&` is an ampersand: `Cut && &Paste` becomes `Cut & Paste`.

    Args:
        source: One side.
        target: The other side.
        in_use: What `markers_in_use` says about the catalog.
        markers: Those that the format knows, of `MARKERS`.
    """
    one_tab = source.count("\t") == target.count("\t") == 1
    if one_tab and _SHORTCUT.search(source) and _SHORTCUT.search(target):
        source = _SHORTCUT.sub("", source)
        target = _SHORTCUT.sub("", target)
    for mark in markers:
        if mark in source or mark in target:
            source, target = _without_marker(mark, source, target, in_use)
    if "&" in in_use:
        source = source.replace("&&", "&")
        target = target.replace("&&", "&")
    return source, target


def _without_marker(mark: str, source: str, target: str, in_use: frozenset[str]) -> tuple[str, str]:
    ours = _marks(mark, source, target)
    theirs = _marks(mark, target, source)
    if max(ours.total, theirs.total) != 1:
        return source, target  # a text has one access key
    may_be_names = mark == "_" and ours.in_words and theirs.in_words
    is_key = mark in in_use or (ours.total and theirs.total and not may_be_names)
    if not is_key:
        ours = ours._replace(in_words=[])
        theirs = theirs._replace(in_words=[])
    return _cut(source, ours), _cut(target, theirs)


def _marks(mark: str, text: str, other: str) -> _Marks:
    if mark not in text:
        return _Marks([], [], [])
    protected = [match.span() for match in PLACEHOLDER.finditer(text)]
    appended = _spans(_APPENDED[mark], text, protected)
    word_starts = _spans(_WORD_START[mark], text, [*protected, *appended])
    in_words = []
    for start, end in _spans(_IN_WORD[mark], text, protected):
        word = _word_around(text, start)
        is_short_form = text[start - 1].isupper() and text[end].isupper()  # R&D
        if not is_short_form and _ONE_WORD.fullmatch(word) and word not in other.split():
            in_words.append((start, end))
    return _Marks(appended, word_starts, in_words)


def _spans(
    pattern: re.Pattern[str], text: str, protected: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Where the pattern matches outside the protected parts: placeholders, tags, addresses."""
    spans = [match.span() for match in pattern.finditer(text)]
    return [span for span in spans if not _inside(span[0], protected)]


def _inside(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)


def _word_around(text: str, position: int) -> str:
    """What is between the spaces around a position."""
    before = text[:position].rsplit(maxsplit=1)
    after = text[position:].split(maxsplit=1)
    start = before[-1] if before and not text[position - 1].isspace() else ""
    return start + after[0]


def _cut(text: str, marks: _Marks) -> str:
    for start, end in sorted([*marks.appended, *marks.word_starts, *marks.in_words], reverse=True):
        text = text[:start] + text[end:]
    return text
