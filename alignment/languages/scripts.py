"""Which scripts a language is written in, as far as CLDR, FLORES-200 and Wikipedia tell.

CLDR's likely subtags name one script for most languages. The tables here add the script of
languages that the installed data lacks, and the further scripts of languages with several.
"""

from __future__ import annotations

import functools
from typing import Literal

import langcodes
from langcodes.data_dicts import LIKELY_SUBTAGS, NORMALIZED_MACROLANGUAGES

_LIKELY = {
    "Arab": "acm acq afb ajp azb bdv bgp chg ddv gbz gju kfm mey pbt pst qxq sdh shu",
    "Armn": "hyw",
    "Beng": "ctg rkt",
    "Cans": "oj ojs ojb crl crj crk cwd nsk",
    "Cyrl": "ckt dng evn jdt kjh krj nog oaa orv rsk sjd uum xal yah ykg yrk",
    "Deva": "anp dty pi rjs",
    "Hani": "cjy cnp cpx csp czh czo",
    "Hebr": "hbo jpa lsd tmr trg",
    "Latn": """ain akl ami ang avk bdr btm cbk cdo chn chy cjk cyo dik din dlm emx enm fkv frm fro
        gcf gpe hmn hrx ie igl jam kek lfn liv lld lus lut max mic miq mwl mww nah ngu nhn nia
        nov nrf nrm nys olo osp pap pih pot pwn quy rap rmy rom sgs sml son szy tay tlh tok tzl
        vmf vro""",
    "Mong": "mnc mvf",
    "Mymr": "blk",
    "Syrc": "aii arc syc syr",
}
"""Script of languages whose likely subtags langcodes does not know."""

_USUAL = {
    "Deva": "pka pra",
    "Grek": "grc",
    "Latn": """akk bax blt bsq ctd dmf egy eky ett hmd lis mro mww nnp non nst osa otk oui pal peo
        phn saz sga sog srb txo uga xco xna xpr xsa""",
    "Telu": "esg wsg",
}
"""Script of the texts of languages for which CLDR names the script of inscriptions, or a new one.

What CLDR names is a further script of them.
"""

_FURTHER = {
    "Adlm": "ff ffm fuc fue fuf fuh fui fuq fuv",
    "Arab": """ace aeb bal bcc bft bgn bjn bm brh cja cjm ckb cop doi dyo emk ff fuf fuv ha hno
        jrb khw kk klj kmr knc kr ks ku ky lah lki lrc luz man mdh mfa mfi min mnk mrw ms mzn pa
        rhg rif sd shi shy so swb taq thv tly tmh tsg ttq tzm ug wni zdj zgh""",
    "Bali": "ban",
    "Batk": "bbc btx bts",
    "Bamu": "bax",
    "Beng": "ccp grt kha mni sat syl trp",
    "Bugi": "bug mak",
    "Cakm": "ccp",
    "Cans": "cr iu ike oj",
    "Cham": "cja cjm",
    "Cyrl": """az bs crh cjs cnr cu gag jdt kaa kk kmr ku ky mn ro rom rmy rup sh sr tg tk tly tt
        udi ug uz vep xal""",
    "Deva": "doi gom hif kok ks lif mwr new sa sat sd unr",
    "Ethi": "aa gaz om sid so ssy wal",
    "Geor": "lzz udi",
    "Glag": "cu",
    "Goth": "got",
    "Grek": "pnt rup cop aat",
    "Guru": "lah sd",
    "Hans": "cdo gan hak hsn lzh nan wuu yue za zh",
    "Hant": "cdo gan hak hsn lzh nan wuu yue za zh",
    "Hebr": "ajt arc jdt jrb lad yhd",
    "Hmng": "hmn hnj mww",
    "Java": "jv mad",
    "Jpan": "ain ams kzg mvi okn ryn rys ryu tkn xug yoi yox",
    "Kana": "ain",
    "Khmr": "kxm pi cmo",
    "Knda": "gom kok tcy",
    "Laoo": "hnj kjg pi",
    "Latn": """aeb aii ain apc ary arq az azb bal bcc bgn bug cdo chr cja cjm cjs ckb cr crh crk
        cwd evn ff gom got hak hif hnj ii ike iu jdt kaa khw kk klj kok ks ku ky lad lzz mn mnc
        mni mvf nan nod oj ota pi pnt rhg rom sa sat sh shi sid sr srx swb tg thv tk tly tru tt
        tzm udi ug uz vai wal wni yi za zdj zgh""",
    "Limb": "lif",
    "Mlym": "kok tcy",
    "Mong": "mn evn xal bua bxr",
    "Mtei": "mni",
    "Mymr": "pi",
    "Nkoo": "bm dyu emk man mnk",
    "Olck": "sat",
    "Orya": "sat",
    "Piqd": "tlh",
    "Rohg": "rhg",
    "Sinh": "pi",
    "Sund": "su",
    "Sylo": "syl",
    "Syrc": "arc tru",
    "Takr": "doi",
    "Talu": "khb",
    "Telu": "sa",
    "Tfng": "kab rif shi shy taq thv tmh ttq tzm",
    "Thai": "kxm lwl nod pi sou tts",
    "Tibt": "bft dz",
    "Tutg": "tcy",
    "Wara": "hoc",
}
"""Further scripts in use for a language; its likely script need not be repeated."""

_SPACELESS = frozenset(
    {"Bali", "Batk", "Hani", "Hans", "Hant", "Hira", "Hrkt", "Java", "Jpan", "Kana", "Khmr", "Lana"}
    | {"Laoo", "Mymr", "Talu", "Thai", "Tibt", "Yiii"}
)


def likely_script(tag: langcodes.Language) -> str | None:
    """The ISO 15924 code of the script that the tag names or implies; None if unknown."""
    if tag.script is not None:
        return tag.script
    language = tag.language or ""
    usual = _by_language("usual").get(language)
    if usual is not None:
        return usual[0]
    if is_known(language):
        return tag.maximize().script
    return _by_language("likely").get(language, (None,))[0]


def is_known(language: str) -> bool:
    """Whether langcodes has the likely subtags of a language; it takes all others for English."""
    usual = NORMALIZED_MACROLANGUAGES.get(language, language)
    return language in LIKELY_SUBTAGS or usual in LIKELY_SUBTAGS


def further_scripts(language: str) -> tuple[str, ...]:
    """Scripts other than the likely one in which texts of a language subtag are common."""
    table = _by_language("further")
    usual = NORMALIZED_MACROLANGUAGES.get(language, language)
    scripts = table.get(language, table.get(usual, ()))
    if language in _by_language("usual"):
        named = langcodes.Language.make(language=language).maximize().script
        return (*scripts, named) if named else scripts
    return scripts


def is_spaceless(script: str | None) -> bool:
    """Whether words are not separated by spaces in this script."""
    return script in _SPACELESS


@functools.cache
def _by_language(table: Literal["usual", "likely", "further"]) -> dict[str, tuple[str, ...]]:
    """One of the tables, by language."""
    tables = {"usual": _USUAL, "likely": _LIKELY, "further": _FURTHER}
    scripts: dict[str, tuple[str, ...]] = {}
    for script, codes in tables[table].items():
        for code in codes.split():
            scripts[code] = (*scripts.get(code, ()), script)
    return scripts
