import numpy as np
import pytest

from alignment.cleaning.ledger import KEPT, REASON_NUMBERS, REASONS, Ledger
from alignment.types import FilterReport


def test_counts_add_up_over_batches() -> None:
    ledger = Ledger()
    late, early = REASON_NUMBERS["duplicate"], REASON_NUMBERS["empty"]
    ledger.count(np.array([KEPT, late, KEPT, late], dtype=np.int16))
    ledger.count(np.array([early, KEPT], dtype=np.int16))
    ledger.count(np.zeros(0, dtype=np.int16))
    report = ledger.report()
    assert (report.seen, report.kept) == (6, 3)
    assert list(report.dropped.items()) == [("empty", 1), ("duplicate", 2)]


def test_reasons_are_distinct() -> None:
    assert len(set(REASONS)) == len(REASONS) == len(REASON_NUMBERS)


def test_a_report_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        FilterReport(10, 5, {"empty": 4})
