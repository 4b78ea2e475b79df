"""The bytes of an XML file as UTF-8."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alignment.corpora.recode import recoded, unicode_encoding
from alignment.corpora.streams import not_decoded, open_stream
from alignment.errors import Malformed

_DECLARATION = re.compile(rb"<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")


@contextmanager
def open_xml(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of an XML file as UTF-8, whatever its declaration or byte order mark says.

    Raises:
        Malformed: if it declares an encoding that does not exist, or is cut off inside a character.
    """
    with open_stream(path) as file:
        encoding, errors = _encoding(file.peek(), path)
        try:
            yield file if encoding is None else recoded(file, encoding, errors=errors)
        except UnicodeDecodeError as error:
            raise not_decoded(error, str(path)) from error


def _encoding(start: bytes, path: Path) -> tuple[str | None, str]:
    """The encoding to decode, None for UTF-8, and how invalid bytes are passed on to expat."""
    encoding = unicode_encoding(start)
    if encoding is not None:
        return encoding, "surrogatepass"
    declared = _DECLARATION.match(start.removeprefix(codecs.BOM_UTF8).lstrip())
    name = declared.group(1).decode().lower() if declared else "utf-8"
    if name.startswith(("utf", "us-ascii", "ascii")):
        return None, ""  # a declaration that can be read as ASCII is not in UTF-16
    try:
        b" ".decode(name)
    except (LookupError, UnicodeError) as error:
        raise Malformed(
            f"the XML file declares the unknown encoding {name!r}", where=str(path)
        ) from error
    return name, "surrogateescape"
