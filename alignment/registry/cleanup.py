"""Which versions can be deleted, and deleting them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from alignment.errors import Corrupt
from alignment.registry.bucket.backend import BucketBackend
from alignment.registry.bucket.removal import delete_version, unfinished_uploads
from alignment.registry.registry import Registry
from alignment.registry.version import Version, way_out


@dataclass(frozen=True)
class Rules:
    """What is deleted: versions to which all of these apply."""

    keep: int = 5
    """The newest versions, which are always kept."""
    older_than_days: float = 30
    deployed: bool = False
    """Whether versions go that were deployed once; otherwise only those that never were."""


@dataclass(frozen=True)
class Decision:
    """What happens to one version."""

    version: Version
    kept: str
    """Why it is kept; empty if it can be deleted."""


@dataclass(frozen=True)
class Unfinished:
    """What a killed upload has left in a bucket."""

    name: str
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What `collect_versions` would do."""

    decisions: tuple[Decision, ...]
    """One for each version, the oldest first."""
    unfinished: tuple[Unfinished, ...] = ()

    @property
    def leaving(self) -> list[Version]:
        """The versions that can be deleted."""
        return [decision.version for decision in self.decisions if not decision.kept]

    @property
    def bytes(self) -> int:
        """How much becomes free."""
        sizes = [version.size for version in self.leaving]
        return sum(sizes) + sum(left.bytes for left in self.unfinished)


def plan_cleanup(registry: Registry, rules: Rules) -> Plan:
    """What the rules say about every version. Nothing is deleted.

    Raises:
        Corrupt: if the champion or the history is damaged: what is needed is not known then.
    """
    _check_whole(registry)
    versions = registry.versions()
    newest = {version.name for version in versions[max(0, len(versions) - rules.keep) :]}
    aliases = registry.aliases()
    ever = registry.deployments().ever
    pinned = set(registry.backend.pinned())
    now = datetime.datetime.now(datetime.UTC)
    decisions = []
    for version in versions:
        kept = ""
        if aliases.of(version.name):
            kept = ", ".join(aliases.of(version.name))
        elif version.name in pinned:
            kept = "pinned"
        elif version.name in newest:
            kept = f"one of the newest {rules.keep}"
        elif version.name in ever and not rules.deployed:
            kept = "was deployed"
        elif _age_days(version, now) < rules.older_than_days:
            kept = f"younger than {rules.older_than_days:g} days"
        decisions.append(Decision(version, kept))
    return Plan(tuple(decisions), tuple(_unfinished(registry)))


def collect_versions(registry: Registry, rules: Rules) -> Plan:
    """Delete what the rules allow; what is kept of a version is its manifest and its number.

    Raises:
        AliasConflict: if somebody else deploys a version at the same time.
        Corrupt: if the champion or the history is damaged.
        RegistryError: if the registry cannot be written.
    """
    seen = registry.backend.deployed()
    with registry.backend.changing("deleting versions"):
        plan = plan_cleanup(registry, rules)
        registry.backend.remove([version.name for version in plan.leaving], seen)
        if isinstance(registry.backend, BucketBackend):
            for left in plan.unfinished:
                delete_version(registry.backend.objects, left.name)
    return plan


def _check_whole(registry: Registry) -> None:
    problem = registry.link_problem()
    damaged = registry.read_history().damaged
    if problem is None and damaged:
        problem = f"entry {damaged[0]} of the history is damaged"
    if problem is not None:
        raise Corrupt(
            f"no version can be deleted while it is not known which are in use: {problem}",
            where=registry.where,
            hint=way_out(registry.name),
        )


def _unfinished(registry: Registry) -> list[Unfinished]:
    if not isinstance(registry.backend, BucketBackend):
        return []  # `alignment store gc` deletes those of a directory
    left = unfinished_uploads(registry.backend.objects)
    return [Unfinished(name, sum(file.size for file in files)) for name, files in left.items()]


def _age_days(version: Version, now: datetime.datetime) -> float:
    """Days since it was published; 0 if that is not known."""
    try:
        created = datetime.datetime.fromisoformat(version.created)
        return (now - created).total_seconds() / 86400
    except (ValueError, TypeError):
        return 0.0
