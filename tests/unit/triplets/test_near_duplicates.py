from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.triplets.near_duplicates import chrf_above, near_duplicate_score

TEXT = st.text("ab c", max_size=30)


@settings(deadline=None)  # the first example loads sacreBLEU
@given(TEXT, TEXT, st.floats(0, 100))
def test_the_bound_agrees_with_sacrebleu(candidate: str, translation: str, limit: float) -> None:
    exact = near_duplicate_score(candidate, translation)
    bounded = chrf_above(candidate, translation, limit)
    if bounded is None:
        assert exact <= limit + 1e-9
    else:
        assert bounded == exact


def test_unlike_texts_need_no_score() -> None:
    translation = "The picture was deleted from the page"
    assert chrf_above("Log in again with your password", translation, 60) is None


def test_near_duplicates_have_a_score() -> None:
    score = chrf_above("Log in again with your passwords", "Log in again with your password", 60)
    assert score is not None
    assert score > 90


def test_a_text_without_characters() -> None:
    assert near_duplicate_score("", "abc") == 0.0
    assert chrf_above("", "abc", 0.0) == 0.0
