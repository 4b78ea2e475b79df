"""Where everything is that a team's runs produce: a directory, or a place that machines share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from alignment.config import Config
from alignment.config.registry import is_bucket
from alignment.context import RunContext
from alignment.downloads import Allowance, Downloads, Lockfile, SharedDownloads
from alignment.errors import Busy, ConfigError, Unavailable
from alignment.objectstore.address import RETRIES
from alignment.references import resolved_address
from alignment.registry import Registry, open_registry
from alignment.registry.bucket.cache import cache_root
from alignment.store import Store
from alignment.store.remote.place import SharedWorkspace, open_shared

logger = logging.getLogger(__name__)


@dataclass
class Workspace:
    """A directory with artifacts, downloads, published models and run records.

    `open_workspace` opens one by its place. If several machines share it, the directory has the
    copies of this machine.

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
    shared: SharedWorkspace | None = None
    """What several machines share, unless the workspace is that of this machine only."""
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.root = _checked(self.root)
        mirror = self.shared.mirror() if self.shared is not None else None
        self.store = Store(self.root / "store", fresh=self.fresh, mirror=mirror)

    @property
    def place(self) -> str:
        """The directory or the address, as `--workspace` takes it."""
        return self.shared.place if self.shared is not None else str(self.root)

    def downloads(self, config: Config, *, update: bool = False) -> Downloads:
        """Fetched files, checked against the configuration's lockfile, or recorded in it."""
        lockfile = Lockfile(config.lock, update=update)
        limits = config.downloads
        allowance = Allowance(limits.max_file_gb * 10**9, limits.max_run_gb * 10**9)
        shared = None if self.shared is None else SharedDownloads(self.shared.objects)
        return Downloads(
            self.root / "downloads", lockfile, self.offline, allowance=allowance, shared=shared
        )

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
        """One directory for each run of this machine, named after its start."""
        return self.root / "runs"

    def with_all_runs(self) -> Path:
        """The directory, after the records of the runs of other machines were copied to it.

        Raises:
            Unavailable: if the shared place does not answer.
        """
        if self.shared is not None:
            self.shared.records.synchronize()
        return self.root

    def share_record(self, directory: Path) -> None:
        """Let other machines see the record of a run, or what has changed in it.

        The run is over: if the shared place does not answer, the next command sends the record.
        """
        if self.shared is None:
            return
        try:
            self.shared.records.send(directory)
        except Unavailable as error:
            logger.warning("the next command shares the record of this run: %s", error)

    def shared_folder(self, name: str) -> Path:
        """A folder of small files, with those of all machines.

        Raises:
            Unavailable: if the shared place does not answer.
        """
        if self.shared is not None:
            self.shared.files.synchronize(name)
        return self.root / name

    def share_file(self, path: Path) -> None:
        """Let other machines see a file of a shared folder.

        Raises:
            Unavailable: if the shared place does not answer.
        """
        if self.shared is not None:
            self.shared.files.send(path)

    def delete_file(self, path: Path) -> None:
        """Delete a file of a shared folder for all machines; none is no error."""
        path.unlink(missing_ok=True)
        if self.shared is not None:
            self.shared.files.delete(path)

    def registry(self, name: str) -> Registry:
        """The published versions of one model."""
        retries = None if self.shared is None else RETRIES
        return open_registry(self.models_at, name, self.model_cache, retries)

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
        default = str(self.root / "registry") if self.shared is None else self.shared.registry
        place = self.registry_place or default
        return place if is_bucket(place) else str(Path(place).expanduser().resolve())

    @property
    def model_cache(self) -> Path:
        """Where copies of models in a bucket are kept."""
        return cache_root(self.root)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Allow one run of a model at a time; the lock is released even if the process is killed.

        In a shared workspace this holds for all machines. The lock of a machine that died is
        released some minutes later.

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
            with nullcontext() if self.shared is None else self.shared.leases.run(name):
                yield
        finally:
            lock.release()


def configured_place(place: str) -> str:
    """The `workspace` of a configuration with the values of its variables.

    Raises:
        ConfigError: if a variable is not set.
    """
    return resolved_address(place) if is_bucket(place) else place


def open_workspace(place: str | Path, *, offline: bool = False, fresh: bool = False) -> Workspace:
    """The workspace at a place.

    Args:
        place: A directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, or
            file:///SHARED/FOLDER.
        offline: Fetch nothing; a corpus that is not downloaded yet is an error.
        fresh: Build every artifact once more.

    Raises:
        ConfigError: if the directory cannot be written, or the address is not usable.
        Unavailable: if the object store does not answer.
    """
    shared = open_shared(str(place))
    root = Path(place) if shared is None else shared.cache
    return Workspace(root, offline, fresh=fresh, shared=shared)


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
