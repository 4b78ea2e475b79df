from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.arrays import map_array
from alignment.hashing import text_hashes
from alignment.training import distinct
from alignment.training.distinct import ABSENT, DistinctTexts


def numbers_of(directory: Path, hashes: NDArray[np.uint64], present: list[bool]) -> list[int]:
    """The numbers of texts with these hashes (n, 2), added in two parts."""
    texts = DistinctTexts(directory)
    half = len(hashes) // 2
    texts.add(hashes[:half], np.array(present[:half], dtype=bool))
    texts.add(hashes[half:], np.array(present[half:], dtype=bool))
    total = texts.write_numbers(directory / "numbers.npy")
    numbers: list[int] = map_array(directory / "numbers.npy").tolist()
    assert total == len(set(numbers) - {ABSENT})
    return numbers


def plain_numbers(values: list[object], present: list[bool]) -> list[int]:
    numbers: dict[object, int] = {}
    result = []
    for value, is_present in zip(values, present, strict=True):
        result.append(numbers.setdefault(value, len(numbers)) if is_present else ABSENT)
    return result


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.text("abc", max_size=2), st.booleans()), max_size=60))
def test_texts_are_numbered_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, items: list[tuple[str, bool]]
) -> None:
    texts = [text for text, _ in items]
    present = [is_present for _, is_present in items]
    hashes = text_hashes([text.encode() for text in texts])
    directory = tmp_path_factory.mktemp("hashes")
    assert numbers_of(directory, hashes, present) == plain_numbers(list(texts), present)


@pytest.mark.parametrize("half", [0, 1])
def test_equal_halves_of_the_hash_are_not_enough(tmp_path: Path, half: int) -> None:
    """Two texts that share 64 of the 128 bits keep their own numbers."""
    rng = np.random.default_rng(half)
    hashes = rng.integers(0, 3, (400, 2), np.uint64)
    if half:
        hashes = hashes[:, ::-1].copy()
    values: list[object] = [tuple(value) for value in hashes.tolist()]
    assert numbers_of(tmp_path, hashes, [True] * 400) == plain_numbers(values, [True] * 400)


def test_the_files_of_hashes_are_deleted(tmp_path: Path) -> None:
    numbers_of(tmp_path, text_hashes([b"a", b"b"]), [True, True])
    assert not list(tmp_path.glob("hashes-*"))
    assert distinct.NUM_FILES > 1
