"""The directory that holds everything a team's runs produce."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from alignment.config import Config
from alignment.config.registry import is_bucket
from alignment.context import RunContext
from alignment.downloads import Allowance, Downloads, Lockfile
from alignment.errors import Busy, ConfigError
from alignment.references import resolved_address
from alignment.registry import Registry, open_registry
from alignment.registry.bucket.address import cache_root
from alignment.store import Store


@dataclass
class Workspace:
    """A directory with artifacts, downloads, published models and run records.

    Raises:
        ConfigError: if the directory cannot be written or cannot be named in UTF-8.
    """

    root: Path
    offline: bool = False
    """Fetch nothing; a file that is not downloaded yet is an error."""
    registry_place: str = field(default_factory=lambda: os.environ.get("ALIGNMENT_REGISTRY", ""))
    """Directory or address of the published models; by default `registry/` in the workspace."""
    fresh: bool = False
    """Build every artifact once more, even if it is stored. Downloads are reused."""
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.root = _checked(self.root)
        self.store = Store(self.root / "store", fresh=self.fresh)

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
            registry=self.registry_of(config),
            trust_remote_code=config.encoder.runs_code,
        )

    @property
    def runs(self) -> Path:
        """One directory for each run, named after its start."""
        return self.root / "runs"

    def registry(self, name: str) -> Registry:
        """The published versions of one model."""
        return open_registry(self.models_at, name, self.model_cache)

    def registry_of(self, config: Config) -> Registry:
        """The published versions of a configuration's model, where its `registry` says."""
        place = config.registry
        if place is None:
            return self.registry(config.name)
        if is_bucket(place):
            place = resolved_address(place)
        return open_registry(place, config.name, self.model_cache)

    @property
    def models_at(self) -> str:
        """Directory or address of the published models."""
        place = self.registry_place or str(self.root / "registry")
        return place if is_bucket(place) else str(Path(place).expanduser().resolve())

    @property
    def model_cache(self) -> Path:
        """Where copies of models in a bucket are kept."""
        return cache_root(self.root)

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


def _checked(root: Path) -> Path:
    """The absolute path, if all libraries can open files in it."""
    hint = "Choose another --workspace."
    try:
        absolute = root.resolve()
        str(absolute).encode("utf-8")  # which safetensors and tokenizers need
    except UnicodeEncodeError:
        message = "the path of the workspace is not valid UTF-8"
        raise ConfigError(message, where=str(root), hint=hint) from None
    except (OSError, RuntimeError) as error:
        message = f"the workspace cannot be found: {error}"
        raise ConfigError(message, where=str(root), hint=hint) from None
    return absolute
