"""Damaged forms of valid files: what disks, transfers, editors and attackers do to them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

MAX_REPEATS = 3000
_TOKENS = (
    b"\x00",
    b"\x1f\x8b",
    b"\n",
    b"\r",
    b"\t",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b'"',
    b"${HOME}",
    b"%0",
    b"&a ",
    b"&lt;",
    b"*a",
    b"-1",
    b"0x",
    b"1e999",
    b"2020-13-45",
    b"9" * 30,
    b"9" * 5000,
    b"<<: *a",
    b"<a>",
    b"<!ENTITY a 'b'>",
    b"NaN",
    b"PK\x03\x04",
    b"[",
    b"\\",
    b"\\UFFFFFFFF",
    b"\\ud800",
    b"]",
    b"null",
    b"{",
    b"{a, plural, one {b}}",
    b"}",
    b"!!int ",
    b"~",
)


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the files after up to four changes."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        data = draw(_changed(data))
    return data


@st.composite
def _changed(draw: st.DrawFn, data: bytes) -> bytes:
    start = draw(st.integers(0, len(data)))
    end = min(len(data), start + draw(st.integers(0, 40)))
    piece = data[start:end]
    kind = draw(st.sampled_from(["token", "flip", "delete", "repeat", "cut", "bytes", "copy"]))
    if kind == "token":
        token = draw(st.sampled_from(_TOKENS))
        return data[:start] + token + data[draw(st.sampled_from([start, end])) :]
    if kind == "flip":
        return (
            data[:start]
            + bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in piece[:1])
            + (data[start + 1 :])
        )
    if kind == "delete":
        return data[:start] + data[end:]
    if kind == "repeat":
        return data[:start] + piece * draw(st.integers(0, MAX_REPEATS)) + data[end:]
    if kind == "cut":
        return data[:start]
    if kind == "bytes":
        return data[:start] + draw(st.binary(max_size=20)) + data[end:]
    place = draw(st.integers(0, len(data)))
    return data[:place] + piece + data[place:]
