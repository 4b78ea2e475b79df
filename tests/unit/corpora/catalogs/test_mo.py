"""Compiled gettext catalogs."""

import struct

import polib
import pytest

from alignment.corpora.catalogs.mo import read_mo
from alignment.corpora.skips import Skips
from alignment.errors import Malformed


def compiled(charset: str = "UTF-8", **texts: str) -> bytes:
    file = polib.POFile(encoding=charset)
    file.metadata = {"Content-Type": f"text/plain; charset={charset}"}
    for msgid, msgstr in texts.items():
        file.append(polib.POEntry(msgid=msgid, msgstr=msgstr))
    return file.to_binary()


def texts(data: bytes, skips: Skips | None = None) -> dict[str, str]:
    entries = read_mo("de.mo", data, skips or Skips())
    return {entry.msgid: entry.forms[0] for entry in entries if not entry.is_header}


def test_charsets() -> None:
    assert texts(compiled("ISO-8859-1", Coffee="Café")) == {"Coffee": "Café"}
    with pytest.raises(Malformed, match="'nope' is not known"):
        texts(compiled(a="b").replace(b"charset=UTF-8", b"charset=nope "))


def test_both_byte_orders() -> None:
    data = compiled(Open="Auf", Shut="Zu")
    words = struct.unpack_from("<7I", data)
    tables = struct.unpack_from("<12I", data, 28)
    swapped = struct.pack(">7I", *words) + struct.pack(">12I", *tables) + data[28 + 48 :]
    assert texts(swapped) == texts(data) == {"Open": "Auf", "Shut": "Zu"}


def test_a_broken_entry_costs_no_other() -> None:
    skips = Skips()
    data = compiled(A="gut", B="fein", C="XY").replace(b"XY", b"\xff\xff")
    assert texts(data, skips) == {"A": "gut", "B": "fein"}
    assert skips.counts == {"unreadable entry": 1}


@pytest.mark.parametrize("size", [0, 4, 19, 30, 60])
def test_truncated(size: int) -> None:
    with pytest.raises(Malformed, match=r"de\.mo"):
        texts(compiled(A="gut", B="fein")[:size])


def test_tables_past_the_end() -> None:
    data = struct.pack("<7I", 0x950412DE, 0, 2**31, 28, 28, 0, 0)
    with pytest.raises(Malformed, match="truncated"):
        texts(data)
