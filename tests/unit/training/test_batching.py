import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Train
from alignment.training import batching
from alignment.training.batching import pool_factors
from tests.unit.training import naive
from tests.unit.training.naive import Item, data_of, lists_of

_numbers = itertools.count(10_000)


def item(
    pool: str, tokens: int, groups: tuple[int, int], sentences: int = 3, weight: float = 1.0
) -> Item:
    """A triplet that shares no sentence with another."""
    numbers = tuple(next(_numbers) for _ in range(sentences))
    return Item(pool, numbers, (tokens,) * sentences, groups, weight)


def plan(items: list[Item], train: Train, *, steps: int, seed: int) -> list[list[int]]:
    return list(batching.plan(data_of(*lists_of(items)), train, steps=steps, seed=seed))


def mixed_items(n: int) -> list[Item]:
    """Triplets of two pools, of several lengths, three per meaning."""
    return [item(f"p{i % 2}", 5 + i % 17, (i // 3, 1000 + i)) for i in range(n)]


def separate_items(n: int) -> list[Item]:
    return [item("p", 7, (i, 1000 + i)) for i in range(n)]


def chained_items(n: int) -> list[Item]:
    """The negative of each is the translation of the next."""
    items = []
    for i in range(n):
        following = (i + 1) % n
        sentences = (i, 1000 + i, 1000 + following)
        items.append(Item("p", sentences, (4, 5, 5), (i, following)))
    return items


def how_often(batches: list[list[int]]) -> Counter[int]:
    return Counter(itertools.chain.from_iterable(batches))


def test_batches_keep_their_limits() -> None:
    items = mixed_items(500)
    batches = plan(items, Train(batch_size=16, batch_tokens=600), steps=40, seed=3)
    assert len(batches) == 40
    for batch in batches:
        members = [items[i] for i in batch]
        assert len({member.pool for member in members}) == 1
        assert len({member.groups[0] for member in members}) == len(members)
        assert len(batch) <= 16
        assert sum(sum(member.lengths) for member in members) <= 600


def test_the_seed_decides_the_order() -> None:
    items = mixed_items(300)
    train = Train(batch_size=16)
    first = plan(items, train, steps=60, seed=3)
    assert first == plan(items, train, steps=60, seed=3)
    assert first != plan(items, train, steps=60, seed=4)


def test_a_longer_plan_only_adds() -> None:
    items = mixed_items(300)
    train = Train(batch_size=16)
    assert plan(items, train, steps=60, seed=3)[:30] == plan(items, train, steps=30, seed=3)


@pytest.mark.parametrize("group_related", [1, 16])
@pytest.mark.parametrize("items", [chained_items(256), separate_items(256)], ids=["chain", "apart"])
def test_an_epoch_uses_everything_once(group_related: int, items: list[Item]) -> None:
    train = Train(batch_size=16, group_related=group_related)
    seen = how_often(plan(items, train, steps=16, seed=1))
    assert len(seen) == 256 and set(seen.values()) == {1}


def test_related_triplets_share_sentences() -> None:
    items = chained_items(640)

    def encoded(group_related: int) -> int:
        """Distinct sentences of all batches of an epoch."""
        train = Train(batch_size=64, group_related=group_related)
        total = 0
        for batch in plan(items, train, steps=10, seed=1):
            total += len(set(itertools.chain.from_iterable(items[i].sentences for i in batch)))
        return total

    assert encoded(1) > 2.8 * 640
    assert encoded(16) < 2.3 * 640


def test_unencoded_negatives_come_as_translations() -> None:
    """The negative of each triplet is the translation of the next."""
    items = []
    for i in range(640):
        following = (i + 1) % 640
        items.append(
            Item(
                "p",
                (i, 1000 + i, 1000 + following),
                (4, 5, 5),
                (i, following),
                encodes_negative=False,
            )
        )

    def present(group_related: int) -> int:
        """Triplets whose negative is in their batch."""
        train = Train(batch_size=64, group_related=group_related)
        total = 0
        for batch in plan(items, train, steps=10, seed=1):
            translations = {items[i].sentences[1] for i in batch}
            total += sum(items[i].sentences[2] in translations for i in batch)
        return total

    assert present(1) < 0.2 * 640
    assert present(16) > 0.8 * 640


def test_fewer_triplets_than_a_batch() -> None:
    assert plan([item("p", 5, (0, 1))], Train(), steps=3, seed=0) == [[0]] * 3


def test_one_meaning_only() -> None:
    items = [item("p", 5, (0, i)) for i in range(4)]
    assert all(len(batch) == 1 for batch in plan(items, Train(batch_size=8), steps=5, seed=0))


def test_nothing_to_plan() -> None:
    with pytest.raises(ValueError, match="no triplets to plan"):
        plan([item("p", 5, (0, 1), weight=0.0)], Train(), steps=1, seed=0)
    assert plan([item("p", 5, (0, 1))], Train(), steps=0, seed=0) == []


def test_a_triplet_beyond_the_budget_is_alone() -> None:
    items = [item("p", 100, (0, 1)), *(item("p", 5, (i, 100 + i)) for i in range(2, 30))]
    batches = plan(items, Train(batch_size=8, batch_tokens=64), steps=12, seed=0)
    assert [0] in batches
    assert all(0 not in batch or batch == [0] for batch in batches)


def test_small_rests_wait_for_the_next_epoch() -> None:
    batches = plan(mixed_items(900), Train(batch_tokens=100_000), steps=50, seed=0)
    assert min(len(batch) for batch in batches) >= 32


def test_without_negatives_more_triplets_fit() -> None:
    items = [item("p", 10, (i, 1000 + i), 2 if i % 2 else 3) for i in range(400)]
    for batch in plan(items, Train(batch_tokens=1000), steps=20, seed=0)[:15]:
        assert 970 < sum(sum(items[i].lengths) for i in batch) <= 1000 or len(batch) == 64


def test_weights_are_frequencies() -> None:
    items = [item("p", 7, (i, 1000 + i), 3, 2.0 if i < 100 else 0.25) for i in range(200)]
    seen = how_often(plan(items, Train(batch_size=8), steps=200, seed=1))
    heavy = sum(seen[i] for i in range(100))
    light = sum(seen[i] for i in range(100, 200))
    assert 7 < heavy / light < 9


def unequal_pools() -> list[Item]:
    big = [item("big", 5, (i, i + 9000)) for i in range(900)]
    small = [item("small", 5, (i, i)) for i in range(1000, 1100)]
    return big + small


def test_temperature_raises_small_languages() -> None:
    items = unequal_pools()
    weights = np.array([900.0, 100.0])
    assert pool_factors(weights, 1.0, 4.0).tolist() == [1.0, 1.0]
    factors = pool_factors(weights, 2.0, 4.0)
    big, small = (weights * factors).tolist()
    assert small / big == pytest.approx(1 / 3)  # sqrt(100) / sqrt(900)
    assert small + big == pytest.approx(1000)
    train = Train(language_temperature=2.0, batch_size=10)
    seen = how_often(plan(items, train, steps=400, seed=1))
    pools: Counter[str] = Counter()
    for index, count in seen.items():
        pools[items[index].pool] += count
    assert pools["small"] / pools["big"] == pytest.approx(1 / 3, rel=0.15)


def test_oversampling_has_a_limit() -> None:
    assert pool_factors(np.array([900.0, 100.0]), 100.0, 4.0)[1] == 4.0


def test_mixed_batches_hold_several_languages() -> None:
    items = [item(f"p{i % 4}", 5, (i, 9000 + i)) for i in range(400)]
    batches = plan(items, Train(mix_languages=True), steps=6, seed=1)
    assert all(len({items[i].pool for i in batch}) > 1 for batch in batches)


def test_no_list_of_all_batches_is_made() -> None:
    """A million steps are planned while they are read."""
    data = data_of(*lists_of(separate_items(100)))
    batches = batching.plan(data, Train(batch_size=8, steps=1), steps=10**9, seed=1)
    assert len(list(itertools.islice(batches, 50))) == 50


def test_every_language_is_as_far_as_the_others() -> None:
    """After each part of an epoch, about that part of every pool was trained on."""
    items = []
    for pool, size in (("a", 640), ("b", 320), ("c", 64)):
        items += [item(pool, 5, (next(_numbers), next(_numbers))) for _ in range(size)]
    batches = plan(items, Train(batch_size=16), steps=64, seed=1)
    for part in (16, 32, 48):
        seen = Counter(items[i].pool for i in itertools.chain.from_iterable(batches[:part]))
        for pool, size in (("a", 640), ("b", 320), ("c", 64)):
            assert seen[pool] / size == pytest.approx(part / 64, abs=2 * 16 / size)


def test_many_triplets_of_one_meaning_take_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MAX_POSTPONED", 8)
    items = [item("p", 5, (0, i)) for i in range(100)]
    items += [item("p", 5, (i, 1000 + i)) for i in range(1, 101)]
    batches = plan(items, Train(batch_size=8), steps=10, seed=0)
    assert all(len({items[i].groups[0] for i in batch}) == len(batch) for batch in batches)


@st.composite
def any_items(draw: st.DrawFn) -> list[Item]:
    """Triplets of a few pools, meanings and sentences, so that much is shared."""
    lengths = draw(st.lists(st.integers(1, 9), min_size=12, max_size=12))
    items = []
    for _ in range(draw(st.integers(1, 60))):
        anchor = draw(st.integers(0, 3))
        positive = draw(st.integers(4, 7))
        others = [number for number in range(4, 12) if number != positive]
        negative = draw(st.sampled_from(others))
        sentences = (anchor, positive, negative)[: draw(st.sampled_from([2, 3, 3]))]
        items.append(
            Item(
                draw(st.sampled_from("abc")),
                sentences,
                tuple(lengths[n] for n in sentences),
                (draw(st.integers(0, 9)), 100),
                draw(st.sampled_from([1.0, 1.0, 0.25, 2.5])),
                draw(st.booleans()),
            )
        )
    return items


@given(
    any_items(),
    st.integers(1, 8),
    st.integers(64, 90),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from([1.0, 3.0]),
    st.integers(0, 5),
)
def test_the_plan_is_that_of_plain_lists(
    items: list[Item],
    batch_size: int,
    batch_tokens: int,
    group_related: int,
    mixed: bool,
    temperature: float,
    seed: int,
) -> None:
    train = Train(
        batch_size=batch_size,
        batch_tokens=batch_tokens,
        group_related=group_related,
        mix_languages=mixed,
        language_temperature=temperature,
    )
    sentences, triplets, encoded = lists_of(items)
    expected = naive.plan(
        sentences, triplets, train, steps=12, seed=seed, encoded_negatives=encoded
    )
    assert plan(items, train, steps=12, seed=seed) == expected
