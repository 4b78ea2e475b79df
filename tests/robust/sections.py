"""The sections, and what was held of what was tried when they were first tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.robust import registries
from tests.robust.case import Case


class Section(NamedTuple):
    """Cases of one kind."""

    before: str
    """Held of tried when it was first tried; empty for what did not exist."""
    cases: Callable[[Path], list[Case]]
    """Prepares what the cases share in a directory."""


SECTIONS = {
    registries.SECTION: Section("29/57", registries.cases),
}
