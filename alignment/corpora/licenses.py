"""Which corpora the license policy allows; decided before anything is downloaded."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable

from alignment.config import Corpus, Licenses
from alignment.errors import LicenseRefused

UNKNOWN = "unknown"
PERMISSIVE = (
    "0BSD",
    "Apache-2.0",
    "BSD-*",
    "BSL-1.0",
    "CC0-1.0",
    "CC-BY-1.0*",
    "CC-BY-2.0*",
    "CC-BY-2.5*",
    "CC-BY-3.0*",
    "CC-BY-4.0",
    "CC-PDDC",
    "ISC",
    "MIT",
    "MIT-*",
    "ODC-By-1.0",
    "PDDL-1.0",
    "Unlicense",
    "Unicode-*",
    "Zlib",
)
"""The licenses that `permissive` in a policy allows or denies."""
logger = logging.getLogger(__name__)


def check_licenses(corpora: Iterable[Corpus], policy: Licenses) -> None:
    """Check every corpus against the policy.

    Raises:
        LicenseRefused: names each refused corpus and the setting that would allow it.
    """
    refusals = []
    for corpus in dict.fromkeys(corpora):
        refusal = _refusal(corpus.display_name, corpus.license, policy)
        if refusal is not None:
            refusals.append(refusal)
    if refusals:
        raise LicenseRefused(
            "the license policy refuses " + "; ".join(refusals),
            where="licenses",
            hint="Change the policy, or remove the corpus. Nothing was downloaded.",
        )


def _refusal(name: str, license: str, policy: Licenses) -> str | None:
    """Why the policy refuses the corpus; None if it does not."""
    if license.lower() == UNKNOWN:
        if policy.unknown == "refuse":
            return f"{name} names no license: set its `license`, or `licenses.unknown: warn`"
        logger.warning("%s names no license", name)
        return None
    denied_by = _matching_pattern(license, policy.deny)
    if denied_by is not None:
        return f"{name} has {license}: remove {denied_by} from licenses.deny"
    if policy.allow is not None and _matching_pattern(license, policy.allow) is None:
        return f"{name} has {license}: add it to licenses.allow"
    return None


def _matching_pattern(license: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that covers all parts of `A AND B`, or one side of `A OR B`."""
    alternatives = license.split(" OR ")
    for pattern in patterns:
        names: tuple[str, ...] = (pattern,)
        if pattern.lower() == "permissive":
            names = PERMISSIVE
        if any(_covers_all(alternative, names) for alternative in alternatives):
            return pattern
    return None


def _covers_all(license: str, names: Iterable[str]) -> bool:
    parts = license.strip(" ()").split(" AND ")
    return all(_covers(part.strip(" ()"), names) for part in parts)


def _covers(license: str, names: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(license.lower(), name.lower()) for name in names)
