"""Messages of Qt's TS files: source and translation in one file.

<message><source>House</source><translation>Tŷ</translation></message>
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from alignment.corpora.inline import child, text_of
from alignment.corpora.tmx import UNTRANSLATED, Outcome
from alignment.corpora.xliff import NO_TARGET_LANGUAGE, Reading
from alignment.corpora.xml_units import XmlUnit

OBSOLETE = "obsolete"
UNFINISHED = "state unfinished"
_SOURCE_LANGUAGE = "en"  # what Qt assumes if the file names none
_MNEMONIC = re.compile(r"\s*[(（]&\w[)）]|&(?=\w)(?!#?\w+;)")


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
    texts = without_mnemonics(text_of(source), text)
    return [(root.get("sourcelanguage") or _SOURCE_LANGUAGE, texts[0]), (language, texts[1])]


def without_mnemonics(source: str, target: str) -> tuple[str, str]:
    """Both texts without the mark of the access key, if both have exactly one.

    `&File` and `Sa&ve` become `File` and `Save`, `保存(&S)` becomes `保存`, and `&&` becomes `&`. A
    text that both sides write with `&`, such as `R&D`, has no mark.
    """
    texts = []
    matches = [_MNEMONIC.findall(text.replace("&&", "")) for text in (source, target)]
    marked = len(matches[0]) == len(matches[1]) == 1 and not _same_word(source, target)
    for text in (source, target):
        parts = text.split("&&")
        if marked:
            parts = [_MNEMONIC.sub("", part) for part in parts]
        texts.append("&".join(parts))
    return texts[0], texts[1]


def _same_word(source: str, target: str) -> bool:
    """Whether both sides have the same word with `&` inside."""
    words = re.findall(r"\w+&\w+", source)
    return bool(words) and words == re.findall(r"\w+&\w+", target)


def _translated(translation: Element) -> str:
    """The text; the last of several plural forms, which is the general one in every language.

    Of variants of different length the first, which is the longest.
    """
    forms = translation.findall("numerusform")
    form = forms[-1] if forms else translation
    variant = child(form, "lengthvariant")
    return text_of(form if variant is None else variant)
