"""Fixtures for single stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.context import RunContext
from tests.stages.helpers import new_context


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    return new_context(tmp_path)
