import datetime
import json
from dataclasses import replace
from pathlib import Path

import pytest

from alignment import layout
from alignment.config import parse_config
from alignment.gate import Changes, p_no_better
from alignment.pipeline.results import language_results, means
from alignment.pipeline.summary import (
    RunClock,
    averaging_of,
    corpora_used,
    seconds_per_stage,
    stage_records,
)
from alignment.types import Accuracy, Approved, Artifact, Finding, Rejected

CONFIG = """
name: demo
encoder: {source: scratch}
corpora:
  - {kind: local, path: "a-{lang}.tsv", name: a, license: MIT, version: "3"}
  - {kind: local, path: "b-{lang}.tsv", name: b, license: CC0-1.0}
languages: {fi: {}, cy: {}}
"""


def finding(language: str, suite: str, after: float, *, passed: bool = True) -> Finding:
    before = Accuracy(0.2, 0.4, 50)
    return Finding(language, suite, passed, "", before, Accuracy(after, after, 50), 0.5, 9, 1, 0.99)


def artifact(stage: str, key: str, seconds: float, counts: dict[str, object]) -> Artifact:
    return Artifact(stage, "", key, Path(), {}, counts, seconds, "d")


VERDICT = Rejected(
    (
        finding("fi", "heldout", 0.9),
        finding("fi", "tatoeba", 0.8),
        finding("cy", "heldout", 0.7),
        finding("de", "heldout", 0.1, passed=False),
    ),
    "v1",
)


def averaged(path: Path, **record: object) -> Artifact:
    content = {"configured": "auto", "share": 0.1, "pairs": {"fi": 9, "cy": 8}, "curve": []}
    (path / layout.AVERAGING).write_text(json.dumps(content | record))
    return Artifact("average", "", "k", path, {}, {}, 1.0, "d")


def test_languages_below_the_base_are_counted(tmp_path: Path) -> None:
    curve = [
        {"share": 0.0, "accuracy": {"fi": 0.9, "cy": 0.5}},
        {"share": 0.1, "accuracy": {"fi": 0.8, "cy": 0.6}},
        {"share": 1.0, "accuracy": {"fi": 0.6, "cy": 0.6}},
    ]
    result = averaging_of(averaged(tmp_path, curve=curve))
    assert (result.share, result.chosen, result.pairs, result.languages) == (0.1, True, 17, 2)
    assert [point.below_base for point in result.curve] == [1, 0, 0]
    assert [point.accuracy for point in result.curve] == pytest.approx([0.7, 0.7, 0.6])


def test_a_configured_share_has_no_curve(tmp_path: Path) -> None:
    result = averaging_of(averaged(tmp_path, configured=0.3, share=0.3, pairs={}))
    assert (result.share, result.chosen, result.pairs) == (0.3, False, 0)
    assert result.curve == []


def test_results_by_language_and_suite() -> None:
    results = language_results(VERDICT, ["fi", "cy"])
    assert list(results) == ["fi", "cy", "de"]
    assert list(results["fi"].suites) == ["heldout", "tatoeba"]
    assert results["cy"].name == "Welsh"
    assert results["cy"].trained
    assert not results["de"].trained


def test_intervals_are_over_both_directions() -> None:
    score = language_results(VERDICT, ["fi"])["fi"].suites["heldout"].after
    assert score.mean == pytest.approx(0.9)
    assert (score.low, score.high) == pytest.approx((0.8256, 0.9448), abs=1e-4)  # 90 of 100


def test_changes_are_tested_together() -> None:
    better = replace(finding("fi", "heldout", 0.9), changes=(0, 1, 9, 3))
    same = replace(finding("cy", "heldout", 0.3), changes=(0, 4, 4, 0))
    unknown = finding("de", "heldout", 0.3)
    results = language_results(Approved((better, same, unknown), "v1"), ["fi"])
    finnish, welsh, german = (results[code].suites["heldout"].change for code in results)
    assert finnish is not None and welsh is not None and german is None
    assert finnish.p == pytest.approx(2 * p_no_better(Changes(0, 1, 9, 3), 0))
    assert finnish.p_adjusted == pytest.approx(3 * finnish.p)
    assert 0 < finnish.low < finnish.high
    assert welsh.p == welsh.p_adjusted == 1.0
    assert welsh.low == pytest.approx(-welsh.high)


def test_suites_have_their_digests() -> None:
    digests = {"suites/heldout/fi.parquet": "abc"}
    results = language_results(VERDICT, ["fi"], digests)
    assert results["fi"].suites["heldout"].digest == "abc"
    assert results["fi"].suites["tatoeba"].digest == ""


def test_means_leave_controls_out() -> None:
    mean = means(language_results(VERDICT, ["fi", "cy"]))
    assert mean["heldout"].after == pytest.approx(0.8)
    assert mean["heldout"].before == pytest.approx(0.3)
    assert mean["tatoeba"].after == pytest.approx(0.8)


def test_corpora_over_all_languages(tmp_path: Path) -> None:
    pulled = {
        "fi": artifact("pull", "1", 0, {"pairs": 9, "by_corpus": {"a": 5, "b": 4}}),
        "cy": artifact("pull", "2", 0, {"pairs": 3, "by_corpus": {"b": 3}}),
    }
    uses = corpora_used(pulled, parse_config(CONFIG, base=tmp_path))
    assert [(use.name, use.version, use.license, use.pairs) for use in uses] == [
        ("a", "3", "MIT", 5),
        ("b", "", "CC0-1.0", 7),
    ]


def test_an_artifact_is_recorded_once() -> None:
    shared = artifact("evaluate", "1", 0.25, {"suites": {}})
    records = stage_records([shared, artifact("evaluate", "2", 0.5, {}), shared])
    assert [record.key for record in records] == ["1", "2"]
    assert seconds_per_stage(records) == {"evaluate": 0.75}


def test_run_names_sort_by_time() -> None:
    early = RunClock(datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC))
    late = RunClock(datetime.datetime(2026, 1, 2, 3, 4, 6, tzinfo=datetime.UTC))
    assert early.run_name().startswith("20260102T030405-")
    assert early.run_name() != early.run_name()
    assert early.run_name() < late.run_name()
