"""The operations on an object store, in memory and over HTTP."""

from __future__ import annotations

import datetime
import os
import pickle
import threading
from pathlib import Path

import pytest

from alignment.errors import ConfigError, Unavailable
from alignment.objectstore.address import bucket_address, open_store
from alignment.objectstore.folder import FolderObjects
from alignment.objectstore.objects import Objects, StoredObjects
from alignment.objectstore.opening import open_objects
from tests.buckets import SECRET_KEY, memory_objects, s3_environment, s3_objects


@pytest.fixture(params=["memory", "folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "memory":
        return memory_objects()
    if request.param == "folder":
        (tmp_path / "shared").mkdir()
        return FolderObjects(tmp_path / "shared", "file:///shared")
    endpoint = request.getfixturevalue("s3_server")
    return s3_objects(endpoint, request.getfixturevalue("s3_prefix"))


def test_an_object_is_created_once(objects: Objects) -> None:
    assert objects.get("a.json") is None
    assert objects.put_new("a.json", b"1")
    assert not objects.put_new("a.json", b"2")
    content = objects.get("a.json")
    assert content is not None and content.data == b"1"


def test_only_an_unchanged_object_is_replaced(objects: Objects) -> None:
    objects.put_new("a.json", b"1")
    first = objects.get("a.json")
    assert first is not None
    assert objects.replace("a.json", b"2", first.revision)
    assert not objects.replace("a.json", b"3", first.revision)
    content = objects.get("a.json")
    assert content is not None and content.data == b"2"
    objects.delete(["a.json"])
    assert not objects.replace("a.json", b"4", content.revision)


def test_listing(objects: Objects) -> None:
    for name in ("v2/b", "v1/a/c", "v1/b", "v10/a", "top"):
        objects.put_new(name, b"xyz")
    assert objects.folders("") == ["v1", "v10", "v2"]
    assert objects.folders("v1") == ["a"]
    assert [(entry.name, entry.size) for entry in objects.listing("v1")] == [
        ("v1/a/c", 3),
        ("v1/b", 3),
    ]
    assert objects.listing("v3") == []


def test_deleting_twice(objects: Objects) -> None:
    objects.put_new("v1/a", b"1")
    objects.delete(["v1/a", "v1/b"])
    objects.delete(["v1/a"])
    assert objects.listing("v1") == []


def test_a_file_of_several_parts(objects: Objects, tmp_path: Path) -> None:
    content = os.urandom(17 * 2**20)
    (tmp_path / "weights").write_bytes(content)
    objects.upload("v1/weights", tmp_path / "weights")
    pieces = objects.download("v1/weights")
    assert pieces is not None
    assert b"".join(pieces) == content
    assert objects.download("v1/other") is None


def test_the_store_says_when_an_object_was_written(objects: Objects) -> None:
    objects.put_new("a", b"1")
    content = objects.get("a")
    assert content is not None and content.modified is not None
    age = datetime.datetime.now(datetime.UTC) - content.modified
    assert abs(age.total_seconds()) < 60


def test_an_empty_file(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    objects.upload("a/empty", tmp_path / "empty")
    assert [entry.size for entry in objects.listing("a")] == [0]
    assert b"".join(objects.download("a/empty") or [b"?"]) == b""


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_one_of_many_writers_wins(kind: str, tmp_path: Path) -> None:
    objects: Objects = memory_objects()
    if kind == "folder":
        objects = FolderObjects(tmp_path, "file:///shared")
    objects.put_new("n", b"0")
    barrier = threading.Barrier(8)
    wins: list[int] = []

    def write(number: int) -> None:
        for _ in range(50):
            content = objects.get("n")
            assert content is not None
            barrier.wait()
            if objects.replace("n", f"{number}-{len(wins)}".encode(), content.revision):
                wins.append(number)
            barrier.wait()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 50


def configured(address: str, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> StoredObjects:
    for name, value in s3_environment(endpoint).items():
        monkeypatch.setenv(name, value)
    return StoredObjects(open_store(bucket_address(address)), address)


def test_the_environment_has_the_credentials(
    s3_server: str, s3_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = configured(f"s3://models/{s3_prefix}", monkeypatch, s3_server)
    assert objects.put_new("a", b"1")
    assert [entry.name for entry in objects.listing("")] == ["a"]


def test_a_missing_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = configured("s3://nowhere/x", monkeypatch, s3_server)
    with pytest.raises(ConfigError, match="there is no such bucket"):
        objects.folders("")
    with pytest.raises(ConfigError, match="there is no such bucket") as caught:
        objects.put_new("a", b"1")
    assert "s3://nowhere/x" in str(caught.value)


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore.store import S3Store

    store = S3Store(
        "models",
        endpoint="http://127.0.0.1:9",
        access_key_id="A",
        secret_access_key=SECRET_KEY,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    objects = StoredObjects(store, "s3://models/x")
    with pytest.raises(Unavailable, match="did not answer as expected") as caught:
        objects.get("a")
    assert SECRET_KEY not in str(caught.value)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://a/b", "expected s3://BUCKET/PREFIX"),
        ("s3://", "expected SCHEME://BUCKET/PREFIX"),
        ("s3://me:pw@bucket/x", "no user and no password"),
        ("s3://bucket/a/../b", "expected SCHEME://BUCKET/PREFIX"),
        ("s3://bucket/a?x=1", "expected SCHEME://BUCKET/PREFIX"),
    ],
)
def test_addresses_that_are_none(address: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        bucket_address(address)
    assert "pw" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("address", ["s3://b/p", "gs://b/p/q", "az://container/p", "s3://bucket"])
def test_addresses(address: str) -> None:
    assert str(bucket_address(address)) == address


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_the_other_clouds_open(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_SKIP_SIGNATURE", "true")
    assert open_store(bucket_address(f"{scheme}://models/demo")) is not None


def test_azure_without_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(ConfigError, match="Azure Blob Storage cannot be used"):
        open_store(bucket_address("az://models/demo"))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(ConfigError, match="needs the extra `bucket`") as caught:
        open_store(bucket_address("s3://models/demo"))
    assert "pip install 'crosslingual-alignment[bucket]'" in str(caught.value)


def test_pickled_objects_have_no_credentials(
    s3_server: str, s3_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    objects = open_objects(bucket_address(f"s3://models/{s3_prefix}"))
    objects.put_new("a", b"1")
    data = pickle.dumps(objects)
    assert SECRET_KEY.encode() not in data
    content = pickle.loads(data).get("a")
    assert content is not None and content.data == b"1"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(memory_objects())


def test_a_wrong_clock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore import exceptions

    def refuse(*_: object) -> None:
        raise exceptions.PermissionDeniedError("403: <Code>RequestTimeTooSkewed</Code>")

    monkeypatch.setattr("obstore.get", refuse)
    with pytest.raises(ConfigError, match="the clock of this machine is wrong"):
        memory_objects().get("a")
