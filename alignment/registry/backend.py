"""What a registry asks of the place where its versions are: a directory, or a bucket.

The rules of publishing, promoting and rolling back are in `registry.py`, once. A backend keeps
versions, the aliases, the history and the attempts, and changes the aliases in one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from alignment.registry.aliases import Aliases
from alignment.registry.attempts import Attempt
from alignment.registry.copying import NO_EXPORTS, Exports
from alignment.registry.declined import Declined
from alignment.registry.history import Action, Deployments, History
from alignment.registry.version import Version
from alignment.types import Decision, Input, Override


@dataclass(frozen=True)
class Deployed:
    """Which version was deployed at one moment."""

    champion: str | None
    """A version's name, whether there is such a version or not."""
    revision: str = ""
    """Changes with every change of the aliases, where the backend has such a thing."""


class Attempts(NamedTuple):
    """The candidates that were compared with a reference."""

    known: list[Attempt]
    """Oldest first."""
    damaged: list[int]
    """Numbers of the entries that cannot be read, from 1."""


class Damage(NamedTuple):
    """One thing that is wrong."""

    name: str
    """`v3`, `champion`, `history`, `attempts`, or a directory such as `pinned`."""
    where: str
    """A file, a directory or an address, with the line where there is one."""
    problem: str


class Backend(Protocol):
    """The place of all versions of one model."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def where(self) -> str:
        """The directory or the address, for messages."""

    @property
    def attempts_at(self) -> str:
        """Where the attempts are, for messages."""

    def names(self) -> list[str]:
        """`v1`, `v2`, ... as they are stored, whole or damaged, the oldest first."""

    def read(self, name: str) -> Version:
        """One of `names()`.

        Raises:
            Corrupt: if it is damaged.
        """

    def deployed(self) -> Deployed:
        """What is deployed now, to be given to `move`."""

    def champion_problem(self, history: Callable[[], History]) -> str | None:
        """What is wrong with the alias `champion`; None if nothing is.

        `history` reads the history, which only a missing alias is compared with.
        """

    def aliases(self) -> Aliases:
        """Which version each alias names."""

    def history(self) -> History:
        """All moves of the champion, and the numbers of damaged entries.

        Raises:
            Corrupt: if it cannot be read at all.
        """

    def deployments(self, history: History) -> Deployments:
        """What the history and the alias amount to."""

    def changing(self, what: str) -> AbstractContextManager[None]:
        """Around every change: takes the lock if there is one, and names errors.

        Raises:
            RegistryError: if the storage refuses a change.
        """

    def add(
        self,
        encoder: Input,
        manifest: Mapping[str, Any],
        card: str,
        exports: Exports = NO_EXPORTS,
    ) -> Version:
        """Store the encoder and its exports as the next version, which is complete or absent.

        Raises:
            Corrupt: if the files do not have the encoder's digest.
            VersionExists: if there is something in its place.
        """

    def move(
        self, name: str, action: Action, signed: Override | Decision | None, seen: Deployed
    ) -> None:
        """Deploy a version, and record that, if what is deployed is still what was `seen`.

        `signed` says who does it, and why.

        Raises:
            AliasConflict: if somebody else has changed it meanwhile.
        """

    def offer(self, name: str) -> None:
        """Make a version that is not deployed the challenger, if nothing newer is there."""

    def attempts(self) -> Attempts:
        """All attempts.

        Raises:
            OSError: if there is a file and it cannot be read.
        """

    def record_attempt(self, attempt: Attempt) -> None:
        """Add an attempt, unless its candidate's last entry is equal."""

    def declined(self) -> list[Declined]:
        """The versions that somebody did not want deployed, oldest first; damage is left out.

        Raises:
            OSError: if there is a file and it cannot be read.
        """

    def decline(self, entry: Declined) -> None:
        """Record that a version shall not be deployed."""

    def pinned(self) -> list[str]:
        """Versions that `alignment registry gc` keeps because somebody asked for it."""

    def pin(self, name: str, *, keep: bool) -> None:
        """Keep a version, or do not keep it any longer."""

    def remove(self, names: list[str], seen: Deployed) -> None:
        """Delete versions for good; their names are never used again.

        Raises:
            AliasConflict: if the aliases have changed since they were `seen`.
        """
