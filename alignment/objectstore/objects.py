"""The few operations on an object store that we need, and one error for each failure.

Two of them are conditional, and everything that must not be half done rests on these: `put_new`
writes an object that is not there yet, and `replace` writes one that has not changed since it was
read. Amazon S3, Google Cloud and Azure decide both on the server, in one step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from alignment.errors import ConfigError, RegistryError, Unavailable
from alignment.objectstore.address import first_line

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHUNK = 8 * 2**20
"""Bytes that are read or sent at once."""
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|404 Not Found")
"""A missing object has been dealt with by then, so only a listing fails like this."""
_SKEWED = "RequestTimeTooSkewed"
REQUESTS = 16
"""Small objects that are read at once; each waits for the network."""

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")


class Revision(NamedTuple):
    """Which state of an object was read: S3 and Azure compare the e-tag, Google the version."""

    e_tag: str | None
    version: str | None


class Content(NamedTuple):
    """A small object."""

    data: bytes
    revision: Revision
    modified: datetime | None = None
    """When it was written, by the clock of the object store."""


class Listed(NamedTuple):
    """An object in a listing."""

    name: str
    size: int
    modified: datetime


class Objects(Protocol):
    """Objects by their names, which are relative to an address."""

    where: str
    """The address, for messages."""

    def get(self, name: str) -> Content | None:
        """A small object; None if there is none."""

    def put_new(self, name: str, data: bytes) -> bool:
        """Write an object that does not exist; False if it does."""

    def replace(self, name: str, data: bytes, revision: Revision) -> bool:
        """Write an object that is still at this revision; False if it is not."""

    def upload(self, name: str, file: Path) -> None:
        """Write an object from a file, whole or not at all."""

    def download(self, name: str) -> Iterator[bytes] | None:
        """The content of an object in pieces; None if there is none."""

    def listing(self, folder: str) -> list[Listed]:
        """All objects under a folder, sorted by name."""

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, without those further down."""

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects; one that is gone already is none of its errors."""


class StoredObjects:
    """Objects of a store that `obstore` opened.

    Args:
        store: The store.
        where: Its address, for messages.
        reopen: Opens the same objects in another process, which has its own credentials. Without
            it they cannot be pickled: obstore would pickle the credentials.
    """

    def __init__(
        self, store: ObjectStore, where: str, reopen: Callable[[], StoredObjects] | None = None
    ) -> None:
        self.where = where
        self._store = store
        self._reopen = reopen

    def __reduce__(self) -> tuple[Callable[[], StoredObjects], tuple[()]]:
        if self._reopen is None:
            raise TypeError(f"{self.where} was not opened by its address and cannot be pickled")
        return self._reopen, ()

    def get(self, name: str) -> Content | None:
        """A small object; None if there is none."""
        import obstore

        with _named(f"{self.where}/{name}"):
            try:
                result = obstore.get(self._store, name)
                data = bytes(result.bytes())
            except FileNotFoundError:
                return None
            meta = result.meta
            return Content(data, Revision(meta["e_tag"], meta["version"]), meta["last_modified"])

    def put_new(self, name: str, data: bytes) -> bool:
        """Write an object that does not exist; False if it does."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with _named(f"{self.where}/{name}"):
            try:
                obstore.put(self._store, name, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def replace(self, name: str, data: bytes, revision: Revision) -> bool:
        """Write an object that is still at this revision; False if it is not."""
        import obstore
        from obstore.exceptions import PreconditionError

        with _named(f"{self.where}/{name}"):
            parts = revision._asdict().items()
            expected = {key: value for key, value in parts if value is not None}
            try:
                obstore.put(self._store, name, data, mode=expected)  # type: ignore[arg-type]
            except (PreconditionError, FileNotFoundError):
                return False
            return True

    def upload(self, name: str, file: Path) -> None:
        """Write an object from a file, whole or not at all."""
        import obstore

        with _named(f"{self.where}/{name}"):
            obstore.put(self._store, name, file, chunk_size=CHUNK, max_concurrency=4)

    def download(self, name: str) -> Iterator[bytes] | None:
        """The content of an object in pieces; None if there is none."""
        import obstore

        with _named(f"{self.where}/{name}"):
            try:
                result = obstore.get(self._store, name)
            except FileNotFoundError:
                return None
            return self._pieces(result.stream(min_chunk_size=CHUNK), name)

    def listing(self, folder: str) -> list[Listed]:
        """All objects under a folder, sorted by name."""
        import obstore

        with _named(f"{self.where}/{folder}"):
            listed = []
            for batch in obstore.list(self._store, folder):
                for meta in batch:
                    listed.append(Listed(meta["path"], meta["size"], meta["last_modified"]))
            return sorted(listed)

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, without those further down."""
        import obstore

        with _named(f"{self.where}/{folder}"):
            listing = obstore.list_with_delimiter(self._store, folder or None)
            prefixes = listing["common_prefixes"]
            return sorted(prefix.rstrip("/").rpartition("/")[2] for prefix in prefixes)

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects; one that is gone already is none of its errors."""
        import obstore

        for name in names:
            with _named(f"{self.where}/{name}"):
                try:
                    obstore.delete(self._store, name)
                except FileNotFoundError:
                    continue

    def _pieces(self, stream: Iterator[bytes], name: str) -> Iterator[bytes]:
        with _named(f"{self.where}/{name}"):
            for piece in stream:
                yield bytes(piece)


def concurrently(request: Callable[[ItemT], AnswerT], items: Sequence[ItemT]) -> list[AnswerT]:
    """The answers to requests about these items, in their order."""
    if len(items) < 2:
        return [request(item) for item in items]
    with ThreadPoolExecutor(min(REQUESTS, len(items))) as pool:
        return list(pool.map(request, items))


@contextmanager
def _named(where: str) -> Iterator[None]:
    """One message for what the object store refuses.

    Raises:
        ConfigError: if the credentials are missing, wrong or not sufficient.
        Unavailable: if the store did not answer, or failed.
        RegistryError: if it does not support conditional writes.
    """
    from obstore.exceptions import (
        BaseError,
        NotSupportedError,
        PermissionDeniedError,
        UnauthenticatedError,
    )

    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as error:
        if _SKEWED in str(error):
            raise ConfigError(
                "the object store refused the request: the clock of this machine is wrong",
                where=where,
                hint="Set the clock, for instance by NTP; requests are signed with the time.",
            ) from error
        raise ConfigError(
            "the object store refused the request: the credentials are missing, wrong, or not "
            "allowed to do this",
            where=where,
            hint="They are read from the environment and the usual places of the provider. "
            "They must allow to list, read and write objects, and `gc` also deletes.",
        ) from error
    except NotSupportedError as error:
        raise RegistryError(
            f"the object store cannot do what is needed: {first_line(error)}",
            where=where,
            hint="It must support conditional writes (If-Match and If-None-Match).",
        ) from error
    except FileNotFoundError as error:
        raise _no_bucket(where) from error
    except (BaseError, OSError) as error:
        if _NO_BUCKET.search(str(error)):
            raise _no_bucket(where) from error
        raise Unavailable(
            f"the object store did not answer as expected: {first_line(error)}",
            where=where,
            hint="Try again. If it stays, check the address, the region and the endpoint "
            "(AWS_REGION, AWS_ENDPOINT_URL).",
        ) from error


def _no_bucket(where: str) -> ConfigError:
    return ConfigError(
        "there is no such bucket or container",
        where=where,
        hint="Create it first, or correct the address.",
    )
