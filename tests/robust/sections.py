"""The sections, and what was held of what was tried when they were first tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.robust import (
    bucket_registries,
    deliveries,
    disks,
    fetching,
    flipped,
    formats,
    manifests,
    memories,
    registries,
    reports,
    terminals,
    yamls,
)
from tests.robust.case import Case


class Section(NamedTuple):
    """Cases of one kind."""

    before: str
    """Held of tried when it was first tried; empty for what did not exist."""
    cases: Callable[[Path], list[Case]]
    """Prepares what the cases share in a directory."""


SECTIONS = {
    reports.SECTION: Section("16/20", reports.cases),
    terminals.SECTION: Section("5/14", terminals.cases),
    formats.SECTION: Section("91/104", formats.cases),
    yamls.SECTION: Section("67/91", yamls.cases),
    fetching.SECTION: Section("39/57", fetching.cases),
    registries.SECTION: Section("29/57", registries.cases),
    bucket_registries.SECTION: Section("", bucket_registries.cases),
    disks.SECTION: Section("11/19", disks.cases),
    flipped.SECTION: Section("0/7", flipped.cases),
    manifests.SECTION: Section("2/7", manifests.cases),
    memories.SECTION: Section("2/6", memories.cases),
    deliveries.SECTION: Section("", deliveries.cases),
}
