import numpy as np
import pytest

from alignment.config import Triplets
from alignment.triplets.audit import by_length, describe, hardness
from alignment.triplets.build import Audit, Mined, Texts, Use, build_triplets, choose_strategy
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.negatives import lexical_candidates, random_candidates, semantic_candidates, tokenise
from alignment.types import FilterReport, Triplet


def test_two_translations_of_one_sentence_are_one_meaning_through_any_language() -> None:
    groups = MeaningGroups()
    groups.add(("en", 1), ("fi", 10))
    groups.add(("en", 1), ("fi", 11))
    groups.add(("en", 2), ("et", 20))
    groups.add(("en", 3), ("et", 20))  # one Estonian sentence for two English ones
    groups.add(("en", 4), ("fi", 12))
    number = groups.numbered([("fi", 10), ("fi", 11), ("en", 2), ("en", 3), ("en", 4)])
    assert number["fi", 10] == number["fi", 11]
    assert number["en", 2] == number["en", 3]
    assert len(set(number.values())) == 3


def test_lexical_finds_near_misses_and_never_itself() -> None:
    texts = ["delete the page", "delete the image", "log in again", "the page was moved"]
    found = lexical_candidates(texts, 2, "en")
    assert found.rows[0].tolist()[0] in (1, 3) and 0 not in found.rows[0]
    assert found.rows[2].tolist() == [-1, -1]  # shares no word with any other
    japanese = lexical_candidates(["朝に熱いお茶を飲みます", "夜に熱いお茶を飲みます", "窓を洗います"], 1, "ja")
    assert japanese.rows[0, 0] == 1


def test_lexical_leaves_texts_without_a_word_alone() -> None:
    texts = ["delete the page", "...", "delete the image", "—", ""]
    found = lexical_candidates(texts, 4, "en")
    assert found.rows.tolist() == [[2, -1, -1, -1], [-1] * 4, [0, -1, -1, -1], [-1] * 4, [-1] * 4]
    assert found.scores[0, 0] > 0 and not found.scores[:, 1:].any()


def test_lexical_looks_in_pools_of_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.triplets.negatives.POOL", 10)
    texts = [f"word{i % 7} and thing{i % 5}" for i in range(25)]
    rows = lexical_candidates(texts, 4, "en").rows
    assert all(row % 3 == i % 3 and row != i for i, own in enumerate(rows.tolist()) for row in own if row >= 0)
    assert (rows[:, 0] >= 0).all()


def test_tokenise() -> None:
    assert tokenise("Save the Page, now!", "en") == ["save", "the", "page", "now"]
    assert tokenise("お茶", "ja") == ["お", "茶", "お茶"]


@pytest.mark.parametrize("n", [1, 2, 10, 500])
def test_random_is_seeded_and_never_itself(n: int) -> None:
    ids = [f"id{i}" for i in range(n)]
    first, again = random_candidates(ids, 4, 1), random_candidates(ids, 4, 1)
    assert (first.rows == again.rows).all()
    assert all(i not in row for i, row in enumerate(first.rows))
    assert first.rows.max() < n
    if n == 500:
        assert (first.rows != random_candidates(ids, 4, 2).rows).any()


def test_semantic_leaves_itself_out() -> None:
    neighbours = np.array([[0, 2, 1], [2, 1, 0], [0, 1, 2]])
    found = semantic_candidates(neighbours, np.ones((3, 3), np.float32), 2)
    assert found.rows.tolist() == [[2, 1], [2, 0], [0, 1]]


TEXTS = Texts(
    "fi",
    ["a", "b", "c", "d"],
    ["save page", "store page", "log in", "go out"],
    ["tallenna sivu", "tallenna tuo sivu", "kirjaudu sisään", "mene ulos"],
    [0, 0, 1, 2],
    ["x", "x", "x", "y"],
)


def mined(order: list[int]) -> Mined:
    return Mined(0.9, order, [1.0] * len(order), [0.5] * len(order))


def test_guards_skip_same_meaning_and_near_duplicates_and_count_them() -> None:
    audit = Audit()
    candidates = {(0, "forward", s): mined([1, 2]) for s in ("random", "lexical", "semantic")}
    (row,) = build_triplets(TEXTS, candidates, Triplets(), audit, uses={}, seed=1, pivot="en")  # type: ignore[arg-type]
    assert row["negative"] == "kirjaudu sisään" and row["rank"] == 1
    assert audit.same_meaning == 1 and audit.without == 7
    close = TEXTS._replace(groups=[0, 5, 1, 2])
    audit = Audit()
    (row,) = build_triplets(close, candidates, Triplets(), audit, uses={}, seed=1, pivot="en")  # type: ignore[arg-type]
    assert row["negative"] == "kirjaudu sisään" and audit.near_duplicate == 1
    assert (row["anchor_lang"], row["positive_lang"]) == ("en", "fi")


def test_a_corpus_can_allow_one_direction_and_weigh_more() -> None:
    keys = [(row, way, "random") for row in range(4) for way in ("forward", "backward")]
    candidates = {key: mined([(key[0] + 2) % 4]) for key in keys}
    uses = {"x": Use(2.0, "to_pivot"), "y": Use(1.0, "from_pivot")}
    rows = list(build_triplets(TEXTS, candidates, Triplets(max_chrf=100), Audit(), uses=uses, seed=1, pivot="en"))  # type: ignore[arg-type]
    assert [(row["pair_id"], row["direction"], row["weight"]) for row in rows] == [
        ("a", "backward", 2.0), ("b", "backward", 2.0), ("c", "backward", 2.0), ("d", "forward", 1.0),
    ]  # fmt: skip


def test_a_strategy_without_candidates_falls_back_and_says_so() -> None:
    audit = Audit()
    only = {(2, "backward", "random"): mined([3])}
    settings = Triplets(shares={"random": 0, "lexical": 0, "semantic": 1})  # type: ignore[arg-type]
    (row,) = build_triplets(TEXTS, only, settings, audit, uses={}, seed=1, pivot="en")  # type: ignore[arg-type]
    assert row["strategy"] == "random" and audit.fallback == 1
    assert row["anchor"] == "kirjaudu sisään" and row["negative"] == "go out" and row["anchor_lang"] == "fi"


def test_shares_are_met_in_the_mean_and_stable() -> None:
    settings = Triplets()
    chosen = [choose_strategy(f"x{i}", settings) for i in range(4000)]
    assert chosen == [choose_strategy(f"x{i}", settings) for i in range(4000)]
    for strategy, share in (("random", 0.2), ("lexical", 0.3), ("semantic", 0.5)):
        assert chosen.count(strategy) / 4000 == pytest.approx(share, abs=0.03)  # type: ignore[arg-type]


def test_wrong_states_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="cannot be a mismatched translation"):
        Triplet("a", "b", "c", 4, 4)
    with pytest.raises(ValueError, match="does not add up"):
        FilterReport(10, 5, {"empty": 4})


def test_hardness_by_measured_distance() -> None:
    assert [hardness(0.9, s, 0.2) for s in (0.95, 0.9, 0.8, 0.6)] == ["hard", "hard", "semi-hard", "easy"]
    row = {
        "strategy": "random",
        "anchor_lang": "en",
        "positive_lang": "fi",
        "negative_lang": "fi",
        "positive_similarity": 0.9,
        "negative_similarity": 0.8,
        "pair_id": "0000",
        "anchor": "a",
        "positive": "b",
        "negative": "c",
        "rank": 0,
        "chrf": 3.0,
    }
    unmeasured = row | {"strategy": "edited", "negative_similarity": None, "negative_lang": "en"}
    found = describe([row, row, unmeasured], 0.2, "en")
    assert found["strategies"]["random"]["semi-hard"] == 2 and found["strategies"]["random"]["histogram"][16] == 2
    assert found["by_language"]["fi"]["edited"]["measured"] == 0 and found["strategies"]["edited"]["by_language"] == 1
    assert len(found["strategies"]["random"]["examples"]) == 2


def test_lengths_alone_tell_the_translation_or_not() -> None:
    assert by_length(np.array([[10, 20, 5], [5, 10, 40], [8, 16, 9]])) == 1.0
    assert by_length(np.array([[10, 10, 10], [7, 7, 7]])) == 0.5
    assert by_length(np.zeros((0, 3))) == 0.0


def test_cross_takes_a_text_of_the_anchors_language_and_the_guide_refuses_what_is_too_close() -> None:
    keys = [(0, "forward", "cross"), (0, "backward", "cross")]
    candidates = {key: Mined(0.9, [2, 3], [1.0, 1.0], [0.88, 0.5]) for key in keys}
    settings = Triplets(shares={"random": 0, "lexical": 0, "semantic": 0, "cross": 1})  # type: ignore[arg-type]
    rows = list(build_triplets(TEXTS, candidates, settings, Audit(), uses={}, seed=1, pivot="en"))  # type: ignore[arg-type]
    assert [row["negative"] for row in rows] == ["log in", "kirjaudu sisään"]
    assert all(row["negative_lang"] == row["anchor_lang"] != row["positive_lang"] for row in rows)
    audit = Audit()
    guided = settings.model_copy(update={"relative_margin": 0.1})
    rows = list(build_triplets(TEXTS, candidates, guided, audit, uses={}, seed=1, pivot="en"))  # type: ignore[arg-type]
    assert [row["negative"] for row in rows] == ["go out", "mene ulos"] and audit.too_close == 2


def test_edited_negatives_have_a_meaning_of_their_own_and_others_stand_in() -> None:
    texts = TEXTS._replace(source=["page 12", *TEXTS.source[1:]], target=["sivu 12", *TEXTS.target[1:]])
    candidates = {(row, "forward", "random"): mined([(row + 2) % 4]) for row in range(4)}
    settings = Triplets(shares={"random": 0, "lexical": 0, "semantic": 0, "edited": 1}, max_chrf=100)  # type: ignore[arg-type]
    audit = Audit()
    rows = list(build_triplets(texts, candidates, settings, audit, uses={"x": Use(1.0, "from_pivot")}, seed=1, pivot="en"))  # type: ignore[arg-type]
    first = next(row for row in rows if row["pair_id"] == "a")
    assert first["strategy"] == "edited" and first["negative"].startswith("sivu ") and first["negative"] != "sivu 12"
    assert first["negative_group"] < 0 and first["negative_similarity"] is None and audit.fallback == len(rows) - 1
