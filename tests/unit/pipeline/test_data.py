from alignment.config import Triplets
from alignment.pipeline.data import _with_curriculum

RANDOM = {"random": 1, "lexical": 0, "semantic": 0}
LEXICAL = {"random": 0, "lexical": 1, "semantic": 0}
SEMANTIC = {"random": 0, "lexical": 0, "semantic": 1}
CURRICULUM = Triplets.model_validate({"shares": RANDOM, "curriculum": [LEXICAL, SEMANTIC]})


def test_the_first_triplets_use_the_shares() -> None:
    assert _with_curriculum(CURRICULUM, 0).shares.random == 1


def test_each_mining_takes_the_next_shares() -> None:
    assert _with_curriculum(CURRICULUM, 1).shares.lexical == 1
    assert _with_curriculum(CURRICULUM, 2).shares.semantic == 1


def test_the_last_shares_stay() -> None:
    assert _with_curriculum(CURRICULUM, 9).shares.semantic == 1


def test_without_a_curriculum_nothing_changes() -> None:
    settings = Triplets.model_validate({"shares": RANDOM})
    assert _with_curriculum(settings, 3) == settings
