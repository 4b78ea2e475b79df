"""The result of a run, as `run` and `show` print it."""

from __future__ import annotations

from pathlib import Path

from alignment.cli.display.console import console
from alignment.cli.display.results import main_count, print_outcome, print_stages
from alignment.report.summary import Delivery, Summary
from tests.summaries import make_result, make_summary
from tests.support import line_with


def outcome(summary: Summary, directory: Path = Path("runs/r")) -> str:
    with console.capture() as capture:
        print_outcome(summary, directory)
    return capture.get()


def test_approved_and_deployed() -> None:
    text = outcome(make_summary())
    assert "Approved against v1: v2 is deployed." in text
    assert "Finished in 31 s. Report: runs/r/report.html" in text
    assert "mean (trained)" in text and "German (control)" in text


def test_approved_but_rolled_back_earlier() -> None:
    text = outcome(make_summary(version="v2", champion="v1"))
    assert "v2 is published but not deployed: it was rolled back earlier, or" in text


def test_rejected_keeps_the_champion() -> None:
    summary = make_summary("rejected", reason="below the floor", version=None, champion="v1")
    text = outcome(summary)
    assert "Rejected against v1: v1 stays deployed." in text
    assert "refused: below the floor" in text


def test_rejected_without_a_champion() -> None:
    summary = make_summary("rejected", reason="below the floor", version=None, champion=None)
    assert "nothing is deployed." in outcome(summary)


def test_brackets_in_paths_and_reasons_survive() -> None:
    summary = make_summary("rejected", reason="p = 0.01 [0, 1] [/red]", champion="[v1]")
    text = outcome(summary, Path("/runs/[2026]/r"))
    assert "Report: /runs/[2026]/r/report.html" in text
    assert "[v1] stays deployed" in text
    assert "[/red]" in text


def test_a_suite_of_controls_only_is_shown() -> None:
    summary = make_summary("rejected", reason="below the floor")
    summary.languages["de"].suites["tatoeba"] = make_result(0.9, 0.8, reason="much worse")
    assert "much worse" in outcome(summary)


def test_stages_with_their_keys() -> None:
    with console.capture() as capture:
        print_stages(make_summary())
    row = line_with("0123456789ab", capture.get())
    assert "train" in row and "12.5" in row and "1,822" in row and "built" in row


def test_main_count() -> None:
    assert main_count({"steps": 3, "pairs": 5, "kept": 4}) == "kept"
    assert main_count({"steps": 3}) is None


def test_deliveries_have_a_line_each_with_the_command_that_repeats_them() -> None:
    deliveries = [
        Delivery(target="mlflow", done=False, message="it is down\n  Send it later."),
        Delivery(target="hub", done=True, message="pushed v2: https://hub/a"),
    ]
    text = outcome(make_summary().model_copy(update={"deliveries": deliveries}))
    command = "alignment mlflow push 20260101T000000-abcd"
    assert f"mlflow: not sent: it is down. Repeat: {command}" in " ".join(text.split())
    assert line_with("hub: pushed v2: https://hub/a", text)
