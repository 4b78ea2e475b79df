"""Numbers that a translation must carry over, however each language writes them.

The digits of both sides are compared by column, which costs little and settles nearly all pairs.
Where they differ, every number in digits must be explained by a number of the other side: the same
value in other digits or groups, in words, in Han or Roman numerals, with a unit such as `million`
or `만`, on a 12-hour clock, or in the calendar of the language.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning import columns
from alignment.cleaning.calendars import (
    century_readings,
    clock_readings,
    month_values,
    year_readings,
)
from alignment.cleaning.char_tables import TABLE_SIZE, gather
from alignment.cleaning.columns import Floats, Ints, Texts
from alignment.cleaning.number_words import has_words, replaced, word_values
from alignment.cleaning.numerals import mixed_values, numeral_values
from alignment.cleaning.scales import dozens, fraction_values, scale_after
from alignment.placeholders import CHOICE, PLACEHOLDER, flatten_choices

DIGITS = 10
Reading = tuple[float, ...]
"""The values that a number in digits stands for, such as (24.12,) or (24, 12)."""

_NUMBER = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-4])(?::| ?h ?)([0-5]\d)(?![\d:])"  # 8:30  8h30
    r"|\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?"  # 1 234 567,8
    r"|\d+(?:[.,'’·]\d+)*"
)
_SEPARATOR = re.compile(r"[ .,'’·]")
HALF_AN_HOUR = 30
_LOCAL_DIGIT = re.compile(r"(?![0-9])\d")
_LOCAL_MARKS = (("٫", "."), ("٬", ","), ("．", "."), ("，", ","))
_NUMERATOR = re.compile(r"(\d+)\s?[/⁄]\s?$")
_DENOMINATOR = re.compile(r"\s?[/⁄]\s?(\d+)")
_ROUND = re.compile(r"[1-9]0*")
_LONG = 10  # digits; a longer number is no year, hour or fraction
_FEW = 100
_MANY_WORDS = 3
_MANY_CHARS = 8
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
        values = month_values(folded) | fraction_values(folded)
        values.update(value for _, _, value in mixed_values(self.text))
        values.update(dozens(folded, self.written | self.spelled))
        for value in self.spelled:
            if value.is_integer() and value < _FEW:
                values.update(clock_readings(int(value), folded))
                values.update(century_readings(int(value), "", folded))
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
        return spaces >= _MANY_WORDS - 1 or (spaces == 0 and len(self.text) >= _MANY_CHARS)


def unmatched_digits(source: Texts, target: Texts) -> Floats:
    """Digits that the other side lacks, divided by all digits plus one (pairs,), in [0, 1).

    Grouping, decimal marks, the order of a date and the script of the digits do not matter. One
    number below ten that is spelled out ("3 files", "kolme tiedostoa") scores 0.5.
    """
    a = _digit_counts(source)
    b = _digit_counts(target)
    missing: Ints = np.abs(a - b).sum(axis=1)
    total: Ints = np.maximum(a, b).sum(axis=1)
    return np.asarray(missing / (total + 1), dtype=np.float64)


def unmatched(source: Texts, target: Texts, source_lang: str, target_lang: str) -> Floats:
    """The same for whole numbers, however they are written, and at most `unmatched_digits`."""
    shares = unmatched_digits(source, target)
    rows = np.flatnonzero(shares > 0)
    sources = columns.take(source, rows).strings()
    targets = columns.take(target, rows).strings()
    for row, a, b in zip(rows.tolist(), sources, targets, strict=True):
        shares[row] = min(shares[row], unmatched_share(a, b, source_lang, target_lang))
    return shares


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
    """`8:00` is 8, `8:30` is 8 and 30, or half of the ninth hour."""
    hours = [hour, *clock_readings(hour, folded)]
    readings: list[Reading] = []
    for value in hours:
        readings.append((float(value), float(minute)))
        if minute == 0:
            readings.append((float(value),))
    if minute == HALF_AN_HOUR:
        readings.append((hour % 12 + 1.0, 0.5))
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
    above = _NUMERATOR.search(before)
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


def _digit_counts(texts: Texts) -> NDArray[np.int32]:
    """How often each digit occurs in each row (rows, 10)."""
    counts = np.zeros((len(texts), DIGITS), dtype=np.int32)
    values = gather(_digit_values(), texts.points, beyond=-1)
    places = np.flatnonzero(values >= 0)
    rows = np.searchsorted(texts.offsets, places, side="right") - 1
    np.add.at(counts, (rows, values[places]), 1)
    return counts


@functools.cache
def _digit_values() -> NDArray[np.int8]:
    """The value of each decimal digit, -1 for every other code point (TABLE_SIZE,)."""
    values = [unicodedata.decimal(chr(point), -1) for point in range(TABLE_SIZE)]
    return np.array(values, dtype=np.int8)
