import doctest
from itertools import chain

import torch

from alignment.encoder import packing
from alignment.encoder.packing import pack, packs


def test_examples() -> None:
    result = doctest.testmod(packing)
    assert result.attempted > 0
    assert result.failed == 0


def test_a_pack_has_each_row_and_its_positions() -> None:
    rows = [[5], [6, 7], [8, 9], [1, 2, 3]]
    packed = pack(rows, multiple=5)
    assert packed.filler == 2
    assert packed.ids.tolist() == [[5, 5, 5, 6, 7, 8, 9, 1, 2, 3]]
    assert packed.positions.tolist() == [[0, 0, 0, 0, 1, 0, 1, 0, 1, 2]]
    assert packed.ids.dtype == packed.positions.dtype == torch.int64


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
