from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.config import Triplets
from alignment.triplets import parts
from alignment.triplets.audit import GuardCounts, NegativeStats
from alignment.triplets.parts import BuiltPart, Part, TripletAudit, split_into_parts
from alignment.triplets.prebuilt import GuardedTriplets
from alignment.types import Artifact, FilterReport


def cleaned(directory: Path, language: str, total: int) -> Artifact:
    empty = dict.fromkeys(tables.PAIRS.names, "")
    path = directory / language
    tables.write(path / layout.PAIRS, tables.PAIRS, (empty for _ in range(total)))
    return Artifact("clean", language, language, path, {}, {}, 0.0, language)


def test_parts_cover_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 10)
    artifacts = {"fi": cleaned(tmp_path, "fi", 25), "cy": cleaned(tmp_path, "cy", 10)}
    split = split_into_parts(artifacts, artifacts, dict.fromkeys(artifacts, Triplets()))
    assert [(part.language, part.rows) for part in split] == [
        ("cy", range(10)),
        ("fi", range(10)),
        ("fi", range(10, 20)),
        ("fi", range(20, 25)),
    ]


def test_the_audit_adds_parts_up() -> None:
    audit = TripletAudit(["cy", "fi"], 0.2, "en")
    for built in (3, 4):
        counts = GuardCounts()
        counts.built["random"] = built
        part = Part("fi", Path(), Path(), Triplets(), range(built))
        audit.add_part(part, BuiltPart([], counts, NegativeStats(0.2, "en")))
    audit.add_prebuilt("nli", GuardedTriplets([], FilterReport(5, 2, {"empty": 3})))
    assert audit.triplets_by_language() == {"cy": 0, "fi": 7}
    assert audit.triplets_by_corpus() == {"nli": 2}
    content = audit.to_json()
    assert content["margin"] == 0.2
    assert content["languages"]["fi"]["built"]["random"] == 7
    assert content["prebuilt"] == {"nli": {"seen": 5, "kept": 2, "dropped": {"empty": 3}}}
