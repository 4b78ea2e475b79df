"""The whole pipeline on a workspace in a bucket, as several machines run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.buckets import (
    ACCESS_KEY,
    BUCKET,
    SECRET_KEY,
    make_bucket,
    running_s3,
    s3_environment,
    s3_objects,
)
from tests.outage import network
from tests.support import ROOT, SMOKE, line_with, run_cli

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
PREFIX = "team"
PLACE = f"s3://{BUCKET}/{PREFIX}"
TIMED = {"curves.jsonl", "report.html"}
"""Files that hold how long something took."""


@pytest.fixture
def server() -> Iterator[str]:
    with running_s3() as endpoint:
        httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()  # all servers share the objects
        make_bucket(endpoint, BUCKET)
        yield endpoint


class Machine:
    """A machine with its own cache."""

    def __init__(self, cache: Path, endpoint: str) -> None:
        self.cache = cache
        self.environment = {
            **s3_environment(endpoint),
            "ALIGNMENT_WORKSPACE": PLACE,
            "ALIGNMENT_WORKSPACE_CACHE": str(cache),
        }

    def alignment(self, *words: object, code: int = 0) -> str:
        done = run_cli(*words, env=self.environment)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "alignment", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "CI": "true", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def root(self) -> Path:
        (root,) = self.cache.iterdir()
        return root


def manifests(root: Path) -> dict[str, Mapping[str, dict[str, str]]]:
    """The files of each artifact by its stage and key."""
    found = {}
    for path in sorted(root.glob("store/*/*/manifest.json")):
        name = path.parent.relative_to(root / "store").as_posix()
        found[name] = json.loads(path.read_text())["files"]
    return found


def untimed(root: Path) -> dict[str, dict[str, str]]:
    """The digests of the files whose content does not depend on how fast the machine is."""
    digests = {}
    for name, files in manifests(root).items():
        if not name.startswith("report/"):
            digests[name] = {
                file: entry["sha256"] for file, entry in files.items() if file not in TIMED
            }
    return digests


def test_two_machines_have_what_one_has(finished: Path, server: str, tmp_path: Path) -> None:
    one, two = Machine(tmp_path / "one", server), Machine(tmp_path / "two", server)
    assert "v1 is deployed." in one.alignment("run", SMOKE)
    output = two.alignment("run", SMOKE)
    assert "v1 is deployed." in output
    lines = [line for line in output.splitlines() if line.endswith(" s")]
    assert len(lines) >= 10 and all("reused" in line for line in lines), output
    assert manifests(one.root) == manifests(two.root)
    assert untimed(one.root) == untimed(finished)
    three = Machine(tmp_path / "three", server)
    assert "v1 is deployed." in three.alignment("show")
    (key,) = [name.partition("/")[2] for name in manifests(one.root) if name.startswith("train/")]
    assert "triplets" in three.alignment("explain", key[:12])
    assert "champion" in line_with("v1", three.alignment("registry", "list"))
    assert ", 0 damaged." in three.alignment("store", "verify")
    assert "0 files and directories deleted" in three.alignment("store", "gc")
    three.alignment("gc", "--delete")
    no_credentials(tmp_path)
    objects = s3_objects(server, PREFIX)
    for entry in objects.listing(""):
        content = b"".join(objects.download(entry.name) or ())
        assert SECRET_KEY.encode() not in content and ACCESS_KEY.encode() not in content


def no_credentials(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size < 10_000_000:
            content = path.read_bytes()
            assert SECRET_KEY.encode() not in content and ACCESS_KEY.encode() not in content, path


def test_a_network_that_goes_away(server: str, tmp_path: Path) -> None:
    with network(server) as proxy:
        run = Machine(tmp_path / "one", proxy.address).start("run", SMOKE)
        until_there_is(server, "store/clean/", run)
        proxy.goes_away()
        time.sleep(30)
        assert run.poll() is None, run.communicate()[0]
        proxy.comes_back()
        output, _ = run.communicate(timeout=900)
        assert run.returncode == 0, output
        assert "v1 is deployed." in output
    two = Machine(tmp_path / "two", server)
    assert "reused" in line_with("train ", two.alignment("run", SMOKE))


def test_a_machine_that_is_killed(server: str, tmp_path: Path) -> None:
    one, two = Machine(tmp_path / "one", server), Machine(tmp_path / "two", server)
    run = one.start("run", SMOKE)
    until_there_is(server, "store/clean/", run)
    message = two.alignment("run", SMOKE, code=1)
    assert "another run of 'smoke' is in progress in this workspace: process" in message
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert "another run" in two.alignment("run", SMOKE, code=1)  # for some minutes
    assert ", 0 damaged." in two.alignment("store", "verify")
    output = one.alignment("run", SMOKE)  # its own lock blocks nobody
    assert "reused" in line_with("pull ", output) and "v1 is deployed." in output
    assert "v1 is deployed." in two.alignment("run", SMOKE)
    assert manifests(one.root) == manifests(two.root)


def test_what_cannot_be_used(server: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "one", server)
    missing = machine.alignment("run", SMOKE, "--workspace", "s3://nowhere/team", code=2)
    assert "there is no such bucket or container" in missing
    wrong = machine.alignment("run", SMOKE, "--workspace", "s3:/models/team", code=2)
    assert "got s3:/models/team, expected" in wrong
    machine.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    away = machine.alignment("show", code=1)
    assert "did not answer" in away and "Traceback" not in away


def until_there_is(server: str, folder: str, run: subprocess.Popen[str]) -> None:
    """Wait until the run has shared something in this folder."""
    objects = s3_objects(server, PREFIX)
    for _ in range(3000):
        if objects.listing(folder):
            return
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.1)
    raise AssertionError(f"nothing in {folder}")
