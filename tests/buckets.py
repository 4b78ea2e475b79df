"""Object stores for tests: in memory, a moto server on loopback, and one that fails on purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from obstore.store import MemoryStore, S3Store

from alignment.errors import Unavailable
from alignment.objectstore.objects import Content, Listed, Objects, Revision, StoredObjects
from alignment.registry import Registry
from alignment.registry.bucket.backend import BucketBackend
from alignment.registry.bucket.cache import Cache

BUCKET = "models"
ACCESS_KEY = "AKIATESTACCESSKEY0001"
SECRET_KEY = "wJalrXUtnFEMIK7MDENGbPxRfiCYTESTSECRET01"  # not one of anybody
GIGABYTE = 10**9

AnswerT = TypeVar("AnswerT")


def memory_objects(where: str = "s3://models/demo") -> StoredObjects:
    """An empty object store in memory; its conditional writes are those of obstore."""
    return StoredObjects(MemoryStore(), where)


def bucket_registry(objects: Objects, cache: Path, model: str = "demo") -> Registry:
    """A registry in these objects, as a new process opens it."""
    return Registry(BucketBackend(objects, model, Cache(cache, GIGABYTE)), model)


def s3_environment(endpoint: str) -> dict[str, str]:
    """What a process needs to reach a moto server."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
    }


def make_bucket(endpoint: str, name: str) -> None:
    """Create a bucket on the server."""
    import httpx

    httpx.put(f"{endpoint}/{name}").raise_for_status()


@contextmanager
def running_s3(host: str = "127.0.0.1") -> Iterator[str]:
    """The address of an S3 server with one bucket, on loopback unless `host` says otherwise."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        make_bucket(endpoint, BUCKET)
        yield endpoint
    finally:
        server.stop()


def s3_objects(endpoint: str, prefix: str) -> StoredObjects:
    """A prefix of the bucket on the server."""
    store = S3Store(
        BUCKET,
        prefix=prefix,
        endpoint=endpoint,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        region="us-east-1",
        client_options={"allow_http": True},
    )
    return StoredObjects(store, f"s3://{BUCKET}/{prefix}")


class Killed(BaseException):
    """The process has ended: none of its requests is sent any more."""


class FaultyObjects:
    """Counts the requests to an object store, and ends the process at one of them.

    Args:
        objects: The store.
        die_at: Number of the request, from 0, at which the process ends, or the request.
        after: Whether the store has carried out that request.
        lose_at: Number of a request, or the request, that is carried out and answered by an error.
        meanwhile: What another process does before request `at`.
    """

    def __init__(
        self,
        objects: Objects,
        die_at: int | str | None = None,
        *,
        after: bool = False,
        lose_at: int | str | None = None,
        meanwhile: Callable[[], object] | None = None,
        at: int = 0,
    ) -> None:
        self.where = objects.where
        self.requests: list[str] = []
        self._objects = objects
        self._die_at = die_at
        self._after = after
        self._lose_at = lose_at
        self._meanwhile = meanwhile
        self._at = at
        self._dead = False
        self._lock = threading.Lock()

    def get(self, name: str) -> Content | None:
        return self._request(f"get {name}", lambda: self._objects.get(name))

    def put_new(self, name: str, data: bytes) -> bool:
        return self._request(f"put_new {name}", lambda: self._objects.put_new(name, data))

    def replace(self, name: str, data: bytes, revision: Revision) -> bool:
        return self._request(f"replace {name}", lambda: self._objects.replace(name, data, revision))

    def upload(self, name: str, file: Path) -> None:
        self._request(f"upload {name}", lambda: self._objects.upload(name, file))

    def download(self, name: str) -> Iterator[bytes] | None:
        return self._request(f"download {name}", lambda: self._objects.download(name))

    def listing(self, folder: str) -> list[Listed]:
        return self._request(f"list {folder}", lambda: self._objects.listing(folder))

    def folders(self, folder: str) -> list[str]:
        return self._request(f"folders {folder}", lambda: self._objects.folders(folder))

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self._request(f"delete {name}", partial(self._objects.delete, [name]))

    def _request(self, text: str, send: Callable[[], AnswerT]) -> AnswerT:
        if self._dead:
            raise Killed
        with self._lock:  # several threads send requests
            number = len(self.requests)
            self.requests.append(text)
            if number == self._at and self._meanwhile is not None:
                self._meanwhile()
        if self._die_at in (number, text):
            self._dead = True
            if self._after:
                send()
            raise Killed
        answer = send()
        if self._lose_at in (number, text):
            raise Unavailable("the connection broke", where=self.where)
        return answer
