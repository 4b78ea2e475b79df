from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment import tables
from alignment.config import Triplets
from alignment.triplets import candidates
from alignment.triplets.audit import Description, by_length, hardness
from alignment.triplets.build import Audit, Texts, Use, build_triplets, choose_strategy
from alignment.triplets.candidates import Mined, Vectors
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.lexical import lexical_candidates, tokenize
from alignment.triplets.near_duplicates import chrf_above, near_duplicate_score
from alignment.triplets.negatives import Candidates, random_candidates, semantic_candidates
from alignment.types import FilterReport, Triplet


def test_two_translations_of_one_sentence_are_one_meaning_through_any_language() -> None:
    finnish = (np.array([1, 1, 4]), np.array([10, 11, 12]))
    estonian = (np.array([2, 3]), np.array([20, 20]))  # one sentence for two English ones
    groups = MeaningGroups.of([finnish, estonian])
    assert groups.find(np.array([10, 11, 2, 3, 4])).tolist() == [0, 0, 1, 1, 2]
    assert groups.find(np.array([99, 98, 99])).tolist() == [
        -100,
        -99,
        -100,
    ]  # in no pair: a meaning of its own
    assert (MeaningGroups.of([]).find(np.array([-7, 7])) < 0).all()


def test_lexical_finds_near_misses_and_never_itself() -> None:
    texts = ["delete the page", "delete the image", "log in again", "the page was moved"]
    found = lexical_candidates(texts, 2, "en")
    assert found.rows[0].tolist()[0] in (1, 3) and 0 not in found.rows[0]
    assert found.rows[2].tolist() == [-1, -1]  # shares no word with any other
    japanese = lexical_candidates(
        ["朝に熱いお茶を飲みます", "夜に熱いお茶を飲みます", "窓を洗います"], 1, "ja"
    )
    assert japanese.rows[0, 0] == 1


def test_lexical_leaves_texts_without_a_word_alone() -> None:
    texts = ["delete the page", "...", "delete the image", "—", ""]
    found = lexical_candidates(texts, 4, "en")
    assert found.rows.tolist() == [[2, -1, -1, -1], [-1] * 4, [0, -1, -1, -1], [-1] * 4, [-1] * 4]
    assert found.scores[0, 0] > 0 and not found.scores[:, 1:].any()


def test_lexical_looks_in_pools_of_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.POOL", 10)
    texts = [f"word{i % 7} and thing{i % 5}" for i in range(25)]
    rows = lexical_candidates(texts, 4, "en").rows
    assert all(
        row % 3 == i % 3 and row != i
        for i, own in enumerate(rows.tolist())
        for row in own
        if row >= 0
    )
    assert (rows[:, 0] >= 0).all()


@pytest.mark.parametrize("chunk", [1, 2**22])
def test_lexical_ranks_as_bm25s_does(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.CHUNK", chunk)
    draw = np.random.default_rng(0)
    texts = [
        " ".join(f"w{int(word)}" for word in draw.zipf(1.3, draw.integers(1, 12)) if word < 400)
        for _ in range(300)
    ]
    found = lexical_candidates(texts, 8, "en")
    tokens = [tokenize(text, "en") for text in texts]
    worded = [i for i, own in enumerate(tokens) if own]
    index = bm25s.BM25(method="lucene")
    index.index([tokens[i] for i in worded], show_progress=False)
    for i in worded:
        scores = np.zeros(len(texts))
        scores[worded] = index.get_scores(tokens[i])
        scores[i] = 0
        wanted = np.sort(scores)[::-1][:8]
        np.testing.assert_allclose(found.scores[i], wanted, rtol=1e-4, atol=1e-6)
        taken = found.rows[i][found.rows[i] >= 0]
        np.testing.assert_allclose(scores[taken], wanted[: len(taken)], rtol=1e-4)


def test_lexical_leaves_out_what_nearly_every_text_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.POSTINGS", 40)
    texts = [f"the common part n{i // 2} of {i % 2}" for i in range(100)]
    found = lexical_candidates(texts, 8, "en")
    assert [row[0] for row in found.rows.tolist()] == [
        i ^ 1 for i in range(100)
    ]  # the other of the two
    assert lexical_candidates(["the"] * 60, 8, "en").rows[5].tolist() == [
        0,
        1,
        2,
        3,
        4,
        6,
        7,
        8,
    ]  # one word at least


def test_tokenize() -> None:
    assert tokenize("Save the Page, now!", "en") == ["save", "the", "page", "now"]
    assert tokenize("お茶", "ja") == ["お", "茶", "お茶"]


@settings(deadline=None)  # the first example loads sacreBLEU
@given(st.text("ab c", max_size=30), st.text("ab c", max_size=30), st.floats(0, 100))
def test_what_the_bound_passes_is_no_near_duplicate(
    candidate: str, translation: str, limit: float
) -> None:
    exact, found = (
        near_duplicate_score(candidate, translation),
        chrf_above(candidate, translation, limit),
    )
    assert found == exact or (found is None and exact <= limit + 1e-9)


def test_the_bound_spares_unlike_texts_the_whole_measure() -> None:
    assert (
        chrf_above("Log in again with your password", "The picture was deleted from the page", 60)
        is None
    )
    assert (
        chrf_above("Log in again with your passwords", "Log in again with your password", 60) or 0
    ) > 90


def test_candidates_come_back_as_they_were_mined(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    x, y = (draw.normal(size=(40, 8)).astype(np.float32) for _ in range(2))
    x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
    rows = draw.integers(-1, 40, (40, 5)).astype(np.int32)
    rows[7] = -1
    mined = Candidates(rows, draw.random((40, 5)).astype(np.float32))
    batches = [
        *candidates.batches("forward", "semantic", mined, Vectors(x, y, y)),
        *candidates.batches("backward", "random", mined, None),
    ]
    tables.write_batches(tmp_path / "candidates.parquet", tables.CANDIDATES, batches)
    found = candidates.MinedTable(tmp_path / "candidates.parquet", range(40))
    some = candidates.MinedTable(tmp_path / "candidates.parquet", range(30, 38))
    for i, own in enumerate(rows):
        kept = own[own >= 0].tolist()
        forward, backward = (
            found.get((i, "forward", "semantic")),
            found.get((i, "backward", "random")),
        )
        assert forward and backward and forward.candidates == backward.candidates == kept
        assert forward.positive_similarity == pytest.approx(float(x[i] @ y[i]), abs=1e-6)
        assert forward.similarities == pytest.approx((y[kept] @ x[i]).tolist(), abs=1e-6)
        assert forward.scores == mined.scores[i][own >= 0].tolist()
        assert backward.positive_similarity is None and backward.similarities is None
    assert found.get((0, "forward", "random")) is None
    assert all(
        some.get((i, "backward", "random")) == found.get((i, "backward", "random"))
        for i in range(30, 38)
    )


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
    neighbors = np.array([[0, 2, 1], [2, 1, 0], [0, 1, 2]])
    found = semantic_candidates(neighbors, np.ones((3, 3), np.float32), 2)
    assert found.rows.tolist() == [[2, 1], [2, 0], [0, 1]]


TEXTS = Texts(
    "fi",
    ["a", "b", "c", "d"],
    ["save page", "store page", "log in", "go out"],
    ["tallenna sivu", "tallenna tuo sivu", "kirjaudu sisään", "mene ulos"],
    [0, 0, 1, 2],
    ["x", "x", "x", "y"],
)


def alone(_language: str, _text: str) -> int:
    """No sentence stands in a pair."""
    return -1


def mined(order: list[int]) -> Mined:
    return Mined(0.9, order, [1.0] * len(order), [0.5] * len(order))


def test_guards_skip_same_meaning_and_near_duplicates_and_count_them() -> None:
    audit = Audit()
    candidates = {(0, "forward", s): mined([1, 2]) for s in ("random", "lexical", "semantic")}
    (row,) = build_triplets(
        TEXTS, candidates, Triplets(), audit, uses={}, seed=1, pivot="en", meaning=alone
    )  # type: ignore[arg-type]
    assert row["negative"] == "kirjaudu sisään" and row["rank"] == 1
    assert audit.same_meaning == 1 and audit.without == 7
    close = TEXTS._replace(groups=[0, 5, 1, 2])
    audit = Audit()
    (row,) = build_triplets(
        close, candidates, Triplets(), audit, uses={}, seed=1, pivot="en", meaning=alone
    )  # type: ignore[arg-type]
    assert row["negative"] == "kirjaudu sisään" and audit.near_duplicate == 1
    assert (row["anchor_lang"], row["positive_lang"]) == ("en", "fi")


def test_a_corpus_can_allow_one_direction_and_weigh_more() -> None:
    keys = [(row, way, "random") for row in range(4) for way in ("forward", "backward")]
    candidates = {key: mined([(key[0] + 2) % 4]) for key in keys}
    uses = {"x": Use(2.0, "to_pivot"), "y": Use(1.0, "from_pivot")}
    rows = list(
        build_triplets(
            TEXTS,
            candidates,
            Triplets(max_chrf=100),
            Audit(),
            uses=uses,
            seed=1,
            pivot="en",
            meaning=alone,
        )
    )  # type: ignore[arg-type]
    assert [(row["pair_id"], row["direction"], row["weight"]) for row in rows] == [
        ("a", "backward", 2.0),
        ("b", "backward", 2.0),
        ("c", "backward", 2.0),
        ("d", "forward", 1.0),
    ]


def test_a_strategy_without_candidates_falls_back_and_says_so() -> None:
    audit = Audit()
    only = {(2, "backward", "random"): mined([3])}
    settings = Triplets(shares={"random": 0, "lexical": 0, "semantic": 1})  # type: ignore[arg-type]
    (row,) = build_triplets(
        TEXTS, only, settings, audit, uses={}, seed=1, pivot="en", meaning=alone
    )  # type: ignore[arg-type]
    assert row["strategy"] == "random" and audit.fallback == 1
    assert (
        row["anchor"] == "kirjaudu sisään"
        and row["negative"] == "go out"
        and row["anchor_lang"] == "fi"
    )


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
    assert [hardness(0.9, s, 0.2) for s in (0.95, 0.9, 0.8, 0.6)] == [
        "hard",
        "hard",
        "semi-hard",
        "easy",
    ]
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
    first, second = Description(0.2, "en"), Description(0.2, "en")
    first.add([row])
    second.add([row, unmeasured])
    first.merge(second)
    found = first.finished()
    assert (
        found["strategies"]["random"]["semi-hard"] == 2
        and found["strategies"]["random"]["histogram"][16] == 2
    )
    assert (
        found["by_language"]["fi"]["edited"]["measured"] == 0
        and found["strategies"]["edited"]["by_language"] == 1
    )
    assert len(found["strategies"]["random"]["examples"]) == 2


def test_lengths_alone_tell_the_translation_or_not() -> None:
    assert by_length(np.array([[10, 20, 5], [5, 10, 40], [8, 16, 9]])) == 1.0
    assert by_length(np.array([[10, 10, 10], [7, 7, 7]])) == 0.5
    assert by_length(np.zeros((0, 3))) == 0.0


def test_cross_takes_a_text_of_the_anchors_language_and_the_guide_refuses_what_is_too_close() -> (
    None
):
    keys = [(0, "forward", "cross"), (0, "backward", "cross")]
    candidates = {key: Mined(0.9, [2, 3], [1.0, 1.0], [0.88, 0.5]) for key in keys}
    settings = Triplets(shares={"random": 0, "lexical": 0, "semantic": 0, "cross": 1})  # type: ignore[arg-type]
    rows = list(
        build_triplets(
            TEXTS, candidates, settings, Audit(), uses={}, seed=1, pivot="en", meaning=alone
        )
    )  # type: ignore[arg-type]
    assert [row["negative"] for row in rows] == ["log in", "kirjaudu sisään"]
    assert all(row["negative_lang"] == row["anchor_lang"] != row["positive_lang"] for row in rows)
    audit = Audit()
    guided = settings.model_copy(update={"relative_margin": 0.1})
    rows = list(
        build_triplets(TEXTS, candidates, guided, audit, uses={}, seed=1, pivot="en", meaning=alone)
    )  # type: ignore[arg-type]
    assert [row["negative"] for row in rows] == ["go out", "mene ulos"] and audit.too_close == 2


def test_edited_negatives_have_a_meaning_of_their_own_and_others_stand_in() -> None:
    texts = TEXTS._replace(
        source=["page 12", *TEXTS.source[1:]], target=["sivu 12", *TEXTS.target[1:]]
    )
    candidates = {(row, "forward", "random"): mined([(row + 2) % 4]) for row in range(4)}
    settings = Triplets(
        shares={"random": 0, "lexical": 0, "semantic": 0, "edited": 1}, max_chrf=100
    )  # type: ignore[arg-type]
    audit = Audit()
    rows = list(
        build_triplets(
            texts,
            candidates,
            settings,
            audit,
            uses={"x": Use(1.0, "from_pivot")},
            seed=1,
            pivot="en",
            meaning=alone,
        )
    )  # type: ignore[arg-type]
    first = next(row for row in rows if row["pair_id"] == "a")
    assert (
        first["strategy"] == "edited"
        and first["negative"].startswith("sivu ")
        and first["negative"] != "sivu 12"
    )
    assert (
        first["negative_group"] < 0
        and first["negative_similarity"] is None
        and audit.fallback == len(rows) - 1
    )


@pytest.mark.parametrize("other", [1, 2])
def test_an_edit_that_is_another_pair_s_translation_has_that_pair_s_meaning(other: int) -> None:
    """So that no batch takes it for a wrong translation there. Pair 1 means the same as pair 0: no edited negative then."""
    texts = TEXTS._replace(
        source=["page 12", *TEXTS.source[1:]], target=["sivu 12", *TEXTS.target[1:]]
    )
    settings = Triplets(
        shares={"random": 0, "lexical": 0, "semantic": 0, "edited": 1}, max_chrf=100
    )  # type: ignore[arg-type]

    def built(given: Texts) -> list[dict[str, Any]]:
        group = dict(zip(given.target, given.groups, strict=True))
        rows = build_triplets(
            given,
            {},
            settings,
            Audit(),
            uses={"x": Use(1.0, "from_pivot")},
            seed=1,
            pivot="en",
            meaning=lambda language, text: group.get(text, -1) if language == "fi" else -1,
        )
        return [row for row in rows if row["pair_id"] == "a"]

    (first,) = built(texts)
    targets = [first["negative"] if row == other else text for row, text in enumerate(texts.target)]
    again = [
        (row["negative"], row["negative_group"]) for row in built(texts._replace(target=targets))
    ]
    same = texts.groups[other] == texts.groups[0]
    assert same == (other == 1) and again == (
        [] if same else [(first["negative"], texts.groups[other])]
    )
