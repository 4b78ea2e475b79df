"""Answers of servers to the request for a table, and what is right then."""

from __future__ import annotations

import email.utils
import gzip
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.robust.raw_server import Answer, answer

GOOD = b"en\tes\n" + b"".join(b"Sentence %d.\tFrase %d.\n" % (n, n) for n in range(400))
LIMIT = 10**6
"""Bytes that may be downloaded."""
ETAG = 'ETag: "one"'


class Answers(NamedTuple):
    """What a server does, and what is right then."""

    name: str
    answers: Sequence[Answer]
    right: str = ""
    """A text of the message; empty if the file is the right one in the end."""


def all_answers() -> list[Answers]:
    """Statuses, bodies, ranges, redirects, broken HTTP and slow servers."""
    return [*_statuses(), *_bodies(), *_ranges(), *_redirects(), *_protocol(), *_slow()]


def _statuses() -> list[Answers]:
    permanent = ["400 Bad", "401 No", "402 Pay", "403 No", "405 No", "407 Proxy", "418 Tea"]
    permanent += ["451 Law", "501 No", "505 No", "204 Empty", "226 IM Used", "999 Odd"]
    passing = ["408 Slow", "429 Many", "500 Broken", "502 Gateway", "503 Busy", "504 Gateway"]
    kinds = [
        Answers(f"status {status}", [answer(b"no", status=status)], f"HTTP {status[:3]}")
        for status in (*permanent, *passing, "404 No", "410 Gone")
    ]
    for status in passing:
        kinds.append(
            Answers(f"status {status} once", [answer(b"no", status=status), answer(GOOD, ETAG)])
        )
    far = email.utils.format_datetime(email.utils.localtime().replace(year=2099))
    waits = {"999999": "asks to wait", far: "asks to wait", "soon": "HTTP 503", "-5": "HTTP 503"}
    waits |= {"9" * 400: "asks to wait", "²": "HTTP 503", "Thu, 99 Foo 9999": "HTTP 503"}
    waits["Mon, 01 Jan 0001 00:00:00 GMT"] = "HTTP 503"
    for wait, message in waits.items():
        busy = answer(b"", f"Retry-After: {wait}", status="503 Busy")
        kinds.append(Answers(f"Retry-After {wait[:30]}", [busy], message))
    return kinds


def _bodies() -> list[Answers]:
    page = b"<!DOCTYPE html><html><title>Sign in</title></html>"
    return [
        Answers("a login page", [answer(page)], "'Sign in'"),
        Answers("a page with a long comment", [answer(b"<!--x-->\n" * 9 + page)], "HTML page"),
        Answers("a page after line breaks", [answer(b"\xef\xbb\xbf\r\n \n" + page)], "HTML page"),
        Answers("a page in UTF-16", [answer(page.decode().encode("utf-16"))], "HTML page"),
        Answers("a JSON error", [answer(b'{"error": "token expired"}')], "JSON answer"),
        Answers("an XML error", [answer(b'<?xml version="1.0"?><Error/>')], "XML document"),
        Answers("an XML error without a head", [answer(b"<Error><Code>No")], "XML document"),
        Answers("a PDF file", [answer(b"%PDF-1.7 ...")], "PDF file"),
        Answers("a pointer of Git LFS", [answer(POINTER)], "Git LFS"),
        Answers("a list of files", [answer(b"<html><body><h1>Index of /</h1>")], "HTML page"),
        Answers("gzip that nobody asked for", [answer(gzip.compress(GOOD), _GZIP)], "gzip data"),
        Answers("an image", [answer(b"\x89PNG\r\n\x1a\n" + bytes(40))], "binary data"),
        Answers("zeros", [answer(bytes(5000))], "binary data"),
        Answers("too large, announced", [answer(b"x", length=10 * LIMIT)], "the limit is"),
        Answers("without end", [_endless], "the limit is"),
        Answers("cut short", [answer(GOOD[:99], length=len(GOOD))], "attempts failed"),
        Answers("cut short, then whole", [_short(ETAG), answer(GOOD, ETAG)]),
        Answers("cut short, then another file", [_short(ETAG), answer(GOOD, 'ETag: "two"')]),
        Answers("chunks without an end", [answer(b"5\r\nen\te", _CHUNKED, length=-1)], "attempts"),
        Answers(
            "broken chunks", [answer(b"zz\r\nabc\r\n0\r\n\r\n", _CHUNKED, length=-1)], "attempts"
        ),
        Answers("chunks", [answer(_chunks(), _CHUNKED, ETAG, length=-1)]),
    ]


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 9\n"
_GZIP = "Content-Encoding: gzip"
_CHUNKED = "Transfer-Encoding: chunked"


def _short(*headers: str) -> bytes:
    return answer(GOOD[:99], *headers, length=len(GOOD))


def _chunks() -> bytes:
    parts = [GOOD[start : start + 100] for start in range(0, len(GOOD), 100)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _endless(connection: socket.socket, head: str) -> None:
    connection.sendall(answer(b"en\tes\n", length=-1))
    while True:
        connection.sendall(b"a\tb\n" * 10_000)


def _ranges() -> list[Answers]:
    rest = GOOD[99:]
    size = len(GOOD)
    right = f"Content-Range: bytes 99-{size - 1}/{size}"
    spans = {
        "the rest": (right, rest),
        "a range that begins elsewhere": (f"Content-Range: bytes 50-{size - 1}/{size}", GOOD[50:]),
        "a range of another size": (f"Content-Range: bytes 99-{size}/{size + 1}", rest + b"x"),
        "a range without numbers": ("Content-Range: bytes */*", rest),
        "a range in another unit": (f"Content-Range: lines 99-{size - 1}/{size}", rest),
        "no range": ("X: y", rest),
        "a range with long numbers": ("Content-Range: bytes 99-" + "9" * 400 + "/*", rest),
    }
    kinds = []
    for name, (header, body) in spans.items():
        part = answer(body, ETAG, header, status="206 Partial Content")
        kinds.append(Answers(f"resumed by {name}", [_short(ETAG), part, answer(GOOD, ETAG)]))
    weak = 'ETag: W/"one"'
    date = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"
    part = answer(rest, date, right, status="206 Partial Content")
    none = answer(b"", f"Content-Range: bytes */{size}", status="416 No")
    kinds += [
        Answers("resumed by date", [_short(date), part]),
        Answers("a weak tag", [_short(weak), answer(GOOD, weak)]),
        Answers("no such range", [_short(ETAG), none, answer(GOOD, ETAG)]),
        Answers(
            "a part at once",
            [answer(rest, right, ETAG, status="206 Partial Content"), answer(GOOD, ETAG)],
        ),
        Answers("a part as the whole file", [answer(rest, right, ETAG), answer(GOOD, ETAG)]),
        Answers("always no such range", [_short(ETAG), none], "attempts failed"),
    ]
    return kinds


def _redirects() -> list[Answers]:
    other = ["file:///etc/passwd", "ftp://127.0.0.1/a.tsv", "gopher://127.0.0.1:1/_x"]
    other += ["javascript:alert(1)", "data:text/plain,x"]
    odd = ("http://[::1", "http://127.0.0.1:99999/", "http://", "http://\x00/", "//", "", "\xe9")
    places = dict.fromkeys(other, "redirects to one") | dict.fromkeys(odd, "127.0.0.1")
    places |= dict.fromkeys(
        ("http://127.0.0.1:1/a.tsv", "http://nobody.invalid/a.tsv"), "attempts failed"
    )
    places["?again"] = "circle"
    kinds = []
    for place, message in places.items():
        moved = answer(b"", f"Location: {place}", status="302 Found")
        kinds.append(Answers(f"redirect to {place!r}", [moved], message))
    kinds += [
        Answers("redirect without a place", [answer(b"", status="302 Found")], "HTTP 302"),
        Answers("redirect, then the file", [_moved("/b.tsv"), answer(GOOD, ETAG)]),
        Answers("permanent redirect", [_moved("/b.tsv", "308 Moved"), answer(GOOD, ETAG)]),
        Answers("choices", [answer(b"<html>", status="300 Choices")], "HTTP 300"),
        Answers("not modified", [answer(b"", status="304 Not Modified")], "HTTP 304"),
    ]
    return kinds


def _moved(place: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {place}", status=status)


def _protocol() -> list[Answers]:
    broken = {
        "nothing": b"",
        "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
        "an old protocol": b"<html>hello</html>",
        "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
        "a status without a number": b"HTTP/1.1 OK\r\n\r\n",
        "a long head": b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n",
        "many heads": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        "two lengths": answer(GOOD, "Content-Length: 5"),
        "a negative length": answer(GOOD, length=-5),
        "a length in words": answer(GOOD, "Content-Length: many", length=-1),
        "a huge length": answer(GOOD, "Content-Length: " + "9" * 30, length=-1),
    }
    kinds = [Answers(name, [content], "attempts failed") for name, content in broken.items()]
    tag = f'ETag: "{"x" * 5000}"'
    kinds += [
        Answers("a tag with odd characters", [answer(GOOD, 'ETag: "\xff\x80"')]),
        Answers("a long tag", [answer(GOOD, tag)]),
        Answers("another version", [b"HTTP/9.9 200 OK\r\n\r\n" + GOOD]),
        Answers("a type of another kind", [answer(GOOD, "Content-Type: text/html")]),
        Answers("a name of another kind", [answer(GOOD, 'Content-Disposition: x; filename="/x"')]),
        Answers("a cookie", [answer(GOOD, "Set-Cookie: a=b; Path=/")]),
        Answers("an early hint", [b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + answer(GOOD)]),
    ]
    return kinds


def _slow() -> list[Answers]:
    return [
        Answers("no answer", [lambda connection, head: time.sleep(30)], "attempts failed"),
        Answers("an answer byte by byte", [_trickle], "attempts failed"),
        Answers("a head byte by byte", [_slow_head], "attempts failed"),
    ]


def _trickle(connection: socket.socket, head: str) -> None:
    connection.sendall(answer(b"", length=len(GOOD)))
    for number in range(200):
        connection.sendall(GOOD[number : number + 1])
        time.sleep(0.02)


def _slow_head(connection: socket.socket, head: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    time.sleep(30)
