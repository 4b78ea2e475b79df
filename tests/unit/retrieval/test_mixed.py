import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.retrieval import mixed
from alignment.retrieval.mixed import MixedPool, MixedResult, search_mixed
from tests.unit.retrieval.vectors import scaled, unit


def test_examples() -> None:
    result = doctest.testmod(mixed)
    assert result.attempted > 0
    assert result.failed == 0


def naive(pool: MixedPool, language: str) -> MixedResult:
    """The same as a plain loop over queries and texts."""
    right = recalled = own_answers = wrong_answers = queries = 0
    shares = []
    for i, own in enumerate(pool.languages):
        others = [j for j in range(len(pool.languages)) if j != i]
        translations = [j for j in others if pool.meanings[j] == pool.meanings[i]]
        wrong = [j for j in others if pool.meanings[j] != pool.meanings[i]]
        if own != language or not translations:
            continue
        queries += 1
        similarity = pool.vectors @ pool.vectors[i]
        best = max(similarity[translations])
        nearest_wrong = wrong[int(similarity[wrong].argmax())]
        recalled += sum(similarity[wrong] >= best - 1e-6) < 10
        shares.append(np.mean([pool.languages[j] == language for j in wrong]))
        if best - similarity[nearest_wrong] > 1e-6:
            right += 1
        else:
            wrong_answers += 1
            own_answers += pool.languages[nearest_wrong] == language
    return MixedResult(
        language,
        queries,
        right / queries,
        recalled / queries,
        own_answers / wrong_answers if wrong_answers else math.nan,
        float(np.mean(shares)),
    )


@given(st.integers(0, 10_000), st.floats(0.1, 1.5))
def test_equals_the_naive_loop(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    meanings = np.concatenate([np.arange(12), rng.integers(0, 12, 24)])
    centers = unit(12, 8, seed)
    vectors = scaled(centers[meanings] + noise * rng.normal(size=(36, 8)))
    languages = [str(language) for language in rng.choice(["cy", "en", "fi"], 36)]
    pool = MixedPool(vectors, meanings, languages)
    for language in sorted(set(languages)):
        ours = search_mixed(pool, language)
        if ours.queries:
            assert ours == pytest.approx(naive(pool, language), nan_ok=True)


def test_an_encoder_that_groups_by_language_is_biased() -> None:
    meanings = np.tile(np.arange(40), 2)
    languages = ["cy"] * 40 + ["en"] * 40
    rng = np.random.default_rng(0)
    content = rng.normal(size=(40, 8))[meanings]
    language_part = np.repeat([[6.0, 0], [0, 6.0]], 40, axis=0)
    pool = MixedPool(scaled(np.hstack([content, language_part])), meanings, languages)
    result = search_mixed(pool, "cy")
    assert result.accuracy == 0
    assert result.wrong_in_own_language == 1
    assert result.bias == pytest.approx(2, rel=0.05)


def test_a_language_without_translations_has_no_queries() -> None:
    pool = MixedPool(unit(3), np.array([0, 1, 2]), ["cy", "en", "fi"])
    assert search_mixed(pool, "cy").queries == 0
    assert math.isnan(search_mixed(pool, "cy").accuracy)


def test_columns_of_different_length_are_an_error() -> None:
    with pytest.raises(ValueError, match="3 vectors, 2 meanings, 3 languages"):
        search_mixed(MixedPool(unit(3), np.array([0, 1]), ["cy", "en", "fi"]), "cy")
