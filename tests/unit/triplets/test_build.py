"""The choice of negatives: guards, fallbacks, directions, strategies."""

from collections.abc import Mapping

import pytest

from alignment import tables
from alignment.config import CorpusDirection, Triplets
from alignment.triplets.audit import GuardCounts
from alignment.triplets.build import (
    BuildOptions,
    CorpusUsage,
    PairColumns,
    build_triplets,
    choose_strategy,
)
from alignment.triplets.candidates import Key, PairCandidates
from alignment.triplets.groups import GroupLookup
from alignment.triplets.rows import TripletRow
from alignment.types import STRATEGIES, Direction, Strategy, Triplet

PAIRS = PairColumns(
    "fi",
    ["a", "b", "c", "d"],
    ["save page", "store page", "log in", "go out"],
    ["tallenna sivu", "tallenna tuo sivu", "kirjaudu sisään", "mene ulos"],
    [0, 0, 1, 2],
    ["x", "x", "x", "y"],
)
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
DEFAULT = Triplets()
FROM_PIVOT = {"x": CorpusUsage(1.0, "from_pivot")}


def in_no_pair(_language: str, _text: str) -> int:
    return -1


def only(strategy: Strategy, **settings: object) -> Triplets:
    """Settings that use one strategy."""
    shares = dict.fromkeys(STRATEGIES, 0.0) | {strategy: 1.0}
    return Triplets.model_validate({"shares": shares, **settings})


def mined(order: list[int], similarities: list[float] | None = None) -> PairCandidates:
    cosines = similarities if similarities is not None else [0.5] * len(order)
    return PairCandidates(0.9, order, [1.0] * len(order), cosines)


def build(
    pairs: PairColumns,
    candidates: Mapping[Key, PairCandidates],
    settings: Triplets = DEFAULT,
    usage: Mapping[str, CorpusUsage] | None = None,
    group_of: GroupLookup = in_no_pair,
    rows: range | None = None,
) -> tuple[list[TripletRow], GuardCounts]:
    counts = GuardCounts()
    options = BuildOptions(settings, "en", 1, group_of, usage or {})
    return list(build_triplets(pairs, candidates, options, counts, rows=rows)), counts


def of_first_pair(order: list[int]) -> dict[Key, PairCandidates]:
    """The same candidates by every strategy of the first pair, forward."""
    strategies: tuple[Strategy, ...] = ("random", "lexical", "semantic")
    return {(0, "forward", strategy): mined(order) for strategy in strategies}


def test_the_same_meaning_is_no_negative() -> None:
    (row,), counts = build(PAIRS, of_first_pair([1, 2]))
    assert row["negative"] == "kirjaudu sisään"
    assert row["rank"] == 1
    assert (counts.considered, counts.same_meaning, counts.unfilled) == (2, 1, 7)


def test_a_near_duplicate_is_no_negative() -> None:
    pairs = PAIRS._replace(groups=[0, 5, 1, 2])
    (row,), counts = build(pairs, of_first_pair([1, 2]))
    assert row["negative"] == "kirjaudu sisään"
    assert counts.near_duplicate == 1
    assert (row["anchor_lang"], row["positive_lang"]) == ("en", "fi")


def test_rows_have_the_columns_of_the_table() -> None:
    (row,), _ = build(PAIRS, of_first_pair([2]))
    assert list(row) == tables.TRIPLETS.names
    (batch,) = tables.in_batches([row], tables.TRIPLETS)
    assert batch.num_rows == 1


def test_a_part_of_the_pairs() -> None:
    candidates: dict[Key, PairCandidates] = {}
    for row in range(4):
        candidates[row, "forward", "random"] = mined([(row + 2) % 4])
    rows, counts = build(PAIRS, candidates, only("random"), FROM_PIVOT, rows=range(1, 3))
    assert [row["pair_id"] for row in rows] == ["b", "c"]
    assert counts.considered == 2


def test_a_corpus_has_directions_and_a_weight() -> None:
    candidates: dict[Key, PairCandidates] = {}
    for row in range(4):
        for direction in DIRECTIONS:
            candidates[row, direction, "random"] = mined([(row + 2) % 4])
    usage = {"x": CorpusUsage(2.0, "to_pivot"), "y": CorpusUsage(1.0, "from_pivot")}
    rows, _ = build(PAIRS, candidates, Triplets(max_chrf=100), usage)
    assert [(row["pair_id"], row["direction"], row["weight"]) for row in rows] == [
        ("a", "backward", 2.0),
        ("b", "backward", 2.0),
        ("c", "backward", 2.0),
        ("d", "forward", 1.0),
    ]


@pytest.mark.parametrize(
    ("direction", "directions"),
    [("both", DIRECTIONS), ("from_pivot", ("forward",)), ("to_pivot", ("backward",))],
)
def test_directions(direction: CorpusDirection, directions: tuple[Direction, ...]) -> None:
    assert CorpusUsage(direction=direction).directions() == directions


def test_a_strategy_without_candidates_falls_back() -> None:
    (row,), counts = build(PAIRS, {(2, "backward", "random"): mined([3])}, only("semantic"))
    assert row["strategy"] == "random"
    assert counts.fallback == 1
    assert counts.built["random"] == 1
    assert row["anchor"] == "kirjaudu sisään"
    assert row["negative"] == "go out"
    assert row["anchor_lang"] == "fi"


def test_shares_are_met_and_stable() -> None:
    chosen = [choose_strategy(f"x{i}", DEFAULT) for i in range(4000)]
    assert chosen == [choose_strategy(f"x{i}", DEFAULT) for i in range(4000)]
    for strategy in STRATEGIES:
        share = getattr(DEFAULT.shares, strategy)
        assert chosen.count(strategy) / 4000 == pytest.approx(share, abs=0.03)


def test_every_strategy_has_a_share() -> None:
    assert tuple(type(DEFAULT.shares).model_fields) == STRATEGIES


def test_a_negative_of_the_same_meaning_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="cannot be a mismatched translation"):
        Triplet("a", "b", "c", 4, 4)


def test_cross_takes_texts_of_the_anchor_language() -> None:
    candidates: dict[Key, PairCandidates] = {}
    for direction in DIRECTIONS:
        candidates[0, direction, "cross"] = mined([2, 3])
    rows, _ = build(PAIRS, candidates, only("cross"))
    assert [row["negative"] for row in rows] == ["log in", "kirjaudu sisään"]
    for row in rows:
        assert row["negative_lang"] == row["anchor_lang"] != row["positive_lang"]


def test_the_relative_margin_refuses_close_candidates() -> None:
    candidates: dict[Key, PairCandidates] = {}
    for direction in DIRECTIONS:
        candidates[0, direction, "cross"] = mined([2, 3], [0.88, 0.5])
    rows, counts = build(PAIRS, candidates, only("cross", relative_margin=0.1))
    assert [row["negative"] for row in rows] == ["go out", "mene ulos"]
    assert counts.too_close == 2


def test_without_vectors_the_relative_margin_refuses_nothing() -> None:
    unmeasured = PairCandidates(None, [2], [1.0], None)
    settings = only("random", relative_margin=0.1)
    (row,), counts = build(PAIRS, {(0, "forward", "random"): unmeasured}, settings)
    assert row["negative"] == "kirjaudu sisään"
    assert counts.too_close == 0


EDITABLE = PAIRS._replace(
    source=["page 12", *PAIRS.source[1:]], target=["sivu 12", *PAIRS.target[1:]]
)


def test_an_edited_negative_has_a_new_meaning() -> None:
    candidates: dict[Key, PairCandidates] = {}
    for row in range(4):
        candidates[row, "forward", "random"] = mined([(row + 2) % 4])
    rows, counts = build(EDITABLE, candidates, only("edited", max_chrf=100), FROM_PIVOT)
    first = next(row for row in rows if row["pair_id"] == "a")
    assert first["strategy"] == "edited"
    assert first["negative"].startswith("sivu ")
    assert first["negative"] != "sivu 12"
    assert first["negative_group"] < 0
    assert first["positive_similarity"] == 0.9
    assert first["negative_similarity"] is None
    assert counts.fallback == len(rows) - 1


def edited(pairs: PairColumns) -> list[TripletRow]:
    """The edited triplets of the first pair, where targets of pairs have their pair's meaning."""
    groups = dict(zip(pairs.target, pairs.groups, strict=True))

    def group_of(language: str, text: str) -> int:
        return groups.get(text, -1) if language == "fi" else -1

    settings = only("edited", max_chrf=100)
    rows, _ = build(pairs, {}, settings, FROM_PIVOT, group_of)
    return [row for row in rows if row["pair_id"] == "a"]


@pytest.mark.parametrize(
    ("other", "groups"),
    [(1, []), (2, [1])],
    ids=["a pair of the same meaning", "a pair of another meaning"],
)
def test_an_edit_may_be_another_pairs_translation(other: int, groups: list[int]) -> None:
    """It takes that pair's meaning, so that no batch uses it as a wrong translation there."""
    (first,) = edited(EDITABLE)
    targets = list(EDITABLE.target)
    targets[other] = first["negative"]
    again = edited(EDITABLE._replace(target=targets))
    assert [row["negative_group"] for row in again] == groups
    assert [row["negative"] for row in again] == [first["negative"]] * len(groups)
