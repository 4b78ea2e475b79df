"""UTF-16, UTF-32 and old line ends as UTF-8."""

import io

import pytest

from alignment.corpora.recode import recoded, text_as_utf8, unicode_encoding

TEXT = "source\ttarget\none\tüks 😀\n"


def buffered(data: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(data))


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings(encoding: str, name: str | None) -> None:
    data = TEXT.encode(encoding)
    assert unicode_encoding(data) == name
    assert text_as_utf8(buffered(data)).read().decode("utf-8-sig") == TEXT


def test_a_big_endian_mark() -> None:
    data = b"\xfe\xff" + TEXT.encode("utf-16-be")
    assert text_as_utf8(buffered(data)).read().decode() == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_old_line_ends(encoding: str) -> None:
    data = TEXT.replace("\n", "\r").encode(encoding)
    assert text_as_utf8(buffered(data)).read().decode() == TEXT


def test_windows_line_ends_are_kept() -> None:
    data = TEXT.replace("\n", "\r\n").encode()
    assert text_as_utf8(buffered(data)).read() == data


def test_a_cut_character() -> None:
    with pytest.raises(UnicodeDecodeError):
        text_as_utf8(buffered(TEXT.encode("utf-16")[:-1])).read()


def test_a_lone_surrogate_becomes_invalid_utf8() -> None:
    data = "a\ud800b".encode("utf-16-le", "surrogatepass")
    data = recoded(buffered(data), "utf-16-le", errors="surrogatepass").read()
    with pytest.raises(UnicodeDecodeError):
        data.decode()
