import pytest

from alignment.cleaning.normalize import comparable, fingerprint, normalize, pair_id, repair


def test_normalize() -> None:
    assert normalize("  Cafe\u0301 \u200b\tis\u00a0 open\u0007 ") == "Café is open"
    assert normalize("می\u200cخواهم") == "می\u200cخواهم"  # the joiner belongs to the spelling


@pytest.mark.parametrize(
    "space", "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u00a0\u2003\u2028\u2029\u202f\u3000"
)
def test_white_space_separates_words(space: str) -> None:
    assert normalize(f"{space}one{space}two{space}") == "one two"


@pytest.mark.parametrize(
    "char",
    "\x00\x1b\x7f\u00ad\u200b\u2060\ufeff"
    "\u061c\u200e\u200f\u202a\u202c\u2066\u2069\u206f\U000e0001",
)
def test_what_shows_nothing_is_removed(char: str) -> None:
    assert normalize(f"sun{char}shine") == "sunshine"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "ක්\u200dෂ",
        "र्\u200dय",
        "👨\u200d👩\u200d👧",
        "☎\ufe0f",
        "ᠮᠣᠩᠭᠣᠯ\u180e",
        "e\u034f",
    ],
)
def test_what_belongs_to_the_spelling_is_kept(text: str) -> None:
    assert normalize(text) == text


def test_a_byte_of_an_unknown_encoding_is_a_lost_character() -> None:
    assert normalize("It\x92s") == "It\ufffds"


def test_escapes_are_decoded_level_by_level() -> None:
    assert normalize("Tom &amp;amp; Jerry&amp;#39;s&amp;nbsp;river") == "Tom & Jerry's river"
    assert normalize("a&#8203;b &#x41;&#769;") == "ab Á"


def test_comparable() -> None:
    assert comparable("Save changes?") == comparable("  save  CHANGES…") == "savechanges"
    assert comparable("ﬁle №１") == "fileno1"
    assert comparable("?! …") == ""


def test_comparable_repeats_until_it_is_stable() -> None:
    """Without the space, the accent joins the letter before it."""
    assert comparable("a \u0301") == "á"


def test_fingerprint() -> None:
    assert fingerprint("Straße 5") == fingerprint("STRASSE 5")
    assert fingerprint("Straße 5") != fingerprint("Straße 6")
    assert -(2**63) <= fingerprint("Straße 5") < 2**63


def test_repair() -> None:
    assert repair("TÃ¤mÃ¤ on hyvÃ¤Ã¤") == "Tämä on hyvää"
    assert repair("L&eacute;a <b>") == "L&eacute;a <b>"  # entities are not an encoding error


def test_pair_id() -> None:
    first = pair_id("en", "fi", "a", "b")
    assert len(first) == 16
    assert int(first, 16) >= 0
    others = {
        pair_id("en", "es", "a", "b"),
        pair_id("en", "fi", "a b", ""),
        pair_id("", "", "", ""),
    }
    assert len(others | {first}) == 4
    assert len(pair_id("en", "fi", "\ud800", "")) == 16  # a lone surrogate is no error
