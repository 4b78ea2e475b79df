"""One resumable download from a real server on loopback that misbehaves."""

import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from alignment.downloads.retry import RangeMismatch, RetryPolicy
from alignment.downloads.transfer import (
    ResumableDownload,
    _RemoteFile,
    _resume_point,
    sidecar,
)
from alignment.errors import NotFound, SourceError, Unavailable
from tests.faulty_server import Fault, FaultyServer

POLICY = RetryPolicy(
    attempts=3, backoff=0.001, max_wait=0.05, read_timeout=2.0, min_speed=1e9, speed_window=0.2
)
DATA = random.Random(0).randbytes(200_000)
OTHER_DATA = random.Random(1).randbytes(210_000)


def download(server: FaultyServer, partial: Path, policy: RetryPolicy = POLICY) -> bytes:
    ResumableDownload(f"{server.url}/a", partial, policy).run()
    return partial.read_bytes()


def serving_faults(*faults: Fault, etag: bool = True) -> FaultyServer:
    """The faults of the first requests, in order."""
    remaining = iter(faults)
    return FaultyServer({"/a": DATA}, lambda _: next(remaining), etag=etag, seed=3)


def test_a_dropped_connection_is_resumed(tmp_path: Path) -> None:
    with serving_faults("drop", "ok").serving() as server:
        assert download(server, tmp_path / "partial") == DATA
    first, second = server.requests
    assert first.range is None
    assert second.range is not None and second.range != "bytes=0-"


def test_a_later_run_resumes(tmp_path: Path) -> None:
    once = RetryPolicy(attempts=1)
    with serving_faults("drop", "ok").serving() as server:
        with pytest.raises(Unavailable, match="resumes after the bytes received"):
            download(server, tmp_path / "partial", once)
        received = (tmp_path / "partial").stat().st_size
        assert download(server, tmp_path / "partial", once) == DATA
    assert received and server.requests[1].range == f"bytes={received}-"


def test_no_resume_without_a_validator(tmp_path: Path) -> None:
    with serving_faults("drop", "ok", etag=False).serving() as server:
        assert download(server, tmp_path / "partial") == DATA
    assert [request.range for request in server.requests] == [None, None]


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    server = FaultyServer({"/a": DATA}, seed=3)

    def change(_: str) -> Fault:
        if not server.requests:
            return "drop"
        server.files["/a"] = OTHER_DATA
        return "ok"

    server.faults = change
    with server.serving():
        assert download(server, tmp_path / "partial") == OTHER_DATA


def test_a_wrong_range_is_not_appended(tmp_path: Path) -> None:
    with serving_faults("drop", "wrong_range", "ok").serving() as server:
        assert download(server, tmp_path / "partial") == DATA
    assert server.requests[2].range is None


def test_ignored_ranges_start_again(tmp_path: Path) -> None:
    with serving_faults("drop", "no_range").serving() as server:
        assert download(server, tmp_path / "partial") == DATA
    assert server.requests[1].range is not None


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("503", "3 attempts failed, the last one with: HTTP 503"),
        ("reset", "3 attempts failed"),
    ],
)
def test_a_fault_that_stays(tmp_path: Path, fault: Fault, message: str) -> None:
    with (
        FaultyServer({"/a": DATA}, lambda _: fault).serving() as server,
        pytest.raises(Unavailable, match=message),
    ):
        download(server, tmp_path / "partial")
    assert len(server.requests) == 3


def test_a_slow_connection_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with serving_faults("trickle", "ok").serving() as server:
        assert download(server, tmp_path / "partial") == DATA
    assert "bytes per second; retrying in" in caplog.text


def test_nobody_listens(tmp_path: Path) -> None:
    with FaultyServer({}).serving() as server:
        pass
    with pytest.raises(Unavailable, match="3 attempts failed"):
        download(server, tmp_path / "partial")


def test_new_bytes_reset_the_failure_count(tmp_path: Path) -> None:
    with serving_faults("drop", "503", "drop", "503", "ok").serving() as server:
        assert download(server, tmp_path / "partial") == DATA


def test_a_missing_file_is_not_retried(tmp_path: Path) -> None:
    with (
        FaultyServer({}).serving() as server,
        pytest.raises(NotFound, match="HTTP 404"),
    ):
        download(server, tmp_path / "partial")
    assert len(server.requests) == 1


def test_redirects_in_a_circle(tmp_path: Path) -> None:
    with (
        FaultyServer({"/a": DATA}, lambda _: "redirect").serving() as server,
        pytest.raises(SourceError, match="redirects in a circle"),
    ):
        download(server, tmp_path / "partial")


def test_a_redirect_to_plain_http_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"Location": "http://host.org/a"})
        return httpx.Response(200, content=b"from anyone")

    real = httpx.Client

    def client(**settings: object) -> httpx.Client:
        return real(transport=httpx.MockTransport(answer), follow_redirects=True)

    monkeypatch.setattr(httpx, "Client", client)
    with pytest.raises(SourceError, match="unencrypted connection"):
        ResumableDownload("https://host.org/a", tmp_path / "partial", POLICY).run()
    assert not (tmp_path / "partial").exists()


def test_progress_is_reported(tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    with serving_faults("ok").serving() as server:
        ResumableDownload(
            f"{server.url}/a",
            tmp_path / "partial",
            POLICY,
            lambda url, received, size: calls.append((received, size)),
        ).run()
    assert calls[-1] == (len(DATA), len(DATA))


PREVIOUS = _RemoteFile(size=100, validator='"tag"')


def partial_response(content_range: str, etag: str = '"tag"') -> httpx.Response:
    return httpx.Response(206, headers={"Content-Range": content_range, "ETag": etag})


@pytest.mark.parametrize(
    "response",
    [
        partial_response("bytes 40-99/100", etag='"other"'),
        partial_response("bytes 40-119/120"),
        partial_response("bytes 41-99/100"),
        partial_response("items 40-99/100"),
        httpx.Response(206, headers={"ETag": '"tag"'}),
        httpx.Response(200, headers={"ETag": '"tag"', "Content-Range": "bytes 40-99/100"}),
    ],
    ids=["other validator", "other size", "other start", "other unit", "no range", "part as whole"],
)
def test_a_range_that_does_not_match(response: httpx.Response) -> None:
    with pytest.raises(RangeMismatch):
        _resume_point(response, 40, PREVIOUS)


@pytest.mark.parametrize("total", ["100", "*"])
def test_a_range_that_matches(total: str) -> None:
    response = partial_response(f"bytes 40-99/{total}")
    assert _resume_point(response, 40, PREVIOUS) == (40, PREVIOUS)


def test_the_same_bytes_without_a_length_have_the_size_that_was_announced() -> None:
    same = httpx.Response(200, headers={"ETag": '"tag"'})
    other = httpx.Response(200, headers={"ETag": '"other"'})
    assert _resume_point(same, 40, PREVIOUS) == (0, PREVIOUS)
    assert _resume_point(other, 40, PREVIOUS) == (0, _RemoteFile(None, '"other"'))


def test_a_short_answer_without_a_length_is_not_accepted(tmp_path: Path) -> None:
    with serving_faults("drop", "no_length").serving() as server:
        assert download(server, tmp_path / "partial") == DATA


def test_a_weak_etag_is_no_validator() -> None:
    headers = {"ETag": 'W/"tag"', "Content-Length": "100"}
    response = httpx.Response(200, headers=headers)
    assert _resume_point(response, 40, PREVIOUS) == (0, _RemoteFile(100, None))


@pytest.fixture
def partial(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "partial"
    path.write_bytes(DATA[:1000])
    yield path


def test_a_damaged_sidecar_is_ignored(partial: Path) -> None:
    sidecar(partial).write_text("{")
    with serving_faults("ok").serving() as server:
        assert download(server, partial) == DATA
    assert server.requests[0].range is None
