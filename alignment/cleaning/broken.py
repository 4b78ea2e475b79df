"""Broken text: lost characters, text in the wrong encoding (mojibake), words in single letters.

Every rule must hold for none of the correct sentences of any language, so each asks for a
combination of characters that no orthography has. ftfy confirms what looks like UTF-8 that was read
in an 8-bit encoding; the other mix-ups are unknown to it.
"""

from __future__ import annotations

import itertools
import re

from alignment.cleaning import misread

_MIN_LETTERS = 6
_ACCENTED_SHARE = 0.85  # of letters; Icelandic and Vietnamese stay far below
_MIN_MIXED = 3  # words with a capital inside, such as ЛитРес
_MIXED_SHARE = 0.6  # of Cyrillic words
_APART_SHARE = 0.6  # of words that are single letters in a row

_ANY_LOST = re.compile(f"[{misread.LOST}]|锟斤拷|烫烫烫|屯屯屯")
_KANA_AS_SHIFT_JIS = re.compile("[縺繧繝]")
_UTF8_AS_DOS = re.compile(r"[╨╤][^\s╨╤]")
_UTF8_AS_KOI8 = re.compile(f"[{misread.KOI8_FIRST}][{misread.KOI8_SIGNS}]")
_LATIN_AS_WINDOWS = re.compile(f"[A-Za-z][{misread.SIGN_FIRST}][{misread.CYRILLIC_SIGNS}]")
_DOS_AS_WINDOWS = re.compile("[Ѐ-ҁҊ-ҿ][¤®¬©§¦]+[Ѐ-ҁҊ-ҿ]")
_LETTER_AND_CAPITAL = re.compile(r"(?<=[a-z0-9])[ÃÂ](?![^\s])")
# `“IRMÃ”` and `„Ä“` are correct, and look like UTF-8 in Windows-1252.
_QUOTED_CAPITAL = re.compile(r"(?<![a-zß-ÿ])[À-Þ](?=[”’“‘»›…–—](?![^\W\d_]))")
_INSIDE_WORD = re.compile(r"[^\W\d_][¿¶][^\W\d_]")
_PATTERNS = (  # with how often they must occur in a text
    (_ANY_LOST, 1),
    (_LETTER_AND_CAPITAL, 1),
    (_DOS_AS_WINDOWS, 1),
    (_LATIN_AS_WINDOWS, 2),
    (_KANA_AS_SHIFT_JIS, 3),
    (_UTF8_AS_DOS, 2),
    (_UTF8_AS_KOI8, 2),
)
_QUESTION_MARKS = re.compile(r"(?<!\S)\?{2,}(?: \?{2,})+(?!\S)")
_ACCENTED = re.compile("[À-ÿ]")
_ACCENTED_RUN = re.compile("[À-ÿ]{3}")
_LETTERS_APART = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){4,}(?!\S)")
_LAST_ALPHABET = "\u0e00"  # scripts from Thai on separate no words by spaces, or are syllabic
_CYRILLIC_WORD = re.compile(r"[А-яЁёЂ-џҐґ]{3,}")
_COMMON_RUSSIAN = frozenset("оеаинтсрвлОЕАИНТСРВЛ")


def broken_share(text: str) -> float:
    """Share of the words of a text that are broken, in [0, 1]; letters apart do not count."""
    words = text.split()
    if not words:
        return 0.0
    if _is_in_wrong_code_page(text):
        return 1.0
    count = len(_broken_words(text, words))
    return min(1.0, count / len(words))


def apart_share(text: str) -> float:
    """Share of the words that are single letters in a row: `D e r F l u s s`, in [0, 1]."""
    words = text.count(" ") + 1
    letters = sum(_letters_in_run(run.group()) for run in _LETTERS_APART.finditer(text))
    share = letters / words
    return share if share >= _APART_SHARE else 0.0


def pair_share(source: str, target: str) -> float:
    """Share of broken words of the worse side; letters apart on both sides are spelled out."""
    share = max(broken_share(source), broken_share(target))
    apart = (apart_share(source), apart_share(target))
    if min(apart) == 0.0:
        share = max(share, *apart)
    return share


def _broken_words(text: str, words: list[str]) -> list[str]:
    broken: list[str] = []
    for pattern, least in _PATTERNS:
        if len(pattern.findall(text)) >= least:
            broken += filter(pattern.search, words)
    if "?" not in text:  # a question after another word, without a space
        broken += filter(_INSIDE_WORD.search, words)
    for run in _QUESTION_MARKS.finditer(text):
        broken += run.group().split()
    plain = _QUOTED_CAPITAL.sub("A", text)
    if _MAY_BE_UTF8.search(plain):
        repaired = set(_repaired(plain).split())
        broken += [word for word in plain.split() if word not in repaired]
    return broken


def _repaired(text: str) -> str:
    import ftfy

    return ftfy.fix_encoding(text)


def _is_in_wrong_code_page(text: str) -> bool:
    """Whether an 8-bit text was read in the wrong encoding: `Ïðèâåò`, `оПХБЕР`, `ЏаЁўҐв`."""
    letters = sum(map(str.isalpha, text))
    accented = len(_ACCENTED.findall(text))
    many = letters >= _MIN_LETTERS and accented >= _ACCENTED_SHARE * letters
    if many and _ACCENTED_RUN.search(text):
        return True
    words = _CYRILLIC_WORD.findall(text)
    mixed = [word for word in words if _has_inner_capital(word)]
    if not mixed:
        return False
    return _is_koi8(words) or len(mixed) >= max(_MIN_MIXED, _MIXED_SHARE * len(words))


def _has_inner_capital(word: str) -> bool:
    return any(a.islower() and b.isupper() for a, b in itertools.pairwise(word))


def _is_koi8(words: list[str]) -> bool:
    """Whether these Cyrillic words are KOI8-R read as Windows-1251, which swaps the case."""
    if len(words) < 2 or not all(word[1:].isupper() for word in words):
        return False
    text = "".join(words)
    decoded = text.encode("cp1251", "ignore").decode("koi8-r")
    return _common_letters(decoded) > _common_letters(text)


def _common_letters(text: str) -> int:
    return sum(char in _COMMON_RUSSIAN for char in text)


def _letters_in_run(run: str) -> int:
    return 0 if max(run) >= _LAST_ALPHABET else run.count(" ") + 1


def _utf8_pattern() -> re.Pattern[str]:
    """A first character, and as many further ones as UTF-8 has."""
    two = f"[{re.escape(misread.FIRST_OF_TWO)}][{re.escape(misread.FURTHER)}]"
    more = f"[{re.escape(misread.FIRST)}][{re.escape(misread.FURTHER)}]{{2}}"
    dos = f"[{misread.DOS_FIRST}][{re.escape(misread.DOS_FURTHER)}]"
    letters = f"[{misread.CYRILLIC_FIRST}][{misread.CYRILLIC_FURTHER}]"
    signs = f"[{misread.SIGN_FIRST}][{misread.CYRILLIC_SIGNS}]"
    cyrillic = f"(?:{letters}|{signs})"
    return re.compile(f"{two}|{more}|{dos}|{cyrillic}.*{cyrillic}|вЂ")


_MAY_BE_UTF8 = _utf8_pattern()  # a cheap test before ftfy
