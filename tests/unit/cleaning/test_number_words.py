import pytest

from alignment.cleaning.number_words import Part, combined, has_words, word_values


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ([Part(2), Part(100, True), Part(4), Part(20)], 224),
        ([Part(1000, True)], 1000),
        ([Part(2), Part(100, True), Part(1000, True), Part(7)], 200_007),
        ([Part(1), Part(10**8, True), Part(2), Part(1000, True), Part(10**4, True)], 120_000_000),
        ([], 0),
    ],
)
def test_numerals_combine(parts: list[Part], value: int) -> None:
    assert combined(parts) == value


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "two hundred and five", 205),
        ("en", "Nineteen eighty-four", 1984),
        ("en", "twenty twenty-four", 2024),
        ("en", "the twelfth", 12),
        ("en-GB", "forty-two", 42),
        ("de", "zweitausendvierundzwanzig", 2024),
        ("fr", "quatre-vingt-dix-neuf", 99),
        ("fr", "soixante-douze", 72),
        ("fi", "kahdellatoista", 12),
        ("hu", "kétszázharmincöt", 235),
        ("da", "femoghalvtreds", 55),
        ("vi", "hai mươi lăm", 25),
        ("th", "สองร้อยห้าสิบ", 250),
        ("ko", "이십사", 24),
        ("ru", "двести сорок первый", 241),
        ("sr", "dvadeset pet", 25),
    ],
)
def test_numbers_in_words(language: str, text: str, value: int) -> None:
    assert value in word_values(text, language)


def test_a_stem_counts_at_the_beginning_of_a_word_only() -> None:
    assert word_values("Weiterreise mit Freund", "en") == set()
    assert word_values("xzwölf", "de") == set()


def test_languages_with_tables() -> None:
    assert has_words("de-AT")
    assert has_words("ja")
    assert not has_words("lb")
    assert not has_words("hi")  # only some of its numerals
    assert word_values("eelef", "lb") == set()
