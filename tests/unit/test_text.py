import pytest

from alignment.text import parse_json, storable


def test_lone_surrogates_are_lost_characters() -> None:
    assert storable("One \ud83d two \ude00.") == "One \ufffd two \ufffd."


def test_two_halves_are_one_character() -> None:
    assert storable("\ud83d\ude00") == "😀"


def test_text_without_surrogates_stays() -> None:
    text = "naïve 😀 \ufffd"
    assert storable(text) is text


def test_json_that_can_be_stored_again() -> None:
    assert parse_json(rb'{"a": "\u00e9 \ud83d\ude00"}') == {"a": "é 😀"}


@pytest.mark.parametrize(
    "data",
    [rb'{"a": "\ud83d"}', rb'{"\uD83D": 1}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\xff"}', b"{", b""],
)
def test_json_that_cannot(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"half of a surrogate pair|utf-8|Expecting"):
        parse_json(data)
