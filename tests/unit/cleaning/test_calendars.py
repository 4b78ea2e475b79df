import pytest

from alignment.cleaning.calendars import (
    century_readings,
    clock_readings,
    hour_values,
    month_values,
    year_readings,
)


@pytest.mark.parametrize(
    ("language", "number", "year"),
    [
        ("th", 2567, 2024),
        ("fa", 1357, 1979),
        ("ar", 1351, 1932),
        ("ne", 2070, 2013),
        ("am", 1983, 1991),
        ("he", 5784, 2024),
        ("bn", 1431, 2024),
    ],
)
def test_years(language: str, number: int, year: int) -> None:
    assert year in year_readings(number, "", language)


def test_japanese_and_chinese_eras() -> None:
    assert 2019 in year_readings(31, "平成", "ja")
    assert 1985 in year_readings(74, "民國", "zh-Hant")


def test_other_languages_have_no_other_years() -> None:
    assert year_readings(2567, "", "de") == []
    assert year_readings(12, "", "th") == []


def test_centuries_and_decades() -> None:
    assert 1800 in century_readings(19, "", "the 19th century")
    assert 19 in century_readings(1800, "-talet", "")
    assert 90 in century_readings(1990, "s", "")
    assert 1990 in century_readings(90, "er", "")
    assert 1990 in century_readings(90, "", "the nineties")
    assert century_readings(1990, " people", "1990 people") == []


def test_clocks() -> None:
    assert clock_readings(8, "at 8 p.m.") == [20]
    assert clock_readings(6, "午後6時") == [18]
    assert 0 in clock_readings(12, "12 a.m.")
    assert clock_readings(8, "8 people") == []


def test_noon_and_midnight() -> None:
    assert hour_values("um mitternacht") == {0, 12, 24}
    assert hour_values("正午に") == {12}
    assert hour_values("at night") == set()


def test_months() -> None:
    assert month_values("in december") == {12}
    assert month_values("nothing") == set()
