"""The directory that holds everything a team's runs produce."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from alignment.config import Config
from alignment.context import RunContext
from alignment.downloads import Allowance, Downloads, Lockfile
from alignment.errors import Busy
from alignment.registry import Registry
from alignment.store import Store


@dataclass
class Workspace:
    """A directory with artifacts, downloads, published models and run records.

    Raises:
        ConfigError: if the directory cannot be written.
    """

    root: Path
    offline: bool = False
    """Fetch nothing; a file that is not downloaded yet is an error."""
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self.store = Store(self.root / "store")

    def downloads(self, config: Config, *, update: bool = False) -> Downloads:
        """Fetched files, checked against the configuration's lockfile, or recorded in it."""
        lockfile = Lockfile(config.lock, update=update)
        limits = config.downloads
        allowance = Allowance(limits.max_file_gb * 10**9, limits.max_run_gb * 10**9)
        return Downloads(self.root / "downloads", lockfile, self.offline, allowance=allowance)

    def context(self, config: Config) -> RunContext:
        """What all stages of a run of this configuration share."""
        return RunContext(
            self.store,
            self.downloads(config),
            config.pivot,
            config.seed,
            languages=tuple(config.measured),
            registry=self.registry(config.name).root,
            trust_remote_code=config.encoder.runs_code,
        )

    @property
    def runs(self) -> Path:
        """One directory for each run, named after its start."""
        return self.root / "runs"

    def registry(self, name: str) -> Registry:
        """The published versions of one model."""
        return Registry(self.root / "registry", name)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Allow one run of a model at a time; the lock is released even if the process is killed.

        Raises:
            Busy: if another run is in progress.
        """
        lock = FileLock(self.store.root / "locks" / f"run-{name}.lock", blocking=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise Busy(
                f"another run of {name!r} is in progress in this workspace",
                where=str(self.root),
                hint="Wait until it has finished, or choose another workspace.",
            ) from error
        try:
            yield
        finally:
            lock.release()
