import pytest
import torch

from alignment.encoder.packed_layout import Allowed
from alignment.encoder.packed_scores import exponentials


@pytest.mark.parametrize("shift", [True, False])
@pytest.mark.parametrize("size", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("length", [1, 3, 20])
def test_exponentials_are_a_softmax(size: float, length: int, shift: bool) -> None:
    """For scores of any size: one maximum for all rows would leave rows of zeros."""
    torch.manual_seed(1)
    flat = torch.randn(5 * length * length) * size
    flat[: length * length] -= 3 * size
    part = flat.view(5, length, length)
    mask = Allowed(causal=True).mask(length)
    masked = part.clone() if mask is None else part + mask
    expected = torch.softmax(masked, dim=-1)
    sums = exponentials(flat, [part], [mask], shift=shift)
    torch.testing.assert_close(part / sums.view(5, length, 1), expected)


def test_without_a_shift_other_texts_change_nothing() -> None:
    """Bit for bit: a text's vector is the same in any batch."""
    torch.manual_seed(2)
    flat = torch.randn(6 * 25) * 3
    alone = flat[:50].clone()
    flat[100] = 40  # the maximum of the batch
    sums = exponentials(flat, [flat.view(6, 5, 5)], [None], shift=False)
    sums_alone = exponentials(alone, [alone.view(2, 5, 5)], [None], shift=False)
    assert (flat[:50] == alone).all()
    assert (sums[:10] == sums_alone).all()


def test_parts_of_different_lengths() -> None:
    flat = torch.randn(2 * 9 + 3 * 4)
    parts = [flat[:18].view(2, 3, 3), flat[18:].view(3, 2, 2)]
    expected = [torch.softmax(part, dim=-1) for part in parts]
    sums = exponentials(flat, parts, [None, None])
    assert sums.shape == (2 * 3 + 3 * 2, 1)
    torch.testing.assert_close(parts[0] / sums[:6].view(2, 3, 1), expected[0])
    torch.testing.assert_close(parts[1] / sums[6:].view(3, 2, 1), expected[1])
