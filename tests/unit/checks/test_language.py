from __future__ import annotations

import numpy as np
import pytest

from alignment.checks.excerpts import Excerpts
from alignment.checks.language import SideLanguage, side_language
from alignment.cleaning.langid import load_identifier
from tests.unit.checks import texts


def language_of(rows: list[str], expected: str) -> SideLanguage:
    rows = rows * 5  # five excerpts
    number = np.arange(len(rows)) // 6
    return side_language(Excerpts(number, rows, rows), rows, expected, load_identifier(None))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (texts.UKRAINIAN, "uk"),
        (texts.RUSSIAN, "ru"),
        (texts.GERMAN, "de"),
        (texts.GERMAN, "de-AT"),
        (texts.SIMPLIFIED, "zh-Hans"),
        (texts.SIMPLIFIED, "zh"),
        (texts.TRADITIONAL, "zh-Hant"),
        (texts.TRADITIONAL, "zh-TW"),
        (texts.CROATIAN, "hr"),
        (texts.CROATIAN, "bs"),  # too alike to tell
        (texts.CROATIAN, "sr-Latn"),
        (texts.ALEMANNIC, "gsw"),
        (texts.ALEMANNIC, "de"),
        (texts.MAORI, "mi"),  # the classifier does not know it
    ],
)
def test_right(rows: list[str], expected: str) -> None:
    assert language_of(rows, expected).wrong is None


@pytest.mark.parametrize(
    ("rows", "expected", "wrong"),
    [
        (texts.RUSSIAN, "uk", "Russian"),
        (texts.UKRAINIAN, "ru", "Ukrainian"),
        (texts.ENGLISH, "de", "English"),
        (texts.GERMAN, "fr", "German"),
        (texts.TRADITIONAL, "zh-Hans", "Traditional Chinese"),
        (texts.TRADITIONAL, "zh", "Traditional Chinese"),
        (texts.SIMPLIFIED, "zh-Hant", "Simplified Chinese"),
        (texts.SIMPLIFIED, "zh-HK", "Simplified Chinese"),
        (texts.CROATIAN, "sr-Cyrl", "another script (0% of the letters are in its own)"),
        (texts.CROATIAN, "sl", "Croatian"),
        (texts.GERMAN, "mi", "German"),  # very likely, though the classifier does not know Māori
        (texts.SIMPLIFIED, "ja", "Chinese"),
        (texts.RUSSIAN, "mi", "Russian"),
    ],
)
def test_wrong(rows: list[str], expected: str, wrong: str) -> None:
    assert language_of(rows, expected).wrong == wrong


def test_placeholders_and_tags_are_no_language() -> None:
    rows = [f"<b>Please</b> {{name}} https://example.com/read {row}" for row in texts.UKRAINIAN]
    rows = [row.replace("Please", "") for row in rows]
    assert language_of(rows, "uk") == SideLanguage(None, "uk")


def test_a_few_rows_in_another_language_are_no_majority() -> None:
    assert language_of(texts.GERMAN * 3 + texts.ENGLISH, "de").wrong is None


def test_too_little_text_is_not_judged() -> None:
    assert language_of(["Да", "Нет"], "uk") == SideLanguage(None, None)
