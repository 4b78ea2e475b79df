"""Skipped units, counted by reason."""

import logging
from pathlib import Path

import pytest

from alignment.corpora import read_pairs
from alignment.corpora.skips import Skips


def test_counts_by_reason() -> None:
    skips = Skips()
    for reason in ("new", "damaged", "damaged"):
        skips(reason, "a.tmx:1")
    assert list(skips.by_reason().items()) == [("damaged", 2), ("new", 1)]
    skips.clear()
    assert skips.by_reason() == {}


def test_no_warning_without_a_skip(caplog: pytest.LogCaptureFixture) -> None:
    Skips().warn("court", "cy")
    assert not caplog.records


def test_the_python_interface_warns(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "court.tmx"
    unit = '<tu><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="cy"><seg>{}</seg></tuv></tu>'
    path.write_text(f"<tmx><body>{unit.format('b')}{unit.format('')}</body></tmx>")
    with caplog.at_level(logging.WARNING):
        assert len(list(read_pairs({"kind": "local", "path": str(path)}, "cy"))) == 1
    assert "court cy: units skipped: untranslated 1" in caplog.text
