import pytest

from alignment.cleaning import columns, markup


def texts(*rows: str) -> columns.Texts:
    return columns.from_strings(rows)


def test_letters_outside_markup() -> None:
    rows = texts("<b>%(a)s</b> &nbsp; ab", "plain text", "", "%s 12", "\U00020001 {x}")
    assert markup.letters(rows).tolist() == [2, 9, 0, 0, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%s and {count} and %s", {"%s": 2, "{count}": 1}),
        ("<A href='x'>link</a >", {"<a": 1, "</a": 1}),
        ("</ b> <br/>", {"</b": 1, "<br": 1}),
        ("100 %% of R&amp;D", {}),
        ("see http://a.org/x?y=1 now", {"http://a.org/x?y=1": 1}),
        ("<!-- note -->", {"<!-- note -->": 1}),
    ],
)
def test_marks(text: str, expected: dict[str, int]) -> None:
    assert markup.marks(text) == expected


def test_unbalanced_is_a_share_of_the_larger_side() -> None:
    source = texts("%s and %d", "%s", "plain", "{{ name }} is here", "%#x bytes")
    target = texts("%s ja", "", "tavallinen", "{{ name }} on", "tavua %#x")
    assert markup.unbalanced(source, target).tolist() == [0.5, 1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("source", "target", "share"),
    [
        ("12/24", "24.12.", 0.0),
        ("1,234", "1 234", 0.0),
        ("12", "१२", 0.0),
        ("3 files", "kolme tiedostoa", 0.5),
        ("1984", "2011", 6 / 8),
        ("none", "ei", 0.0),
    ],
)
def test_unmatched_digits(source: str, target: str, share: float) -> None:
    scores = markup.unmatched_digits(texts(source), texts(target))
    assert scores.tolist() == pytest.approx([share])
