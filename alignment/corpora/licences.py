"""Which corpora may be used: decided before anything is downloaded."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterable

from alignment.config import Corpus, Licences
from alignment.corpora.names import corpus_name
from alignment.errors import LicenceRefused

UNKNOWN = "unknown"
PERMISSIVE = (
    "0BSD", "Apache-2.0", "BSD-*", "BSL-1.0", "CC0-1.0", "CC-BY-1.0*", "CC-BY-2.0*", "CC-BY-2.5*", "CC-BY-3.0*",
    "CC-BY-4.0", "CC-PDDC", "ISC", "MIT", "MIT-*", "ODC-By-1.0", "PDDL-1.0", "Unlicense", "Unicode-*", "Zlib",
)  # fmt: skip
logger = logging.getLogger(__name__)


def check_licences(corpora: Iterable[Corpus], policy: Licences) -> None:
    """Let the corpora pass, or stop.

    Raises:
        LicenceRefused: naming each refused corpus and the setting that would allow it.
    """
    refused = []
    for corpus in dict.fromkeys(corpora):
        name, licence = corpus_name(corpus), corpus.licence
        if licence.lower() == UNKNOWN:
            if policy.unknown == "refuse":
                refused.append(f"{name} names no licence: say it (licence: ...), or set licences.unknown: warn")
            else:
                logger.warning("%s names no licence", name)
        elif hit := _match(licence, policy.deny):
            refused.append(f"{name} has {licence}: take {hit} out of licences.deny")
        elif policy.allow is not None and not _match(licence, policy.allow):
            refused.append(f"{name} has {licence}: add it to licences.allow")
    if refused:
        raise LicenceRefused(
            "the licence policy refuses " + "; ".join(refused), where="licences", hint="Or take the corpus out. Nothing was downloaded."
        )  # fmt: skip


def _match(licence: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that covers every part of `A AND B`, or one of `A OR B`."""
    for pattern in patterns:
        names = PERMISSIVE if pattern.lower() == "permissive" else (pattern,)
        alternatives = [part.strip(" ()").split(" AND ") for part in licence.split(" OR ")]
        if any(all(_covers(part.strip(" ()"), names) for part in parts) for parts in alternatives):
            return pattern
    return None


def _covers(licence: str, names: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(licence.lower(), name.lower()) for name in names)
