"""A run in Markdown and tables, as Prefect shows it."""

from __future__ import annotations

from alignment.pipeline.champion_check import ChampionCheck, Remeasured
from alignment.pipeline.plan import Plan, StagePlan
from alignment.report.summary import CorpusCheck
from alignment.types import Accuracy
from flows.tables import (
    accuracy_table,
    champion_table,
    ledger_table,
    plan_table,
    verdict_markdown,
    verdict_page,
)
from tests.summaries import make_summary


def test_verdict_of_an_approved_run() -> None:
    lines = verdict_markdown(make_summary()).splitlines()
    assert lines[0] == "# Approved"
    assert "Compared with v1; v2 is deployed." in lines
    assert "- **heldout**: 50.0 → 75.0% (mean of the trained languages)" in lines
    assert not [line for line in lines if "refused" in line]


def test_verdict_of_a_version_that_waits() -> None:
    summary = make_summary(champion="v1").model_copy(update={"waiting": True})
    lines = verdict_markdown(summary).splitlines()
    assert "Compared with v1; v1 is deployed; v2 waits for approval." in lines


def test_verdict_says_what_was_refused() -> None:
    summary = make_summary("rejected", reason="below the floor", version=None, champion=None)
    markdown = verdict_markdown(summary)
    assert "# Rejected" in markdown and "nothing is deployed" in markdown
    assert "- refused: **Finnish** on heldout: below the floor" in markdown


def test_names_cannot_forge_a_verdict() -> None:
    summary = make_summary("rejected", reason="x\n# Approved **y**", version=None)
    forged = summary.model_copy(update={"reference": "<b>v1</b>\n# Approved"})
    headings = [line for line in verdict_markdown(forged).splitlines() if line.startswith("#")]
    assert headings == ["# Rejected"]
    assert "\\<b\\>v1" in verdict_markdown(forged)
    assert "\\*\\*y" in verdict_markdown(forged)


def test_verdict_names_corpora_that_are_not_aligned() -> None:
    check = CorpusCheck(
        verdict="shifted",
        message="its rows are shifted",
        pairs=200,
        right=0.7,
        shifted=0.9,
        random=0.7,
        noise=None,
        noise_low=None,
        noise_high=None,
    )
    unsure = check.model_copy(update={"verdict": "cannot_tell"})
    summary = make_summary().model_copy(update={"alignment": {"cy": {"a": check, "b": unsure}}})
    lines = verdict_markdown(summary).splitlines()
    assert lines[-1] == "- shifted: **a**, Welsh: its rows are shifted"


def test_the_page_begins_with_the_verdict() -> None:
    lines = verdict_page(make_summary(), "http://host/report.html").splitlines()
    assert lines[0] == "# Approved"
    assert "[The full report](http://host/report.html)" in lines
    assert "| Finnish | 1,200 | 50.0 | 75.0 | 65.0 – 85.0 | pass |" in lines
    assert "| Finnish | 10 | 3 | 7 | 14 | 28 |" in lines
    assert sum(line.startswith("![") for line in lines) == 1


def test_a_name_cannot_forge_a_cell() -> None:
    summary = make_summary()
    evil = summary.languages["fi"].model_copy(update={"name": "a | b\n# Rejected"})
    page = verdict_page(summary.model_copy(update={"languages": {"fi": evil}}), "x")
    assert "| a \\| b \\# Rejected |" in page


def test_accuracy() -> None:
    finnish, german = accuracy_table(make_summary("rejected", reason="below the floor"))
    assert finnish["language"] == "Finnish" and german["language"] == "German (control)"
    assert (finnish["before"], finnish["after"]) == ("50.0", "75.0")
    assert (finnish["gate"], german["gate"]) == ("refused", "pass")


def test_ledger() -> None:
    (row,) = ledger_table(make_summary())
    assert row == {
        "language": "Finnish",
        "pulled": "10",
        "too_short": "3",
        "kept": "7",
        "triplets": "14",
        "in batches": "28",
    }


def test_the_champion_when_it_was_published_and_now() -> None:
    before = Accuracy(0.9, 0.8, 100)
    now = Accuracy(0.5, 0.6, 100)
    fallen = Remeasured("cy", "tatoeba", before, now, "separate", 0.00012, fallen=True)
    unknown = Remeasured("fi", "tatoeba", None, now, "not published", None, fallen=False)
    welsh, finnish = champion_table(ChampionCheck("demo", "v1", (fallen, unknown)))
    assert (welsh["language"], welsh["published"], welsh["now"]) == ("Welsh", "85.0", "55.0")
    assert (welsh["p"], welsh["result"]) == ("0.00012", "fallen")
    assert (finnish["published"], finnish["p"], finnish["result"]) == ("", "", "")


def test_a_plan() -> None:
    stages = {
        "pull": StagePlan(0, "pair", 3.0, 2**20, "default"),
        "train": StagePlan(60, "step", 90.0, 2**30, "20260131"),
    }
    plan = Plan({}, stages, 10, 500, 50, None, None, None, 2**40)
    pull, train, total = plan_table(plan)
    assert (pull["stage"], pull["work"]) == ("pull", "0 (pair)")
    assert (train["work"], train["time"], train["disk"]) == ("60 (step)", "2 min", "1.0 GiB")
    assert (total["stage"], total["time"]) == ("all", "2 min")
