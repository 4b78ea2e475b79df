import numpy as np
import pytest

from alignment.cleaning.split import held_out

FINGERPRINTS = np.arange(-6, 6) * 982451653


@pytest.mark.parametrize(
    ("seed", "rows"),
    [(0, [2, 7]), (1, [0, 10]), (77, [0, 1, 4, 8, 9]), (2**63, [0, 1, 6, 11])],
)
def test_the_split_never_changes(seed: int, rows: list[int]) -> None:
    """Another split would move sentences of published suites into the training text."""
    assert np.flatnonzero(held_out(FINGERPRINTS, 0.3, seed)).tolist() == rows


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_the_share_is_met(share: float) -> None:
    hashes = np.random.default_rng(2).integers(-(2**63), 2**63 - 1, 20_000)
    assert held_out(hashes, share, 3).mean() == pytest.approx(share, abs=0.01)
