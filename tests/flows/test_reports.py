"""Reports for a browser: those, and nothing else."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from flows.reports import ADDRESS, address_of, serving


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
