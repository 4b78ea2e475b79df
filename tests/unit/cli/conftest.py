"""A small configuration that tests may edit."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support import SMOKE, TINY


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The smoke configuration for Spanish alone; its corpus is downloaded from a file address."""
    corpus = tmp_path / "tiny.tsv"
    shutil.copy(TINY, corpus)
    text = SMOKE.read_text().replace("  ru: {}\n  ja: {}\n", "")
    text, replaced = re.subn(r"path: \S+tiny\.tsv", f"url: '{corpus.as_uri()}'", text)
    assert replaced == 1
    path = tmp_path / "spanish.yaml"
    path.write_text(text)
    return path
