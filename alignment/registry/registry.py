"""All versions of one model: publishing them, deploying one, and going back.

The rules are here; where the versions are is a backend's matter (`backend.py`). Readers skip what
is damaged and say so; `repair` sets it aside.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt, Missing
from alignment.registry.aliases import ALIASES, CHAMPION, Aliases
from alignment.registry.attempts import Attempt
from alignment.registry.backend import Backend
from alignment.registry.copying import NO_EXPORTS, Exports
from alignment.registry.directory import DirectoryBackend
from alignment.registry.history import Action, Deployments, History, Move
from alignment.registry.refusals import check_expected, not_approved
from alignment.registry.rollback import version_before
from alignment.registry.version import Version, way_out
from alignment.types import Approved, Decision, Input, Override, Rejected

logger = logging.getLogger(__name__)


class Registry:
    """All versions of one model name, in a directory of models; `open_registry` opens a bucket."""

    def __init__(self, place: Path | Backend, name: str) -> None:
        self.backend = DirectoryBackend(place / name) if isinstance(place, Path) else place
        self.name = name
        self._reported: set[str] = set()

    @property
    def where(self) -> str:
        """The directory or the address of the model, for messages."""
        return self.backend.where

    @property
    def root(self) -> Path:
        """The directory of the model; only a registry in a directory has one.

        Raises:
            TypeError: if the registry is in a bucket.
        """
        if not isinstance(self.backend, DirectoryBackend):
            raise TypeError(f"{self.where} is not a directory")
        return self.backend.root

    def names(self) -> list[str]:
        """`v1`, `v2`, ... as they are stored, whole or damaged, the oldest first."""
        return self.backend.names()

    def versions(self) -> list[Version]:
        """All versions that can be read, the oldest first. The others are logged once each."""
        versions = []
        for name in self.names():
            try:
                versions.append(self.backend.read(name))
            except Corrupt as error:
                self._report(f"{error.where}: {error.message}; {name} is left out")
        return versions

    def aliases(self) -> Aliases:
        """Which versions `champion`, `challenger` and `previous` name."""
        return self.backend.aliases()

    def get(self, name: str) -> Version:
        """The version `v3`, or an alias: `champion`, `challenger`, `previous`.

        Raises:
            Missing: with the versions that exist.
            Corrupt: if it is damaged.
        """
        if name == CHAMPION:
            champion = self.champion()
            if champion is not None:
                return champion
        wanted = self.aliases().version(name) if name in ALIASES else name
        if wanted in self.names():
            return self.backend.read(wanted)
        names = ", ".join(version.name for version in self.versions())
        raise Missing(
            f"there is no version {name!r}",
            where=self.where,
            hint=f"Versions: {names or 'none yet; a run publishes one if the gate approves'}.",
        )

    def champion(self) -> Version | None:
        """The deployed version, if any.

        Raises:
            Corrupt: if the alias or the version that it names is damaged.
        """
        problem = self.link_problem()
        if problem is not None:
            where = f"{self.where}/{CHAMPION}"
            raise Corrupt(problem, where=where, hint=way_out(self.name))
        name = self.backend.deployed().champion
        return self.backend.read(name) if name is not None else None

    def link_problem(self) -> str | None:
        """What is wrong with the alias `champion`; None if nothing is."""
        return self.backend.champion_problem(self.read_history)

    def publish(
        self,
        encoder: Input,
        approval: Approved,
        *,
        expected: str | None,
        manifest: Mapping[str, Any],
        card: str,
        deploy: bool = True,
        exports: Exports = NO_EXPORTS,
    ) -> Version:
        """Add the encoder as the next version and deploy it.

        An equal encoder is published once, with the exports of the first time. A version that was
        rolled back is not deployed again; use `promote` for that.

        Args:
            encoder: The encoder directory, whose digest is that of the encoder that was judged.
            approval: The gate's approval, without which nothing is published.
            expected: Digest of the champion that the encoder was compared with; None without one.
            manifest: What to record about the version.
            card: The model card.
            deploy: False makes it the challenger and leaves the champion as it is.
            exports: What was made from the encoder, such as ONNX graphs, by directory.

        Raises:
            AliasConflict: if the champion is not the expected one any more.
            Corrupt: if the copied files do not have the encoder's digest, or the champion is
                damaged.
            RegistryError: if the registry cannot be written, or the disk is full.
            VersionExists: if the place of the next version is taken.
        """
        with self.backend.changing("publishing"):
            seen = self.backend.deployed()
            champion = self.champion()
            if champion is not None and champion.digest == encoder.digest:
                champion.verify()
                return champion
            check_expected(champion, expected, self.where)
            approved = {"approved": len(approval.findings), "reference": approval.reference}
            version = self._stored(encoder, {**manifest, **approved}, card, exports)
            if not deploy:
                self.backend.offer(version.name)
            elif not self.rolled_back(version):
                self.backend.move(version.name, "publish", None, seen)
            return version

    def publish_refused(
        self,
        encoder: Input,
        verdict: Rejected,
        override: Override,
        *,
        manifest: Mapping[str, Any],
        card: str,
        exports: Exports = NO_EXPORTS,
    ) -> Version:
        """Add an encoder that the gate refused as the next version and deploy it.

        Raises:
            RegistryError: as `publish`.
        """
        seen = self.backend.deployed()
        with self.backend.changing("publishing"):
            refused = {"approved": 0, "reference": verdict.reference}
            refused |= {"override": {"reason": override.reason, "by": override.by}}
            version = self._stored(encoder, {**manifest, **refused}, card, exports)
            self.backend.move(version.name, "override", override, seen)
            return version

    def promote(self, name: str, signed: Override | Decision | None = None) -> Version:
        """Deploy a version that the gate approved, or any version with an override.

        The history keeps who has done it, and why, if `signed` says so.

        Raises:
            AliasConflict: if somebody else deploys a version at the same time.
            Missing or Corrupt: if there is no such version, or it is damaged.
            NotApproved: if the gate did not approve it and there is no override.
        """
        seen = self.backend.deployed()
        with self.backend.changing("promoting"):
            version = self.get(name)
            version.verify()
            overrides = isinstance(signed, Override)
            if not overrides and not version.approved:
                raise not_approved(self.name, version)
            action: Action = "override" if overrides else "promote"
            self.backend.move(version.name, action, signed, seen)
            return version

    def rollback(self, to: str | None = None, decision: Decision | None = None) -> Version:
        """Deploy the version that was deployed before the present one.

        Every further rollback goes one deployment further back. Damaged versions are left out.

        Args:
            to: Go back to this version, and take back everything that was deployed after it.
            decision: Who does it, and why, for the history.

        Raises:
            AliasConflict: if somebody else deploys a version at the same time.
            Missing: if there was none, or `to` was not deployed earlier.
            Corrupt: if `to` is damaged.
        """
        seen = self.backend.deployed()
        with self.backend.changing("rolling back"):
            version = version_before(self, to, self._report)
            self.backend.move(version.name, "rollback", decision, seen)
            return version

    def rolled_back(self, version: Version) -> bool:
        """Whether a rollback took this version out of service, and nothing deployed it since."""
        return version.name in self.deployments().withdrawn

    def history(self) -> list[Move]:
        """All moves of the champion that can be read, the oldest first."""
        return self.read_history().moves

    def read_history(self) -> History:
        """The history with the numbers of its damaged entries, which are logged once.

        Raises:
            Corrupt: if it cannot be read at all.
        """
        history = self.backend.history()
        for number in history.damaged:
            self._report(f"{history.where}:{number}: the line is damaged and left out")
        return history

    def deployments(self) -> Deployments:
        """What the history and the alias amount to."""
        return self.backend.deployments(self.read_history())

    def pin(self, name: str, *, keep: bool) -> Version:
        """Keep a version when others are deleted, or do not keep it any longer.

        Raises:
            Missing: if there is no such version.
            RegistryError: if the registry cannot be written.
        """
        with self.backend.changing("pinning"):
            version = self.get(name)
            self.backend.pin(version.name, keep=keep)
            return version

    def attempts(self) -> list[Attempt]:
        """The candidates that were compared with a reference, oldest first.

        Raises:
            OSError: if the file cannot be read.
        """
        known, damaged = self.backend.attempts()
        for number in damaged:
            where = f"{self.backend.attempts_at}:{number}"
            self._report(f"{where}: the line is damaged and left out")
        return known

    def record_attempt(self, attempt: Attempt) -> None:
        """Add an attempt, unless its candidate's last entry is equal.

        Raises:
            RegistryError: if the registry cannot be written.
        """
        self.backend.record_attempt(attempt)

    def _report(self, message: str) -> None:
        if message not in self._reported:
            self._reported.add(message)
            logger.warning("%s. %s", message, way_out(self.name))

    def _stored(
        self, encoder: Input, manifest: Mapping[str, Any], card: str, exports: Exports
    ) -> Version:
        """The whole version with this content: one that is there, or a new one."""
        for version in self.versions():
            if version.digest == encoder.digest:
                try:
                    version.verify()
                except (Corrupt, Missing) as error:
                    self._report(f"{error.where}: {error.message}; {version.name} is left out")
                    continue
                return version
        return self.backend.add(encoder, manifest, card, exports)
