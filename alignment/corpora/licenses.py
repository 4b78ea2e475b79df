"""Which corpora may be used: decided before anything is downloaded."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable

from alignment.config import Corpus, Licenses
from alignment.corpora.names import corpus_name
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
logger = logging.getLogger(__name__)


def check_licenses(corpora: Iterable[Corpus], policy: Licenses) -> None:
    """Let the corpora pass, or stop.

    Raises:
        LicenseRefused: naming each refused corpus and the setting that would allow it.
    """
    refused = []
    for corpus in dict.fromkeys(corpora):
        name, license = corpus_name(corpus), corpus.license
        if license.lower() == UNKNOWN:
            if policy.unknown == "refuse":
                refused.append(
                    f"{name} names no license: say it (license: ...), or set licenses.unknown: warn"
                )
            else:
                logger.warning("%s names no license", name)
        elif hit := _match(license, policy.deny):
            refused.append(f"{name} has {license}: take {hit} out of licenses.deny")
        elif policy.allow is not None and not _match(license, policy.allow):
            refused.append(f"{name} has {license}: add it to licenses.allow")
    if refused:
        raise LicenseRefused(
            "the license policy refuses " + "; ".join(refused),
            where="licenses",
            hint="Or take the corpus out. Nothing was downloaded.",
        )


def _match(license: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that covers every part of `A AND B`, or one of `A OR B`."""
    for pattern in patterns:
        names = PERMISSIVE if pattern.lower() == "permissive" else (pattern,)
        alternatives = [part.strip(" ()").split(" AND ") for part in license.split(" OR ")]
        if any(all(_covers(part.strip(" ()"), names) for part in parts) for parts in alternatives):
            return pattern
    return None


def _covers(license: str, names: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(license.lower(), name.lower()) for name in names)
