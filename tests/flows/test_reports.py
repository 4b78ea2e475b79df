"""Reports for a browser: those, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from flows.reports import ADDRESS, address_of, serving
from tests.support import ROOT


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "work space" / "runs" / "20260131" / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>Cymraeg ŵ</p>")
    (page.parent / "summary.json").write_text("{}")
    (tmp_path / "report.html").write_text("not a run's")
    return page


def test_a_report(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serving([tmp_path], "127.0.0.1") as address:
        monkeypatch.setenv(ADDRESS, address)
        with urllib.request.urlopen(address_of(page), timeout=5) as answer:
            assert answer.read().decode() == "<p>Cymraeg ŵ</p>"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/0/work%20space/runs/20260131/summary.json",
        "/0/report.html",
        "/0/../secret/runs/x/report.html",
        "/0/%2e%2e/secret/runs/x/report.html",
        "/0//etc/runs/x/report.html",
        "/1/work%20space/runs/20260131/report.html",
        "/-1/work%20space/runs/20260131/report.html",
        "/\u00b2/report.html",
        "/",
        "/0/link/runs/x/report.html",
    ],
)
def test_nothing_else(page: Path, tmp_path: Path, path: str) -> None:
    secret = tmp_path.parent / "secret" / "runs" / "x" / "report.html"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path.parent / "secret")
    with serving([tmp_path], "127.0.0.1") as address:
        quoted = urllib.parse.quote(path, safe="/%")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address + quoted, timeout=5)


def test_without_an_address_it_is_a_file(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    assert address_of(page) == page.as_uri()


def test_as_a_command(page: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "flows.reports", "--port"]
    options: dict[str, Any] = {"cwd": tmp_path, "env": environment, "text": True}
    with subprocess.Popen([*words, "0"], stdout=subprocess.PIPE, **options) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[3].rstrip(".")
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            assert answer.read() == b"ok"
        link = f"{address}/0/work%20space/runs/20260131/report.html"
        with urllib.request.urlopen(link, timeout=5) as answer:
            assert answer.status == 200
        port = address.rpartition(":")[2]
        second = subprocess.run([*words, port], stderr=subprocess.PIPE, check=False, **options)
        process.terminate()
    assert process.returncode == 0
    assert second.returncode == 1
    assert second.stderr.startswith(f"error: 127.0.0.1:{port}: ")
    assert "--port" in second.stderr and "Traceback" not in second.stderr
