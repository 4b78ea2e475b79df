"""Prebuilt triplets pass the same guards as mined ones, and hold no sentence of a suite."""

import json
from pathlib import Path
from typing import Any

import pytest

from alignment import tables
from alignment.config import parse_config
from alignment.errors import ConfigError
from alignment.triplets.prebuilt import (
    REASONS,
    GuardedTriplets,
    PrebuiltTriplet,
    guard_prebuilt,
    read_prebuilt,
)
from tests.support import SMOKE, run_cli

TRIPLETS = [
    PrebuiltTriplet("a man sleeps", "somebody sleeps", "nobody sleeps here"),
    PrebuiltTriplet("a man sleeps", "somebody sleeps", "nobody sleeps here"),
    PrebuiltTriplet("a dog runs", "an animal runs", "an animal runs!"),
    PrebuiltTriplet("a cat", "", "a dog"),
    PrebuiltTriplet("it rains", "water falls down", "water falls down on us"),
    PrebuiltTriplet("a bird sings", "there is song", "all is silent now"),
    PrebuiltTriplet("they eat", "food is eaten", "no one has eaten"),
]
LEAKS = [False, False, False, False, False, True, False]


def group_of(language: str, text: str) -> int:
    return hash((language, text.strip("!")))


def guarded(limit: int) -> GuardedTriplets:
    return guard_prebuilt(
        TRIPLETS, LEAKS, ("en", "en"), group_of, max_chrf=70, limit=limit, weight=1.0
    )


def test_each_guard_drops_one() -> None:
    result = guarded(limit=9)
    assert {row["anchor"] for row in result.rows} == {"a man sleeps", "they eat"}
    assert result.report.seen == 7
    assert result.report.dropped == {
        "empty": 1,
        "contaminated": 1,
        "same_meaning": 1,
        "near_duplicate": 1,
        "duplicate": 1,
    }


def test_the_limit_drops_the_rest() -> None:
    result = guarded(limit=1)
    assert len(result.rows) == 1
    assert result.rows[0] in guarded(limit=9).rows
    assert result.report.dropped["over_share"] == 1
    assert list(result.report.dropped) == list(REASONS)


def test_a_negative_that_means_the_anchor_is_dropped() -> None:
    triplet = PrebuiltTriplet("it rains", "water falls down", "it rains!")
    result = guard_prebuilt(
        [triplet], [False], ("en", "en"), group_of, max_chrf=100, limit=9, weight=1.0
    )
    assert result.report.dropped == {"same_meaning": 1}


def test_values_that_are_not_text_read_as_empty() -> None:
    rows: list[tuple[int, dict[str, Any]]] = [
        (1, {"a": "x", "b": None, "c": 3, "d": "unused"}),
        (2, {"a": "p", "b": "q", "c": "r"}),
    ]
    assert list(read_prebuilt(rows, ("a", "b", "c"))) == [("x", "", ""), ("p", "q", "r")]


def test_a_run_mixes_them_with_mined_triplets(finished: Path, tmp_path: Path) -> None:
    # The same seed holds out the same sentences as the finished run.
    (suite,) = finished.glob("store/holdout/*/suites/heldout/es.parquet")
    held_out = tables.read_columns(suite, "source")[0][0].upper()
    rows = [
        {"anchor": f"question {i} of all", "positive": f"answer {i * 7} is right"}
        | {"negative": f"{i * 13} is not it"}
        for i in range(50)
    ]
    rows.append({"anchor": held_out, "positive": "x y z", "negative": "k l"})
    path = tmp_path / "prebuilt.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = f"{{kind: prebuilt_triplets, path: {path}, share: 0.05, license: MIT}}"
    overrides = ("--set", f"languages.es.corpora=[{corpus}]", "--set", "train.steps=0")
    done = run_cli("run", SMOKE, "--workspace", tmp_path / "w", *overrides)
    assert done.returncode == 3, done.stderr
    (table,) = (tmp_path / "w").glob("store/triplets/*/triplets.parquet")
    strategies, anchors, weights = tables.read_columns(table, "strategy", "anchor", "weight")
    assert 0 < strategies.count("ready") <= 0.05 * len(strategies) + 1
    assert set(weights) == {1.0}
    assert held_out not in anchors
    report = json.loads((table.parent / "audit.json").read_text())["ready"]["prebuilt"]
    assert report["seen"] == 51
    assert report["dropped"]["contaminated"] == 1


def test_prebuilt_triplets_cannot_be_a_suite() -> None:
    text = SMOKE.read_text() + "\n"
    suite = "{x: {kind: prebuilt_triplets, path: a.tsv}}"
    changed = text.replace("holdout: {share: 0.2}", f"holdout: {{share: 0.2, suites: {suite}}}")
    assert changed != text
    with pytest.raises(ConfigError, match="prebuilt triplets are no pairs"):
        parse_config(changed, base=SMOKE.parent)


def test_a_missing_column_stops_the_run_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("anchor\tpositive\nwhere is it\tmissä se on\n")
    corpus = f"languages.es.corpora=[{{kind: prebuilt_triplets, path: {path}, license: MIT}}]"
    done = run_cli("run", SMOKE, "--workspace", tmp_path / "w", "--set", corpus)
    assert done.returncode == 2, done.stderr
    assert "no column 'negative'; the file has 'anchor', 'positive'" in done.stderr
    assert "columns: {anchor: ..., positive: ..., negative: ...}" in done.stderr
    assert "pull" not in done.stdout
