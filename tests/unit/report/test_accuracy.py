from alignment.report.accuracy import accuracy_rows, percent
from alignment.report.summary import Summary


def test_one_row_per_language(summary: Summary) -> None:
    welsh, irish, german = accuracy_rows(summary, "heldout")
    assert welsh.language == "Welsh"
    assert (welsh.pairs, welsh.before, welsh.after) == ("1,200", "40.0", "90.0")
    assert welsh.interval == "85.0 – 95.0"
    assert welsh.discordant == "30 / 4"
    assert welsh.p_worse == "0.99"
    assert welsh.passed
    assert not irish.passed
    assert irish.reason == "below the floor"
    assert german.control
    assert not welsh.control


def test_a_language_without_the_suite_has_no_row(summary: Summary) -> None:
    assert accuracy_rows(summary, "tatoeba") == []


def test_percent_has_one_decimal() -> None:
    assert percent(0.9999) == "100.0"
    assert percent(0.12345) == "12.3"
