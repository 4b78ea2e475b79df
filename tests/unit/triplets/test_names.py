import random

import pytest

from alignment.triplets import names
from alignment.triplets.names import NameCollector


def test_names_are_those_of_a_sorted_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MERGE_FROM", 5)
    generator = random.Random(4)
    collector = NameCollector()
    expected = set()
    for _ in range(30):
        words = [chr(generator.choice((65, 0xE9, 0xFF21, 0x10400))) * k for k in range(1, 4)]
        expected.update(words)
        collector.add(words)
    assert collector.sorted().to_pylist() == sorted(expected)


def test_no_names() -> None:
    collector = NameCollector()
    collector.add([])
    assert collector.sorted().to_pylist() == []
