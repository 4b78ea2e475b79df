import importlib.metadata
import subprocess
from pathlib import Path

import pytest

from alignment import provenance
from alignment.provenance import commit_of


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-C", str(directory), "-c", "user.name=x", "-c", "user.email=x", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def package_in(directory: Path) -> Path:
    """A module of a package in the directory."""
    module = directory / "alignment" / "provenance.py"
    module.parent.mkdir(parents=True)
    module.write_text("")
    return module


def repository(directory: Path) -> str:
    """A repository with all files of the directory that are not ignored; returns its commit."""
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--allow-empty", "--message", "first")
    return git(directory, "rev-parse", "HEAD")


def test_commit_of_its_own_checkout(tmp_path: Path) -> None:
    module = package_in(tmp_path)
    commit = repository(tmp_path)
    assert len(commit) == 40
    assert commit_of(module) == commit


def test_outside_of_any_repository(tmp_path: Path) -> None:
    assert commit_of(package_in(tmp_path)) is None


def test_checkout_behind_a_link(tmp_path: Path) -> None:
    package_in(tmp_path / "checkout")
    commit = repository(tmp_path / "checkout")
    (tmp_path / "link").symlink_to(tmp_path / "checkout")
    assert commit_of(tmp_path / "link" / "alignment" / "provenance.py") == commit


@pytest.mark.parametrize("ignored", ["", ".venv"], ids=["tracked", "ignored"])
def test_installed_inside_another_project(tmp_path: Path, ignored: str) -> None:
    (tmp_path / ".gitignore").write_text(ignored)
    module = package_in(tmp_path / ".venv" / "lib" / "python3.11" / "site-packages")
    repository(tmp_path)
    assert commit_of(module) is None


def test_untracked_at_the_top_of_another_project(tmp_path: Path) -> None:
    repository(tmp_path)
    assert commit_of(package_in(tmp_path)) is None


def test_repository_without_a_commit(tmp_path: Path) -> None:
    module = package_in(tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    assert commit_of(module) is None


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = package_in(tmp_path)
    repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(module) is None


def test_versions_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    provenance.package_versions.cache_clear()
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-distribution"))
    versions = provenance.package_versions()
    provenance.package_versions.cache_clear()
    assert versions == {"numpy": importlib.metadata.version("numpy")}


def test_the_digest_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "__file__", str(package_in(tmp_path)))
    digests = []
    for content in ("a = 1\n", "a = 2\n", "a = 1\n"):
        (tmp_path / "alignment" / "other.py").write_text(content)
        digests.append(provenance.code_digest.__wrapped__())
    assert digests[0] != digests[1]
    assert digests[0] == digests[2]
