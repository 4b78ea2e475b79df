from collections import Counter

from alignment.training.batching import Item, plan


def items(n: int, pools: int = 2) -> list[Item]:
    return [Item(f"p{i % pools}", 5 + i % 17, (i // 3, 1000 + i)) for i in range(n)]


def test_batches_keep_their_laws() -> None:
    given = items(500)
    batches = plan(given, steps=40, batch_size=16, batch_tokens=600, seed=3)
    assert len(batches) == 40
    for batch in batches:
        members = [given[i] for i in batch]
        assert len({m.pool for m in members}) == 1
        assert len({m.groups[0] for m in members}) == len(members)
        assert len(batch) <= 16 and 3 * max(m.tokens for m in members) * len(batch) <= 600


def test_the_same_seed_gives_the_same_order_and_epochs_differ() -> None:
    given = items(300)
    first = plan(given, steps=60, batch_size=16, batch_tokens=5000, seed=3)
    assert first == plan(given, steps=60, batch_size=16, batch_tokens=5000, seed=3)
    assert first != plan(given, steps=60, batch_size=16, batch_tokens=5000, seed=4)
    assert first[:30] == plan(given, steps=30, batch_size=16, batch_tokens=5000, seed=3)  # a longer plan only adds


def test_an_epoch_uses_nearly_everything_once() -> None:
    given = [Item("p", 7, (i, 1000 + i)) for i in range(256)]
    seen = Counter(i for batch in plan(given, steps=16, batch_size=16, batch_tokens=5000, seed=1) for i in batch)
    assert len(seen) == 256 and set(seen.values()) == {1}


def test_fewer_triplets_than_a_batch_and_one_meaning_only() -> None:
    assert plan([Item("p", 5, (0, 1))], steps=3, batch_size=64, batch_tokens=4096, seed=0) == [[0]] * 3
    twins = [Item("p", 5, (0, i)) for i in range(4)]
    assert all(len(batch) == 1 for batch in plan(twins, steps=5, batch_size=8, batch_tokens=4096, seed=0))


def test_no_tiny_batches_but_where_there_is_nothing_else() -> None:
    batches = plan(items(900), steps=50, batch_size=64, batch_tokens=100_000, seed=0)
    assert min(len(batch) for batch in batches) >= 32


def test_triplets_without_their_negative_leave_room_for_more() -> None:
    given = [Item("p", 10, (i, 1000 + i), 2 if i % 2 else 3) for i in range(400)]
    for batch in plan(given, steps=20, batch_size=64, batch_tokens=1000, seed=0)[:15]:
        texts = sum(given[i].texts for i in batch)
        assert 980 <= 10 * texts <= 1000


def test_weights_say_how_often_a_triplet_comes() -> None:
    given = [Item("p", 7, (i, 1000 + i), 3, 2.0 if i < 100 else 0.25) for i in range(200)]
    seen = Counter(i for batch in plan(given, steps=200, batch_size=8, batch_tokens=5000, seed=1) for i in batch)
    heavy, light = sum(seen[i] for i in range(100)), sum(seen[i] for i in range(100, 200))
    assert 7 < heavy / light < 9
