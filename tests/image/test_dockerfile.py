"""The Dockerfile: what can be checked without building it (`make test-image` does that)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.environment import DEFAULTS
from tests.image.dockerfile import Stage, read
from tests.support import ROOT

HEALTHCHECK = ROOT / "deploy" / "healthcheck.py"
DIGEST = re.compile(r"^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$")


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read(ROOT / "Dockerfile")


def test_every_base_is_pinned_by_digest(stages: list[Stage]) -> None:
    assert [stage.name for stage in stages] == ["build", "mlflow", ""]
    for stage in stages:
        assert DIGEST.match(stage.base), stage.base


def test_it_runs_as_a_user_with_a_number(stages: list[Stage]) -> None:
    """Kubernetes cannot see that a name is not root."""
    for stage in stages[1:]:
        assert stage.last("USER") == "1000:1000"
        assert stage.last("HEALTHCHECK")


def test_the_code_belongs_to_root(stages: list[Stage]) -> None:
    copies = [entry.value for entry in stages[-1].instructions if entry.name == "COPY"]
    assert copies
    for value in copies:
        assert "--chown" not in value


def test_what_is_copied_exists(stages: list[Stage]) -> None:
    for stage in stages:
        for entry in stage.instructions:
            words = entry.value.split()
            if entry.name == "COPY" and not words[0].startswith("--from"):
                for name in words[:-1]:
                    assert (ROOT / name).exists(), name


def test_the_label_names_what_is_in_it(stages: list[Stage]) -> None:
    labels = stages[-1].labels()
    prefix = "org.opencontainers.image"
    names = ("title", "description", "source", "licenses", "version", "revision", "base.name")
    for name in names:
        assert labels[f"{prefix}.{name}"], name
    import alignment

    versions = [entry.value for entry in stages[-1].instructions if entry.name == "ARG"]
    assert f"VERSION={alignment.__version__}" in versions


def test_only_the_workspace_and_tmp_are_written(stages: list[Stage]) -> None:
    environment = stages[-1].environment()
    assert stages[-1].last("VOLUME") == environment["ALIGNMENT_WORKSPACE"] == "/app/workspace"
    assert environment["HOME"] == "/tmp"
    assert environment["PREFECT_HOME"].startswith("/app/workspace/")


def test_its_servers_and_workers_have_our_defaults(stages: list[Stage]) -> None:
    """Such as the deletion of old runs; `prefect server start` imports nothing of ours."""
    environment = stages[-1].environment()
    assert {name: environment.get(name) for name in DEFAULTS} == DEFAULTS


class Handler(BaseHTTPRequestHandler):
    """Answers `/good` only."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/good" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def check(**variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(HEALTHCHECK)],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_healthy_if_the_address_answers(address: str) -> None:
    assert check(HEALTH_URL=f"{address}/good") == (0, "")
    code, reason = check(HEALTH_URL=f"{address}/bad")
    assert code == 1 and "503" in reason
    assert check(HEALTH_URL="http://127.0.0.1:1/")[0] == 1
    assert check(HEALTH_URL="nonsense")[0] == 1


def test_healthy_if_the_workspace_can_be_written(tmp_path: Path) -> None:
    assert check(ALIGNMENT_WORKSPACE=str(tmp_path)) == (0, "")
    code, reason = check(ALIGNMENT_WORKSPACE=str(tmp_path / "missing"))
    assert code == 1 and "not writable" in reason
    code, reason = check(ALIGNMENT_WORKSPACE=str(tmp_path), HEALTH_MIN_FREE_MB=str(10**9))
    assert code == 1 and "MB left" in reason
