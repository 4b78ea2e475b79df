import pickle
from pathlib import Path

import numpy as np
import pytest

from alignment.cleaning import columns
from alignment.cleaning.columns import Texts
from alignment.cleaning.contamination import SuiteIndex, load_index


def forms(*texts: str) -> Texts:
    return columns.comparables(columns.from_strings(texts))


SUITE = forms("The committee met on Monday", "Rain falls", "?!")
LABELS = np.array([4, 5, 6])


def test_exact_matches_ignore_case_and_punctuation() -> None:
    index = SuiteIndex(SUITE, LABELS, None)
    leaks = index.leaks(forms("Rain is here", "RAIN falls!", "...", "the committee met on monday"))
    assert leaks.rows.tolist() == [1, 3]
    assert leaks.labels.tolist() == [5, 4]


@pytest.mark.parametrize(("overlap", "rows"), [(0.6, [0]), (0.99, [])])
def test_near_matches_need_the_overlap(overlap: float, rows: list[int]) -> None:
    index = SuiteIndex(SUITE, LABELS, overlap)
    leaks = index.leaks(forms("The committee met on Mondays", "A wholly different sentence"))
    assert leaks.rows.tolist() == rows
    assert leaks.labels.tolist() == [4] * len(rows)


def test_an_exact_match_of_a_near_index_has_its_own_label() -> None:
    suite = forms("the committee met on monday", "the committee met on mondays")
    index = SuiteIndex(suite, np.array([1, 2]), 0.5)
    assert index.leaks(suite).labels.tolist() == [1, 2]


@pytest.mark.parametrize("overlap", [None, 0.7])
def test_no_suites_no_leaks(overlap: float | None) -> None:
    index = SuiteIndex(forms(), np.zeros(0, dtype=np.int64), overlap)
    assert index.leaks(forms("Rain falls on the whole country")).rows.tolist() == []


@pytest.mark.parametrize("overlap", [None, 0.6])
def test_a_saved_index_finds_the_same(tmp_path: Path, overlap: float | None) -> None:
    index = SuiteIndex(SUITE, LABELS, overlap)
    probe = forms("The committee met on Mondays", "rain falls", "nothing of the kind")
    expected = index.leaks(probe)
    index.save(tmp_path / "index")
    sent = pickle.dumps(index)
    assert len(sent) < 1000  # the name of the directory, not the arrays
    for copy in (load_index(tmp_path / "index"), pickle.loads(sent)):
        leaks = copy.leaks(probe)
        assert leaks.rows.tolist() == expected.rows.tolist() == [0, 1][overlap is None :]
        assert leaks.labels.tolist() == expected.labels.tolist()
