"""The records of runs in an object store: `runs/RUN/`, a folder for each run.

`digests.json` comes last: without it there is no record. A record is copied to this machine as a
whole. One that this machine could not send is sent by the next command that looks at the runs.
"""

from __future__ import annotations

import functools
import logging
from collections import defaultdict
from pathlib import Path

from filelock import FileLock

from alignment.files import remove, replace_durably, sync_tree
from alignment.objectstore.copies import received
from alignment.objectstore.objects import Objects, concurrently
from alignment.objectstore.patience import patiently

RUNS = "runs"
DIGESTS = "digests.json"
_SENT = ".sent"
"""In the directory of a record: the object store has it, or had it before it was deleted there."""
logger = logging.getLogger(__name__)


class RemoteRecords:
    """The records of all machines.

    Args:
        objects: Where they are.
        runs: Directory of the copies on this machine.
    """

    def __init__(self, objects: Objects, runs: Path) -> None:
        self._objects = objects
        self._runs = runs

    def send(self, directory: Path) -> None:
        """Write a record, or what has changed in it since it was sent.

        Raises:
            Unavailable: if the object store does not answer; the next command sends it.
        """
        folder = f"{RUNS}/{directory.name}"
        names = [path.name for path in _files(directory)]
        before = patiently(functools.partial(self._objects.get, f"{folder}/{DIGESTS}"))
        digests = (directory / DIGESTS).read_bytes() if DIGESTS in names else b"{}"

        def send_file(name: str) -> None:
            patiently(lambda: self._objects.upload(f"{folder}/{name}", directory / name))

        if before is not None and before.data != digests:  # a reader accepts the old and the new
            self._objects.replace(f"{folder}/{DIGESTS}", digests, before.revision)
        concurrently(send_file, [name for name in names if name != DIGESTS])
        if before is None:
            patiently(lambda: self._objects.put_new(f"{folder}/{DIGESTS}", digests))
        (directory / _SENT).touch()

    def synchronize(self) -> None:
        """Copy the records that this machine lacks; delete and send what has become of others."""
        self._runs.mkdir(parents=True, exist_ok=True)
        with FileLock(self._runs / ".lock"):
            shared = self._listing()
            for directory in sorted(self._runs.glob("[!.]*")):
                self._settle(directory, shared.get(directory.name))
            outdated = [name for name in shared if self._is_outdated(name, shared[name])]
            concurrently(lambda name: self._fetch(name, shared[name]), outdated)

    def delete(self, names: list[str]) -> None:
        """Delete records, their `digests.json` first."""
        for name in names:
            self._objects.delete([f"{RUNS}/{name}/{DIGESTS}"])
            listed = self._objects.listing(f"{RUNS}/{name}")
            self._objects.delete([entry.name for entry in listed])

    def _listing(self) -> dict[str, dict[str, int]]:
        """Sizes of the files of each finished record, by its name."""
        records: dict[str, dict[str, int]] = defaultdict(dict)
        for entry in patiently(lambda: self._objects.listing(RUNS)):
            _, run, *rest = entry.name.split("/")
            if len(rest) == 1:
                records[run][rest[0]] = entry.size
        return {run: files for run, files in records.items() if DIGESTS in files}

    def _settle(self, directory: Path, shared: dict[str, int] | None) -> None:
        """Send a record that was not sent, or delete one that another machine has deleted."""
        if shared is None and (directory / _SENT).exists():
            remove(directory)
        elif shared is None or _size(directory / DIGESTS) > shared[DIGESTS]:
            self.send(directory)

    def _is_outdated(self, run: str, files: dict[str, int]) -> bool:
        """Whether a record is not here, or was changed since, which makes its digests longer."""
        return _size(self._runs / run / DIGESTS) < files[DIGESTS]

    def _fetch(self, run: str, files: dict[str, int]) -> None:
        temporary = self._runs / f".{run}.incoming"
        remove(temporary)
        temporary.mkdir()
        for name in files:
            address = f"{RUNS}/{run}/{name}"
            if not patiently(functools.partial(self._receive, address, temporary / name)):
                logger.warning("%s/%s was deleted meanwhile", self._objects.where, address)
                remove(temporary)
                return
        (temporary / _SENT).touch()
        sync_tree(temporary)
        remove(self._runs / run)
        replace_durably(temporary, self._runs / run)

    def _receive(self, name: str, path: Path) -> bool:
        """Whether there is such an object, which is written to a file."""
        return received(self._objects.download(name), path) is not None


def _files(directory: Path) -> list[Path]:
    """The files of a record."""
    return [path for path in sorted(directory.glob("[!.]*")) if path.is_file()]


def _size(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.is_file() else 0
