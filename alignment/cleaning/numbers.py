"""Numbers that a translation must carry over, however each language writes them.

Every number in digits must be explained by a number of the other side: the same value in other
digits or groups, in words, in Han or Roman numerals, with a unit such as `million` or `만`, on a
12-hour clock, or in the calendar of the language.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from alignment.cleaning.calendars import (
    century_readings,
    clock_readings,
    hour_values,
    month_values,
    year_readings,
)
from alignment.cleaning.number_words import has_words, replaced, word_values
from alignment.cleaning.numerals import (
    era_years,
    mixed_values,
    numeral_values,
    small_roman_values,
)
from alignment.cleaning.scales import dozens, fraction_values, scale_after
from alignment.placeholders import CHOICE, PLACEHOLDER, flatten_choices

Reading = tuple[float, ...]
"""Possible values of a number in digits, such as (24.12,) or (24, 12)."""

_NUMBER = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-4])(?::| ?h ?)([0-5]\d)(?![\d:])"  # 8:30  8h30
    r"|\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?"  # 1 234 567,8
    r"|\d+(?:[.,'’·]\d+)*"
)
_SEPARATOR = re.compile(r"[ .,'’·]")
_HALF_AN_HOUR = 30
_LOCAL_DIGIT = re.compile(r"(?![0-9])\d")
_LOCAL_MARKS = (("٫", "."), ("٬", ","), ("．", "."), ("，", ","))
_NUMERATOR = re.compile(r"(?<!\d)(\d+)\s?[/⁄]\s?$")
_DENOMINATOR = re.compile(r"\s?[/⁄]\s?(\d+)")
_ROUND = re.compile(r"[1-9]0*")
_LONG = 10  # digits; a longer number is no year, hour or fraction
_FEW = 100
_MANY_WORDS = 3
_MANY_CHARS = 12
_NEAR = 24  # characters around a number that may say what it counts


class _Number(NamedTuple):
    """A number in digits."""

    digits: str
    """Its digits, without grouping and decimal marks."""
    readings: list[Reading]
    """What it may mean, from the likely to the possible."""
    is_time: bool

    def weight(self, *, lenient: bool) -> int:
        """Its digits, or 1 if the other side may have it in words that are not known."""
        if lenient and (self.is_time or self._is_short_in_words()):
            return 1
        return len(self.digits)

    def is_in(self, values: set[float]) -> bool:
        """Whether the values have all of one of its readings."""
        return any(values.issuperset(reading) for reading in self.readings)

    def _is_short_in_words(self) -> bool:
        """Whether people write it in one or two words: at most 100, or round."""
        if _ROUND.fullmatch(self.digits):
            return True
        return len(self.digits) < _LONG and int(self.digits) <= _FEW


@dataclass(frozen=True)
class _Side:
    """One side of a pair, without markup and with ASCII digits."""

    text: str
    language: str

    @functools.cached_property
    def numbers(self) -> list[_Number]:
        return _numbers(self.text, self.language)

    @functools.cached_property
    def written(self) -> set[float]:
        """The values of its numbers in digits."""
        values: set[float] = set()
        for number in self.numbers:
            for reading in number.readings:
                values.update(reading)
        return values

    @functools.cached_property
    def spelled(self) -> set[float]:
        """The values of its words and numerals."""
        return word_values(self.text, self.language) | numeral_values(self.text)

    @functools.cached_property
    def implied(self) -> set[float]:
        """The values of other words that stand for numbers."""
        folded = self.text.casefold()
        values = month_values(folded) | hour_values(folded) | small_roman_values(self.text)
        values.update(value for _, _, value in mixed_values(self.text))
        values.update(era_years(self.text))
        counts = self.written | self.spelled
        values.update(dozens(folded, counts))
        values.update(fraction_values(folded, counts))
        for value in self.spelled:
            if value.is_integer() and value < _FEW:
                values.update(clock_readings(int(value), folded))
                values.update(century_readings(int(value), "", folded))
            elif value.is_integer():
                values.update(year_readings(int(value), "", self.language))
        return values

    def has(self, number: _Number) -> bool:
        """Whether it has a number that may mean the same."""
        if number.is_in(self.written) or number.is_in(self.written | self.spelled):
            return True
        return number.is_in(self.written | self.spelled | self.implied)

    def may_spell_out(self) -> bool:
        """Whether it may have a number in words that are not known."""
        if self.numbers or self.spelled or has_words(self.language):
            return False
        spaces = self.text.count(" ")
        return spaces >= _MANY_WORDS - 1 or len(self.text) >= _MANY_CHARS


def unmatched_share(source: str, target: str, source_lang: str, target_lang: str) -> float:
    """Digits in numbers that the other side lacks, over all digits plus one, in [0, 1)."""
    a = _Side(_without_markup(source), source_lang)
    b = _Side(_without_markup(target), target_lang)
    missing = 0
    matched = []
    for side, other in ((a, b), (b, a)):
        lenient = bool(side.numbers) and other.may_spell_out()
        total = 0
        for number in side.numbers:
            weight = number.weight(lenient=lenient)
            if other.has(number):
                total += weight
            else:
                missing += weight
        matched.append(total)
    return missing / (missing + max(matched) + 1)


def _without_markup(text: str) -> str:
    """The text with ASCII digits, and without the digits of placeholders, tags and addresses."""
    if CHOICE.search(text):
        text = flatten_choices(text)
    text = PLACEHOLDER.sub(" ", text)
    if text.isascii():
        return text
    return _LOCAL_DIGIT.sub(_ascii_digit, replaced(text, _LOCAL_MARKS))


def _ascii_digit(match: re.Match[str]) -> str:
    return str(unicodedata.decimal(match.group()))


def _numbers(text: str, language: str) -> list[_Number]:
    """The numbers in digits, with every reading that may be meant."""
    numbers = []
    mixed = mixed_values(text)
    folded = text.casefold()
    for match in _NUMBER.finditer(text):
        hour, minute = match.group(1, 2)
        if hour is not None:
            digits = hour + minute if minute.strip("0") else hour
            readings = _time_readings(int(hour), int(minute), folded)
            numbers.append(_Number(digits, readings, is_time=True))
            continue
        number = match.group()
        before = text[: match.start()]
        after = text[match.end() :]
        readings = _plain_readings(number)
        readings += [(value,) for value in _scaled(readings, after)]
        for start, end, value in mixed:
            if start <= match.start() < end:
                readings.append((value,))
        readings += [(value,) for value in _fraction(number, before, after)]
        if len(number) < _LONG and number.isdigit():
            near = f"{before[-_NEAR:]} {after[:_NEAR]}".casefold()
            alternatives = [
                *year_readings(int(number), before, language),
                *century_readings(int(number), after, near),
                *clock_readings(int(number), folded),
            ]
            readings += [(float(value),) for value in alternatives]
        numbers.append(_Number(_SEPARATOR.sub("", number), readings, is_time=False))
    return numbers


def _time_readings(hour: int, minute: int, folded: str) -> list[Reading]:
    """`8:00` is 8, `8:30` is 8 and 30, or half of the ninth hour, `8:50` is ten to nine."""
    hours = [hour, *clock_readings(hour, folded)]
    readings: list[Reading] = []
    for value in hours:
        readings.append((float(value), float(minute)))
        if minute == 0:
            readings.append((float(value),))
    following = float(hour % 12 + 1)
    if minute == _HALF_AN_HOUR:
        readings.append((following, 0.5))
    elif minute > _HALF_AN_HOUR:
        readings.append((following, 60.0 - minute))
    return readings


def _plain_readings(number: str) -> list[Reading]:
    """`1,234` is 1234, 1.234, or 1 and 234."""
    parts = _SEPARATOR.split(number)
    readings: list[Reading] = [tuple(float(part) for part in parts)]
    if len(parts) == 1:
        return readings
    grouped = all(len(part) in (2, 3) for part in parts[1:])
    if grouped and len(parts[-1]) == 3:
        readings.append((float("".join(parts)),))
    whole = "".join(parts[:-1])
    readings.append((float(f"{whole}.{parts[-1]}"),))
    return readings


def _fraction(number: str, before: str, after: str) -> list[float]:
    """The value of `3/4`, for both of its numbers."""
    above = _NUMERATOR.search(before[-_LONG - 4 :])  # longer numbers are refused below
    below = _DENOMINATOR.match(after)
    if above is not None:
        pair = (above.group(1), number)
    elif below is not None:
        pair = (number, below.group(1))
    else:
        return []
    if max(map(len, pair)) >= _LONG or not "".join(pair).isdigit() or int(pair[1]) == 0:
        return []
    return [round(int(pair[0]) / int(pair[1]), 4)]


def _scaled(readings: list[Reading], after: str) -> list[float]:
    """The readings times the unit that follows: `1.5 million`."""
    values = []
    for scale in scale_after(after):
        for reading in readings:
            if len(reading) == 1:
                values.append(round(reading[0] * scale, 4))
    return values
