"""JSON catalogs: one file per language with the same keys, paired with the pivot's file.

| dialect | known by | read |
|---|---|---|
| nested or flat texts, i18next | | every text; plural forms by key (`day_one`, `day_other`) |
| Rails | the language code is the only key | the texts below it |
| ARB (Flutter) | `@key` objects | the texts without the `@` keys |
| Chromium, WebExtensions, FormatJS, go-i18n | every value is an object with a text | that text |
| MediaWiki | `@metadata` | the texts without wiki markup |

Texts may be ICU messages with plural and select arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alignment import languages
from alignment.corpora.catalogs import icu, wiki_markup
from alignment.corpora.catalogs.entries import UNREADABLE_CHOICE
from alignment.corpora.catalogs.texts import Key, Texts, pair_texts
from alignment.corpora.catalogs.variants import Message, pair_variants, render
from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed
from alignment.text import storable
from alignment.types import SentencePair

MAX_DEPTH = 64
_TEXT_KEYS = ("message", "defaultMessage", "string", "translation", "other")
"""Where a structured message has its text; all messages of a file use the same key."""
_PLURAL_KEYS = frozenset({"zero", "one", "two", "few", "many", "other"})
_ID_KEYS = ("id", "key")
_METADATA = "@metadata"
_DESCRIPTIONS = frozenset(
    {
        "character_limit",
        "comment",
        "context",
        "description",
        "developer_comment",
        "end",
        "example",
        "file",
        "hash",
        "id",
        "labels",
        "line",
        "maxLength",
        "meaning",
        "note",
        "notes",
        "placeholders",
        "start",
        "type",
    }
)
"""What a structured message has besides its text."""


def read_json_catalog(
    name: str, data: bytes, pivot: bytes, on_skip: OnSkip
) -> Iterator[SentencePair]:
    """The texts under keys that both files have, in the order of the pivot's file.

    Lists pair item by item if they have the same length.

    Raises:
        Malformed: if one of them is not a JSON catalog.
    """
    translation_value = _parse(name, data)
    pivot_name = f"{name} (pivot)"
    pivot_value = _parse(pivot_name, pivot)
    pivot_value, translation_value = _without_roots(pivot_value, translation_value)
    wiki = _METADATA in pivot_value or _METADATA in translation_value
    ours = _Reader(pivot_name, on_skip, wiki).read(pivot_value)
    theirs = _Reader(name, on_skip, wiki).read(translation_value)
    pairing = _pair_wiki_texts if wiki else pair_variants
    yield from pair_texts(name, ours, theirs, on_skip, pairing=pairing)


def _pair_wiki_texts(source: Message, target: Message) -> Iterator[tuple[str, str]]:
    yield from wiki_markup.pair_texts(render(source, {}), render(target, {}))


def _parse(name: str, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode(json.detect_encoding(data)))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f"{name}:{line}" if line else name
        raise Malformed(f"not a JSON catalog ({error})", where=where) from error
    if isinstance(value, list):
        value = _by_id(value) or value
    if not isinstance(value, dict):
        raise Malformed(f"expected an object of texts, got {type(value).__name__}", where=name)
    return value


def _without_roots(
    pivot: dict[str, Any], translation: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is below the language code at the root of both files: `{"en": {...}}`, `{"cy": {...}}`.

    Rails and its relatives write catalogs that way.
    """
    roots = [*pivot, *translation]
    if len(pivot) != 1 or len(translation) != 1 or roots[0] == roots[1]:
        return pivot, translation
    below = (pivot[roots[0]], translation[roots[1]])
    if all(isinstance(value, dict) for value in below) and all(map(_is_code, roots)):
        return below
    return pivot, translation


def _is_code(key: str) -> bool:
    try:
        languages.canonical(key)
    except ValueError:
        return False
    return True


def _by_id(items: list[Any]) -> dict[str, Any] | None:
    """The objects of a list by their ids, without them; None if not all have one of their own."""
    for key in _ID_KEYS:
        objects = [item for item in items if isinstance(item, dict) and key in item]
        by_id = {str(item[key]): _without(item, key) for item in objects}
        if items and len(by_id) == len(items):
            return by_id
    return None


def _without(item: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != key}


@dataclass
class _Reader:
    """Collects the texts of one file."""

    name: str
    on_skip: OnSkip
    wiki: bool
    texts: Texts = field(default_factory=Texts)

    def read(self, catalog: dict[str, Any]) -> Texts:
        """The texts at any depth down to `MAX_DEPTH`."""
        text_key = _text_key(catalog)
        for key, item in _items(catalog):
            if text_key is None:
                self._visit(item, (key,))
            else:
                for kind in (text_key, *_PLURAL_KEYS.intersection(item)):
                    self._visit(item[kind], (key, kind))
        return self.texts

    def _visit(self, value: Any, key: Key) -> None:
        if isinstance(value, str):
            self._add(key, value)
        elif len(key) >= MAX_DEPTH:
            return
        elif isinstance(value, dict):
            for name, item in _items(value):
                self._visit(item, (*key, name))
        elif isinstance(value, list):
            by_id = _by_id(value)
            if by_id is not None:
                self._visit(by_id, key)
                return
            self.texts.list_lengths[key] = len(value)
            for number, item in enumerate(value):
                self._visit(item, (*key, str(number)))

    def _add(self, key: Key, text: str) -> None:
        text = storable(text)
        if self.wiki or not icu.has_choice(text):
            self.texts.messages[key] = (text,)
            return
        try:
            self.texts.messages[key] = icu.parse(text)
        except icu.MessageError:
            self.on_skip(UNREADABLE_CHOICE, f"{self.name}#{'.'.join(key)}")


def _items(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The members that are texts: neither `@@locale` nor the descriptions in `@key`."""
    for key, item in value.items():
        is_metadata = key.startswith("@@") or (key.startswith("@") and isinstance(item, dict))
        if not is_metadata:
            yield key, item


def _text_key(catalog: dict[str, Any]) -> str | None:
    """Where each message has its text, if all are objects of a text and its description."""
    messages = [item for _, item in _items(catalog)]
    if not messages or not all(isinstance(item, dict) for item in messages):
        return None
    keys = set().union(*messages)
    for text_key in _TEXT_KEYS:
        is_described = keys <= {text_key, *_PLURAL_KEYS, *_DESCRIPTIONS}
        if is_described and all(isinstance(item.get(text_key), str) for item in messages):
            return text_key
    return None
