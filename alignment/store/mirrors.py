"""What a store asks of the place that several machines share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from alignment.types import Artifact, Input


class Checked(NamedTuple):
    """One artifact after every byte of it was read."""

    path: Path
    problem: str | None
    """None if it is whole."""


class Freed(NamedTuple):
    """What was deleted."""

    paths: list[Path]
    bytes: int


class SharedScratch(Protocol):
    """A directory of unfinished work that machines share."""

    def send(self, *names: str) -> None:
        """Send files, or all files of directories; others see each when it is whole."""

    def fetch(self, *names: str) -> None:
        """Take files or directories that others have sent; everything if none is named."""

    def names(self) -> list[str]:
        """The files that others have sent."""

    def delete(self, *names: str) -> None:
        """Delete files or directories in the shared place."""


class Mirror(Protocol):
    """Keeps a store of this machine in step with a shared place, which decides.

    Every method may raise `Unavailable`, if the place does not answer.
    """

    def use(self, stage: str, key: str) -> None:
        """Keep an artifact, if this machine has it, for as long as this object exists."""

    def bring(self, inputs: Mapping[str, Input]) -> None:
        """Take the inputs of a stage that this machine does not have.

        A task that another machine has planned names them by the same paths.

        Raises:
            DiskFull: if a copy does not fit on the disk.
        """

    def agree(self, stage: str, key: str, here: Artifact | None) -> Artifact | None:
        """The artifact as both sides have it then; None if neither has it whole.

        `here` is the artifact as this machine has it; None if it is absent or damaged.

        Raises:
            DiskFull: if the copy does not fit on the disk.
        """

    def publish(self, artifact: Artifact, *, fresh: bool = False) -> Artifact:
        """Send an artifact that this machine has built; `fresh` replaces what is stored.

        The result is the artifact that another machine has sent before, if any.
        """

    def scratch(self, directory: Path) -> SharedScratch:
        """The unfinished work in a directory of this machine, which is named after its key.

        It is deleted when the artifact with this key is published.
        """

    def remember(self, stage: str, label: str, key: str) -> None:
        """This is now the last artifact of its stage and label, for all machines."""

    def latest(self, stage: str, label: str) -> dict[str, Any] | None:
        """The manifest of the last artifact of this stage and label, if it can be read."""

    def manifest(self, key: str) -> dict[str, Any] | None:
        """The manifest of the artifact with this key, if there is one that can be read."""

    def find(self, key: str) -> list[Path]:
        """Directories of this machine for the artifacts whose key starts like this."""

    def verify(self) -> Iterator[Checked]:
        """Read every byte of every shared artifact."""

    def collect(self, used: Iterable[str], *, dry_run: bool) -> Freed:
        """Delete the shared artifacts that are not needed, with the copies of this machine.

        Raises:
            ArtifactError: if a run is in progress on any machine.
        """
