"""`alignment languages add`: one line in the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faulty_server import FaultyServer
from tests.support import Cli

COUNTS = {"Big": 5000, "Small": 9}


@pytest.fixture
def opus_url() -> Iterator[str]:
    corpora = [
        {"corpus": name, "version": "v1", "alignment_pairs": count}
        for name, count in COUNTS.items()
    ]
    index = json.dumps({"corpora": corpora}).encode()
    with FaultyServer({"/opusapi/": index}).serving() as server:
        yield f"{server.url}/opusapi/"


def test_add_writes_one_line(cli: Cli, config: Path, tmp_path: Path) -> None:
    before = config.read_text()
    done = cli("languages", "add", "jpn", "--config", config, "--workspace", tmp_path / "w")
    assert done.returncode == 0, done.stderr
    assert "tiny: 120 pairs" in done.stdout
    line = "  ja: {}  # Japanese: 120 pairs before cleaning\n"
    assert config.read_text().replace(line, "") == before


def test_dry_run_prints_and_writes_nothing(cli: Cli, config: Path, tmp_path: Path) -> None:
    before = config.read_text()
    arguments = ("--dry-run", "--config", config, "--workspace", tmp_path / "w")
    done = cli("languages", "add", "ja", *arguments)
    assert "  ja: {}  # Japanese: 120 pairs before cleaning\n" in done.stdout
    assert config.read_text() == before


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("fi", "none of the configured corpora has Finnish"),
        ("es", "already"),
        ("klingonish", "Use a BCP-47 code"),
    ],
    ids=["no text", "configured already", "no language"],
)
def test_refused(cli: Cli, config: Path, tmp_path: Path, code: str, message: str) -> None:
    before = config.read_text()
    done = cli("languages", "add", code, "--config", config, "--workspace", tmp_path / "w")
    assert done.returncode == 2
    assert message in done.stderr
    assert config.read_text() == before


def test_discover_adds_large_opus_corpora(
    cli: Cli, config: Path, tmp_path: Path, opus_url: str
) -> None:
    arguments = ("--discover", "--opus-url", opus_url, "--workspace", tmp_path / "w")
    done = cli("languages", "add", "fi", *arguments, "--config", config, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "OPUS Big v1: 5,000 pairs" in done.stdout
    assert "Small" not in done.stdout
    assert "    - {kind: opus, corpus: Big, version: v1}\n" in done.stdout


def test_min_pairs_admits_small_opus_corpora(
    cli: Cli, config: Path, tmp_path: Path, opus_url: str
) -> None:
    arguments = ("--discover", "--min-pairs", "5", "--opus-url", opus_url)
    place = ("--config", config, "--workspace", tmp_path / "w")
    done = cli("languages", "add", "fi", *arguments, *place)
    assert done.returncode == 0, done.stderr
    assert "    - {kind: opus, corpus: Small, version: v1}\n" in config.read_text()
    assert "# Finnish: 5,009 pairs before cleaning" in config.read_text()
