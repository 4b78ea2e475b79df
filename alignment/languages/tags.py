"""How collections spell language codes, read into one form.

Understood besides BCP-47: `pt_br`, POSIX locales (`sr_RS.UTF-8@latin`), three-letter codes of ISO
639 (`ger`, `deu`), Android's folders (`pt-rBR`, `b+sr+Latn`), and the codes of Wikipedia, MediaWiki
and OPUS that no standard has (`bat-smg`, `simple`, `sr-el`).
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import langcodes
from langcodes.data_dicts import ALL_SCRIPTS, NORMALIZED_MACROLANGUAGES
from langcodes.tag_parser import LanguageTagError

from alignment.languages.scripts import is_known, likely_script

_POSIX = re.compile(r"(?P<base>[^.@]+)(?:\.[^@]*)?(?:@(?P<modifier>.+))?")
_ANDROID_REGION = re.compile(r"(?<=[a-z]-)r(?=[A-Z]{2}$)")
_LANGUAGE = re.compile(r"[a-z]{2,3}")

_WHOLE_CODES = {
    "be-x-old": "be-tarask",
    "bat-smg": "sgs",
    "cbk-zam": "cbk",
    "eml": "egl",
    "fiu-vro": "vro",
    "map-bms": "jv-x-bms",
    "minnan": "nan",
    "roa-rup": "rup",
    "roa-tara": "nap-x-tara",
    "simple": "en-simple",
    "sr-ec": "sr-Cyrl",
    "sr-el": "sr-Latn",
    "zh-cfr": "nan",
    "zh-chs": "zh-Hans",
    "zh-cht": "zh-Hant",
    "zh-classical": "lzh",
    "zhs": "zh-Hans",
    "zht": "zh-Hant",
}
"""Codes of Wikipedia and other large collections that are not BCP-47."""

_COUNTRIES = {"cz": "cs", "dk": "da", "gr": "el", "jp": "ja", "ua": "uk"}
"""Country codes in use for a language; ISO 639 has no language with these codes."""

WIKIPEDIA_READINGS = {"als": "gsw", "nrm": "nrf"}
"""Codes that name one language in ISO 639-3 and another one among Wikipedia's codes.

`als` is Tosk Albanian or Alemannic German, `nrm` Narom or Norman.
"""

_SCRIPT_WORDS = {
    "arabic": "Arab",
    "bengali": "Beng",
    "cyrillic": "Cyrl",
    "devanagari": "Deva",
    "greek": "Grek",
    "hebrew": "Hebr",
    "iqtelif": "Latn",
    "latin": "Latn",
    "shaw": "Shaw",
    "tifinagh": "Tfng",
}
"""Scripts as POSIX modifiers write them."""

_MODIFIERS = {"euro": "", "ije": "ijekavsk", "ijekavian": "ijekavsk", "eke": "ekavsk"}
"""Other POSIX modifiers as subtags of BCP-47."""

_SAME_SCRIPT = {"Aran": "Arab", "Cyrs": "Cyrl", "Geok": "Geor", "Latf": "Latn", "Latg": "Latn"}
"""Styles of a script."""

_PARTS_OF_SCRIPT = {
    ("ja", "Hani"),
    ("ja", "Hira"),
    ("ja", "Hrkt"),
    ("ja", "Kana"),
    ("ko", "Hang"),
    ("ko", "Hani"),
    ("yue", "Hani"),
    ("zh", "Hani"),
}
"""Scripts that say no more than the language does."""

_NO_IMPLIED_REGION = frozenset({"ar", "pt"})
"""CLDR implies Egypt and Brazil, but collections write the plain code for Standard Arabic and for
the Portuguese of Portugal."""

_SEPARATE = {
    ("fa", "AF"): "prs",
    ("sr", "ME"): "cnr",
    ("sw", "CD"): "swc",
}
"""CLDR writes these languages as a region of another one."""

_SERBO_CROATIAN = frozenset({"sh", "hbs"})
"""CLDR takes it for Serbian in Latin script, as which it may be read."""

_FURTHER_MEMBERS = {"fuv": "ff", "gom": "kok", "pbt": "ps", "quy": "qu", "zlm": "ms"}
"""Members that large collections use in place of the usual member of a macrolanguage."""

_USUAL = {"nb": "no", "sh": "sr", "fat": "fat"}
"""Where CLDR's usual member of a macrolanguage is missing, or is a second one."""

_NOT_A_LANGUAGE = frozenset({"art", "mis", "mul", "qqq", "qqx", "und", "zxx"})
_PSEUDO_REGIONS = frozenset({"XA", "XB", "XC"})
_PSEUDO_VARIANTS = frozenset({"piglatin", "pirate", "upsidedown", "x-test"})


class Tag(NamedTuple):
    """A language code without the accidents of its spelling."""

    language: str
    script: str | None
    """The script that the code names or implies (ISO 15924); None if neither."""
    names_script: bool
    region: str | None
    implied_region: str | None
    """CLDR's likely region, where the code names none."""
    variants: frozenset[str]

    @property
    def usual(self) -> str:
        """The macrolanguage whose usual member this is, or the language itself."""
        if self.language in _USUAL:
            return _USUAL[self.language]
        return NORMALIZED_MACROLANGUAGES.get(self.language, self.language)

    @property
    def macrolanguages(self) -> tuple[str, ...]:
        """Macrolanguages that this language may stand for."""
        further = _FURTHER_MEMBERS.get(self.language)
        return (self.usual,) if further is None else (self.usual, further)


@functools.lru_cache(maxsize=65536)
def parse(spelling: str) -> Tag | None:
    """What a spelling means; None if it is not a language code."""
    code, variants = _standard(spelling)
    if code in _SERBO_CROATIAN:
        return Tag("sh", "Latn", False, None, None, variants)
    try:
        tag = langcodes.Language.get(code)
    except (LanguageTagError, ValueError):
        return None
    language = tag.language or ""
    if not _LANGUAGE.fullmatch(language) or language in _NOT_A_LANGUAGE or tag.extlangs:
        return None
    region = tag.territory
    if region in _PSEUDO_REGIONS or not _is_region(region):
        return None
    variants |= frozenset(tag.variants or ())
    if tag.private:
        variants |= {tag.private}
    if variants & _PSEUDO_VARIANTS:
        return None
    return _tag(tag, language, region, variants)


def _tag(
    tag: langcodes.Language, language: str, region: str | None, variants: frozenset[str]
) -> Tag:
    script = _SAME_SCRIPT.get(tag.script or "", tag.script)
    usual = NORMALIZED_MACROLANGUAGES.get(language, language)
    if (usual, script) in _PARTS_OF_SCRIPT:
        script = None
    plain = langcodes.Language.make(language=language, script=script, territory=region)
    implied = likely_script(plain)
    separate = _SEPARATE.get((language, region or ""))
    if separate is not None:
        return Tag(separate, implied, script is not None, None, None, variants)
    likely = None
    if region is None and is_known(language) and language not in _NO_IMPLIED_REGION:
        likely = plain.maximize().territory
    return Tag(language, implied, script is not None, region, likely, variants)


def standard(spelling: str) -> str:
    """A code that langcodes can read: `sr@latin` -> `sr-Latn`; other text as it is."""
    code, variants = _standard(spelling)
    return "-".join([code, *sorted(variants)])


def _standard(spelling: str) -> tuple[str, frozenset[str]]:
    """A code for langcodes, and the POSIX modifiers that are not scripts."""
    match = _POSIX.fullmatch(spelling.strip())
    if match is None:
        return spelling, frozenset()
    code = match["base"].replace("_", "-").removeprefix("b+").replace("+", "-")
    code = _ANDROID_REGION.sub("", code).lower()
    code = _WHOLE_CODES.get(code, code)
    first, *rest = code.split("-")
    subtags = [_COUNTRIES.get(first, first)]
    subtags += [_SCRIPT_WORDS.get(subtag, subtag) for subtag in rest]
    script, variant = _modifier(match["modifier"] or "")
    if script:
        subtags.insert(1, script)
    return "-".join(subtags), frozenset({variant} if variant else ())


def _modifier(modifier: str) -> tuple[str, str]:
    """Script and variant of a POSIX modifier; either may be empty: `latin` -> `("Latn", "")`."""
    word = modifier.lower()
    if word.title() in ALL_SCRIPTS:
        return word.title(), ""
    if word in _SCRIPT_WORDS:
        return _SCRIPT_WORDS[word], ""
    if word == "ijekavianlatin":
        return "Latn", "ijekavsk"
    return "", _MODIFIERS.get(word, word)


@functools.cache
def _is_region(region: str | None) -> bool:
    if region is None:
        return True
    return bool(langcodes.Language.make(language="und", territory=region).is_valid())
