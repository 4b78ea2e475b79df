"""A registry in a directory: `<root>/<name>/v1/`, `v2/`, ..., the link `champion`, and a history.

A version is copied to a temporary name, compared with the digest that the gate judged, flushed to
the disk and then renamed. The champion is a symbolic link that is replaced in one step: a reader
finds the old version or the new one, never none. The history is written before the link moves.
After a kill between the two it names a move that did not happen, which a reader can tell from the
link (`history.deployments`).

Readers skip what is damaged and say so; `repair` sets it aside.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import AliasConflict, Corrupt, Missing, NotApproved
from alignment.registry.history import (
    HISTORY,
    Action,
    Deployments,
    History,
    Move,
    append_move,
    deployments,
    read_history,
)
from alignment.registry.incoming import add_version, now
from alignment.registry.link import (
    CHAMPION,
    link_problem,
    linked_version,
    point_to,
)
from alignment.registry.names import next_name, version_names
from alignment.registry.version import Version, read_version, way_out
from alignment.registry.writing import writing
from alignment.types import Approved, Input, Override, Rejected

logger = logging.getLogger(__name__)


class Registry:
    """All versions of one model name."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root / name
        self.name = name
        self._reported: set[str] = set()

    def names(self) -> list[str]:
        """`v1`, `v2`, ... as they are in the directory, whole or damaged, the oldest first."""
        return version_names(self.root)

    def versions(self) -> list[Version]:
        """All versions that can be read, the oldest first. The others are logged once each."""
        versions = []
        for name in self.names():
            try:
                versions.append(read_version(self.root / name))
            except Corrupt as error:
                self._report(f"{error.where}: {error.message}; {name} is left out")
        return versions

    def get(self, name: str) -> Version:
        """The version `v3`, or the alias `champion`.

        Raises:
            Missing: with the versions that exist.
            Corrupt: if it is damaged.
        """
        if name == CHAMPION:
            champion = self.champion()
            if champion is not None:
                return champion
        if name in self.names():
            return read_version(self.root / name)
        names = ", ".join(version.name for version in self.versions())
        raise Missing(
            f"there is no version {name!r}",
            where=str(self.root),
            hint=f"Versions: {names or 'none yet; a run publishes one if the gate approves'}.",
        )

    def champion(self) -> Version | None:
        """The deployed version, if any.

        Raises:
            Corrupt: if the link or the version that it names is damaged.
        """
        problem = self.link_problem()
        if problem is not None:
            raise Corrupt(problem, where=str(self.root / CHAMPION), hint=way_out(self.name))
        name = linked_version(self.root)
        return read_version(self.root / name) if name is not None else None

    def link_problem(self) -> str | None:
        """What is wrong with the link `champion`; None if nothing is."""
        stack = self.deployments().stack
        # A link is missed only if something is left that it could name.
        deployed = stack[-1] if set(stack) & set(self.names()) else None
        return link_problem(self.root, deployed)

    def publish(
        self,
        encoder: Input,
        approval: Approved,
        *,
        expected: str | None,
        manifest: Mapping[str, Any],
        card: str,
    ) -> Version:
        """Add the encoder as the next version and deploy it.

        Equal content is published once. A version that was rolled back is not deployed again;
        use `promote` for that.

        Args:
            encoder: The encoder directory, whose digest is that of the encoder that was judged.
            approval: The gate's approval, without which nothing is published.
            expected: Digest of the champion that the encoder was compared with; None without one.
            manifest: What to record about the version.
            card: The model card.

        Raises:
            AliasConflict: if the champion is not the expected one any more.
            Corrupt: if the copied files do not have the encoder's digest, or the champion is
                damaged.
            RegistryError: if the directory cannot be written, or the disk is full.
            VersionExists: if the directory of the next version exists already.
        """
        with writing(self.root, "publishing"):
            champion = self.champion()
            if champion is not None and champion.digest == encoder.digest:
                champion.verify()
                return champion
            _check_expected(champion, expected, self.root)
            version = self._find(encoder.digest)
            if version is None:
                approved = {"approved": len(approval.findings), "reference": approval.reference}
                version = self._add(encoder, {**manifest, **approved}, card)
            if not self.rolled_back(version):
                self._move(version, "publish")
            return version

    def publish_refused(
        self,
        encoder: Input,
        verdict: Rejected,
        override: Override,
        *,
        manifest: Mapping[str, Any],
        card: str,
    ) -> Version:
        """Add an encoder that the gate refused as the next version and deploy it.

        Raises:
            Corrupt: if the copied files do not have the encoder's digest.
            RegistryError: if the directory cannot be written, or the disk is full.
            VersionExists: if the directory of the next version exists already.
        """
        with writing(self.root, "publishing"):
            version = self._find(encoder.digest)
            if version is None:
                refused = {"approved": 0, "reference": verdict.reference}
                refused |= {"override": {"reason": override.reason, "by": override.by}}
                version = self._add(encoder, {**manifest, **refused}, card)
            self._move(version, "override", override)
            return version

    def promote(self, name: str, override: Override | None = None) -> Version:
        """Deploy a version that the gate approved, or any version with an override.

        The history keeps who has overridden the gate, and why.

        Raises:
            Missing: if there is no such version.
            Corrupt: if it is damaged.
            NotApproved: if the gate did not approve it and there is no override.
        """
        with writing(self.root, "promoting"):
            version = self.get(name)
            version.verify()
            if override is None and not version.approved:
                raise _not_approved(self.name, version)
            if override is None:
                self._move(version, "promote")
            else:
                self._move(version, "override", override)
            return version

    def rollback(self, to: str | None = None) -> Version:
        """Deploy the version that was deployed before the present one.

        Every further rollback goes one deployment further back. Damaged versions are left out.

        Args:
            to: Go back to this version, and take back everything that was deployed after it.

        Raises:
            Missing: if there was none, or `to` was not deployed earlier.
            Corrupt: if `to` is damaged.
        """
        with writing(self.root, "rolling back"):
            earlier = self.deployments().earlier()
            if to is not None and to not in earlier:
                raise self._not_deployed(to, earlier)
            for name in [to] if to else earlier:
                try:
                    version = self.get(name)
                    version.verify()
                except (Corrupt, Missing) as error:
                    if to is not None:
                        raise
                    self._report(f"{error.where}: {error.message}; {name} is left out")
                    continue
                self._move(version, "rollback")
                return version
            raise Missing(
                "there is no earlier deployment to go back to",
                where=str(self.root),
                hint=f"`alignment registry list {self.name}` shows the versions; "
                f"`alignment registry promote {self.name} vN` deploys one.",
            )

    def rolled_back(self, version: Version) -> bool:
        """Whether a rollback took this version out of service, and nothing deployed it since."""
        return version.name in self.deployments().withdrawn

    def history(self) -> list[Move]:
        """All moves of the champion that can be read, the oldest first."""
        return self.read_history().moves

    def read_history(self) -> History:
        """The history with the numbers of its damaged lines, which are logged once.

        Raises:
            Corrupt: if the file cannot be read at all.
        """
        path = self.root / HISTORY
        try:
            history = read_history(path)
        except OSError as error:
            hint = way_out(self.name)
            raise Corrupt(
                f"cannot be read: {error.strerror}", where=str(path), hint=hint
            ) from error
        for number in history.damaged:
            self._report(f"{path}:{number}: the line is damaged and left out")
        return history

    def deployments(self) -> Deployments:
        """What the history and the link amount to."""
        moves = self.history()
        champion = linked_version(self.root)
        if champion is None and moves and len(moves) > 1:
            champion = moves[-1]["version"]  # the link is lost
        return deployments(moves, champion)

    def _report(self, message: str) -> None:
        if message not in self._reported:
            self._reported.add(message)
            logger.warning("%s. %s", message, way_out(self.name))

    def _find(self, digest: str) -> Version | None:
        """The whole version with this content."""
        for version in self.versions():
            if version.digest == digest:
                try:
                    version.verify()
                except Corrupt as error:
                    self._report(f"{error.where}: {error.message}; {version.name} is left out")
                    continue
                return version
        return None

    def _not_deployed(self, name: str, earlier: list[str]) -> Missing:
        hint = f"Earlier deployments: {', '.join(earlier) or 'none'}."
        return Missing(
            f"{name} is not an earlier deployment",
            where=str(self.root),
            hint=f"{hint} `alignment registry promote {self.name} {name}` deploys any version.",
        )

    def _add(self, encoder: Input, manifest: Mapping[str, Any], card: str) -> Version:
        mentioned = [move["version"] for move in self.history()]
        final = self.root / next_name(self.root, mentioned)
        return add_version(final, encoder, manifest, card)

    def _move(self, version: Version, action: Action, override: Override | None = None) -> None:
        linked = linked_version(self.root)
        if linked == version.name:
            return
        stack = self.deployments().stack
        previous = linked or (stack[-1] if stack else None)
        if previous != version.name:
            move: Move = {
                "time": now(),
                "action": action,
                "version": version.name,
                "previous": previous,
            }
            if override is not None:
                move["reason"] = override.reason
                move["by"] = override.by
            append_move(self.root / HISTORY, move)
        point_to(self.root, version.name)


def _check_expected(champion: Version | None, expected: str | None, root: Path) -> None:
    digest = champion.digest if champion is not None else None
    if digest == expected:
        return
    name = champion.name if champion is not None else "none"
    raise AliasConflict(
        f"the champion changed to {name} while this run was in progress",
        where=str(root),
        hint="Run again: the candidate is then compared with the present champion.",
    )


def _not_approved(model: str, version: Version) -> NotApproved:
    return NotApproved(
        f"the gate did not approve {version.name}",
        where=str(version.path),
        hint="To deploy it nevertheless, say why and who decides: `alignment registry promote "
        f'{model} {version.name} --override --reason "..." --by NAME`. It is recorded for ever.',
    )
