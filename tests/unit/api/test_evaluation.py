"""Accuracy of an encoder on pairs."""

import numpy as np
import pytest

from alignment.api.evaluation import LanguageReport, evaluate
from alignment.errors import DataError
from tests.letters import LetterEncoder

PAIRS = [("aab", "aba"), ("bbc", "bcb"), ("ccd", "xyz")]


def test_each_direction_is_measured() -> None:
    report = evaluate(LetterEncoder(), {"xx": PAIRS}).languages["xx"]
    assert report.forward_correct.tolist() == [True, True, False]
    assert report.backward_correct.tolist() == [True, True, False]
    assert (report.n, report.forward, report.backward) == (3, 2 / 3, 2 / 3)


def test_the_mean_counts_each_language_once() -> None:
    report = evaluate(LetterEncoder(), {"good": PAIRS[:2], "bad": PAIRS})
    assert report.mean == pytest.approx((1 + 2 / 3) / 2)


def test_equal_texts_count_as_the_translation() -> None:
    pairs = [("aab", "aba"), ("baa", "aba")]
    report = evaluate(LetterEncoder(), {"xx": pairs}).languages["xx"]
    assert report.forward == 1.0
    assert report.backward == 0.0  # both sources have the same vector: a tie is an error


def test_the_interval_covers_the_mean() -> None:
    report = LanguageReport(np.arange(40) < 30, np.arange(40) < 34, "")
    low, high = report.interval
    assert low < report.mean == 0.8 < high
    assert high - low == pytest.approx(0.174, abs=0.002)  # Wilson, 64 of 80


def test_the_digest_depends_on_the_pairs_and_their_order() -> None:
    reports = [
        evaluate(LetterEncoder(), {"xx": pairs}).languages["xx"]
        for pairs in (PAIRS, PAIRS[::-1], PAIRS)
    ]
    assert reports[0].pairs_digest == reports[2].pairs_digest != reports[1].pairs_digest


def test_the_table_has_a_line_per_language() -> None:
    lines = str(evaluate(LetterEncoder(), {"fi": PAIRS[:2], "cy": PAIRS})).split("\n")
    assert [line.split()[0] for line in lines] == ["language", "fi", "cy", "mean"]
    assert len({len(line) for line in lines[:3]}) == 1


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(DataError, match=r"suites\['fi'\]: there are no pairs"):
        evaluate(LetterEncoder(), {"fi": []})
    with pytest.raises(DataError, match="there are no pairs"):
        evaluate(LetterEncoder(), {})
