import pytest

from alignment.cleaning import columns, number_columns


def texts(text: str) -> columns.Texts:
    return columns.from_strings([text])


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
    scores = number_columns.unmatched_digits(texts(source), texts(target))
    assert scores.tolist() == pytest.approx([share])


def test_rows_are_independent() -> None:
    source = columns.from_strings(["1984 x", "12 years", "plain"])
    target = columns.from_strings(["2011 y", "zwölf Jahre", "einfach"])
    scores = number_columns.unmatched(source, target, "en", "de")
    assert scores.tolist() == pytest.approx([6 / 8, 0, 0])
