"""Progress bars: shown on a terminal only, and always removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.cli.display.console import console
from alignment.cli.display.progress import bar_name, download_bars
from alignment.downloads import Downloads, Lockfile


@pytest.fixture
def downloads(tmp_path: Path) -> Downloads:
    return Downloads(tmp_path, Lockfile())


def test_no_bars_off_a_terminal(downloads: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with download_bars(downloads):
        assert downloads.progress is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://me:pw@host/[b]x.zip?file=tok", "[b]x.zip"),
        ("https://host/a\x1b[2J.tsv", "a\\x1b[2J.tsv"),
        ("https://host/" + "x" * 99, "x" * 40),
    ],
)
def test_a_bar_is_named_after_the_file(url: str, name: str) -> None:
    assert bar_name(url) == name


def test_bars_are_removed_after_an_error(
    downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alignment.cli.display.progress.shows_progress", lambda: True)
    with console.capture(), pytest.raises(OSError, match="disk"), download_bars(downloads):
        assert downloads.progress is not None
        downloads.progress("https://host/[file].zip", 10, 100)
        downloads.progress("https://host/[file].zip", 20, None)
        raise OSError("disk is full")
    assert downloads.progress is None
