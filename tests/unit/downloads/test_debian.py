"""Debian packages come from apt's sources, checked against apt's lists, and are not installed."""

import hashlib
from pathlib import Path

import pytest

from alignment.downloads import Downloads, Lockfile
from alignment.downloads.debian import fetch_deb
from alignment.errors import ChecksumMismatch, ConfigError, SourceError, Unavailable
from tests.archives import deb
from tests.faulty_server import FaultyServer

PACKAGE = deb({"usr/share/locale/br/LC_MESSAGES/demo.mo": b""})
DIGEST = hashlib.sha256(PACKAGE).hexdigest()
MADISON = """
      demo |      1:1.1 | http://deb.example/debian bookworm/main amd64 Packages
      demo |      1:1.0 | http://deb.example/debian bookworm/main amd64 Packages
"""


class Apt:
    """An apt on PATH that prints what it is told and records its arguments."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "bin"
        self.root.mkdir()
        self.calls = root / "calls"
        monkeypatch.setenv("PATH", f"{self.root}:/usr/bin:/bin")

    def answers(self, stdout: str = "", stderr: str = "", madison: str = "") -> None:
        for name, output, error in (("apt-get", stdout, stderr), ("apt-cache", madison, "")):
            (self.root / f"{name}.out").write_text(output)
            (self.root / f"{name}.err").write_text(error)
            script = self.root / name
            script.write_text(
                f'#!/bin/sh\necho {name} "$@" >> {self.calls}\n'
                f"cat {self.root}/{name}.out\ncat {self.root}/{name}.err >&2\n"
            )
            script.chmod(0o755)

    def names(self, url: str, digest: str = f"SHA256:{DIGEST}") -> None:
        line = f"'{url}' demo_1%3a1.1_all.deb {len(PACKAGE)} {digest}\n"
        self.answers(f"Reading lists...\n{line}", madison=MADISON)


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    return Apt(tmp_path, monkeypatch)


def test_a_package_is_fetched_locked_and_cached(tmp_path: Path, apt: Apt) -> None:
    with FaultyServer({"/demo.deb": PACKAGE}).serving() as server:
        apt.names(f"{server.url}/demo.deb")
        downloads = Downloads(tmp_path / "cache")
        path = fetch_deb("demo", "1:1.1", downloads, license="GPL-3.0")
    assert path.read_bytes() == PACKAGE
    (entry,) = downloads.lock.entries()
    assert (entry.url, entry.sha256, entry.license) == ("deb:demo=1:1.1", DIGEST, "GPL-3.0")
    assert apt.calls.read_text() == "apt-get --print-uris --quiet download demo=1:1.1\n"
    offline = Downloads(tmp_path / "cache", downloads.lock, offline=True)
    assert fetch_deb("demo", "1:1.1", offline) == path  # needs neither apt nor the server


def test_a_file_below_a_directory(tmp_path: Path, apt: Apt) -> None:
    pytest.importorskip("fsspec")
    (tmp_path / "a+b.deb").write_bytes(PACKAGE)
    apt.names(f"file:{tmp_path}/a%2bb.deb")
    assert fetch_deb("demo", "1:1.1", Downloads(tmp_path / "cache")).read_bytes() == PACKAGE


def test_another_file_than_apt_s_lists_say(tmp_path: Path, apt: Apt) -> None:
    with FaultyServer({"/demo.deb": PACKAGE + b"\n"}).serving() as server:
        apt.names(f"{server.url}/demo.deb")
        with pytest.raises(ChecksumMismatch, match=f"expected {DIGEST[:12]}"):
            fetch_deb("demo", "1:1.1", Downloads(tmp_path / "cache"))
    assert not list((tmp_path / "cache" / "objects").iterdir())


def test_another_file_than_the_locked_one(tmp_path: Path, apt: Apt) -> None:
    lock = Lockfile()
    lock.accept("deb:demo=1:1.1", 5, "ab" * 32, "MIT")
    with FaultyServer({"/demo.deb": PACKAGE}).serving() as server:
        apt.names(f"{server.url}/demo.deb")
        with pytest.raises(ChecksumMismatch, match="as locked on"):
            fetch_deb("demo", "1:1.1", Downloads(tmp_path / "cache", lock))


def test_offline(tmp_path: Path, apt: Apt) -> None:
    with pytest.raises(Unavailable, match=r"deb:demo=1\.0: not in the cache"):
        fetch_deb("demo", "1.0", Downloads(tmp_path, offline=True))
    assert not apt.calls.exists()


def test_a_missing_version_lists_the_others(tmp_path: Path, apt: Apt) -> None:
    apt.answers(stderr="E: Version '9' for 'demo' was not found\n", madison=MADISON)
    with pytest.raises(ConfigError, match=r"demo=9: .*\n  They have 1:1\.1, 1:1\.0\."):
        fetch_deb("demo", "9", Downloads(tmp_path))


def test_a_missing_package(tmp_path: Path, apt: Apt) -> None:
    apt.answers(stderr="E: Unable to locate package demo\n")
    with pytest.raises(ConfigError, match="have no such package"):
        fetch_deb("demo", "9", Downloads(tmp_path))


def test_apt_that_fails(tmp_path: Path, apt: Apt) -> None:
    apt.answers(stderr="E: Could not open lock file\n")
    with pytest.raises(Unavailable, match="Could not open lock file"):
        fetch_deb("demo", "9", Downloads(tmp_path))


def test_no_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match=r"no apt-get.*\n  .*set `url`"):
        fetch_deb("demo", "9", Downloads(tmp_path))


@pytest.mark.parametrize(
    ("url", "digest", "message"),
    [
        ("cdrom:[Debian 12]/demo.deb", f"SHA256:{64 * '0'}", "of the type 'cdrom'"),
        ("http://deb.example/demo.deb", "MD5Sum:0123", "names no SHA-256"),
    ],
)
def test_sources_that_cannot_be_used(
    tmp_path: Path, apt: Apt, url: str, digest: str, message: str
) -> None:
    apt.names(url, digest)
    with pytest.raises(SourceError, match=message):
        fetch_deb("demo", "1:1.1", Downloads(tmp_path))
