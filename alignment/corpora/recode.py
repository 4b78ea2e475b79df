r"""Bytes in another encoding or with another line end, read as UTF-8 with `\n`."""

from __future__ import annotations

import codecs
import io
from typing import Any

_BUFFER_BYTES = 2**18
_MARKS = (  # those of UTF-32 first: the one of UTF-16-LE is the start of the one of UTF-32-LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def unicode_encoding(start: bytes) -> str | None:
    """`utf-16` or `utf-32` if the first bytes of a file show it; None for UTF-8 and the rest.

    Without a byte order mark, UTF-16 shows in the zero byte of its first ASCII character.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    zeros = [byte == 0 for byte in start[:4]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    if zeros == [True, False, True, False]:
        return "utf-16-be"
    return None


def text_as_utf8(file: io.BufferedReader) -> io.BufferedReader:
    r"""The stream itself if it is UTF-8 with `\n`, or a stream that makes it so.

    UTF-16 and UTF-32 are decoded; in a file without any `\n`, each `\\r` ends a line (old Macs).
    """
    start = file.peek()
    encoding = unicode_encoding(start)
    shown = start.decode(encoding, "replace") if encoding else start.decode("latin-1")
    old_mac = "\r" in shown and "\n" not in shown
    if encoding is None and not old_mac:
        return file
    return recoded(file, encoding, newline="\r" if old_mac else None)


def recoded(
    file: io.BufferedReader,
    encoding: str | None,
    *,
    errors: str = "strict",
    newline: str | None = None,
) -> io.BufferedReader:
    r"""A stream of UTF-8 from one in `encoding` (None: its bytes are not decoded).

    Args:
        file: The stream that is read.
        encoding: Its encoding.
        errors: How the decoder treats invalid bytes. A lone surrogate that it gives becomes
            invalid UTF-8.
        newline: A character that becomes `\n`.
    """
    return io.BufferedReader(_Recoded(file, encoding, errors, newline), _BUFFER_BYTES)


class _Recoded(io.RawIOBase):
    def __init__(
        self, file: io.BufferedReader, encoding: str | None, errors: str, newline: str | None
    ) -> None:
        self.file = file
        self.decoder = codecs.getincrementaldecoder(encoding)(errors) if encoding else None
        self.newline = newline.encode() if newline else None
        self.pending = b""
        self.ended = False

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; return the number of bytes, 0 at the end."""
        while not self.pending and not self.ended:
            self.pending = self._next()
        size = min(len(buffer), len(self.pending))
        buffer[:size] = self.pending[:size]
        self.pending = self.pending[size:]
        return size

    def _next(self) -> bytes:
        data = self.file.read1(_BUFFER_BYTES)
        self.ended = not data
        if self.decoder is not None:
            data = self.decoder.decode(data, self.ended).encode("utf-8", "surrogatepass")
        return data.replace(self.newline, b"\n") if self.newline else data
