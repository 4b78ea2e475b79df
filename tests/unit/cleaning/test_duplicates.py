import numpy as np

from alignment.cleaning.duplicates import DuplicateFinder, pair_hashes
from alignment.cleaning.ledger import KEPT, REASONS, Reasons
from alignment.config import Clean
from tests.unit.cleaning.rows import cleaned, row

NO_BANDS = np.zeros((4, 0), dtype=np.int64)


def names(reasons: Reasons) -> list[str | None]:
    return [None if number == KEPT else REASONS[number] for number in reasons.tolist()]


def test_pairs_repeat_across_batches() -> None:
    finder = DuplicateFinder(Clean(max_same_target=None), None)
    source = np.array([1, 1, 2, 1])
    target = np.array([5, 6, 5, 5])
    assert names(finder.find(source, target, NO_BANDS)) == [None, None, None, "duplicate"]
    assert names(finder.find(source[:1], target[:1], NO_BANDS[:1])) == ["duplicate"]


def test_a_band_in_common_is_a_near_duplicate() -> None:
    finder = DuplicateFinder(Clean(max_same_target=None), None)
    bands = np.array([[1, 2], [3, 4], [9, 4], [1, 4]])
    reasons = finder.find(np.arange(4), np.arange(4), bands)
    assert names(reasons) == [None, None, "near_duplicate", "near_duplicate"]


def test_a_target_is_capped() -> None:
    numbers = ("one", "two", "three", "four")
    rows = [row(f"This is page {number}", "Sivu on tässä") for number in numbers]
    kept, dropped = cleaned(rows, Clean(max_same_target=2))
    assert [r["source"] for r in kept] == ["This is page one", "This is page two"]
    assert dropped == {"same_target": 2}


def test_near_duplicates_are_removed_when_asked() -> None:
    source = "The committee met on Monday to discuss the new budget for the coming year"
    target = "Komitea kokoontui maanantaina keskustelemaan tulevan vuoden uudesta talousarviosta"
    rows = [
        row(source, target),
        row(source + "s", target + "."),
        row("A wholly different sentence is here", "Tässä on kokonaan toinen lause"),
        row("one two three", "ab"),
        row("one two four", "cd"),
    ]
    assert len(cleaned(rows)[0]) == 5
    kept, dropped = cleaned(rows, Clean(near_duplicates=0.7))
    assert len(kept) == 4
    assert dropped == {"near_duplicate": 1}


def test_pair_hashes_depend_on_the_order() -> None:
    a = np.array([1, 2, 3])
    b = np.array([2, 1, 3])
    hashes = pair_hashes(a, b)
    assert len(set(hashes.tolist())) == 3
    assert hashes.tolist() == pair_hashes(a.copy(), b.copy()).tolist()
    assert hashes[0] != pair_hashes(b, a)[0]
