from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from alignment.errors import Corrupt
from alignment.types import (
    Accuracy,
    Approved,
    Artifact,
    Counts,
    FilterReport,
    Finding,
    Rejected,
    Triplet,
    combined_digest,
)

ARTIFACT = Artifact(
    stage="demo",
    label="fi",
    key="k",
    path=Path("store/demo/k"),
    files={"model/a": "1", "model/b": "2", "modelling": "3"},
    counts={"rows": 7, "by_corpus": {"tiny": 7}},
    seconds=0.0,
    digest="d",
)
FAILED = Finding("cy", "heldout", False, "", Accuracy(1, 1, 4), Accuracy(0, 0, 4), 0.5, 0, 8, 0.0)


@dataclass(frozen=True)
class DemoCounts(Counts):
    rows: int
    by_corpus: dict[str, int]


def test_counts_are_read_from_an_artifact() -> None:
    assert DemoCounts.of(ARTIFACT) == DemoCounts(7, {"tiny": 7})


@pytest.mark.parametrize("counts", [{"rows": 7}, {"rows": 7, "by_corpus": {}, "other": 1}])
def test_counts_with_other_fields_are_refused(counts: dict[str, object]) -> None:
    with pytest.raises(Corrupt, match="its counts are not DemoCounts") as caught:
        DemoCounts.of(replace(ARTIFACT, counts=counts))
    assert "Delete this directory" in str(caught.value.hint)


def test_a_directory_is_an_input_by_its_content() -> None:
    encoder = ARTIFACT.directory("model")
    assert encoder.digest == combined_digest({"b": "2", "a": "1"})
    assert encoder.path == ARTIFACT.path / "model"


def test_a_file_is_an_input_by_its_digest() -> None:
    assert ARTIFACT.input("model/a").digest == "1"
    with pytest.raises(Corrupt, match="no file 'gone'"):
        ARTIFACT.input("gone")


def test_a_translation_is_no_negative() -> None:
    with pytest.raises(ValueError, match="cannot be a mismatched translation"):
        Triplet("anchor", "positive", "negative", 3, 3)


def test_filter_report_adds_up() -> None:
    with pytest.raises(ValueError, match="kept \\+ dropped is 3, but 4 were seen"):
        FilterReport(4, 1, {"too_long": 2})


def test_a_failure_cannot_be_approved() -> None:
    with pytest.raises(ValueError, match="every finding to have passed"):
        Approved((FAILED,), "v1")
    with pytest.raises(ValueError, match="at least one finding"):
        Approved((), "v1")


def test_a_rejection_has_a_failure() -> None:
    assert Rejected((FAILED,), "v1").failed == (FAILED,)
    with pytest.raises(ValueError, match="did not pass"):
        Rejected((replace(FAILED, passed=True),), "v1")
