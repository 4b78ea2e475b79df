"""The messages of the states in which runs end, and that a state gives back its result."""

from __future__ import annotations

from prefect.client.schemas.objects import StateType

from alignment.types import Accuracy, Finding, Rejected
from flows import states
from tests.summaries import make_summary


def finding(language: str, reason: str = "below the floor") -> Finding:
    before, after = Accuracy(40, 40, 50), Accuracy(9, 9, 50)
    return Finding(language, "heldout", False, reason, before, after, 0.5, 9, 1, 0.99)


def test_approval() -> None:
    assert states.approval(make_summary()) == "v2 is deployed: heldout 50.0 → 75.0%"


def test_approval_without_a_deployment() -> None:
    message = states.approval(make_summary(version="v3", champion="v2"))
    assert message.startswith("v3 is approved but not deployed; v2 is deployed: ")


def test_rejection_says_why_in_one_line() -> None:
    verdict = Rejected((finding("fi"),), "v1")
    summary = make_summary("rejected", version=None, champion="v1")
    expected = "nothing was deployed, v1 stays: Finnish on heldout: below the floor"
    assert states.rejection(verdict, summary) == expected


def test_a_rejection_of_many_languages_is_short() -> None:
    verdict = Rejected(tuple(finding("fi", f"reason {n}") for n in range(5)), "v1")
    message = states.rejection(verdict, make_summary("rejected", version=None, champion=None))
    assert message.startswith("nothing was deployed: Finnish")
    assert message.endswith("reason 2; and 2 more")


def test_a_reused_artifact_is_the_result() -> None:
    state = states.reused("artifact")
    assert (state.type, state.name, state.data) == (StateType.COMPLETED, "Reused", "artifact")
