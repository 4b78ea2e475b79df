"""What every stage of a run shares."""

from __future__ import annotations

from dataclasses import dataclass

from alignment.downloads import Downloads
from alignment.registry import Registry
from alignment.store import Store


@dataclass(frozen=True)
class RunContext:
    """Where a run keeps and fetches things, its pivot language and its seed."""

    store: Store
    downloads: Downloads
    pivot: str
    """BCP-47 code of the language that is one side of every pair."""
    seed: int
    languages: tuple[str, ...] = ()
    """BCP-47 codes of all configured languages."""
    registry: Registry | None = None
    """The published versions of the model."""
    trust_remote_code: bool = False
    """Whether Python code that comes with the encoder may run."""
