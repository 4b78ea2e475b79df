"""One message catalog as sentence pairs.

A gettext catalog (.po, .mo) has both languages: the message id is the pivot side, English by
convention. Fuzzy, obsolete and untranslated entries are skipped. Other formats have one file per
language with the same keys, and are paired with the pivot's file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from alignment.corpora.catalogs.android_strings import read_android
from alignment.corpora.catalogs.apple_strings import read_apple_strings
from alignment.corpora.catalogs.entries import (
    CREDITS,
    FUZZY,
    NO_PLURAL_RULE,
    UNTRANSLATED,
    GettextEntry,
)
from alignment.corpora.catalogs.fluent_messages import read_fluent
from alignment.corpora.catalogs.interface_text import (
    is_credit,
    markers_in_use,
    without_access_keys,
    without_context,
)
from alignment.corpora.catalogs.json_messages import read_json_catalog
from alignment.corpora.catalogs.mo import read_mo
from alignment.corpora.catalogs.plurals import PluralRule, plural_pairs, plural_rule
from alignment.corpora.catalogs.po import read_po
from alignment.corpora.catalogs.properties_messages import read_properties
from alignment.corpora.catalogs.texts import Texts, pair_texts
from alignment.corpora.skips import OnSkip, Skips
from alignment.types import SentencePair

BILINGUAL_FORMATS = ("po", "mo")
_MONOLINGUAL: dict[str, Callable[[str, bytes, OnSkip], Texts]] = {
    "ftl": read_fluent,
    "properties": read_properties,
    "strings": read_apple_strings,
    "xml": read_android,
}
_JSON_FORMATS = ("arb", "json")
MONOLINGUAL_FORMATS = (*_JSON_FORMATS, *_MONOLINGUAL)
FORMATS = (*BILINGUAL_FORMATS, *MONOLINGUAL_FORMATS)
"""Every suffix that can be read."""
_KDE_PLURAL = "_n:"
_WITH_ACCESS_KEYS = ("po", "mo", "properties")


class Catalog(NamedTuple):
    """One catalog file."""

    name: str
    """Name in the origin of its pairs."""
    suffix: str
    """One of `FORMATS`."""
    data: bytes
    pivot: bytes = b""
    """The pivot's file; not for a gettext catalog."""


def read_catalog(catalog: Catalog, on_skip: OnSkip | None = None) -> Iterator[SentencePair]:
    """The translated messages, in the order of the file.

    Args:
        catalog: The file.
        on_skip: Called with the reason and the place of each entry that is left out. Texts that
            only one of two files has are not entries.

    Raises:
        Malformed: if the catalog cannot be parsed.
    """
    on_skip = on_skip or Skips()
    if catalog.suffix in BILINGUAL_FORMATS:
        pairs = _gettext_pairs(catalog, on_skip)
    elif catalog.suffix in _JSON_FORMATS:
        pairs = read_json_catalog(catalog.name, catalog.data, catalog.pivot, on_skip)
    else:
        read = _MONOLINGUAL[catalog.suffix]
        pivot = read(f"{catalog.name} (pivot)", catalog.pivot, on_skip)
        translation = read(catalog.name, catalog.data, on_skip)
        pairs = pair_texts(catalog.name, pivot, translation, on_skip)
    if catalog.suffix in _WITH_ACCESS_KEYS:
        pairs = _without_access_keys(pairs)
    yield from pairs


def _without_access_keys(pairs: Iterator[SentencePair]) -> Iterator[SentencePair]:
    of_catalog = list(pairs)
    in_use = markers_in_use(pair[:2] for pair in of_catalog)
    for source, target, origin in of_catalog:
        yield SentencePair(*without_access_keys(source, target, in_use), origin)


def _gettext_pairs(catalog: Catalog, on_skip: OnSkip) -> Iterator[SentencePair]:
    """The pairs of a .po or .mo file.

    A plural entry gives two pairs: the singular with the form for 1, and the plural with the
    general plural form.
    """
    read = read_po if catalog.suffix == "po" else read_mo
    rule = None
    for entry in read(catalog.name, catalog.data, on_skip):
        if entry.is_header:
            rule = plural_rule(entry.forms.get(0, ""), entry.origin)
            continue
        reason = _reason_to_skip(entry)
        if reason is None:
            yield from _entry_pairs(entry, rule, on_skip)
        else:
            on_skip(reason, entry.origin)


def _reason_to_skip(entry: GettextEntry) -> str | None:
    if not entry.msgid or not any(entry.forms.values()):
        return UNTRANSLATED
    if entry.fuzzy:
        return FUZZY
    return CREDITS if is_credit(entry.msgid, entry.context) else None


def _entry_pairs(
    entry: GettextEntry, rule: PluralRule | None, on_skip: OnSkip
) -> Iterator[SentencePair]:
    if entry.msgid.startswith(_KDE_PLURAL):
        entry = _with_forms(entry)
    if entry.plural is None:
        pairs = [(entry.msgid, entry.forms.get(0, ""))]
    else:
        pairs = list(plural_pairs(entry, rule))
        if not pairs and rule is None:
            on_skip(NO_PLURAL_RULE, entry.origin)
    for source, target in pairs:
        source, target = without_context(source, target)
        if source and target:
            yield SentencePair(source, target, entry.origin)


def _with_forms(entry: GettextEntry) -> GettextEntry:
    """KDE 3 has the forms of a message in one text, a line each."""
    singular, _, plural = entry.msgid.removeprefix(_KDE_PLURAL).strip().partition("\n")
    forms = dict(enumerate(entry.forms.get(0, "").split("\n")))
    return entry._replace(msgid=singular, plural=plural, forms=forms)
