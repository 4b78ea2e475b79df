import numpy as np
import pytest
from numpy.typing import NDArray

from alignment.hashing import GOLDEN_GAMMA, splitmix64, state_after

# Outputs of Vigna's reference implementation (https://prng.di.unimi.it/splitmix64.c) by seed.
PUBLISHED = {
    0: [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC],
    1234567: [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ],
}


def reference(value: int) -> int:
    """One output of SplitMix64 with Python's integers."""
    mask = 2**64 - 1
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & mask
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & mask
    return value ^ (value >> 31)


@pytest.mark.parametrize("seed", PUBLISHED)
def test_published_vectors(seed: int) -> None:
    numbers: NDArray[np.uint64] = np.arange(1, len(PUBLISHED[seed]) + 1, dtype=np.uint64)
    states = np.uint64(seed) + numbers * GOLDEN_GAMMA
    assert splitmix64(states).tolist() == PUBLISHED[seed]


def test_any_shape_and_no_change_of_the_input() -> None:
    values = np.random.default_rng(3).integers(0, 2**64, (4, 5), dtype=np.uint64)
    copy = values.copy()
    mixed = splitmix64(values)
    assert mixed.dtype == np.uint64
    assert mixed.tolist() == [[reference(value) for value in row] for row in values.tolist()]
    assert np.array_equal(values, copy)


@pytest.mark.parametrize("steps", [0, 1, 14, 2**32])
def test_state_after_wraps(steps: int) -> None:
    state = state_after(steps)
    assert state.dtype == np.uint64
    assert int(state) == steps * 0x9E3779B97F4A7C15 % 2**64
