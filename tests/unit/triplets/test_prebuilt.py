"""Prebuilt triplets: the same guards as mined ones, their own share, and no leak of a suite."""

import json
from pathlib import Path

import pytest

from alignment import tables
from alignment.config import parse_config
from alignment.errors import ConfigError
from alignment.triplets.prebuilt import PrebuiltTriplet, guard_prebuilt
from tests.support import SMOKE, run_cli, run_in_process

ROWS = [
    PrebuiltTriplet("a man sleeps", "somebody sleeps", "nobody sleeps here"),
    PrebuiltTriplet("a man sleeps", "somebody sleeps", "nobody sleeps here"),
    PrebuiltTriplet("a dog runs", "an animal runs", "an animal runs!"),
    PrebuiltTriplet("a cat", "", "a dog"),
    PrebuiltTriplet("it rains", "water falls down", "water falls down on us"),
    PrebuiltTriplet("a bird sings", "there is song", "all is silent now"),
    PrebuiltTriplet("they eat", "food is eaten", "no one has eaten"),
]


def groups(language: str, text: str) -> int:
    return hash((language, text.strip("!")))


def test_guards_and_the_ledger() -> None:
    leaks = [False] * 5 + [True, False]
    rows = list(zip(ROWS, leaks, strict=True))
    found = guard_prebuilt(rows, ("en", "en"), groups, max_chrf=70, limit=9, weight=1.0)
    assert {row["anchor"] for row in found.rows} == {"a man sleeps", "they eat"}
    expected = {
        "empty": 1,
        "contaminated": 1,
        "same_meaning": 1,
        "near_duplicate": 1,
        "duplicate": 1,
    }
    assert found.report.seen == 7 and found.report.dropped == expected
    one = guard_prebuilt(rows, ("en", "en"), groups, max_chrf=70, limit=1, weight=1.0)
    assert one.rows == found.rows[:1]  # in the order of a hash
    assert one.report.dropped["over_share"] == 1
    none = guard_prebuilt(iter(rows), ("en", "en"), groups, max_chrf=70, limit=0, weight=1.0)
    assert (none.rows, none.report.dropped["over_share"]) == ([], 2)


@pytest.mark.slow
def test_they_join_the_mined_ones_in_a_run_and_none_holds_a_suites_sentence(
    finished: Path, tmp_path: Path
) -> None:
    (suite,) = finished.glob(
        "store/holdout/*/suites/heldout/es.parquet"
    )  # the same seed holds out the same sentences
    held_out = tables.read_columns(suite, "source")[0][0]
    rows = [
        (f"question {i} of all", f"answer {i * 7} is right", f"{i * 13} is not it")
        for i in range(50)
    ]
    path = tmp_path / "prebuilt.jsonl"
    names = ("anchor", "positive", "negative")
    every = [*rows, (held_out.upper(), "x y z", "k l")]
    path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in every))
    corpus = f"{{kind: prebuilt_triplets, path: {path}, share: 0.05, license: MIT}}"
    settings = [f"languages.es.corpora=[{corpus}]", "train.steps=0"]
    arguments = [part for value in settings for part in ("--set", value)]
    done = run_cli("run", SMOKE, "--workspace", tmp_path / "w", *arguments)
    assert done.returncode == 3, done.stderr
    (table,) = (tmp_path / "w").glob("store/triplets/*/triplets.parquet")
    strategies, anchors, weights = tables.read_columns(table, "strategy", "anchor", "weight")
    prebuilt, total = strategies.count("prebuilt"), len(strategies)
    assert (
        0 < prebuilt <= 0.05 * total + 1
        and set(weights) == {1.0}
        and held_out.upper() not in anchors
    )
    report = json.loads((table.parent / "audit.json").read_text())["prebuilt"]["prebuilt"]
    assert report["seen"] == 51 and report["dropped"]["contaminated"] == 1


def test_no_suite_of_prebuilt_triplets() -> None:
    text = SMOKE.read_text() + "\n"
    with pytest.raises(ConfigError, match="prebuilt triplets have no pairs to evaluate on"):
        parse_config(
            text.replace(
                "holdout: {share: 0.2}",
                "holdout: {share: 0.2, suites: {x: {kind: prebuilt_triplets, path: a.tsv}}}",
            ),
            base=SMOKE.parent,
        )


def test_a_file_without_a_negative_column_is_refused_before_anything_costs_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("anchor\tpositive\nwhere is it\tmissä se on\n")
    corpus = f"languages.es.corpora=[{{kind: prebuilt_triplets, path: {path}, license: MIT}}]"
    done = run_in_process("run", SMOKE, "--workspace", tmp_path / "w", "--set", corpus)
    assert done.returncode == 2, done.stderr
    assert "no column 'negative'; the file has 'anchor', 'positive'" in done.stderr
    assert (
        "columns: {anchor: ..., positive: ..., negative: ...}" in done.stderr
        and "pull" not in done.stdout
    )
