"""Which translations of XLIFF are finished, by the marks of the standard and of the tools.

Each function gives the reason why a translation is left out, or None. What has no mark counts as
translated, because most tools that write XLIFF set none.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from alignment.config import MinState
from alignment.corpora.xml_units import Tag

NOT_TRANSLATABLE = "not to be translated"
MACHINE = "machine translation"
NOT_APPROVED = "not approved"
NOT_FINAL = "not final"
Attributes = Mapping[str, str]

_FINISHED = {"translated", "final", "signed-off"}
_UNFINISHED = {
    "new",
    "initial",
    "needs-translation",
    "needs-adaptation",
    "needs-l10n",
    "needs-review-translation",
    "needs-review-adaptation",
    "needs-review-l10n",
    "unfinished",
}
_FINISHED_2 = {"translated", "reviewed", "final"}
_STUDIO_FINISHED = {"Translated", "ApprovedTranslation", "ApprovedSignOff"}
_STUDIO_FINAL = {"ApprovedTranslation", "ApprovedSignOff"}


def not_translatable(context: tuple[Tag, ...], unit: Attributes) -> bool:
    """Whether the nearest `translate` of the unit and the elements around it is `no`."""
    around = [attributes for _, attributes in context]
    for attributes in (unit, *reversed(around)):
        if "translate" in attributes:
            return attributes["translate"] == "no"
    return False


def refusal_of_unit(unit: Attributes, target: Attributes, min_state: MinState) -> str | None:
    """For a `trans-unit` of XLIFF 1.2 and its `target`."""
    if min_state == "any":
        return None
    state = target.get("state", "")
    if state and state not in _FINISHED:
        return unfinished(state)
    qualifier = target.get("state-qualifier", "")
    if "mt" in qualifier.split("-"):
        return MACHINE
    if qualifier.startswith("rejected") or qualifier == "fuzzy-match":
        return f"state {qualifier}"
    if unit.get("approved") == "no":
        return NOT_APPROVED
    reason = _refusal_of_tool(unit)
    if reason:
        return reason
    final = state in ("final", "signed-off") or unit.get("approved") == "yes"
    reviewed = "proofread" in unit.get("mq:status", "").lower()
    return NOT_FINAL if min_state == "final" and not (final or reviewed) else None


def refusal_of_segment(studio: Attributes, min_state: MinState) -> str | None:
    """For a marked sentence, by the attributes of its `sdl:seg` of Trados Studio, if any."""
    if min_state == "any" or not studio:
        return None
    level = studio.get("conf", "none")
    if level not in _STUDIO_FINISHED:
        return f"state {level}" if level in ("none", "Draft") else "state rejected"
    return NOT_FINAL if min_state == "final" and level not in _STUDIO_FINAL else None


def refusal_of_segment_2(segment: Attributes, min_state: MinState) -> str | None:
    """For a `segment` of XLIFF 2.x."""
    state = segment.get("state", "")
    if min_state == "any":
        return None
    if state and state not in _FINISHED_2:
        return unfinished(state)
    if min_state == "final" and state != "final":
        return NOT_FINAL
    return _refusal_of_tool(segment)


def states_of_segments(unit: Element) -> dict[str, Attributes]:
    """The attributes of the `sdl:seg` elements of a unit, by the `mid` that they describe."""
    states: dict[str, Attributes] = {}
    for definitions in unit:
        if definitions.tag.endswith("seg-defs"):
            for segment in definitions:
                states[segment.get("id", "")] = segment.attrib
    return states


def unfinished(state: str) -> str:
    """The reason for a state; states that the standard does not know are counted together."""
    return f"state {state}" if state in _UNFINISHED else "state not known"


def _refusal_of_tool(unit: Attributes) -> str | None:
    """By memoQ's `mq:status` and Phrase's `m:confirmed`."""
    status = unit.get("mq:status", "").lower()
    if status and "confirmed" not in status and "proofread" not in status:
        return MACHINE if "machine" in status else "not confirmed"
    return "not confirmed" if unit.get("m:confirmed") == "0" else None
