"""Broken text: lost characters, text in the wrong encoding (mojibake), words in single letters.

Every rule must hold for none of the correct sentences of any language, so each asks for a
combination of characters that no orthography has. ftfy confirms what looks like UTF-8 that was read
in an 8-bit encoding; the other mix-ups are unknown to it.
"""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning import columns
from alignment.cleaning.char_tables import TABLE_SIZE, gather
from alignment.cleaning.columns import SPACE, Bools, Floats, Ints, Texts

_QUESTION_MARK = ord("?")
_INVERTED_QUESTION_MARK = 0xBF
_CYRILLIC = 0x400  # the first code point of the block

# Characters that are never right: U+FFFD, noncharacters, and those of famous mix-ups.
_LOST = "\ufffd\ufdd0-\ufdef\ufffe\uffff"
_FAMOUS = "锟縺繧繝烫屯╨╤"

# UTF-8 has a first byte from C2 to F4 and further bytes from 80 to BF. These are the characters of
# such bytes in the encodings that UTF-8 is commonly misread in.
_WESTERN = ("cp1252", "latin-1", "cp1250", "iso8859-2", "cp1254", "cp1257")
_FIRST = bytes(range(0xC2, 0xF5))
_FURTHER = bytes(range(0x80, 0xC0))
_DOS_FIRST = "√¬├┬Γ"
# In Windows-1251 Cyrillic text begins with Р and С, Latin text with В and Г. The latter count with
# signs only, since `Ві` is common. In KOI8-R the first characters are п and я.
_CYRILLIC_FIRST = "РС"
_SIGN_FIRST = "ВГ"
_KOI8_FIRST = "пя"
_CYRILLIC_SIGNS = "°±µ¶·№©®¬¦§¤†‡‰€™•"
_CYRILLIC_FURTHER = _CYRILLIC_SIGNS + "»ЂЃѓЉЊЌЋЏђљњќћџЎўЈјҐґЄєЁёЇїІіЅѕ"
_KOI8_SIGNS = "■∙√≈≤≥⌠⌡÷²" + "".join(map(chr, range(0x2500, 0x2594)))

# Bits of the table of characters.
_IS_LOST = 1
_IS_FIRST_OF_TWO = 2
_IS_FIRST_OF_MORE = 4
_IS_FURTHER = 8
_IS_DOS_FIRST = 16
_IS_DOS_FURTHER = 32
_IS_CYRILLIC_FIRST = 64
_IS_CYRILLIC_FURTHER = 128
_IS_ACCENTED = 256
_IS_LOWER_CYRILLIC = 512
_IS_UPPER_CYRILLIC = 1024
_IS_SIGN_FIRST = 2048
_IS_SIGN = 4096
_PADDING = 8  # spaces after the last row, so that a look ahead stays within the array

_CYRILLIC_PAIRS = 2  # of a first and a further character: one may be chance
_MIN_LETTERS = 6
_ACCENTED_SHARE = 0.85  # of letters; Icelandic and Vietnamese stay far below
_MIN_MIXED = 3  # words with a capital inside, such as ЛитРес
_MIXED_SHARE = 0.6  # of Cyrillic words
_APART_SHARE = 0.6  # of words that are single letters in a row

_ANY_LOST = re.compile(f"[{_LOST}]|锟斤拷|烫烫烫|屯屯屯")
_KANA_AS_SHIFT_JIS = re.compile("[縺繧繝]")
_UTF8_AS_DOS = re.compile(r"[╨╤][^\s╨╤]")
_UTF8_AS_KOI8 = re.compile(f"[{_KOI8_FIRST}][{_KOI8_SIGNS}]")
_LATIN_AS_WINDOWS = re.compile(f"[A-Za-z][{_SIGN_FIRST}][{_CYRILLIC_SIGNS}]")
_DOS_AS_WINDOWS = re.compile("[Ѐ-ҿ][¤®¬©§¦]+[Ѐ-ҿ]")
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


def shares(source: Texts, target: Texts) -> Floats:
    """`pair_share` of each pair (pairs,), computed for the suspicious ones."""
    result = np.zeros(len(source))
    rows = np.flatnonzero(suspicious(source) | suspicious(target))
    sources = columns.take(source, rows).strings()
    targets = columns.take(target, rows).strings()
    result[rows] = [pair_share(a, b) for a, b in zip(sources, targets, strict=True)]
    return result


def suspicious(texts: Texts) -> Bools:
    """Rows that may be broken (rows,): all that `broken_share` or `apart_share` find, and more."""
    points = texts.points
    if not len(points):
        return np.zeros(len(texts), dtype=bool)
    padded = np.concatenate([points, np.full(_PADDING, SPACE, dtype=points.dtype)])
    spaces = padded == SPACE
    flags = gather(_table(), padded, beyond=0)
    marked = flags & _IS_LOST != 0
    for place in (
        _first_and_further(flags),
        _letter_and_capital(padded),
        _inside_word(padded),
        _accented_runs(flags),
        _capital_after_lower(flags),
        _sign_after_cyrillic(padded, flags),
        _question_marks(padded, spaces),
        _letters_apart(spaces),
    ):
        marked[place] = True
    rows: Bools = texts.any(marked[: len(points)])
    rows |= _cyrillic_pairs(texts, flags) >= _CYRILLIC_PAIRS
    return rows


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
    if _may_be_utf8().search(plain):
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
    if letters >= _MIN_LETTERS and accented >= _ACCENTED_SHARE * letters:
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


@functools.cache
def _table() -> NDArray[np.uint16]:
    """The bits of each code point (TABLE_SIZE,)."""
    table = np.zeros(TABLE_SIZE, dtype=np.uint16)
    for char in "\ufffd\ufffe\uffff" + "".join(map(chr, range(0xFDD0, 0xFDF0))) + _FAMOUS:
        table[ord(char)] |= _IS_LOST
    for bit, chars in (
        (_IS_FIRST_OF_TWO, _firsts_of_two()),
        (_IS_FIRST_OF_MORE, _western(_FIRST)),
        (_IS_FURTHER, _western(_FURTHER)),
        (_IS_DOS_FIRST, _DOS_FIRST),
        (_IS_DOS_FURTHER, _dos(_FURTHER)),
        (_IS_CYRILLIC_FIRST, _CYRILLIC_FIRST),
        (_IS_CYRILLIC_FURTHER, _CYRILLIC_FURTHER),
        (_IS_SIGN_FIRST, _SIGN_FIRST + _KOI8_FIRST),
        (_IS_SIGN, _CYRILLIC_SIGNS + _KOI8_SIGNS),
    ):
        for char in chars:
            table[ord(char)] |= bit
    table[0xC0:0x100] |= _IS_ACCENTED
    for point in range(_CYRILLIC, _CYRILLIC + 0x100):
        char = chr(point)
        table[point] |= _IS_LOWER_CYRILLIC * char.islower() | _IS_UPPER_CYRILLIC * char.isupper()
    return table


def _western(data: bytes) -> str:
    return _decoded(data, *_WESTERN)


def _dos(data: bytes) -> str:
    return _decoded(data, "mac-roman", "cp437")


def _firsts_of_two() -> str:
    """Bytes from C2 to DF are capitals, except `ß`; the others need more further ones."""
    return "".join(char for char in _western(_FIRST) if not char.islower()) + "ß"


def _decoded(data: bytes, *encodings: str) -> str:
    """All printable characters that these bytes stand for in any of the encodings."""
    chars = "".join(data.decode(encoding, "ignore") for encoding in encodings)
    return "".join(char for char in chars if char.isprintable() and char != " ")


@functools.cache
def _may_be_utf8() -> re.Pattern[str]:
    """A cheap test before ftfy: a first character, and as many further ones as UTF-8 has."""
    capital = re.escape(_firsts_of_two())
    first = re.escape(_western(_FIRST))
    further = re.escape(_western(_FURTHER))
    dos = re.escape(_dos(_FURTHER))
    cyrillic = f"(?:[{_CYRILLIC_FIRST}][{_CYRILLIC_FURTHER}]|[{_SIGN_FIRST}][{_CYRILLIC_SIGNS}])"
    return re.compile(
        f"[{capital}][{further}]|[{first}][{further}]{{2}}|[{_DOS_FIRST}][{dos}]"
        f"|{cyrillic}.*{cyrillic}|вЂ"
    )


def _first_and_further(flags: NDArray[np.uint16]) -> Ints:
    """Places where a character of UTF-8 may begin that was misread."""
    firsts = _IS_FIRST_OF_TWO | _IS_FIRST_OF_MORE | _IS_DOS_FIRST
    places = np.flatnonzero(flags[:-_PADDING] & firsts)
    first = flags[places]
    second = flags[places + 1]
    third = flags[places + 2]
    of_two = (first & _IS_FIRST_OF_TWO != 0) & (second & _IS_FURTHER != 0)
    of_more = (first & _IS_FIRST_OF_MORE != 0) & (second & third & _IS_FURTHER != 0)
    of_dos = (first & _IS_DOS_FIRST != 0) & (second & _IS_DOS_FURTHER != 0)
    starts: Ints = places[of_two | of_more | of_dos]
    return starts


def _cyrillic_pairs(texts: Texts, flags: NDArray[np.uint16]) -> Ints:
    """How many pairs of a first and a further character each row has (rows,)."""
    places = np.flatnonzero(flags[:-_PADDING] & (_IS_CYRILLIC_FIRST | _IS_SIGN_FIRST))
    first = flags[places]
    second = flags[places + 1]
    letters = (first & _IS_CYRILLIC_FIRST != 0) & (second & _IS_CYRILLIC_FURTHER != 0)
    signs = (first & _IS_SIGN_FIRST != 0) & (second & _IS_SIGN != 0)
    places = places[letters | signs]
    rows = np.searchsorted(texts.offsets, places, side="right") - 1
    return np.bincount(rows, minlength=len(texts))


def _letter_and_capital(points: NDArray[np.uint32]) -> Ints:
    """Places of a letter or digit before `Ã` or `Â` at the end of a word."""
    places = np.flatnonzero((points[1:-_PADDING] | 1) == ord("Ã"))  # Â and Ã differ in the last bit
    matching: Ints = places[points[places] != SPACE]
    return matching


def _inside_word(points: NDArray[np.uint32]) -> Ints:
    """Places of a letter before `¿` or `¶`."""
    signs = points[1:-_PADDING]
    places = np.flatnonzero((signs == _INVERTED_QUESTION_MARK) | (signs == ord("¶")))
    matching: Ints = places[points[places] > _QUESTION_MARK]
    return matching


def _accented_runs(flags: NDArray[np.uint16]) -> Ints:
    accented = flags & _IS_ACCENTED != 0
    return np.flatnonzero(accented[:-2] & accented[1:-1] & accented[2:])


def _capital_after_lower(flags: NDArray[np.uint16]) -> Ints:
    lower = flags[:-1] & _IS_LOWER_CYRILLIC != 0
    return np.flatnonzero(lower & (flags[1:] & _IS_UPPER_CYRILLIC != 0))


def _sign_after_cyrillic(points: NDArray[np.uint32], flags: NDArray[np.uint16]) -> Ints:
    signs = (flags[1:] & _IS_SIGN != 0) & (points[1:] < _CYRILLIC)
    places = np.flatnonzero(signs)
    matching: Ints = places[flags[places] & (_IS_LOWER_CYRILLIC | _IS_UPPER_CYRILLIC) != 0]
    return matching


def _question_marks(points: NDArray[np.uint32], spaces: Bools) -> Ints:
    """Places of a question mark, a space and another question mark."""
    marks = points == _QUESTION_MARK
    return np.flatnonzero(marks[:-2] & spaces[1:-1] & marks[2:])


def _letters_apart(spaces: Bools) -> Ints:
    """Places where every second character is a space, four times."""
    return np.flatnonzero(spaces[:-6] & spaces[2:-4] & spaces[4:-2] & spaces[6:])
