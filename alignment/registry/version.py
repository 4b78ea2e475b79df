"""One published version: its directory, its manifest, and whether they match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

from alignment.errors import Corrupt
from alignment.files import tree_digests, unlisted
from alignment.manifests import MANIFEST, check_types, read_manifest
from alignment.store.stamps import check_files
from alignment.types import Input, combined_digest

CARD = "README.md"
OURS = (CARD, MANIFEST)
"""Files of a version's directory that are not the encoder's."""
_TYPES: dict[str, type | tuple[type, ...]] = {
    "accuracy": dict,
    "approved": int,
    "compared_with": dict,
    "config": dict,
    "corpora": list,
    "created": str,
    "digest": str,
    "digests": dict,
    "encoder": dict,
    "exports": dict,
    "files": dict,
    "git_commit": (str, type(None)),
    "onnx": dict,
    "reference": (str, type(None)),
    "suites": dict,
    "train_key": str,
    "versions": dict,
}
"""Of a manifest's values; earlier releases had fewer of them."""


def way_out(model: str) -> str:
    """The commands that get a registry with damaged content working again."""
    return (
        f"`alignment registry verify {model}` lists what is damaged; "
        f"`alignment registry repair {model}` sets it aside and deploys the last good version."
    )


class Remote(Protocol):
    """Where the files of a version are that are not on this machine."""

    @property
    def where(self) -> str:
        """Address of the version, for messages."""

    @property
    def model(self) -> str:
        """Name of the model."""

    def fetch(self, version: Version) -> Path:
        """A directory with the version's files, each compared with its sha256.

        Raises:
            Corrupt: if a file is missing or differs.
        """

    def check(self, version: Version) -> None:
        """Compare the names and sizes of what is stored with the manifest.

        Raises:
            Corrupt: naming the file that differs.
        """


@dataclass(frozen=True)
class Version:
    """One published model."""

    name: str
    """`v3`"""
    location: Path | Remote
    """Its directory, or where its files are fetched from."""
    digest: str
    """Content of the encoder directory, as in `Artifact.directory("model")`."""
    manifest: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """Its directory. The files of a version in a bucket are fetched first, and compared.

        Raises:
            Corrupt: if a file in the bucket is missing or differs.
        """
        if isinstance(self.location, Path):
            return self.location
        self.check_digest(self._recorded())
        return self.location.fetch(self)

    @property
    def where(self) -> str:
        """Its directory or address, for messages; nothing is fetched."""
        return str(self.location) if isinstance(self.location, Path) else self.location.where

    @property
    def model(self) -> str:
        """Name of the model."""
        if isinstance(self.location, Path):
            return self.location.parent.name
        return self.location.model

    @property
    def created(self) -> str:
        """When it was published: UTC, ISO 8601; empty if that is not recorded."""
        return str(self.manifest.get("created", ""))

    @property
    def size(self) -> int:
        """Bytes of its files; 0 for a version of an earlier release."""
        return sum(entry["bytes"] for entry in self.entries.values())

    @property
    def entries(self) -> dict[str, Mapping[str, Any]]:
        """`sha256` and `bytes` of the encoder's files and of its exports, by name."""
        return {**self.manifest.get("files", {}), **self.manifest.get("exports", {})}

    @property
    def files(self) -> dict[str, str]:
        """sha256 of the encoder's files by name; empty for a version of an earlier release.

        Without the model card, which replaces a README.md of the encoder.
        """
        return {name: digest for name, digest in self._recorded().items() if name not in OURS}

    @property
    def exports(self) -> dict[str, str]:
        """sha256 of the files that were made from the encoder, such as `onnx/model.onnx`."""
        entries = self.manifest.get("exports", {})
        return {name: entry["sha256"] for name, entry in entries.items()}

    @property
    def published(self) -> dict[str, str]:
        """sha256 of everything that was published, by name."""
        return {**self.files, **self.exports}

    def input(self) -> Input:
        """The encoder directory as a stage's input."""
        path = self.path
        repair = f"Delete {path}: it is a copy, and the next command fetches it again."
        if isinstance(self.location, Path):
            repair = way_out(self.model)
        return Input(self.digest, path, files=self.files, repair=repair)

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

        Of a version in a bucket, names and sizes are compared, because the storage keeps checksums.
        Every byte is compared when it is fetched, and by `alignment registry verify`.

        Raises:
            Corrupt: naming the file that differs.
        """
        if isinstance(self.location, Path):
            self._check_directory(self.location)
        else:
            self.check_digest(self._recorded())
            self.location.check(self)

    def check_digest(self, digests: Mapping[str, str]) -> None:
        """Compare the sha256 of the published files, by name, with the digest that was judged.

        Raises:
            Corrupt: if they do not have it.
        """
        digest = combined_digest(digests)
        if digest != self.digest:
            raise Corrupt(
                f"the encoder's files have the digest {digest[:12]}, expected {self.digest[:12]}",
                where=self.where,
                hint=way_out(self.model),
            )

    def _check_directory(self, path: Path) -> None:
        try:
            check_files(path, self.published)
        except Corrupt as error:
            hint = way_out(self.model)
            raise Corrupt(error.message, where=error.where, hint=hint) from error
        self.check_digest(self._recorded() or _encoder_digests(path))

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
        check_manifest(version)
        _check_files(version, path)
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


def check_manifest(version: Version) -> None:
    """Whether the manifest is that of this version, in the form that everything else relies on.

    Raises:
        KeyError, TypeError, AttributeError or ValueError: if it is not.
    """
    manifest = version.manifest
    name = manifest.get("version", version.name)
    if name != version.name:  # a copy, or somebody has renamed it
        raise ValueError(f"it is that of {name}")
    check_types({**manifest, "digest": version.digest}, _TYPES, required=False)
    version.mean_accuracy()
    for entry in version.entries.values():
        check_types(entry, {"sha256": str, "bytes": int}, required=True)
    for corpus in manifest.get("corpora", []):
        check_types({"corpora": corpus}, {"corpora": dict}, required=True)


def _check_files(version: Version, path: Path) -> None:
    extra = unlisted(path, {*version.published, *OURS}) if version.files else []
    if extra:  # such as adapter_config.json, with which a model loads differently
        raise Corrupt(f"{extra[0]} is not one of the published files", where=str(path))
    entries = version.entries
    for name in version.published:
        expected = entries[name]["bytes"]
        file = path / name
        size = file.stat().st_size if file.is_file() else None
        if size != expected:
            got = "no such file" if size is None else f"{size} bytes"
            raise Corrupt(f"got {got}, expected {expected} bytes", where=str(file))


def _encoder_digests(path: Path) -> dict[str, str]:
    """For versions of earlier releases, whose manifests do not list the files."""
    digests = tree_digests(path)
    return {name: digest for name, digest in digests.items() if name not in OURS}
