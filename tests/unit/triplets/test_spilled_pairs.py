from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from alignment import layout, tables
from alignment.edits.rules import shared_names
from alignment.triplets import spilled_pairs
from alignment.triplets.groups import MeaningGroups, Sentences
from alignment.triplets.spilled_pairs import SpilledPairs, spill_pairs
from alignment.types import Artifact

PIVOT = "en"


def hashes(language: str, texts: Sequence[str] | pa.Array) -> Sentences:
    listed = texts.to_pylist() if isinstance(texts, pa.Array) else texts
    return np.array([hash_of(language, text) for text in listed], np.int64)


def hash_of(language: str, text: str) -> int:
    return int.from_bytes(f"{language}{text}".encode()[-7:], "big")


def cleaned(directory: Path, language: str, total: int) -> Artifact:
    generator = np.random.default_rng(len(language) + total)
    rows = []
    for number in range(total):
        row = dict.fromkeys(tables.PAIRS.names, "")
        name = f"Ada{generator.integers(40)}"
        row["pair_id"] = f"{language}{number}"
        row["source"] = f"{name} reads {generator.integers(30)}"
        row["target"] = f"{name} lukee {generator.integers(30)}"
        row["corpus"] = "ab"[number % 2]
        rows.append(row)
    path = directory / language
    tables.write(path / layout.PAIRS, tables.PAIRS, rows)
    return Artifact("clean", language, language, path, {}, {}, 0.0, language)


@pytest.mark.parametrize("workers", [1, 2])
def test_any_row_as_the_table_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 50)
    monkeypatch.setattr(spilled_pairs, "PARALLEL_FROM", 0)
    monkeypatch.setattr(spilled_pairs, "available_cpus", lambda: workers)
    artifacts = {code: cleaned(tmp_path, code, total) for code, total in (("fi", 170), ("cy", 60))}
    directory = tmp_path / "spilled"
    spill_pairs(artifacts, PIVOT, hashes, directory, with_names=["fi"])
    sides = []
    for code, artifact in sorted(artifacts.items()):
        source, target = tables.read_columns(artifact.path / layout.PAIRS, "source", "target")
        sides.append((hashes(PIVOT, source), hashes(code, target)))
    groups = MeaningGroups.of(sides)
    for code, artifact in artifacts.items():
        path = artifact.path / layout.PAIRS
        columns = ("pair_id", "source", "target", "corpus")
        ids, source, target, corpora = tables.read_columns(path, *columns)
        spilled = SpilledPairs(directory, code)
        pairs = spilled.columns(range(20, 40))
        assert pairs.language == code
        assert list(pairs.ids) == ids
        assert [pairs.source[row] for row in range(len(ids))] == source
        assert [pairs.target[row] for row in range(len(ids))] == target
        assert list(pairs.corpora) == corpora
        assert list(pairs.groups) == groups.find(hashes(PIVOT, source)).tolist()
        if code == "fi":
            assert list(spilled.names) == shared_names(zip(source, target, strict=True))
            assert len(spilled.names) > 10
        else:
            assert list(spilled.names) == []
    loaded = MeaningGroups.load(directory)
    assert loaded.groups.tolist() == groups.groups.tolist()
