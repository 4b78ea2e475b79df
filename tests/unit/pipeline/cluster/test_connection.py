"""What is refused before a run starts on a cluster. The cluster itself is in tests/scale."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alignment.config.runner import GB, RunnerSettings
from alignment.errors import ConfigError, Unavailable
from alignment.pipeline.cluster import address
from alignment.pipeline.cluster.connection import check_place, check_resources, connected
from alignment.pipeline.cluster.task import look_around


def test_ray_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("importlib.import_module", missing)
    with (
        pytest.raises(ConfigError, match="needs the extra `ray`") as caught,
        connected(RunnerSettings(kind="ray"), tmp_path),
    ):
        pass
    assert "pip install 'crosslingual-alignment[ray]'" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_same_machine_is_accepted(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    check_place(look_around(mark), tmp_path)


@pytest.mark.parametrize("name", ["Python", "alignment", "torch"])
def test_another_version_is_refused_with_both(name: str, tmp_path: Path) -> None:
    place = look_around(tmp_path)
    here = place.versions[name]
    other = dataclasses.replace(place, host="node7", versions={**place.versions, name: "0.0.1"})
    with pytest.raises(ConfigError) as caught:
        check_place(other, tmp_path)
    assert f"node7 has other versions than this machine: {name} 0.0.1 there and {here} here" in str(
        caught.value
    )


def test_another_folder_is_refused(tmp_path: Path) -> None:
    place = dataclasses.replace(look_around(tmp_path / "mark"), host="node7")
    with pytest.raises(ConfigError, match="node7 does not see the workspace"):
        check_place(place, tmp_path)


def test_a_task_must_fit_into_one_machine() -> None:
    machines = [{"CPU": 8.0, "memory": 4.0 * GB}, {"CPU": 1.0, "memory": 64.0 * GB, "GPU": 1.0}]
    check_resources(RunnerSettings(kind="ray", cpus_per_task=8), machines)
    check_resources(RunnerSettings(kind="ray", gpus=0.5), machines)
    with pytest.raises(ConfigError) as caught:
        check_resources(RunnerSettings(kind="ray", cpus_per_task=2, gpus=1), machines)
    assert "no machine of the cluster has what a task needs: 2 CPUs, 2.0 GB, 1 GPUs" in str(
        caught.value
    )
    assert "8 CPUs, 4.0 GB; 1 CPUs, 64.0 GB, 1 GPUs" in str(caught.value)


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """The address of a server that gives this answer, or none, to every connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                if answer is not None:
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host, port = server.getsockname()
        yield f"{host}:{port}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\x00\x00"])
def test_something_else_answers(answer: bytes) -> None:
    with answering(answer) as place, pytest.raises(Unavailable) as caught:
        address.check_reachable(place)
    assert f"there is no Ray cluster at {place}" in str(caught.value)


def test_a_server_of_grpc_is_accepted() -> None:
    with answering(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00") as place:
        address.check_reachable(place)


def test_nothing_answers_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "CONNECT_SECONDS", 0.2)
    with answering(None) as place, pytest.raises(Unavailable, match="nothing answered within"):
        address.check_reachable(place)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_nobody_listens(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable, match=r"runner\.address: there is no Ray cluster at"):
        address.check_reachable(f"{host}:{port}")


def test_no_such_host() -> None:
    with pytest.raises(Unavailable, match=r"no Ray cluster at no-such-host\.invalid:6379"):
        address.check_reachable("no-such-host.invalid:6379")


def test_versions_of_the_cluster_are_read_from_its_error() -> None:
    text = (
        "Version mismatch: The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.12.1\n"
        "This process on node 10.0.0.7 was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
    )
    error = address.other_versions(text)
    assert "Ray: 2.60.0, Python: 3.12.1 there and Ray: 2.60.0, Python: 3.11.7 here" in str(error)


def test_a_head_that_goes_away_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(address, "LOOK_SECONDS", 0.01)
    with answering(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00") as place:
        with address.watched(place):
            time.sleep(0.1)
        assert caplog.messages == []
    with address.watched(place):
        deadline = time.monotonic() + 10
        while not caplog.messages and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
    (message,) = caplog.messages
    assert f"the head of the Ray cluster at {place} does not answer" in message
