"""A registry in a directory: `<root>/<name>/v1/`, `v2/`, ..., the link `champion`, and a history.

A version is copied to a temporary name and then renamed. The champion is a symbolic link that is
replaced in one step: a reader finds the old version or the new one, never none. The history is
written before the link moves. After a kill between the two it names a move that did not happen,
which a reader can tell from the link.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, TypedDict

from filelock import FileLock

from alignment.errors import AliasConflict, Corrupt, Missing, VersionExists
from alignment.files import make_writable, write_json
from alignment.types import Approved, Input

CHAMPION = "champion"
MANIFEST = "manifest.json"
CARD = "README.md"
HISTORY = "history.jsonl"
_VERSION = re.compile(r"v([1-9]\d*)")

Action = Literal["publish", "promote", "rollback"]


class Move(TypedDict):
    """One line of the history: the champion changed."""

    time: str
    action: Action
    version: str
    """Deployed by the move."""
    previous: str | None
    """Deployed before it."""


@dataclass(frozen=True)
class Version:
    """One published model."""

    name: str
    """`v3`"""
    path: Path
    digest: str
    """Content of the encoder directory, as in `Artifact.directory("model")`."""
    manifest: Mapping[str, Any]

    def input(self) -> Input:
        """The encoder directory as a stage's input."""
        return Input(self.digest, self.path)

    def mean_accuracy(self) -> dict[str, float]:
        """Accuracy by suite, the mean over the languages, in [0, 1]."""
        accuracy = self.manifest.get("accuracy", {})
        return {suite: fmean(languages.values()) for suite, languages in accuracy.items()}


class Registry:
    """All versions of one model name."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root / name
        self.name = name

    def versions(self) -> list[Version]:
        """All versions, the oldest first.

        Raises:
            Corrupt: if the manifest of one cannot be read.
        """
        return [_read(self.root / f"v{number}") for number in self._numbers()]

    def get(self, name: str) -> Version:
        """The version `v3`, or the alias `champion`.

        Raises:
            Missing: with the versions that exist.
        """
        if name == CHAMPION:
            champion = self.champion()
            if champion is not None:
                return champion
        versions = self.versions()
        for version in versions:
            if version.name == name:
                return version
        names = ", ".join(version.name for version in versions)
        raise Missing(
            f"there is no version {name!r}",
            where=str(self.root),
            hint=f"Versions: {names or 'none yet; a run publishes one if the gate approves'}.",
        )

    def champion(self) -> Version | None:
        """The deployed version, if any."""
        link = self.root / CHAMPION
        return _read(self.root / link.readlink()) if link.is_symlink() else None

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
            encoder: The encoder directory.
            approval: The gate's approval, without which nothing is published.
            expected: Digest of the champion that the encoder was compared with; None without one.
            manifest: What to record about the version.
            card: The model card.

        Raises:
            AliasConflict: if the champion is not the expected one any more.
            VersionExists: if the directory of the next version exists already.
        """
        with self._locked():
            champion = self.champion()
            if champion is not None and champion.digest == encoder.digest:
                return champion
            _check_expected(champion, expected, self.root)
            version = self._find(encoder.digest)
            if version is None:
                approved = {"approved": len(approval.findings), "reference": approval.reference}
                version = self._add(encoder, {**manifest, **approved}, card)
            if not self.rolled_back(version):
                self._move(version, "publish", champion)
            return version

    def promote(self, name: str) -> Version:
        """Deploy this version, whatever the gate says.

        Raises:
            Missing: if there is no such version.
        """
        with self._locked():
            version = self.get(name)
            self._move(version, "promote", self.champion())
            return version

    def rollback(self) -> Version:
        """Deploy the version that was deployed before the present one.

        Raises:
            Missing: if there was none.
        """
        with self._locked():
            champion = self.champion()
            previous = self._before(champion) if champion is not None else None
            if previous is None:
                raise Missing(
                    "there is no earlier deployment to go back to",
                    where=str(self.root),
                    hint="`alignment registry list` shows the versions; "
                    f"`alignment registry promote {self.name} vN` deploys one.",
                )
            version = self.get(previous)
            self._move(version, "rollback", champion)
            return version

    def rolled_back(self, version: Version) -> bool:
        """Whether the last thing that happened to this version was a rollback from it."""
        for move in reversed(self.history()):
            if move["version"] == version.name:
                return False
            if move["action"] == "rollback" and move["previous"] == version.name:
                return True
        return False

    def history(self) -> list[Move]:
        """All moves of the champion, the oldest first."""
        path = self.root / HISTORY
        if not path.is_file():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def _numbers(self) -> list[int]:
        if not self.root.is_dir():
            return []
        matches = [_VERSION.fullmatch(path.name) for path in self.root.iterdir()]
        return sorted(int(match.group(1)) for match in matches if match)

    def _find(self, digest: str) -> Version | None:
        for version in self.versions():
            if version.digest == digest:
                return version
        return None

    def _before(self, champion: Version) -> str | None:
        """Name of the version that the champion replaced."""
        for move in reversed(self.history()):
            if move["version"] == champion.name:
                return move["previous"]
        return None

    def _add(self, encoder: Input, manifest: Mapping[str, Any], card: str) -> Version:
        final = self.root / f"v{max(self._numbers(), default=0) + 1}"
        if final.exists():
            raise VersionExists(
                "the directory of the next version exists already",
                where=str(final),
                hint="Move it away and run again.",
            )
        temporary = self.root / ".incoming"
        # Left by a killed process: this process holds the lock, so nobody else uses it.
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(encoder.path, temporary)
        (temporary / CARD).write_text(card, encoding="utf-8")
        content = {"version": final.name, "digest": encoder.digest, "created": _now(), **manifest}
        write_json(temporary / MANIFEST, content)
        os.replace(temporary, final)
        return _read(final)

    def _move(self, version: Version, action: Action, previous: Version | None) -> None:
        if previous is not None and previous.name == version.name:
            return
        move: Move = {
            "time": _now(),
            "action": action,
            "version": version.name,
            "previous": previous.name if previous is not None else None,
        }
        with (self.root / HISTORY).open("a") as file:
            file.write(json.dumps(move) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary = self.root / f".{CHAMPION}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(version.name, target_is_directory=True)
        os.replace(temporary, self.root / CHAMPION)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_writable(self.root)
        with FileLock(self.root / ".lock"):
            yield


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


def _read(path: Path) -> Version:
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        return Version(path.name, path, manifest["digest"], manifest)
    except (OSError, ValueError, KeyError) as error:
        raise Corrupt(f"the version's manifest is unreadable ({error})", where=str(path)) from error


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
