from alignment.cleaning import columns, markup


def texts(*rows: str) -> columns.Texts:
    return columns.from_strings(rows)


def test_letters_outside_markup() -> None:
    rows = texts("<b>%(a)s</b> &nbsp; ab", "plain text", "", "%s 12", "\U00020001 {x}")
    assert markup.letters(rows).tolist() == [2, 9, 0, 0, 1]


def test_unbalanced_is_a_share_of_the_larger_side() -> None:
    source = texts("%s and %d", "%s", "plain", "{{ name }} is here", "%#x bytes")
    target = texts("%s ja", "", "tavallinen", "{{ name }} on", "tavua %#x")
    assert markup.unbalanced(source, target).tolist() == [0.5, 1.0, 0.0, 0.0, 0.0]
