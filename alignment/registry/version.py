"""One published version: its directory, its manifest, and whether they match."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from alignment.errors import Corrupt
from alignment.files import tree_digests, unlisted
from alignment.manifests import MANIFEST, read_manifest
from alignment.store.stamps import check_files
from alignment.types import Input, combined_digest

CARD = "README.md"
OURS = (CARD, MANIFEST)
"""Files of a version's directory that are not the encoder's."""


def way_out(model: str) -> str:
    """The commands that get a registry with damaged content working again."""
    return (
        f"`alignment registry verify {model}` lists what is damaged; "
        f"`alignment registry repair {model}` sets it aside and deploys the last good version."
    )


@dataclass(frozen=True)
class Version:
    """One published model."""

    name: str
    """`v3`"""
    path: Path
    digest: str
    """Content of the encoder directory, as in `Artifact.directory("model")`."""
    manifest: Mapping[str, Any]

    @property
    def files(self) -> dict[str, str]:
        """sha256 of the encoder's files by name; empty for a version of an earlier release.

        Without the model card, which replaces a README.md of the encoder.
        """
        return {name: digest for name, digest in self._recorded().items() if name not in OURS}

    def input(self) -> Input:
        """The encoder directory as a stage's input."""
        repair = way_out(self.path.parent.name)
        return Input(self.digest, self.path, files=self.files, repair=repair)

    @property
    def approved(self) -> bool:
        """Whether the gate approved it; so it did every version of an earlier release."""
        return bool(self.manifest.get("approved", True))

    def mean_accuracy(self) -> dict[str, float]:
        """Accuracy by suite, the mean over the languages, in [0, 1]."""
        accuracy = self.manifest.get("accuracy", {})
        return {suite: fmean(languages.values()) for suite, languages in accuracy.items()}

    def verify(self) -> None:
        """Read every byte of the encoder and compare it with the digest that was judged.

        Raises:
            Corrupt: naming the file that differs.
        """
        hint = way_out(self.path.parent.name)
        try:
            check_files(self.path, self.files)
        except Corrupt as error:
            raise Corrupt(error.message, where=error.where, hint=hint) from error
        digests = self._recorded() or _encoder_digests(self.path)
        digest = combined_digest(digests)
        if digest != self.digest:
            raise Corrupt(
                f"the encoder's files have the digest {digest[:12]}, expected {self.digest[:12]}",
                where=str(self.path),
                hint=hint,
            )

    def _recorded(self) -> dict[str, str]:
        """sha256 of what was published, before the card and the manifest were written."""
        entries = self.manifest.get("files", {})
        return {name: entry["sha256"] for name, entry in entries.items()}


def read_version(path: Path) -> Version:
    """The version in a directory; every file that its manifest names has the recorded size.

    Raises:
        Corrupt: if the manifest cannot be read, a file is missing or has another size, or there is
            a file that was not published.
    """
    try:
        manifest = read_manifest(path)
        version = Version(path.name, path, manifest["digest"], manifest)
        _check(version)
    except Corrupt as error:
        hint = way_out(path.parent.name)
        raise Corrupt(error.message, where=error.where, hint=hint) from error
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise Corrupt(
            f"the version's manifest is unreadable ({type(error).__name__}: {error})",
            where=str(path),
            hint=way_out(path.parent.name),
        ) from error
    return version


def copy_encoder(encoder: Input, target: Path) -> None:
    """Copy the encoder's files and check the copy against the digest that was judged.

    What is in the directory and not one of the encoder's files is left behind.

    Raises:
        Corrupt: if the copy has another digest, naming the file where it is known.
        OSError: if a file cannot be read or written.
    """
    target.mkdir()
    names = sorted(encoder.files) or _names(encoder.path)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (encoder.path / name).is_file():
            shutil.copy(encoder.path / name, target / name)
    digests = tree_digests(target)
    if combined_digest(digests) == encoder.digest:
        return
    names = [name for name, digest in encoder.files.items() if digests.get(name) != digest]
    raise Corrupt(
        f"the encoder is not the one that the gate approved: "
        f"{', '.join(names) or 'its digest'} differs",
        where=str(encoder.path),
        hint="Nothing was published. Run again: a damaged artifact is built again and judged "
        "again. `alignment store verify` lists everything that is damaged.",
    )


def _check(version: Version) -> None:
    if not isinstance(version.digest, str):
        raise TypeError("digest must be text")
    version.mean_accuracy()
    extra = unlisted(version.path, {*version.files, *OURS}) if version.files else []
    if extra:  # such as adapter_config.json, with which a model loads differently
        raise Corrupt(f"{extra[0]} is not one of the published files", where=str(version.path))
    entries = version.manifest.get("files", {})
    for name in version.files:
        entry = entries[name]
        file = version.path / name
        size = file.stat().st_size if file.is_file() else None
        if size != entry["bytes"]:
            got = "no such file" if size is None else f"{size} bytes"
            raise Corrupt(f"got {got}, expected {entry['bytes']} bytes", where=str(file))


def _names(root: Path) -> list[str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return [path.relative_to(root).as_posix() for path in files]


def _encoder_digests(path: Path) -> dict[str, str]:
    """For versions of earlier releases, whose manifests do not list the files."""
    digests = tree_digests(path)
    return {name: digest for name, digest in digests.items() if name not in OURS}
