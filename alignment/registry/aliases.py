"""The aliases of versions: champion, challenger and previous."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alignment.registry.history import Deployments

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"
ALIASES = (CHAMPION, CHALLENGER, PREVIOUS)


@dataclass(frozen=True)
class Aliases:
    """Which version each alias names."""

    champion: str | None = None
    """The deployed version."""
    challenger: str | None = None
    """The newest version, if it has not been deployed yet."""
    previous: str | None = None
    """What `alignment rollback` goes back to."""

    def version(self, alias: str) -> str | None:
        """The version that `champion`, `challenger` or `previous` names."""
        by_alias = {
            CHAMPION: self.champion,
            CHALLENGER: self.challenger,
            PREVIOUS: self.previous,
        }
        return by_alias.get(alias)

    def versions(self) -> list[str]:
        """The versions that have an alias."""
        named = [self.champion, self.challenger, self.previous]
        return [name for name in named if name is not None]

    def of(self, version: str) -> list[str]:
        """The aliases of a version such as `v3`."""
        return [alias for alias in ALIASES if self.version(alias) == version]


def previous_of(deployed: Deployments, names: Sequence[str]) -> str | None:
    """The most recent earlier deployment of which there is still a version."""
    earlier = [name for name in deployed.earlier() if name in names]
    return earlier[0] if earlier else None


def challenger_of(deployed: Deployments, names: Sequence[str]) -> str | None:
    """The newest version, if it was never deployed; `names` are all versions, the oldest first."""
    if not names or names[-1] in deployed.ever:
        return None
    return names[-1]
