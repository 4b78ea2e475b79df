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
from dataclasses import dataclass, field

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
from alignment.cleaning.number_words import has_words, word_values
from alignment.cleaning.numerals import mixed_values, numeral_values
from alignment.cleaning.scales import dozens, fraction_values, scale_after
from alignment.placeholders import CHOICE, PLACEHOLDER, flatten_choices

DIGITS = 10
Reading = tuple[float, ...]
"""The values that a number in digits stands for, such as (24.12,) or (24, 12)."""

_NUMBER = re.compile(
    r"\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?"  # 1 234 567,8
    r"|\d+(?:[.,'’·]\d+)*"
)
_SEPARATOR = re.compile(r"[ .,'’·]")
_LOCAL_MARKS = str.maketrans("٫٬．，", ".,.,")
_NUMERATOR = re.compile(r"(\d+)\s?[/⁄]\s?$")
_DENOMINATOR = re.compile(r"\s?[/⁄]\s?(\d+)")
_ROUND = re.compile(r"[1-9]0*")
_FEW = 100
_MANY_WORDS = 3
_MANY_CHARS = 8
NEAR = 24  # characters around a number that may say what it counts


@dataclass
class _Number:
    """A number in digits."""

    digits: str
    readings: list[Reading]
    weight: int = field(init=False)

    def __post_init__(self) -> None:
        self.weight = sum(map(str.isdigit, self.digits))

    def in_words(self) -> bool:
        """Whether a language would write it as one or two words: at most 100, or round."""
        return self.digits.isdigit() and (
            int(self.digits) <= _FEW or _ROUND.fullmatch(self.digits) is not None
        )


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
    source = _without_markup(source)
    target = _without_markup(target)
    a = _numbers(source, source_lang)
    b = _numbers(target, target_lang)
    missing = 0
    matched = [0, 0]
    sides = ((a, b, target, target_lang), (b, a, source, source_lang))
    for side, (numbers, others, text, language) in enumerate(sides):
        values = _values(others, text, language)
        lenient = not others and not values and _may_spell_out(text, language)
        for number in numbers:
            weight = 1 if lenient and number.in_words() else number.weight
            if any(values.issuperset(reading) for reading in number.readings):
                matched[side] += weight
            else:
                missing += weight
    return missing / (missing + max(matched) + 1)


def _without_markup(text: str) -> str:
    """The text with ASCII digits, and without the digits of placeholders, tags and addresses."""
    if CHOICE.search(text):
        text = flatten_choices(text)
    text = PLACEHOLDER.sub(" ", text).translate(_LOCAL_MARKS)
    if text.isascii():
        return text
    return "".join(map(_ascii_digit, text))


def _ascii_digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _numbers(text: str, language: str) -> list[_Number]:
    """The numbers in digits, with every reading that may be meant."""
    numbers = []
    mixed = mixed_values(text)
    for match in _NUMBER.finditer(text):
        number = match.group()
        readings = _plain_readings(number)
        before = text[: match.start()]
        after = text[match.end() :]
        for value in _scaled(readings, after):
            readings.append((value,))
        for start, end, value in mixed:
            if start <= match.start() < end:
                readings.append((value,))
        readings += [(value,) for value in _fraction(number, before, after)]
        if number.isdigit():
            alternatives = [
                *year_readings(int(number), before, language),
                *century_readings(int(number), after, f"{before[-NEAR:]} {after[:NEAR]}"),
                *clock_readings(int(number), text),
            ]
            readings += [(float(value),) for value in alternatives]
        numbers.append(_Number(number, readings))
    return numbers


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
    if not (pair[0].isdigit() and pair[1].isdigit()) or int(pair[1]) == 0:
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


def _values(numbers: list[_Number], text: str, language: str) -> set[float]:
    """All numbers that a text may have."""
    values: set[float] = set()
    for number in numbers:
        for reading in number.readings:
            values.update(reading)
    words = word_values(text, language)
    values |= words | numeral_values(text) | month_values(text) | fraction_values(text)
    values.update(value for _, _, value in mixed_values(text))
    values.update(dozens(text, values))
    for value in list(words):
        if value.is_integer():
            values.update(map(float, clock_readings(int(value), text)))
            values.update(map(float, century_readings(int(value), "", text)))
    return values


def _may_spell_out(text: str, language: str) -> bool:
    """Whether a text may have a number in words that `word_values` does not know."""
    if has_words(language):
        return False
    return text.count(" ") >= _MANY_WORDS - 1 or (" " not in text and len(text) >= _MANY_CHARS)


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
