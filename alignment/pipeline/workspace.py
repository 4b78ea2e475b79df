"""Where everything of one team is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from alignment.config import Config
from alignment.downloads import Downloads, Lockfile
from alignment.errors import AlignmentError
from alignment.registry import Registry
from alignment.store import Store


@dataclass
class Workspace:
    """Where everything of one team lies: artifacts, downloads, published models, run records."""

    root: Path
    offline: bool = False
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self.store = Store(self.root / "store")

    def downloads(self, config: Config, *, update: bool = False) -> Downloads:
        """What was fetched and will be, held against the configuration's lockfile."""
        return Downloads(
            self.root / "downloads", Lockfile(config.lock, update=update), self.offline
        )

    @property
    def runs(self) -> Path:
        """One directory per run, named by its start."""
        return self.root / "runs"

    def registry(self, name: str) -> Registry:
        """The published versions of one model."""
        return Registry(self.root / "registry", name)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """One run of a model at a time; the system lets go of the lock when a process dies.

        Raises:
            AlignmentError: if another run is in progress.
        """
        lock = FileLock(self.store.root / "locks" / f"run-{name}.lock", blocking=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise AlignmentError(
                f"another run of {name!r} is in progress in this workspace",
                where=str(self.root),
                hint="Wait for it to end, or choose another workspace.",
            ) from error
        try:
            yield
        finally:
            lock.release()
