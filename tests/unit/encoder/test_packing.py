import doctest
from itertools import chain

from alignment.encoder import packing
from alignment.encoder.packing import packs


def test_examples() -> None:
    result = doctest.testmod(packing)
    assert result.attempted > 0
    assert result.failed == 0


def test_packs_are_even_and_within_budget() -> None:
    lengths = [3, 30, 7, 7, 9, 40, 12, 12, 3, 4] * 6
    chosen = list(packs(lengths, 256))
    assert sorted(chain.from_iterable(chosen)) == list(range(len(lengths)))
    sizes = []
    for indices in chosen:
        in_pack = [lengths[i] for i in indices]
        assert in_pack == sorted(in_pack)
        sizes.append(sum(in_pack))
    assert len(sizes) == 3
    assert max(sizes) <= 256 + 40
    assert min(sizes) >= 230


def test_packs_of_one_and_of_none() -> None:
    assert list(packs([500], 256)) == [[0]]
    assert list(packs([], 256)) == []
