import pytest

from alignment.cleaning.numerals import (
    era_years,
    mixed_values,
    numeral_values,
    small_roman_values,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二〇二四年", 2024),
        ("三百五十六", 356),
        ("一億二千万", 120_000_000),
        ("壹佰", 100),
        ("廿四", 24),
        ("፲፱፻፺፯", 1997),
        ("፻", 100),
        ("௨௰௫", 25),
        ("Louis XIV", 14),
        ("XVIIIe siècle", 18),
        ("ХІХ век", 19),
        ("½", 0.5),
        ("2½", 2.5),
        ("Ⅻ", 12),
        ("⑦", 7),
        ("הי״ט", 19),
        ("תשפ״ד", 2024),
    ],
)
def test_numerals(text: str, value: float) -> None:
    assert value in numeral_values(text)


@pytest.mark.parametrize("text", ["CIVIL", "Mix", "D'Kand", "plain", ""])
def test_words_are_no_numerals(text: str) -> None:
    assert numeral_values(text) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5만 원", 50_000),
        ("2万元", 20_000),
        ("123万4000人", 1_234_000),
        ("3億5000万円", 350_000_000),
        ("1.5億", 150_000_000),
        ("1.5億2000万", 170_000_000),
        ("3천 5백", 3500),
    ],
)
def test_digits_with_units(text: str, value: float) -> None:
    assert [found for _, _, found in mixed_values(text)] == [value]


def test_eras() -> None:
    assert 1945 in era_years("昭和二十年")
    assert 2019 in era_years("令和元年")
    assert 2024 in era_years("民國一一三年")
    assert era_years("二十年") == set()


def test_small_roman_numerals() -> None:
    assert small_roman_values("chapter xii") == {12}
    assert small_roman_values("a mix of ivy") == set()
