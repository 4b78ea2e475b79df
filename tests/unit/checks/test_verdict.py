from __future__ import annotations

import numpy as np
import pytest

from alignment.checks.excerpts import Excerpts
from alignment.checks.language import SideLanguage
from alignment.checks.similarity import Shift, Similarity
from alignment.checks.verdict import Sides, judge, sides
from alignment.cleaning.langid import load_identifier
from alignment.types import CorpusAlignment
from tests.unit.checks import texts

FINE = Sides(SideLanguage(None, "en"), SideLanguage(None, "cy"), swapped=False)
SIMILAR = Similarity(
    pairs=200,
    right=0.9,
    random=0.8,
    shifted=0.81,
    related=True,
    strength=4.0,
    shift=None,
    noise=(0.02, 0.0, 0.05),
)


def verdict(
    similarity: Similarity | None = SIMILAR, found: Sides = FINE, *, encoder_knows: bool = True
) -> CorpusAlignment:
    return judge(similarity, found, pivot="en", language="cy", encoder_knows=encoder_knows)


def test_aligned() -> None:
    result = verdict()
    assert result == CorpusAlignment("aligned", "", 200, 0.9, 0.81, 0.8, 0.02, 0.0, 0.05)


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (Shift(1, 1.0), "its rows are shifted: the translation of a source is one line after it"),
        (Shift(-5, 1.0), "the translation of a source is 5 lines or more before it"),
        (Shift(-1, 0.9), "its rows are shifted: the translation of a source is one line before it"),
        (
            Shift(3, 0.4),
            "about 40% of its rows are shifted: the translation of a source is 3 lines",
        ),
    ],
)
def test_shifted(shift: Shift, message: str) -> None:
    result = verdict(SIMILAR._replace(shift=shift))
    assert result.verdict == "shifted"
    assert message in result.message


def test_not_aligned_or_an_encoder_that_does_not_know_the_language() -> None:
    blind = SIMILAR._replace(related=False)
    assert verdict(blind).verdict == "not_aligned"
    result = verdict(blind, encoder_knows=False)
    assert result.verdict == "cannot_tell"
    assert "the encoder does not relate its Welsh to the other side" in result.message


@pytest.mark.parametrize(
    ("noise", "expected"),
    [((0.2, 0.12, 0.31), "noisy"), ((0.2, 0.07, 0.35), "aligned")],
)
def test_noise(noise: tuple[float, float, float], expected: str) -> None:
    result = verdict(SIMILAR._replace(noise=noise))
    assert result.verdict == expected
    if expected == "noisy":
        assert result.message.startswith("about 20% of its pairs (12 to 31%) are no more similar")


def test_noise_of_a_language_that_the_encoder_does_not_know() -> None:
    result = verdict(SIMILAR._replace(noise=(0.4, 0.3, 0.5)), encoder_knows=False)
    assert result.verdict == "aligned"
    assert result.noise is None


def test_too_few_pairs() -> None:
    result = verdict(None)
    assert result.verdict == "too_few_pairs"
    assert result.pairs == 0


def test_a_wrong_language_comes_before_what_the_rows_say() -> None:
    wrong = FINE._replace(target=SideLanguage("German", "de"))
    result = verdict(SIMILAR._replace(shift=Shift(1, 1.0)), wrong)
    assert result.verdict == "wrong_language"
    assert result.message == "the target side should be Welsh but is in German"


def test_untranslated_rows() -> None:
    result = verdict(found=FINE._replace(untranslated=0.8))
    assert result.verdict == "wrong_language"
    assert result.message == "80% of its rows have the same text on both sides"
    assert verdict(found=FINE._replace(untranslated=0.3)).verdict == "aligned"


def test_rows_that_are_equal_on_both_sides() -> None:
    upper = [text.upper() for text in texts.ENGLISH[:3]]
    assert _sides(texts.ENGLISH, [*upper, *texts.MAORI[3:]], "mi").untranslated == 0.5
    assert _sides(texts.ENGLISH, texts.ENGLISH, "en-GB").untranslated == 0


@pytest.mark.parametrize(
    ("rows", "language"),
    [(texts.GERMAN, "de"), (texts.UKRAINIAN, "uk"), (texts.MAORI, "mi"), (texts.SIMPLIFIED, "zh")],
)
def test_swapped_sides(rows: list[str], language: str) -> None:
    right = _sides(texts.ENGLISH, rows, language)
    assert not right.swapped
    assert right.source.wrong is None and right.target.wrong is None
    assert _sides(rows, texts.ENGLISH, language).swapped


def test_one_language_on_both_sides_is_not_swapped() -> None:
    both = _sides(texts.ENGLISH, texts.ENGLISH, "de")
    assert not both.swapped
    assert both.target.wrong == "English"
    other = _sides(texts.RUSSIAN, texts.ENGLISH, "de")
    assert not other.swapped
    assert other.source.wrong == "Russian"


def _sides(source: list[str], target: list[str], language: str) -> Sides:
    number = np.arange(len(source) * 5) // 6
    excerpts = Excerpts(number, source * 5, target * 5)
    return sides(excerpts, "en", language, load_identifier(None))
