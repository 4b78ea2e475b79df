"""Numbers in signs other than decimal digits: Han, Ethiopic and Tamil, Roman, Hebrew, fractions."""

from __future__ import annotations

import functools
import re
import unicodedata

from alignment.cleaning.calendars import ERAS
from alignment.cleaning.number_words import Part, combined, replaced

_HAN_DIGITS = {
    **{char: value for value, char in enumerate("〇一二三四五六七八九")},
    **{char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")},
    **{char: value for value, char in enumerate("零壱弐参肆伍陸漆捌玖")},
    "貳": 2,
    "叄": 3,
    "两": 2,
    "兩": 2,
}
_HAN_UNITS = {
    **dict.fromkeys("十拾", 10),
    **dict.fromkeys("百佰陌", 100),
    **dict.fromkeys("千仟", 1000),
    **dict.fromkeys("万萬만", 10**4),
    **dict.fromkeys("亿億억", 10**8),
    **dict.fromkeys("兆조", 10**12),
    "천": 1000,
    "백": 100,
}
_HAN_TENS = {"廿": 20, "卅": 30, "卌": 40}
_HAN = "".join([*_HAN_DIGITS, *_HAN_TENS, "十拾百佰陌千仟万萬亿億兆"])
_HAN_RUN = re.compile(f"[{_HAN}]{{1,24}}")
_GROUPED = r"\d{1,3}(?:,\d{3}){1,5}|\d{1,18}"
_MIXED_RUN = re.compile(
    rf"(?:(?:{_GROUPED})(?:\.\d+)?\s?[{''.join(_HAN_UNITS)}]+\s?)+(?:(?:{_GROUPED})(?!\d|\.\d))?"
)
_FIRST_YEAR = "元"
_ERA_YEAR = re.compile(f"({'|'.join(ERAS)})([{_HAN}]+|{_FIRST_YEAR})")
_ANY_UNIT = re.compile(f"[{''.join(_HAN_UNITS)}]")
_MIXED_PART = re.compile(rf"({_GROUPED})(\.\d+)?|([{''.join(_HAN_UNITS)}])")

_ROMAN = re.compile(
    r"(?<![^\W_])(?=[IVXLCDM])(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
    r"(?=[a-zа-яèº°]{0,4}(?![^\W_]))"
)
_SMALL_ROMAN = re.compile(r"(?<![^\W_])[ivxlc]{2,8}(?![^\W_])")
_NO_NUMERALS = ("", *"IVLCDM")  # a single letter of these is an initial or a word
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_CYRILLIC_LOOKALIKES = (("І", "I"), ("Х", "X"), ("С", "C"), ("М", "M"))

# Numerals of a script whose values add up, and multiply where one is a power of ten: Ethiopic,
# Tamil, Malayalam, Sinhala.
_ADDITIVE_RUN = re.compile(
    "[\u1369-\u137c]+|[\u0be6-\u0bf2]+|[\u0d66-\u0d72]+|[\U000111e1-\U000111f4]+"
)

_HEBREW = re.compile(r"(?<![א-ת])([א-ת]{1,4})[\"״''׳]([א-ת]?)(?![א-ת])")
_HEBREW_VALUES = {
    **{char: value for value, char in enumerate("אבגדהוזחט", start=1)},
    **{char: 10 * value for value, char in enumerate("יכלמנסעפצ", start=1)},
    **{char: 100 * value for value, char in enumerate("קרשת", start=1)},
}
_HEBREW_MILLENNIUM = 5000
_HEBREW_EPOCH = 3760


def numeral_values(text: str) -> set[float]:
    """All numbers that a text may have in such signs."""
    values: set[float] = set()
    if text.isascii():
        values.update(_roman(text))
        return values
    for run in _HAN_RUN.finditer(text):
        values.update(_han(run.group()))
    for run in _ADDITIVE_RUN.finditer(text):
        values.add(float(combined([_additive_part(char) for char in run.group()])))
    values.update(_roman(replaced(text, _CYRILLIC_LOOKALIKES)))
    values.update(_hebrew(text))
    values.update(_single_signs(text))
    return values


def mixed_values(text: str) -> list[tuple[int, int, float]]:
    """Start, end and value of digits with Han or Korean units: `5만`, `1億2000万`, `3.5万`."""
    values: list[tuple[int, int, float]] = []
    if not _ANY_UNIT.search(text):
        return values
    for run in _MIXED_RUN.finditer(text):
        parts: list[Part] = []
        total = 0.0  # of the digits behind points
        fraction = 0.0
        for number, decimals, unit in _MIXED_PART.findall(run.group()):
            if unit:
                fraction *= _HAN_UNITS[unit]
                parts.append(Part(_HAN_UNITS[unit], multiplies=True))
            else:
                parts.append(Part(int(number.replace(",", ""))))
                total += fraction
                fraction = float(decimals or 0)
        value = combined(parts) + total + fraction
        values.append((run.start(), run.end(), round(value, 4)))
    return values


def era_years(text: str) -> set[float]:
    """Years of the common era in the eras of Japan and Taiwan: `昭和二十年` is 1945."""
    values = set()
    for era, numeral in _ERA_YEAR.findall(text):
        for value in _han(numeral) if numeral != _FIRST_YEAR else {1.0}:
            values.add(ERAS[era] + value)
    return values


def small_roman_values(text: str) -> set[float]:
    """Roman numerals in small letters: `chapter xii`."""
    return _roman(" ".join(_SMALL_ROMAN.findall(text)).upper())


def _han(run: str) -> set[float]:
    if all(char in _HAN_DIGITS for char in run):  # 二〇二四, or a single digit
        digits = [_HAN_DIGITS[char] for char in run]
        return {float(int("".join(map(str, digits)))), *map(float, digits)}
    parts = []
    for char in run:
        if char in _HAN_UNITS:
            parts.append(Part(_HAN_UNITS[char], multiplies=True))
        else:
            parts.append(Part(_HAN_DIGITS.get(char, _HAN_TENS.get(char, 0))))
    return {float(combined(parts))}


def _additive_part(char: str) -> Part:
    value = int(unicodedata.numeric(char))
    return Part(value, multiplies=value in (10, 100, 1000, 10000))


def _roman(text: str) -> set[float]:
    values = set()
    for match in _ROMAN.finditer(text):
        if match.group(1) not in _NO_NUMERALS:
            values.add(float(_roman_value(match.group(1))))
    return values


@functools.lru_cache(maxsize=4096)
def _roman_value(numeral: str) -> int:
    total = 0
    for char, following in zip(numeral, [*numeral[1:], ""], strict=True):
        value = _ROMAN_VALUES[char]
        total += -value if _ROMAN_VALUES.get(following, 0) > value else value
    return total


def _hebrew(text: str) -> set[float]:
    """Letters as numbers: `י״ט` is 19, the year `תשפ״ד` is 2024."""
    values: set[float] = set()
    for match in _HEBREW.finditer(text):
        letters = "".join(match.groups())
        for numeral in (
            letters,
            letters[1:],
        ):  # the first letter may be an article or a preposition
            total = sum(_HEBREW_VALUES.get(char, 0) for char in numeral)
            values.add(float(total))
            values.add(float(total + _HEBREW_MILLENNIUM - _HEBREW_EPOCH))
    return values


def _single_signs(text: str) -> set[float]:
    """`½`, `①`, `Ⅻ`, and `2½` as 2.5."""
    values: set[float] = set()
    for sign in _signs().intersection(text):
        value = unicodedata.numeric(sign)
        values.add(round(value, 4))
        if 0 < value < 1:
            wholes = re.findall(rf"(\d{{1,9}}){sign}", text)
            values.update(round(int(whole) + value, 4) for whole in wholes)
    return values


@functools.cache
def _signs() -> frozenset[str]:
    """Characters that are a number, but neither a digit nor a letter."""
    chars = map(chr, range(0x80, 0x20000))
    signs = [char for char in chars if unicodedata.numeric(char, None) is not None]
    return frozenset(char for char in signs if not char.isdecimal() and not char.isalpha())
