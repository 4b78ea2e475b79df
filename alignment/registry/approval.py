"""What a person decides about a version that the gate approved: it is deployed, or it is not."""

from __future__ import annotations

import logging

from alignment.registry.declined import Declined, declined_line, new_declined
from alignment.registry.refusals import check_expected, not_approved
from alignment.registry.registry import Registry
from alignment.registry.version import Version
from alignment.types import Decision

logger = logging.getLogger(__name__)


def approve(registry: Registry, name: str, decision: Decision, *, expected: str | None) -> Version:
    """Deploy a version if the champion is still the one that it was compared with.

    The history keeps who has decided it, and why. A version that is deployed already stays.

    Args:
        registry: The versions of the model.
        name: Of the version, such as `v3`.
        decision: Who decides, and why.
        expected: Digest of the champion that the gate compared it with; None if there was none.

    Raises:
        AliasConflict: if another version was deployed since.
        Missing or Corrupt: if there is no such version any more, or it is damaged.
        NotApproved: if the gate did not approve it.
        RegistryError: if the registry cannot be written.
    """
    seen = registry.backend.deployed()
    with registry.backend.changing("promoting"):
        version = registry.get(name)
        champion = registry.champion()
        if champion is not None and champion.digest == version.digest:
            return champion
        check_expected(champion, expected, registry.where)
        version.verify()
        if not version.approved:
            raise not_approved(registry.name, version)
        registry.backend.move(version.name, "promote", decision, seen)
    logger.info("%s is the champion of %s, decided by %s", name, registry.name, decision.by)
    return version


def decline(registry: Registry, name: str, decision: Decision) -> Version:
    """Record that a version shall not be deployed; it stays published, and nobody is asked again.

    Raises:
        Missing or Corrupt: if there is no such version any more, or it is damaged.
        RegistryError: if the registry cannot be written.
    """
    with registry.backend.changing("declining"):
        version = registry.get(name)
        registry.backend.decline(new_declined(version.name, decision))
    logger.info("%s of %s was declined by %s", name, registry.name, decision.by)
    return version


def declined(registry: Registry, name: str) -> Declined | None:
    """Who declined a version last, and why; None if nobody did.

    Raises:
        OSError: if the file cannot be read.
    """
    entries = [entry for entry in registry.backend.declined() if entry["version"] == name]
    return entries[-1] if entries else None


def declined_lines(registry: Registry) -> list[str]:
    """One line for each version that somebody declined, oldest first."""
    return [declined_line(entry) for entry in registry.backend.declined()]
