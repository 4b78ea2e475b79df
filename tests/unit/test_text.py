from alignment.text import storable


def test_lone_surrogates_are_lost_characters() -> None:
    assert storable("One \ud83d two \ude00.") == "One \ufffd two \ufffd."


def test_two_halves_are_one_character() -> None:
    assert storable("\ud83d\ude00") == "😀"


def test_text_without_surrogates_stays() -> None:
    text = "naïve 😀 \ufffd"
    assert storable(text) is text
