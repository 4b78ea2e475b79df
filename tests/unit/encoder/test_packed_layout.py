import math

import torch

from alignment.encoder.packed_layout import Allowed, Heads, Layout, Run

LAYOUT = Layout((Run(2, 3), Run(1, 4)))
DIM = 5


def test_blocks_and_back() -> None:
    heads = Heads(2)
    row = torch.randn(10, 2, DIM)
    blocks = LAYOUT.to_blocks(row, heads)
    assert torch.equal(LAYOUT.to_row(blocks, heads), row)
    first, second = LAYOUT.split_blocks(blocks, heads)
    assert first.shape == (2 * 2, 3, DIM)
    assert second.shape == (1 * 2, 4, DIM)
    # The second sentence of three tokens, its first head.
    assert torch.equal(first[2], row[3:6, 0])


def test_blocks_of_queries_that_share_a_key() -> None:
    heads = Heads(keys=2, groups=3)
    row = torch.randn(10, 6, DIM)
    blocks = LAYOUT.to_blocks(row, heads)
    assert torch.equal(LAYOUT.to_row(blocks, heads), row)
    first, second = LAYOUT.split_blocks(blocks, heads)
    assert first.shape == (2 * 2, 3 * 3, DIM)
    assert second.shape == (1 * 2, 4 * 3, DIM)
    # The second sentence of three tokens: what its second key serves.
    assert torch.equal(first[3], row[3:6, 3:].reshape(9, DIM))


def test_masks() -> None:
    assert Allowed().mask(9) is None
    assert Allowed(window=3).mask(3) is None
    assert Allowed(causal=True).mask(1) is None
    mask = Allowed(causal=True, window=2).mask(3)
    assert mask is not None
    hidden = -math.inf
    assert mask.tolist() == [[0, hidden, hidden], [0, 0, hidden], [hidden, 0, 0]]


def test_masks_are_one_per_run_and_repeat_for_the_queries_of_a_key() -> None:
    short, longer = LAYOUT.masks(Allowed(window=3), groups=2)
    assert short is None
    assert longer is not None
    assert longer.shape == (8, 4)
    assert torch.equal(longer[0], longer[1])
    assert not torch.equal(longer[1], longer[2])
