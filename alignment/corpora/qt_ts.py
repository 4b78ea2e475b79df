"""Messages of Qt's TS files: source and translation in one file.

<message><source>House</source><translation>Tŷ</translation></message>
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from alignment.corpora.catalogs.interface_text import without_access_keys
from alignment.corpora.inline import child, text_of
from alignment.corpora.tmx import UNTRANSLATED, Outcome
from alignment.corpora.xliff import NO_TARGET_LANGUAGE, Reading
from alignment.corpora.xml_units import XmlUnit

OBSOLETE = "obsolete"
UNFINISHED = "state unfinished"
_SOURCE_LANGUAGE = "en"  # what Qt assumes if the file names none
_ACCESS_KEYS = frozenset("&")


def message(unit: XmlUnit, reading: Reading) -> Outcome:
    """Source and translation, or the reason why the message is skipped."""
    root = unit.context[0][1] if unit.context else {}
    language = root.get("language") or reading.target_language
    source = child(unit.element, "source")
    translation = child(unit.element, "translation")
    if source is None or translation is None:
        return UNTRANSLATED
    state = translation.get("type", "")
    if state in ("obsolete", "vanished"):
        return OBSOLETE
    text = _translated(translation)
    if not text.strip():
        return UNTRANSLATED
    if state == "unfinished" and reading.min_state != "any":
        return UNFINISHED
    if not language:
        return NO_TARGET_LANGUAGE
    texts = without_access_keys(text_of(source), text, _ACCESS_KEYS, markers=_ACCESS_KEYS)
    return [(root.get("sourcelanguage") or _SOURCE_LANGUAGE, texts[0]), (language, texts[1])]


def _translated(translation: Element) -> str:
    """The text; the last of several plural forms, which is the general one in every language.

    Of variants of different length the first, which is the longest.
    """
    forms = translation.findall("numerusform")
    form = forms[-1] if forms else translation
    variant = child(form, "lengthvariant")
    return text_of(form if variant is None else variant)
