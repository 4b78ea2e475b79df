from alignment.cleaning.normalize import comparable, fingerprint, normalize, pair_id, repair


def test_normalize() -> None:
    assert normalize("  Cafe\u0301 \u200b\tis\u00a0 open\u0007 ") == "Café is open"
    assert normalize("می\u200cخواهم") == "می\u200cخواهم"  # the joiner belongs to the spelling


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
