import numpy as np
import pytest

from alignment.cleaning import columns
from alignment.cleaning.minhash import PERMUTATIONS, band_hashes, bands_for, shingles


def test_shingles_of_a_row_do_not_cross_into_the_next() -> None:
    texts = columns.from_strings(["abcdef", "abc", "bcdef"])
    hashes, offsets = shingles(texts, 5)
    assert offsets.tolist() == [0, 2, 2, 3]
    assert hashes[1] == hashes[2]
    assert hashes[0] != hashes[1]


def test_no_row_is_long_enough() -> None:
    hashes, offsets = shingles(columns.from_strings(["ab", ""]), 5)
    assert hashes.tolist() == []
    assert offsets.tolist() == [0, 0, 0]


@pytest.mark.parametrize("threshold", [0.4, 0.6, 0.8, 0.95])
def test_bands_turn_near_the_threshold(threshold: float) -> None:
    bands = bands_for(threshold)
    assert PERMUTATIONS % bands == 0
    rows = PERMUTATIONS / bands
    assert (1 / bands) ** (1 / rows) == pytest.approx(threshold, abs=0.2)


def test_similar_pairs_share_a_band_and_others_do_not() -> None:
    base = "the committee met on monday to discuss the new budget for the coming year"
    source = columns.from_strings([base, base + "s", "something else entirely was said there"])
    target = columns.from_strings(["x" * 30, "x" * 30, "yet another translation of it"])
    bands = band_hashes([source, target], np.arange(3), 0.7)
    assert (bands[0] == bands[1]).any()
    assert not (bands[0] == bands[2]).any()


def test_pairs_without_shingles_take_their_fallback() -> None:
    texts = columns.from_strings(["ab", "cd"])
    bands = band_hashes([texts, texts], np.array([-3, 8]), 0.7)
    assert (bands[0] == -3).all()
    assert (bands[1] == 8).all()


def test_the_sides_are_not_interchangeable() -> None:
    a = columns.from_strings(["abcdefgh"])
    b = columns.from_strings(["stuvwxyz"])
    fallback = np.zeros(1, dtype=np.int64)
    assert (band_hashes([a, b], fallback, 0.9) != band_hashes([b, a], fallback, 0.9)).any()
