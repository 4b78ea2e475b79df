"""One run of a model at a time on all machines: a lock in an object store, with an end.

The object says who holds the lock and since when. Its holder writes it again every minute; one that
was not written for `SECONDS` belongs to a machine that is dead or cut off, and may be taken over.
Both times are those of the object store, so the clocks of the machines may differ.

A machine that was cut off for longer may believe that it still holds its lock. This costs work and
no more: artifacts, records and aliases are written on conditions of their own.
"""

from __future__ import annotations

import datetime
import functools
import json
import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from alignment.errors import AlignmentError, Busy, Unavailable
from alignment.objectstore.objects import Content, Objects
from alignment.objectstore.patience import patiently
from alignment.text import parse_json

SECONDS = 300.0
"""An outage may last so long until the lock is lost."""
LOCKS = "locks"
COLLECTING = "gc"
"""Name of the lock that `alignment gc` holds."""
_RUN = "run-"
_RENEWALS = 5
"""Within `SECONDS`."""
_LAST_RENEWAL_SECONDS = 10
logger = logging.getLogger(__name__)


class Holder(NamedTuple):
    """Who holds a lock."""

    host: str
    process: int
    since: str
    token: str
    """Of this one time."""
    cache: str
    """Which directory of copies it uses: only processes of one machine have the same."""

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} since {self.since}"


class Leases:
    """The locks under one address.

    Args:
        objects: Where they are.
        cache: Identifies this machine's directory of copies.
        seconds: How long a lock is held without a sign of life.
    """

    def __init__(self, objects: Objects, cache: str, seconds: float = SECONDS) -> None:
        self._objects = objects
        self._cache = cache
        self._seconds = seconds

    @contextmanager
    def run(self, model: str) -> Iterator[None]:
        """Allow one run of a model at a time, on all machines.

        The caller holds the file lock of this machine for the same model.

        Raises:
            Busy: if another run, or a cleanup, is in progress.
        """
        with self._held(f"{_RUN}{model}", f"another run of {model!r}"):
            self._refuse_if_held(COLLECTING, "`alignment gc`")
            yield

    @contextmanager
    def no_run(self) -> Iterator[None]:
        """Keep runs of all models from starting meanwhile.

        Raises:
            Busy: if one is in progress, or another cleanup.
        """
        with self._held(COLLECTING, "another `alignment gc`"):
            for entry in self._objects.listing(LOCKS):
                name = entry.name.removeprefix(f"{LOCKS}/").removesuffix(".json")
                if name.startswith(_RUN):
                    self._refuse_if_held(name, f"a run of {name.removeprefix(_RUN)!r}")
            yield

    @contextmanager
    def _held(self, name: str, what: str) -> Iterator[None]:
        holder = self._take(name, what)
        stop = threading.Event()
        renewal = threading.Thread(
            target=self._renew, args=(name, holder, stop), name=f"lease {name}", daemon=True
        )
        renewal.start()
        try:
            yield
        finally:
            stop.set()
            renewal.join(_LAST_RENEWAL_SECONDS)
            self._release(name, holder)

    def _take(self, name: str, what: str) -> Holder:
        holder = self._myself()
        data = json.dumps(holder._asdict()).encode()
        while not patiently(functools.partial(self._objects.put_new, _object(name), data)):
            present = self._get(name)
            if present is None:
                continue
            other = _parsed(present)
            if other is not None and other.token == holder.token:  # the answer was lost
                return holder
            if self._is_live(present, other):
                raise self._busy(what, other)
            logger.warning("the lock of %s is taken over: it shows no sign of life", other)
            if self._objects.replace(_object(name), data, present.revision):
                return holder
        return holder

    def _refuse_if_held(self, name: str, what: str) -> None:
        present = self._get(name)
        if present is not None and self._is_live(present, _parsed(present)):
            raise self._busy(what, _parsed(present))

    def _is_live(self, present: Content, holder: Holder | None) -> bool:
        myself = self._myself()
        is_neighbor = holder is not None and holder.cache == myself.cache
        if holder is not None and is_neighbor and not _is_alive(holder.process):
            return False
        if present.modified is None:
            return True
        age = (self._now() - present.modified).total_seconds()
        return age < self._seconds

    def _now(self) -> datetime.datetime:
        """The time by the clock of the object store."""
        name = f"{LOCKS}/clock/{uuid.uuid4().hex}"
        patiently(lambda: self._objects.put_new(name, b""))
        content = patiently(lambda: self._objects.get(name))
        self._objects.delete([name])
        if content is None or content.modified is None:
            return datetime.datetime.now(datetime.UTC)
        return content.modified

    def _renew(self, name: str, holder: Holder, stop: threading.Event) -> None:
        data = json.dumps(holder._asdict()).encode()
        while not stop.wait(self._seconds / _RENEWALS):
            try:
                present = self._objects.get(_object(name))
                is_mine = present is not None and _parsed(present) == holder
                if present is None or not is_mine:
                    logger.warning("the lock %s was lost: this run was cut off for too long", name)
                    return
                self._objects.replace(_object(name), data, present.revision)
            except Unavailable as error:
                logger.info("the lock %s is not renewed: %s", name, error.message)
            except AlignmentError as error:
                logger.warning("the lock %s is not renewed: %s", name, error)

    def _release(self, name: str, holder: Holder) -> None:
        try:
            present = self._objects.get(_object(name))
            if present is not None and _parsed(present) == holder:
                self._objects.delete([_object(name)])
        except AlignmentError as error:
            logger.warning(
                "the lock %s could not be released and ends in %.0f s: %s",
                name,
                self._seconds,
                error.message,
            )

    def _get(self, name: str) -> Content | None:
        return patiently(lambda: self._objects.get(_object(name)))

    def _myself(self) -> Holder:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return Holder(socket.gethostname(), os.getpid(), now, uuid.uuid4().hex, self._cache)

    def _busy(self, what: str, holder: Holder | None) -> Busy:
        who = "a process that cannot be read" if holder is None else str(holder)
        return Busy(
            f"{what} is in progress in this workspace: {who}",
            where=self._objects.where,
            hint="Wait until it has finished, or choose another workspace. The lock of a machine "
            f"that is dead ends {self._seconds / 60:.0f} minutes after its last sign of life.",
        )


def _object(name: str) -> str:
    return f"{LOCKS}/{name}.json"


def _is_alive(process: int) -> bool:
    """Whether a process of this machine has this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _parsed(content: Content) -> Holder | None:
    try:
        return Holder(**parse_json(content.data))
    except (ValueError, TypeError, RecursionError):
        return None
