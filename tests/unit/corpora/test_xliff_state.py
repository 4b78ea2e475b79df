"""Which translations count as finished."""

from collections.abc import Mapping
from typing import get_args
from xml.etree.ElementTree import fromstring

import pytest

from alignment.config import MinState
from alignment.corpora import xliff_state
from alignment.corpora.xliff_state import MACHINE, NOT_APPROVED, NOT_FINAL

NOTHING: Mapping[str, str] = {}


@pytest.mark.parametrize(
    ("unit", "target", "translated", "final"),
    [
        ({}, {}, None, NOT_FINAL),
        ({}, {"state": "translated"}, None, NOT_FINAL),
        ({}, {"state": "final"}, None, None),
        ({}, {"state": "signed-off"}, None, None),
        ({"approved": "yes"}, {}, None, None),
        ({"approved": "no"}, {}, NOT_APPROVED, NOT_APPROVED),
        ({"approved": "no"}, {"state": "translated"}, NOT_APPROVED, NOT_APPROVED),
        ({}, {"state": "new"}, "state new", "state new"),
        ({}, {"state": "needs-l10n"}, "state needs-l10n", "state needs-l10n"),
        ({}, {"state": "needs-review-adaptation"}, *["state needs-review-adaptation"] * 2),
        ({}, {"state": "x-anything"}, "state not known", "state not known"),
        ({}, {"state": "translated", "state-qualifier": "leveraged-mt"}, MACHINE, MACHINE),
        ({}, {"state-qualifier": "mt-suggestion"}, MACHINE, MACHINE),
        ({}, {"state-qualifier": "exact-match"}, None, NOT_FINAL),
        ({}, {"state-qualifier": "fuzzy-match"}, "state fuzzy-match", "state fuzzy-match"),
        ({}, {"state-qualifier": "rejected-grammar"}, *["state rejected-grammar"] * 2),
        ({"mq:status": "ManuallyConfirmed"}, {}, None, NOT_FINAL),
        ({"mq:status": "Proofread"}, {}, None, None),
        ({"mq:status": "PartiallyEdited"}, {}, "not confirmed", "not confirmed"),
        ({"mq:status": "MachineTranslated"}, {}, MACHINE, MACHINE),
        ({"m:confirmed": "0"}, {}, "not confirmed", "not confirmed"),
        ({"m:confirmed": "2"}, {}, None, NOT_FINAL),
    ],
)
def test_units(
    unit: dict[str, str], target: dict[str, str], translated: str | None, final: str | None
) -> None:
    assert xliff_state.refusal_of_unit(unit, target, "translated") == translated
    assert xliff_state.refusal_of_unit(unit, target, "final") == final
    assert xliff_state.refusal_of_unit(unit, target, "any") is None


@pytest.mark.parametrize(
    ("segment", "translated", "final"),
    [
        ({}, None, NOT_FINAL),
        ({"state": "initial"}, "state initial", "state initial"),
        ({"state": "translated"}, None, NOT_FINAL),
        ({"state": "reviewed"}, None, NOT_FINAL),
        ({"state": "final"}, None, None),
        ({"state": "odd"}, "state not known", "state not known"),
        ({"mq:status": "NotStarted"}, "not confirmed", NOT_FINAL),
    ],
)
def test_segments_of_version_2(
    segment: dict[str, str], translated: str | None, final: str | None
) -> None:
    assert xliff_state.refusal_of_segment_2(segment, "translated") == translated
    assert xliff_state.refusal_of_segment_2(segment, "final") == final
    assert xliff_state.refusal_of_segment_2(segment, "any") is None


@pytest.mark.parametrize(
    ("level", "translated", "final"),
    [
        (None, "state none", "state none"),
        ("Draft", "state Draft", "state Draft"),
        ("Translated", None, NOT_FINAL),
        ("ApprovedTranslation", None, None),
        ("ApprovedSignOff", None, None),
        ("RejectedTranslation", "state rejected", "state rejected"),
        ("RejectedSignOff", "state rejected", "state rejected"),
    ],
)
def test_segments_of_trados_studio(
    level: str | None, translated: str | None, final: str | None
) -> None:
    definition = "<sdl.seg id='1'/>" if level is None else f"<sdl.seg id='1' conf='{level}'/>"
    unit = fromstring(f"<trans-unit><sdl.seg-defs>{definition}</sdl.seg-defs></trans-unit>")
    state = xliff_state.states_of_segments(unit)["1"]
    assert xliff_state.refusal_of_segment(state, "translated") == translated
    assert xliff_state.refusal_of_segment(state, "final") == final
    assert xliff_state.refusal_of_segment(state, "any") is None


def test_a_segment_without_a_state_is_translated() -> None:
    for min_state in get_args(MinState):
        assert xliff_state.refusal_of_segment(NOTHING, min_state) is None
