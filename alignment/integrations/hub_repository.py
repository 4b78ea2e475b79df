"""The versions in one repository of the Hub: commits, tags and the branch of the champion."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from alignment.errors import ConfigError, RegistryError, VersionExists
from alignment.integrations.hub_errors import status_of
from alignment.manifests import MANIFEST
from alignment.registry import Version
from alignment.text import parse_json

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.hf_api import RepoFile

MAIN = "main"
CHAMPION = "champion"
OF_THE_HUB = ".gitattributes"
"""Says which files are large; the Hub writes it."""
_HARMLESS = {OF_THE_HUB, "README.md", "LICENSE"}
"""Files that a new repository may have."""


class Repository:
    """One model repository."""

    def __init__(self, api: HfApi, repo_id: str, *, private: bool) -> None:
        """Use `api` for all requests; `private` is for a repository that is created."""
        self._api = api
        self._id = repo_id
        self._private = private
        self.added: list[str] = []
        """Versions that got their tag here, over all attempts."""

    @property
    def address(self) -> str:
        """Its page."""
        return f"{self._api.endpoint}/{self._id}"

    def ensure(self) -> None:
        """Create it if the Hub does not have it."""
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            self._api.list_repo_refs(self._id)
        except RepositoryNotFoundError as error:
            if status_of(error) != 404:  # such as 401: the token is wrong
                raise
            self._api.create_repo(self._id, private=self._private, exist_ok=True)

    def add(self, version: Version) -> None:
        """Commit a version to `main` and tag it, unless it has its tag already.

        Raises:
            ConfigError: if `main` has files of something else.
            VersionExists: if the tag has another version.
        """
        tags = {tag.name: tag.target_commit for tag in self._api.list_repo_refs(self._id).tags}
        if version.name in tags:
            self._check_tag(version, tags[version.name])
            return
        commit = self._commit(version, MAIN, version.name)
        self._api.create_tag(self._id, tag=version.name, revision=commit, exist_ok=True)
        self.added.append(version.name)

    def point_champion_to(self, version: Version) -> bool:
        """Let the branch `champion` have this version, which has a tag; returns whether it moved.

        A branch of the Hub cannot be moved in one step, so it gets a commit with the version's
        content. Its log is the history of the deployments.
        """
        refs = self._api.list_repo_refs(self._id)
        branches = {branch.name: branch.target_commit for branch in refs.branches}
        tags = {tag.name: tag.target_commit for tag in refs.tags}
        if CHAMPION not in branches:
            commit = tags[version.name]
            self._api.create_branch(self._id, branch=CHAMPION, revision=commit, exist_ok=True)
            return True
        if self._digest(branches[CHAMPION]) == version.digest:
            return False
        self._commit(version, CHAMPION, f"Deploy {version.name}")
        return True

    def _commit(self, version: Version, branch: str, message: str) -> str:
        """Replace the content of a branch by a version in one commit; returns its hash."""
        refs = self._api.list_repo_refs(self._id)
        head = next(ref.target_commit for ref in refs.branches if ref.name == branch)
        present = set(self._api.list_repo_files(self._id, revision=head))
        self._check_owner(present)
        files = _contents(version)
        operations: list[CommitOperationAdd | CommitOperationDelete] = [*_additions(files)]
        operations += _deletions(present - set(files) - {OF_THE_HUB})
        commit = self._api.create_commit(
            self._id,
            operations,
            commit_message=message,
            revision=branch,
            parent_commit=head,
        )
        self._check_commit(commit.oid, version, set(files))
        return str(commit.oid)

    def _check_owner(self, present: set[str]) -> None:
        if MANIFEST in present or present <= _HARMLESS:
            return
        others = ", ".join(sorted(present - _HARMLESS)[:5])
        raise ConfigError(
            f"the repository has files that no version has: {others}",
            where=self.address,
            hint="A push would delete them. Set `hub.repo_id` to an empty or a new repository.",
        )

    def _check_tag(self, version: Version, commit: str) -> None:
        digest = self._digest(commit)
        if digest == version.digest:
            return
        raise VersionExists(
            f"the repository has another {version.name}: its digest is "
            f"{(digest or 'unknown')[:12]}, expected {version.digest[:12]}",
            where=self.address,
            hint="Versions never change. Set `hub.repo_id` to a repository of this model alone.",
        )

    def _check_commit(self, commit: str, version: Version, names: set[str]) -> None:
        """Compare what the Hub has with what was sent, before it gets its tag."""
        from huggingface_hub.hf_api import RepoFile

        entries = self._api.list_repo_tree(self._id, revision=commit, recursive=True)
        files = {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}
        wrong = sorted(names ^ (files.keys() - {OF_THE_HUB}))
        wrong += [name for name in version.files if _differs(files.get(name), version, name)]
        if wrong:
            raise RegistryError(
                f"the Hub does not have what was sent: {', '.join(wrong[:5])}",
                where=f"{self.address}/tree/{commit}",
                hint="The version has no tag. A .gitignore in the repository may leave out files: "
                "delete it and push again.",
            )

    def _digest(self, commit: str) -> str | None:
        """Digest of the version in a commit; None if it has none."""
        from huggingface_hub.errors import EntryNotFoundError

        with tempfile.TemporaryDirectory(prefix="alignment-") as directory:
            try:
                path = self._api.hf_hub_download(
                    self._id, MANIFEST, revision=commit, cache_dir=directory
                )
                digest = parse_json(Path(path).read_bytes())["digest"]
            except (EntryNotFoundError, ValueError, KeyError, TypeError, RecursionError):
                return None
        return str(digest)


def _contents(version: Version) -> dict[str, Path | bytes]:
    """Every file of a version by its name, and the manifest without local directories."""
    root = version.path
    files: dict[str, Path | bytes] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            files[path.relative_to(root).as_posix()] = path
    manifest = without_directories(version.manifest)
    files[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    return files


def without_directories(value: Any) -> Any:
    """JSON in which absolute paths are cut to their names: others need not know the machine."""
    if isinstance(value, Mapping):
        return {key: without_directories(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_directories(item) for item in value]
    if isinstance(value, str) and "\n" not in value and PurePath(value).is_absolute():
        return PurePath(value).name
    return value


def _additions(files: Mapping[str, Path | bytes]) -> list[CommitOperationAdd]:
    from huggingface_hub import CommitOperationAdd

    return [CommitOperationAdd(name, content) for name, content in files.items()]


def _deletions(names: set[str]) -> list[CommitOperationDelete]:
    from huggingface_hub import CommitOperationDelete

    return [CommitOperationDelete(name) for name in sorted(names)]


def _differs(file: RepoFile | None, version: Version, name: str) -> bool:
    """Whether the Hub's file is another one; small files are compared by their size alone."""
    if file is None:
        return True
    if file.lfs is not None:
        return str(file.lfs.sha256) != version.files[name]
    return bool(file.size != (version.path / name).stat().st_size)
