"""A registry in a bucket: `<prefix>/<model>/v1/`, `v2/`, ..., `aliases.json`, a log of each kind.

A version's files come first and its manifest last, on condition that there is none: a version
without a manifest does not exist. The champion changes when `aliases.json` is written, on condition
that it has not changed since it was read. There are no locks.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from alignment.errors import AliasConflict, Corrupt, RegistryError, Unavailable
from alignment.objectstore.objects import Objects
from alignment.registry.aliases import Aliases, previous_of
from alignment.registry.attempts import Attempt, is_new, parse_attempt
from alignment.registry.backend import Attempts, Deployed
from alignment.registry.bucket.cache import Cache
from alignment.registry.bucket.log import Log, parsed
from alignment.registry.bucket.removal import delete_version
from alignment.registry.bucket.state import NAME, Read, State, read_state, swap
from alignment.registry.bucket.stored_history import StoredHistory
from alignment.registry.bucket.upload import Upload
from alignment.registry.bucket.versions import StoredVersions
from alignment.registry.copying import NO_EXPORTS, Exports
from alignment.registry.declined import Declined, parse_declined
from alignment.registry.history import (
    Action,
    Deployments,
    History,
    deployments,
    new_move,
)
from alignment.registry.names import number_of
from alignment.registry.refusals import alias_conflict
from alignment.registry.version import Version, way_out
from alignment.types import Decision, Input, Override

logger = logging.getLogger(__name__)
TRIES = 20
"""Of a change that does not depend on what others change."""


class BucketBackend:
    """The versions of one model in a bucket."""

    def __init__(self, objects: Objects, model: str, cache: Cache) -> None:
        self.objects = objects
        self.cache = cache
        self._model = model
        self._versions = StoredVersions(objects, model, cache)
        self._history = StoredHistory(objects)
        self._declined = Log(objects, "declined")
        self._attempts = Log(objects, "attempts")

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model

    @property
    def where(self) -> str:
        """The address, for messages."""
        return self.objects.where

    @property
    def attempts_at(self) -> str:
        """The folder of the attempts, for messages."""
        return self._attempts.where

    def names(self) -> list[str]:
        """`v1`, `v2`, ... that have a manifest, whole or damaged, the oldest first."""
        state = self.state().state
        return self._versions.names({*state.damaged, *state.removing})

    def read(self, name: str) -> Version:
        """One of `names()`; its files are fetched when they are asked for.

        Raises:
            Corrupt: if its manifest is damaged.
        """
        return self._versions.read(name)

    def state(self) -> Read:
        """What `aliases.json` says now."""
        return read_state(self.objects)

    def deployed(self) -> Deployed:
        """What is deployed now."""
        read = self.state()
        return Deployed(read.state.champion, read.token)

    def champion_problem(self, history: Callable[[], History]) -> str | None:
        """What is wrong with the alias `champion`; None if nothing is."""
        read = self.state()
        if read.problem is not None:
            return read.problem
        champion = read.state.champion
        if champion is not None:
            return (
                None
                if self._versions.exists(champion)
                else f"it names {champion}, which is missing"
            )
        moves = history().moves
        if moves and moves[-1]["version"] in self.names():
            version = moves[-1]["version"]
            return f"{NAME} names no champion, but the history says that {version} is deployed"
        return None

    def aliases(self) -> Aliases:
        """Which version each alias names."""
        return self.state().state.aliases

    def history(self) -> History:
        """All moves of the champion, and the numbers of entries that are damaged or missing."""
        return self._history.read(self.state().state)

    def deployments(self, history: History) -> Deployments:
        """What the history and the alias amount to."""
        champion = self.state().state.champion
        if champion is None and history.moves:
            champion = history.moves[-1]["version"]
        return deployments(history.moves, champion)

    @contextmanager
    def changing(self, what: str) -> Iterator[None]:
        """Name what the disk of this machine refuses; a bucket needs no lock.

        Raises:
            RegistryError: if a local file cannot be read or written.
        """
        try:
            yield
        except OSError as error:
            raise RegistryError(
                f"{what} failed: {error.strerror or error}",
                where=str(error.filename or self.cache.root),
                hint="The deployed version has not changed. Check the disk of this machine.",
            ) from error

    def add(
        self,
        encoder: Input,
        manifest: Mapping[str, Any],
        card: str,
        exports: Exports = NO_EXPORTS,
    ) -> Version:
        """Add the next version, which is complete or absent.

        Raises:
            Corrupt: if the files do not have the encoder's digest.
            OSError: if a local file cannot be read or written.
        """
        mentioned = [move["version"] for move in self.history().moves]
        upload = Upload(self.objects, self.cache, self.model)
        return self.read(upload.add(encoder, manifest, card, mentioned, exports))

    def move(
        self, name: str, action: Action, signed: Override | Decision | None, seen: Deployed
    ) -> None:
        """Write `aliases.json` if it is as it was `seen`, then the entry of the history.

        Raises:
            AliasConflict: if somebody else has changed it meanwhile.
        """
        read = self.state()
        if read.token != seen.revision:
            raise alias_conflict(self.where, read.state.champion)
        if read.state.champion == name:
            return
        history = self._history.read(read.state)
        self.complete(read.state)
        stack = self.deployments(history).stack
        previous = read.state.champion or (stack[-1] if stack else None)
        move = new_move(action, name, previous, signed)
        after = deployments([*history.moves, move], name)
        challenger = read.state.challenger
        if challenger is not None and number_of(challenger) <= number_of(name):
            challenger = None
        number = self._history.next_number(read.state)
        state = replace(
            read.state,
            champion=name,
            challenger=challenger,
            previous=previous_of(after, self.names()),
            move={"number": number, "id": uuid.uuid4().hex, **move},
        )
        self._swap(read, state)
        try:
            self.complete(state)
        except Unavailable as error:
            logger.warning(
                "%s: %s is deployed; its entry in the history could not be written (%s) and is "
                "written by the next change",
                self.where,
                name,
                error.message,
            )

    def offer(self, name: str) -> None:
        """Make the newest version the challenger, if it was never deployed."""
        ever = self.deployments(self.history()).ever
        if name not in ever and self.names()[-1] == name:
            self.update(lambda state: replace(state, challenger=name))

    def attempts(self) -> Attempts:
        """All attempts, and the numbers of entries that are damaged or missing."""
        known, damaged = parsed(self._attempts.read(), parse_attempt)
        lost = self.state().state.lost_attempts
        return Attempts(known, [number for number in damaged if number not in lost])

    def record_attempt(self, attempt: Attempt) -> None:
        """Add an attempt, unless its candidate's last entry is equal."""
        entries = self._attempts.read()
        known, _ = parsed(entries, parse_attempt)
        if is_new(known, attempt):
            self._attempts.append(asdict(attempt), after=entries.last)

    def declined(self) -> list[Declined]:
        """The versions that somebody did not want deployed, oldest first; damage is left out."""
        return parsed(self._declined.read(), parse_declined)[0]

    def decline(self, entry: Declined) -> None:
        """Record that a version shall not be deployed."""
        self._declined.append(entry, after=self._declined.read().last)

    def pinned(self) -> list[str]:
        """Versions that are kept because somebody asked for it."""
        return list(self.state().state.pinned)

    def pin(self, name: str, *, keep: bool) -> None:
        """Keep a version, or do not keep it any longer."""
        self._check_readable()

        def changed(state: State) -> State:
            others = tuple(pin for pin in state.pinned if pin != name)
            return replace(state, pinned=(*others, name) if keep else others)

        self.update(changed)

    def remove(self, names: list[str], seen: Deployed) -> None:
        """Delete versions: nobody can deploy them from the first step on.

        What a killed process has begun to delete is deleted as well.

        Raises:
            AliasConflict: if the aliases have changed since they were `seen`.
        """
        read = self.state()
        kept = {*read.state.pinned, *read.state.aliases.versions()}
        if read.token != seen.revision or kept.intersection(names):
            raise alias_conflict(self.where, read.state.champion)
        leaving = (*read.state.removing, *names)
        if names:
            self._swap(read, replace(read.state, removing=leaving))
        for name in leaving:
            delete_version(self.objects, name)
            self._versions.forget(name)
        if leaving:
            self.update(lambda state: state.without_removing(leaving))

    def update(self, change: Callable[[State], State]) -> None:
        """Change the state, again and again while others change it at the same time.

        Raises:
            AliasConflict: if others never stop.
        """
        for _ in range(TRIES):
            read = self.state()
            with contextlib.suppress(AliasConflict):
                return swap(self.objects, read, change(read.state))
        read = self.state()
        return swap(self.objects, read, change(read.state))

    def _check_readable(self) -> None:
        """Refuse a change that would replace what cannot be read by nearly nothing."""
        problem = self.state().problem
        if problem is not None:
            raise Corrupt(problem, where=f"{self.where}/{NAME}", hint=way_out(self.model))

    def complete(self, state: State) -> None:
        """Write the entry of the last move, which a killed process may not have written."""
        self._history.complete(state)

    def _swap(self, read: Read, state: State) -> None:
        try:
            swap(self.objects, read, state)
        except AliasConflict:
            # The answer was lost, and somebody else has changed the aliases after this process.
            if state.move == read.state.move or not self._history.has_move_of(state):
                raise
