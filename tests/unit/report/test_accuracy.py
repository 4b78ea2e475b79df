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


def test_what_others_publish_is_measured_to_the_pivot(summary: Summary) -> None:
    welsh = summary.languages["cy"].suites["heldout"]
    (unmeasured, *_) = accuracy_rows(summary, "heldout")
    assert unmeasured.published is None
    measures = {"f1": 0.8123, "xsim_ratio": 0.051, "mrr": 0.9, "hubness": 1.26}
    forward = dict.fromkeys(measures, 0.0)
    welsh.measures.update({"forward": forward, "backward": measures})
    (row, *_) = accuracy_rows(summary, "heldout")
    assert row.published == ("81.2", "5.1", "90.0", "1.3")


def test_a_language_without_the_suite_has_no_row(summary: Summary) -> None:
    assert accuracy_rows(summary, "tatoeba") == []


def test_percent_has_one_decimal() -> None:
    assert percent(0.9999) == "100.0"
    assert percent(0.12345) == "12.3"
