"""The page and its server: what it shows, what it refuses, and that text stays text."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from alignment.errors import ConfigError
from alignment.search.server import SearchServer, is_local_name, is_loopback, read_query
from tests.unit.search.examples import DOCUMENTS, SCRIPT, engines


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchServer]:
    root = tmp_path_factory.mktemp("server")
    with SearchServer("127.0.0.1", 0, engines(root)) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(
    server: SearchServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    return response, response.read().decode()


def test_the_form_alone(server: SearchServer) -> None:
    response, page = get(server, "/")
    assert response.status == 200
    assert 'method="get"' in page
    assert "words v1" in page and "letters v2" in page and "champion" in page
    assert "<ol>" not in page


def test_both_models_answer(server: SearchServer) -> None:
    _, page = get(server, "/?q=reset+password&k=5")
    assert page.count("<li ") == 10
    assert "How to reset a password" in page
    assert 'value="reset password"' in page
    assert '<option value="5" selected>' in page
    assert "documents are in both lists" in page


@pytest.mark.parametrize("query", [SCRIPT, '" onfocus="alert(1)', "</title><b>", "\x00\u202e"])
def test_a_query_cannot_become_markup(server: SearchServer, query: str) -> None:
    response, page = get(server, f"/?q={quote(query)}")
    assert response.status == 200
    assert "<script" not in page
    assert ' onfocus="' not in page
    assert "<b>" not in page


def test_a_document_cannot_become_markup(server: SearchServer) -> None:
    _, page = get(server, f"/?q={quote(DOCUMENTS[3].text)}&k=10")
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    assert "<script" not in page


def test_language_and_direction(server: SearchServer) -> None:
    _, page = get(server, "/?q=password&k=10")
    assert '<p class="text" dir="auto" lang="ar">' in page
    assert '<span class="tag">cy</span>' in page
    assert 'lang="und"' in page


def test_a_long_document_is_folded(server: SearchServer) -> None:
    _, page = get(server, "/?q=word&k=10")
    assert page.count("<summary>Whole document</summary>") == 2


@pytest.mark.parametrize("path", ["/", "/?q=x", "/style.css", "/nowhere", "/?k=7"])
def test_headers_of_every_answer(server: SearchServer, path: str) -> None:
    response, _ = get(server, path)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Python" not in response.headers["Server"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/?q=x&k=7", 400, "expected one of 5, 10, 20, 50"),
        ("/?q=x&k=-1", 400, "expected one of"),
        (f"/?q={'x' * 2001}", 400, "2,001 characters, expected 2,000"),
        ("/?" + "&".join(["a=b"] * 20), 400, "expected at most 8 fields"),
        ("/nowhere", 404, "no such page"),
        ("/../../etc/passwd", 404, "no such page"),
    ],
)
def test_what_is_refused(server: SearchServer, path: str, status: int, message: str) -> None:
    response, page = get(server, path)
    assert response.status == status
    assert message in page
    assert "Traceback" not in page


def test_only_reading(server: SearchServer) -> None:
    assert get(server, "/", "POST")[0].status == 501
    response, page = get(server, "/?q=x", "HEAD")
    assert response.status == 200 and page == ""


def test_a_page_of_another_site_cannot_read_the_answers(server: SearchServer) -> None:
    response, page = get(server, "/?q=password", Host="attacker.example")
    assert response.status == 403
    assert "password" not in page


def test_many_at_once(server: SearchServer) -> None:
    pages: list[str] = []
    threads = [
        threading.Thread(target=lambda: pages.append(get(server, "/?q=reset&k=5")[1]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lists = {page.partition("<footer")[0] for page in pages}
    assert len(pages) == 8 and len(lists) == 1


def test_a_browser_that_goes_away_stops_nothing(server: SearchServer) -> None:
    for request in (b"", b"GET", b"\x16\x03\x01\x02\x00\n\n", b"GET /?q=x HTTP/1.0\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.server_address[1])) as connection:
            connection.sendall(request)
    assert get(server, "/")[0].status == 200


def test_a_taken_port_is_one_message(server: SearchServer) -> None:
    port = server.server_address[1]
    with pytest.raises(ConfigError, match=f"the port {port} is taken") as caught:
        SearchServer("127.0.0.1", port)
    assert f"--port {port + 1}" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "port", "where"),
    [
        ("127.0.0.1", 70000, "--port"),
        ("127.0.0.1", -1, "--port"),
        ("no.such.host.invalid", 0, "--host"),
    ],
)
def test_addresses_that_cannot_be_used(host: str, port: int, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SearchServer(host, port)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("localhost:8600", True),
        ("127.0.0.1", True),
        ("127.3.4.5:1", True),
        ("[::1]:8600", True),
        ("", False),
        ("example.com", False),
        ("127.0.0.1.example.com", False),
        ("localhost.example.com:80", False),
        ("[", False),
        ("[x]", False),
    ],
)
def test_names_of_this_machine(name: str, local: bool) -> None:
    assert is_local_name(name) is local


def test_what_only_this_machine_can_reach() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("192.168.1.2")


def test_bytes_that_are_not_utf8() -> None:
    assert read_query("q=%ff%fe") == ("\ufffd\ufffd", 10)
