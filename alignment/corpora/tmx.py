"""Units of TMX: any number of variants of one text, each with its language.

<tu><tuv xml:lang="en"><seg>House</seg></tuv><tuv xml:lang="cy"><seg>Tŷ</seg></tuv></tu>
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from alignment.corpora.inline import child, text_of

UNTRANSLATED = "untranslated"
NO_LANGUAGE = "no language"
Text = tuple[str, str]
"""Language as the file spells it, and text."""
Outcome = list[Text] | str
"""The texts of one segment, or the reason why it is skipped."""


def variants(unit: Element) -> Outcome:
    """Language and text of each variant that has both; one language may have several."""
    texts: dict[Text, None] = {}
    unnamed = False
    for variant in unit:
        if variant.tag != "tuv":
            continue
        # TMX before 1.4 writes `lang` without the namespace.
        language = variant.get("xml:lang") or variant.get("lang")
        segment = child(variant, "seg")
        text = "" if segment is None else text_of(segment)
        if not text or text.isspace():
            continue
        if language:
            texts[language, text] = None
        else:
            unnamed = True
    if len({language for language, _ in texts}) >= 2:
        return list(texts)
    return NO_LANGUAGE if unnamed else UNTRANSLATED
