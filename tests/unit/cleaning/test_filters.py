import numpy as np
import pytest

from alignment.cleaning.batch import Context
from alignment.cleaning.filters import FILTERS, Filter
from alignment.config import Clean
from alignment.config.cleaning import FILTER_NAMES
from tests.unit.cleaning.rows import pairs

BATCH = pairs(("a", "b"), ("aa", "bb"), ("aaa", "bbb"), ("aaaa", "bbbb"))
CONTEXT = Context()
ALL = np.ones(len(BATCH), dtype=bool)


def test_the_configuration_lists_the_same_filters() -> None:
    assert tuple(FILTERS) == FILTER_NAMES


@pytest.mark.parametrize("name", FILTERS)
def test_every_threshold_is_a_field(name: str) -> None:
    assert FILTERS[name].parameter in Clean.model_fields


@pytest.mark.parametrize("name", FILTERS)
def test_scores_are_one_number_per_pair(name: str) -> None:
    scores = FILTERS[name].score(BATCH, CONTEXT)
    assert scores.shape == (len(BATCH),)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("costly", [False, True])
def test_the_threshold_itself_passes(costly: bool) -> None:
    minimum = Filter("x", "min_chars", "min", "", lambda b, _: b.source.lengths, costly)
    maximum = Filter("x", "max_chars", "max", "", lambda b, _: b.source.lengths, costly)
    assert minimum.dropped(BATCH, CONTEXT, 2, ALL).tolist() == [True, False, False, False]
    assert maximum.dropped(BATCH, CONTEXT, 2, ALL).tolist() == [False, False, True, True]
    assert (minimum.sign, maximum.sign) == ("≥", "≤")


@pytest.mark.parametrize("costly", [False, True])
def test_only_candidates_are_dropped(costly: bool) -> None:
    maximum = Filter("x", "max_chars", "max", "", lambda b, _: b.source.lengths, costly)
    candidates = np.array([True, True, True, False])
    assert maximum.dropped(BATCH, CONTEXT, 2, candidates).tolist() == [False, False, True, False]


def test_a_costly_score_sees_only_what_its_bound_leaves() -> None:
    seen: list[int] = []

    def score(batch, _context):  # type: ignore[no-untyped-def]
        seen.extend(batch.source.lengths.tolist())
        return batch.source.lengths

    bounded = Filter(
        "x", "max_chars", "max", "", score, costly=True, bound=lambda b, _: b.source.lengths
    )
    assert bounded.dropped(BATCH, CONTEXT, 2, ALL).tolist() == [False, False, True, True]
    assert seen == [3, 4]


def test_an_absent_or_null_threshold_is_none() -> None:
    similarity = FILTERS["nearly_untranslated"]
    assert similarity.threshold(Clean()) == 0.9
    assert similarity.threshold(Clean(max_similarity=None)) is None
    assert similarity.threshold(Clean(filters=("too_short",))) is None
