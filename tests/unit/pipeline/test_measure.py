import numpy as np
import pytest

from alignment.pipeline.measure import Bitext, LanguageScores, changes, micro_mean
from alignment.retrieval.measures import Measures
from alignment.retrieval.pool import pool_of

WELSH = Bitext("cy", ["Hello.", "Thanks.", "Hi."], ["Helo.", "Diolch.", "Helo."])
FINNISH = Bitext("fi", ["Thanks.", "Tea?"], ["Kiitos.", "Teetä?"])


def scores(language: str, digest: str, correct: list[bool]) -> LanguageScores:
    measures = Measures(*[0.5] * len(Measures._fields))
    return LanguageScores(
        language, digest, len(correct) // 2, measures, measures, np.array(correct)
    )


def test_texts_connected_by_translations_have_one_meaning() -> None:
    pool = pool_of([WELSH, FINNISH], "en")
    meaning = dict(zip(pool.texts, pool.meanings.tolist(), strict=True))
    assert pool.texts[:4] == ["Hello.", "Thanks.", "Hi.", "Tea?"]
    assert meaning["Hello."] == meaning["Hi."] == meaning["Helo."]
    assert meaning["Thanks."] == meaning["Diolch."] == meaning["Kiitos."]
    assert len(set(pool.meanings)) == 3
    assert pool.languages == ["en"] * 4 + ["cy"] * 2 + ["fi"] * 2


def test_pairs_have_a_digest_of_their_own() -> None:
    assert WELSH.digest == Bitext("cy", WELSH.sources, WELSH.targets).digest
    assert WELSH.digest != Bitext("cy", WELSH.sources[:2], WELSH.targets[:2]).digest


def test_wins_and_losses() -> None:
    before = [scores("cy", "a", [True, True, False, False])]
    after = [scores("cy", "a", [True, False, False, False])]
    (change,) = changes(before, after)
    assert (change.wins, change.losses, change.p_worse) == (0, 1, 0.5)


def test_a_pair_that_loses_both_directions_is_one_observation() -> None:
    before = [scores("cy", "a", [True] * 6)]
    after = [scores("cy", "a", [False] * 6)]
    (change,) = changes(before, after)
    assert change.losses == 6
    assert change.p_worse == 0.5**3


def test_different_pairs_are_not_compared() -> None:
    before = [scores("cy", "a", [True, True])]
    after = [scores("cy", "b", [True, True])]
    with pytest.raises(ValueError, match="cy: the encoders were measured on different pairs"):
        list(changes(before, after))


def test_micro_mean_counts_queries() -> None:
    both = [scores("cy", "a", [True, True]), scores("fi", "b", [False] * 6)]
    assert micro_mean(both) == 0.25


def test_scores_by_pair_are_the_mean_of_both_directions() -> None:
    assert scores("cy", "a", [True, False, True, True]).by_pair.tolist() == [1.0, 0.5]
