"""A registry in a directory: `<root>/<name>/v1/`, `v2/`, ..., the link `champion`, and a history.

A version is copied beside its place and renamed into it. The champion is a symbolic link that is
replaced in one step, so that a reader finds the old version or the new one, never none. The history
is written before the link moves: after a kill between the two it names a move that did not happen,
which readers see from the link.
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
from typing import Any

from filelock import FileLock

from alignment.errors import AliasConflict, Corrupt, Missing, VersionExists
from alignment.files import make_writable, write_json
from alignment.types import Approved, Input

CHAMPION = "champion"
MANIFEST = "manifest.json"
HISTORY = "history.jsonl"
_VERSION = re.compile(r"v([1-9]\d*)")


@dataclass(frozen=True)
class Version:
    """One published model."""

    name: str
    """`v3`"""
    path: Path
    digest: str
    """Content of the encoder directory, as `Artifact.directory("model")` has it."""
    manifest: Mapping[str, Any]

    def input(self) -> Input:
        """The encoder directory as a stage's input."""
        return Input(self.digest, self.path)


class Registry:
    """All versions of one model name."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root / name
        self.name = name

    def versions(self) -> list[Version]:
        """Oldest first."""
        if not self.root.is_dir():
            return []
        found = [
            (int(match.group(1)), path)
            for path in self.root.iterdir()
            if (match := _VERSION.fullmatch(path.name))
        ]
        return [_read(path) for _, path in sorted(found)]

    def get(self, name: str) -> Version:
        """The version `v3`, or the alias `champion`.

        Raises:
            Missing: with the versions that there are.
        """
        if name == CHAMPION and (champion := self.champion()):
            return champion
        versions = self.versions()
        for version in versions:
            if version.name == name:
                return version
        there = (
            ", ".join(version.name for version in versions)
            or "none yet: run a pipeline whose gate approves"
        )
        raise Missing(
            f"there is no version {name!r}", where=str(self.root), hint=f"Versions: {there}."
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
        """Add the encoder as the next version and deploy it; the same content is published once.

        `approval` is the proof that the gate let it through, `expected` the champion (its digest, or
        None) that it was judged against. A version that was rolled back is not deployed again: that
        takes `promote`.

        Raises:
            AliasConflict: if the champion moved since the evaluation.
            VersionExists: if the next version's place is taken.
        """
        with self._locked():
            champion = self.champion()
            version = next((v for v in self.versions() if v.digest == encoder.digest), None)
            if champion and champion.digest == encoder.digest:
                return champion
            if (champion.digest if champion else None) != expected:
                raise AliasConflict(
                    f"the champion moved to {champion.name if champion else 'none'} while this run was judged",
                    where=str(self.root),
                    hint="Run again: the candidate is then judged against the present champion.",
                )
            if version is None:
                version = self._add(
                    encoder,
                    {
                        **manifest,
                        "approved": len(approval.findings),
                        "reference": approval.reference,
                    },
                    card,
                )
            if not self.rolled_back(version):
                self._move(version, "publish", champion)
            return version

    def promote(self, name: str) -> Version:
        """Deploy this version by a person's decision."""
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
            before = next(
                (
                    e["previous"]
                    for e in reversed(self.history())
                    if champion and e["version"] == champion.name
                ),
                None,
            )
            if champion is None or before is None:
                raise Missing(
                    "there is no earlier deployment to go back to",
                    where=str(self.root),
                    hint=f"`alignment registry list` shows the versions, `alignment registry promote {self.name} vN` deploys one.",
                )
            version = self.get(before)
            self._move(version, "rollback", champion)
            return version

    def rolled_back(self, version: Version) -> bool:
        """Whether the last that happened to this version is that it was taken out of service."""
        for entry in reversed(self.history()):
            if entry["version"] == version.name:
                return False
            if entry["action"] == "rollback" and entry["previous"] == version.name:
                return True
        return False

    def history(self) -> list[dict[str, Any]]:
        """All moves of the champion, oldest first: time, action, version, previous."""
        path = self.root / HISTORY
        return (
            [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
        )

    def _add(self, encoder: Input, manifest: Mapping[str, Any], card: str) -> Version:
        numbers = [int(_VERSION.fullmatch(v.name).group(1)) for v in self.versions()]  # type: ignore[union-attr]
        final = self.root / f"v{max(numbers, default=0) + 1}"
        if final.exists():
            raise VersionExists(
                "the place of the next version is taken", where=str(final), hint="Move it away."
            )
        temporary = self.root / ".incoming"
        shutil.rmtree(
            temporary, ignore_errors=True
        )  # left by a killed process; the lock says nobody uses it
        shutil.copytree(encoder.path, temporary)
        (temporary / "README.md").write_text(card, encoding="utf-8")
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        write_json(
            temporary / MANIFEST,
            {"version": final.name, "digest": encoder.digest, "created": created, **manifest},
        )
        os.replace(temporary, final)
        return _read(final)

    def _move(self, version: Version, action: str, previous: Version | None) -> None:
        if previous and previous.name == version.name:
            return
        entry = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "action": action,
            "version": version.name,
            "previous": previous.name if previous else None,
        }
        with (self.root / HISTORY).open("a") as file:
            file.write(json.dumps(entry) + "\n")
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


def _read(path: Path) -> Version:
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        return Version(path.name, path, manifest["digest"], manifest)
    except (OSError, ValueError, KeyError) as error:
        raise Corrupt(f"the version's manifest is unreadable ({error})", where=str(path)) from error
