"""A registry in a directory: `<root>/<name>/v1/`, `v2/`, ..., the link `champion`, and a history.

A version is copied to a temporary name, compared with the digest that the gate judged, flushed to
the disk and then renamed. The champion is a symbolic link that is replaced in one step: a reader
finds the old version or the new one, never none. The history is written before the link moves.
After a kill between the two it names a move that did not happen, which a reader can tell from the
link (`history.deployments`). The aliases `challenger` and `previous` follow from the versions, the
history and the link, so that nothing can contradict them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt
from alignment.files import replace_durably, write_atomically
from alignment.manifests import MANIFEST
from alignment.registry.aliases import Aliases, challenger_of, previous_of
from alignment.registry.attempts import ATTEMPTS, Attempt, read_attempts, record_attempt
from alignment.registry.backend import Attempts, Deployed
from alignment.registry.copying import NO_EXPORTS, Exports
from alignment.registry.declined import DECLINED, Declined, parse_declined
from alignment.registry.history import (
    HISTORY,
    Action,
    Deployments,
    History,
    append_move,
    deployments,
    new_move,
    read_history,
)
from alignment.registry.incoming import add_version
from alignment.registry.lines import append_line, read_lines
from alignment.registry.link import link_problem, linked_version, point_to
from alignment.registry.names import REMOVED, next_name, version_names
from alignment.registry.refusals import alias_conflict
from alignment.registry.version import Version, read_version, way_out
from alignment.registry.writing import writing
from alignment.types import Decision, Input, Override

PINNED = "pinned"
"""Directory with an empty file for each version that is kept."""


class DirectoryBackend:
    """The versions of one model in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.root.name

    @property
    def where(self) -> str:
        """The directory, for messages."""
        return str(self.root)

    @property
    def attempts_at(self) -> str:
        """The file of the attempts, for messages."""
        return str(self.root / ATTEMPTS)

    def names(self) -> list[str]:
        """`v1`, `v2`, ... as they are in the directory, whole or damaged, the oldest first."""
        return version_names(self.root)

    def read(self, name: str) -> Version:
        """One of `names()`.

        Raises:
            Corrupt: if it is damaged.
        """
        return read_version(self.root / name)

    def deployed(self) -> Deployed:
        """What the link names."""
        return Deployed(linked_version(self.root))

    def champion_problem(self, history: Callable[[], History]) -> str | None:
        """What is wrong with the link; None if nothing is."""
        stack = self.deployments(history()).stack
        # A link is missed only if something is left that it could name.
        deployed = stack[-1] if set(stack) & set(self.names()) else None
        return link_problem(self.root, deployed)

    def aliases(self) -> Aliases:
        """Which version each alias names."""
        state = self.deployments(self.history())
        names = self.names()
        return Aliases(
            champion=linked_version(self.root),
            challenger=challenger_of(state, names),
            previous=previous_of(state, names),
        )

    def history(self) -> History:
        """All moves of the champion, and the numbers of the damaged lines.

        Raises:
            Corrupt: if the file cannot be read at all.
        """
        path = self.root / HISTORY
        try:
            return read_history(path)
        except OSError as error:
            hint = way_out(self.model)
            raise Corrupt(
                f"cannot be read: {error.strerror}", where=str(path), hint=hint
            ) from error

    def deployments(self, history: History) -> Deployments:
        """What the history and the link amount to."""
        champion = linked_version(self.root)
        moves = history.moves
        if champion is None and len(moves) > 1:
            champion = moves[-1]["version"]  # the link is lost
        return deployments(moves, champion)

    def changing(self, what: str) -> AbstractContextManager[None]:
        """Hold the lock of the directory.

        Raises:
            ConfigError: if the directory cannot be written.
            RegistryError: if the disk is full, or the system refuses a change.
        """
        return writing(self.root, what)

    def add(
        self,
        encoder: Input,
        manifest: Mapping[str, Any],
        card: str,
        exports: Exports = NO_EXPORTS,
    ) -> Version:
        """Add the next version, which is complete or absent; the caller holds the lock.

        Raises:
            Corrupt: if the copied files do not have the encoder's digest.
            OSError: if a file cannot be read or written.
            VersionExists: if there is something in its place.
        """
        mentioned = [move["version"] for move in self.history().moves]
        final = self.root / next_name(self.root, mentioned)
        return add_version(final, encoder, manifest, card, exports)

    def move(
        self, name: str, action: Action, signed: Override | Decision | None, seen: Deployed
    ) -> None:
        """Write the history, then move the link; the caller holds the lock.

        Raises:
            AliasConflict: if the link is not what was `seen` any more.
            OSError: if a file cannot be written.
        """
        linked = linked_version(self.root)
        if linked != seen.champion:
            raise alias_conflict(self.where, linked)
        if linked == name:
            return
        stack = self.deployments(self.history()).stack
        previous = linked or (stack[-1] if stack else None)
        if previous != name:
            append_move(self.root / HISTORY, new_move(action, name, previous, signed))
        point_to(self.root, name)

    def offer(self, name: str) -> None:
        """The newest version is the challenger until it is deployed: there is nothing to write."""

    def attempts(self) -> Attempts:
        """All attempts.

        Raises:
            OSError: if there is a file and it cannot be read.
        """
        return Attempts(*read_attempts(self.root / ATTEMPTS))

    def record_attempt(self, attempt: Attempt) -> None:
        """Add an attempt, unless its candidate's last entry is equal.

        Raises:
            RegistryError: if the directory cannot be written, or the disk is full.
        """
        record_attempt(self.root, attempt)

    def declined(self) -> list[Declined]:
        """The versions that somebody did not want deployed, oldest first; damage is left out.

        Raises:
            OSError: if there is a file and it cannot be read.
        """
        entries, _ = read_lines(self.root / DECLINED, parse_declined)
        return entries

    def decline(self, entry: Declined) -> None:
        """Record that a version shall not be deployed; the caller holds the lock."""
        append_line(self.root / DECLINED, entry)

    def pinned(self) -> list[str]:
        """Versions that are kept because somebody asked for it."""
        return [name for name in self.names() if (self.root / PINNED / name).exists()]

    def pin(self, name: str, *, keep: bool) -> None:
        """Keep a version, or do not keep it any longer."""
        file = self.root / PINNED / name
        if keep:
            file.parent.mkdir(exist_ok=True)
            write_atomically(file, "")
        else:
            file.unlink(missing_ok=True)

    def remove(self, names: list[str], seen: Deployed) -> None:
        """Delete versions; the caller holds the lock. Their manifests are kept in `removed/`.

        Raises:
            AliasConflict: if the link is not what was `seen` any more.
            OSError: if a file cannot be deleted.
        """
        linked = linked_version(self.root)
        kept = {*self.pinned(), *self.aliases().versions()}
        if linked != seen.champion or kept.intersection(names):
            raise alias_conflict(self.where, linked)
        (self.root / REMOVED).mkdir(exist_ok=True)
        for name in names:
            directory = self.root / name
            # Its name is never used again: a version that was pinned by number is not replaced.
            write_atomically(
                self.root / REMOVED / f"{name}.json", (directory / MANIFEST).read_text()
            )
            leaving = self.root / f".removing-{name}"
            replace_durably(directory, leaving)
            shutil.rmtree(leaving)
