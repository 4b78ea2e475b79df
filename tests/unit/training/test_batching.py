import itertools
from collections import Counter

import pytest

from alignment.config import Train
from alignment.training.batching import Item, plan, pool_factors

_numbers = itertools.count(10_000)


def item(
    pool: str, tokens: int, groups: tuple[int, int], texts: int = 3, weight: float = 1.0
) -> Item:
    """A triplet that shares no sentence with another."""
    return Item(
        pool, tuple(next(_numbers) for _ in range(texts)), (tokens,) * texts, groups, weight
    )


def items(n: int, pools: int = 2) -> list[Item]:
    return [item(f"p{i % pools}", 5 + i % 17, (i // 3, 1000 + i)) for i in range(n)]


def chained(n: int) -> list[Item]:
    """Each one's negative is the translation of the next."""
    return [
        Item("p", (i, 1000 + i, 1000 + (i + 1) % n), (4, 5, 5), (i, (i + 1) % n)) for i in range(n)
    ]


def test_batches_keep_their_laws() -> None:
    given = items(500)
    batches = plan(given, Train(batch_size=16, batch_tokens=600), steps=40, seed=3)
    assert len(batches) == 40
    for batch in batches:
        members = [given[i] for i in batch]
        assert len({m.pool for m in members}) == 1
        assert len({m.groups[0] for m in members}) == len(members)
        assert len(batch) <= 16 and sum(sum(m.lengths) for m in members) <= 600


def test_the_same_seed_gives_the_same_order_and_epochs_differ() -> None:
    given = items(300)
    train = Train(batch_size=16)
    first = plan(given, train, steps=60, seed=3)
    assert first == plan(given, train, steps=60, seed=3)
    assert first != plan(given, train, steps=60, seed=4)
    assert first[:30] == plan(given, train, steps=30, seed=3)  # a longer plan only adds


@pytest.mark.parametrize("kin", [1, 16])
def test_an_epoch_uses_nearly_everything_once(kin: int) -> None:
    for given in (chained(256), [item("p", 7, (i, 1000 + i)) for i in range(256)]):
        seen = Counter(
            i
            for batch in plan(given, Train(batch_size=16, group_related=kin), steps=16, seed=1)
            for i in batch
        )
        assert len(seen) == 256 and set(seen.values()) == {1}


def test_families_share_their_negatives() -> None:
    given = chained(640)
    distinct = {}
    for kin in (1, 16):
        batches = plan(given, Train(batch_size=64, group_related=kin), steps=10, seed=1)
        distinct[kin] = sum(
            len({s for i in batch for s in given[i].sentences}) for batch in batches
        )
    assert distinct[1] > 2.8 * 640 and distinct[16] < 2.3 * 640


def test_a_negative_that_is_not_encoded_for_its_triplet_comes_as_the_translation_of_another() -> (
    None
):
    """Each one's negative is the next one's translation: how many find it in their batch."""
    given = [
        Item("p", (i, 1000 + i), (4, 5), (i, (i + 1) % 640), near=(1000 + (i + 1) % 640,))
        for i in range(640)
    ]
    there = {}
    for kin in (1, 16):
        batches = plan(given, Train(batch_size=64, group_related=kin), steps=10, seed=1)
        there[kin] = sum(
            given[i].near[0] in {given[j].sentences[1] for j in batch}
            for batch in batches
            for i in batch
        )
    assert there[1] < 0.2 * 640 and there[16] > 0.8 * 640


def test_fewer_triplets_than_a_batch_and_one_meaning_only() -> None:
    assert plan([item("p", 5, (0, 1))], Train(), steps=3, seed=0) == [[0]] * 3
    twins = [item("p", 5, (0, i)) for i in range(4)]
    assert all(len(batch) == 1 for batch in plan(twins, Train(batch_size=8), steps=5, seed=0))


def test_one_triplet_longer_than_the_budget_stands_alone() -> None:
    given = [item("p", 100, (0, 1)), *(item("p", 5, (i, 100 + i)) for i in range(2, 30))]
    batches = plan(given, Train(batch_size=8, batch_tokens=64), steps=12, seed=0)
    assert [0] in batches and all(0 not in batch or batch == [0] for batch in batches)


def test_no_tiny_batches_but_where_there_is_nothing_else() -> None:
    batches = plan(items(900), Train(batch_tokens=100_000), steps=50, seed=0)
    assert min(len(batch) for batch in batches) >= 32


def test_triplets_without_their_negative_leave_room_for_more() -> None:
    given = [item("p", 10, (i, 1000 + i), 2 if i % 2 else 3) for i in range(400)]
    for batch in plan(given, Train(batch_tokens=1000), steps=20, seed=0)[:15]:
        assert 970 < sum(sum(given[i].lengths) for i in batch) <= 1000 or len(batch) == 64


def test_weights_say_how_often_a_triplet_comes() -> None:
    given = [item("p", 7, (i, 1000 + i), 3, 2.0 if i < 100 else 0.25) for i in range(200)]
    seen = Counter(
        i for batch in plan(given, Train(batch_size=8), steps=200, seed=1) for i in batch
    )
    heavy, light = sum(seen[i] for i in range(100)), sum(seen[i] for i in range(100, 200))
    assert 7 < heavy / light < 9


def test_temperature_raises_small_languages_up_to_the_cap() -> None:
    given = [item("big", 5, (i, i + 9000)) for i in range(900)] + [
        item("small", 5, (i, i)) for i in range(1000, 1100)
    ]
    assert pool_factors(given, 1.0, 4.0) == {"big": 1.0, "small": 1.0}
    squared = pool_factors(given, 2.0, 4.0)
    assert squared["small"] * 100 / (squared["big"] * 900) == pytest.approx(
        1 / 3
    )  # sqrt(100) / sqrt(900)
    assert squared["small"] * 100 + squared["big"] * 900 == pytest.approx(1000)
    assert pool_factors(given, 100.0, 4.0)["small"] == 4.0
    seen = Counter(
        given[i].pool
        for b in plan(given, Train(language_temperature=2.0, batch_size=10), steps=400, seed=1)
        for i in b
    )
    assert seen["small"] / seen["big"] == pytest.approx(1 / 3, rel=0.15)


def test_mixed_batches_hold_several_languages() -> None:
    given = [item(f"p{i % 4}", 5, (i, 9000 + i)) for i in range(400)]
    batches = plan(given, Train(mix_languages=True), steps=6, seed=1)
    assert all(len({given[i].pool for i in batch}) > 1 for batch in batches)
