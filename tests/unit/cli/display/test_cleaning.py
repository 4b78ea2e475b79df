"""The table of what cleaning did."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from alignment.cli.display.cleaning import print_ledger
from alignment.cli.display.console import console
from alignment.types import Artifact


def printed(path: Path, skipped: dict[str, dict[str, int]]) -> str:
    ledger: dict[str, Any] = {"seen": 1200, "kept": 1000, "dropped": {"too_long": 200}}
    (path / "ledger.json").write_text(json.dumps({**ledger, "skipped_by_reader": skipped}))
    artifact = cast("Artifact", SimpleNamespace(path=path))
    with console.capture() as capture:
        print_ledger({"cy": artifact})
    return capture.get()


def test_what_the_readers_skipped(tmp_path: Path) -> None:
    text = printed(tmp_path, {"court": {"untranslated": 1500, "damaged unit": 2}})
    assert "too long 200" in text
    assert "Welsh, court: untranslated 1,500, damaged unit 2" in text


def test_nothing_skipped(tmp_path: Path) -> None:
    assert "Skipped" not in printed(tmp_path, {})
