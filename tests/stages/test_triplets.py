"""The stages `mine` and `triplets` by themselves."""

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from alignment import tables
from alignment.config import Triplets
from alignment.stages import mine, triplets
from alignment.store import Store
from alignment.types import Artifact
from tests.support import TINY

SHARES = {"random": 0.4, "lexical": 0.4, "semantic": 0.0, "edited": 0.2}
SETTINGS = Triplets.model_validate({"shares": SHARES})


def identity(language: str, row: int) -> str:
    return hashlib.sha256(f"{language} {row}".encode()).hexdigest()[:16]


def cleaned(directory: Path, language: str, pairs: list[tuple[str, str]]) -> Artifact:
    path = directory / language
    rows = [
        dict.fromkeys(tables.PAIRS.names, "")
        | {"pair_id": identity(language, row), "source": source, "target": target}
        | {"source_lang": "en", "target_lang": language, "corpus": "x"}
        for row, (source, target) in enumerate(pairs)
    ]
    tables.write(path / "pairs.parquet", tables.PAIRS, rows)
    return Artifact("clean", language, language, path, {}, {}, 0.0, language)


def built(directory: Path, every: dict[str, Artifact], settings: Triplets = SETTINGS) -> Artifact:
    store = Store(directory)
    none = Artifact("encoder", "", "", directory, {}, {}, 0.0, "none")
    mined = {
        language: mine.mine(store, language, own, none, settings, pivot="en", seed=1)
        for language, own in every.items()
    }
    return triplets.triplets(
        store, every, mined, dict.fromkeys(every, settings), uses={}, margin=0.2, pivot="en", seed=1
    )


def test_processes_give_the_same_bytes_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts of 50 pairs, which end inside a language."""
    header, *lines = (line.split("\t") for line in TINY.read_text().splitlines())
    every = {
        language: cleaned(tmp_path, language, [(line[0], line[column]) for line in lines])
        for column, language in enumerate(header)
        if column
    }
    alone = built(tmp_path / "one", every)
    monkeypatch.setattr(mine, "PARALLEL_FROM", 0)
    monkeypatch.setattr(triplets, "PARALLEL_FROM", 0)
    monkeypatch.setattr(triplets, "PART", 50)
    for module in (mine, triplets):
        monkeypatch.setattr(module, "processors", lambda: 2)
    together = built(tmp_path / "two", every)
    assert alone.counts["triplets"] == together.counts["triplets"] > 500
    assert alone.digest == together.digest
    assert (
        sum(alone.counts[f"triplets:{language}"] for language in every) == alone.counts["triplets"]
    )
    for name in ("triplets.parquet", "audit.json"):
        assert (alone.path / name).read_bytes() == (together.path / name).read_bytes()


def test_an_edit_that_stands_in_another_language_s_corpus_has_its_meaning(tmp_path: Path) -> None:
    settings = Triplets.model_validate(
        {"shares": {"random": 0, "lexical": 0, "semantic": 0, "edited": 1}, "max_chrf": 100}
    )
    pairs = [
        ("see page 12", "katso sivu 12"),
        ("close the door", "sulje ovi"),
        ("it rains", "sataa"),
    ]

    def edited_in_english(directory: Path, other: list[tuple[str, str]]) -> tuple[dict, list[dict]]:  # type: ignore[type-arg]
        every = {"fi": cleaned(directory, "fi", pairs), "es": cleaned(directory, "es", other)}
        rows = pq.read_table(
            built(directory / "w", every, settings).path / "triplets.parquet"
        ).to_pylist()
        (row,) = [
            r
            for r in rows
            if r["strategy"] == "edited"
            and r["negative_lang"] == "en"
            and r["pair_id"] == identity("fi", 0)
        ]
        return row, rows

    first, _ = edited_in_english(
        tmp_path / "a", [("good day", "buenos días"), ("good night", "buenas noches")]
    )
    assert first["negative_group"] < 0
    again, rows = edited_in_english(
        tmp_path / "b", [(first["negative"], "véase"), ("good night", "buenas noches")]
    )
    assert again["negative"] == first["negative"]
    assert again["negative_group"] == next(
        row["group"] for row in rows if row["pair_id"] == identity("es", 0)
    )
