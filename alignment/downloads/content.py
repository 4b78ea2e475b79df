"""Whether a downloaded file can be what its name says, from its first bytes.

A server that wants a login, or has an error, often answers 200 with a page. Such a page must not
be locked as the corpus.
"""

from __future__ import annotations

import bz2
import codecs
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from alignment.errors import WrongContent

_SAMPLE_BYTES = 2**13
_MARKS = {
    ".bz2": (b"BZh",),
    ".deb": (b"!<arch>",),
    ".gz": (b"\x1f\x8b",),
    ".mo": (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"),
    ".parquet": (b"PAR1",),
    ".tgz": (b"\x1f\x8b",),
    ".xz": (b"\xfd7zXZ\0",),
    ".zip": (b"PK\x03\x04", b"PK\x05\x06"),
    ".zst": (
        b"\x28\xb5\x2f\xfd",
        *(bytes([0x50 + number]) + b"\x2a\x4d\x18" for number in range(16)),
    ),
}
"""What the files of a kind begin with; zstd also has frames to skip."""
_ALIASES = {".whl": ".zip", ".xlz": ".zip", ".mqxlz": ".zip", ".jar": ".zip", ".xpi": ".zip"}
_PLAIN = (".csv", ".ftl", ".po", ".properties", ".strings", ".tsv", ".txt")
_XML = (".mqxliff", ".mxliff", ".sdlxliff", ".tmx", ".ts", ".txlf", ".xlf", ".xliff", ".xml")
_JSON = (".arb", ".json", ".jsonl")
_PAGES = (".asp", ".aspx", ".htm", ".html", ".jsp", ".php", ".xhtml")
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_LFS = b"version https://git-lfs.github.com/spec/"
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_BEFORE_ROOT = {"<?": "?>", "<!--": "-->", "<!DOCTYPE": ">"}
"""How what may come before a document's first element begins and ends."""
_DESCRIPTIONS = {
    ".bz2": "bzip2 data",
    ".gz": "gzip data",
    ".parquet": "a Parquet file",
    ".xz": "xz data",
    ".zip": "a zip archive",
}
_UNPACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".bz2": lambda data: bz2.BZ2Decompressor().decompress(data, _SAMPLE_BYTES),
    ".gz": lambda data: zlib.decompressobj(wbits=31).decompress(data, _SAMPLE_BYTES),
    ".xz": lambda data: lzma.LZMADecompressor().decompress(data, _SAMPLE_BYTES),
}


def check_content(path: Path, name: str, where: str) -> None:
    """Refuse a file that cannot be what its name says.

    Args:
        path: The file.
        name: Its name or the path of its address, whose ending says what it should be.
        where: The address in the message.

    Raises:
        WrongContent: if it is a page, an error or another kind of file.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE_BYTES)
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    ending = suffixes[-1] if suffixes else ""
    message = _mismatch(start, ending) or _damage(path, ending)
    if message is None and ending in _UNPACKERS and len(suffixes) > 1:
        message = _mismatch_inside(start, ending, suffixes[-2])
    if message is not None:
        raise WrongContent(
            message,
            where=where,
            hint="The server may want a login or have an error: open the address in a browser, and "
            "check your access rights. If the file is right now, fetch it again: "
            "`alignment lock CONFIG --update`.",
        )


def _mismatch(start: bytes, ending: str) -> str | None:
    """What came in place of a file with this ending; None if it may be one."""
    if start.startswith(_LFS):
        return _message(_received(start), ending or "complete")
    marks = _MARKS.get(_ALIASES.get(ending, ending))
    if marks is not None:
        return None if start.startswith(marks) else _message(_received(start), ending)
    if not start and ending in (*_PLAIN, *_XML, *_JSON):
        return _message("an empty file", ending)
    text = _text(start)
    is_page = _HTML.match(text) is not None
    if ending in _PLAIN:
        is_row = "\t" in text.partition("\n")[0]  # of a table with pieces of HTML
        wrong = (is_page and not is_row) or _is_xml(text) or _is_json(start)
        wrong = wrong or "\0" in text or _binary(start) is not None
        return _message(_received(start), ending) if wrong else None
    if ending in _XML:
        if is_page or not text.lstrip().startswith("<") or _has_other_root(text, ending):
            return _message(_received(start), ending)
        wrong = False
    elif ending in _JSON:
        wrong = not text.lstrip().startswith(("{", "["))
    else:
        wrong = is_page and ending[1:].isalpha() and ending not in _PAGES
    return _message(_received(start), ending) if wrong else None


def _damage(path: Path, ending: str) -> str | None:
    """Whether the end of the file is missing."""
    ending = _ALIASES.get(ending, ending)
    if ending == ".zip" and not zipfile.is_zipfile(path):
        return "the zip archive is cut off: its table of contents is missing"
    if ending == ".parquet":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4))
            if file.read() not in _MARKS[".parquet"]:
                return "the Parquet file is cut off: its last bytes are missing"
    return None


def _mismatch_inside(start: bytes, ending: str, inner: str) -> str | None:
    """As `_mismatch`, for the compressed file."""
    try:
        data = _UNPACKERS[ending](start)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        return f"the {ending} file is damaged ({error})"
    message = _mismatch(data, inner)
    return f"{message}, compressed" if message else None


def _message(received: str, ending: str) -> str:
    return f"got {received}, expected a {ending} file"


def _received(start: bytes) -> str:
    """What the bytes are, in words."""
    if not start:
        return "an empty file"
    if start.startswith(_LFS):
        return "a pointer of Git LFS in place of the file"
    if binary := _binary(start):
        return binary
    text = _text(start)
    if _HTML.match(text):
        return f"an HTML page{_title(text)}"
    if _is_xml(text):
        return "an XML document"
    if "\0" in text:
        return "binary data"
    if _is_json(start):
        return "a JSON answer"
    shown = " ".join(text[:200].split())[:40]
    return f"something else ({shown!r})"


def _title(text: str) -> str:
    title = re.search(r"<title[^>]*>([^<]{1,80})", text, re.IGNORECASE)
    return f" with the title {' '.join(title.group(1).split())!r}" if title else ""


def _binary(start: bytes) -> str | None:
    if start.startswith(b"%PDF"):
        return "a PDF file"
    for ending, description in _DESCRIPTIONS.items():
        if start.startswith(_MARKS[ending]):
            return description
    return None


def _text(start: bytes) -> str:
    encoding = "utf-8"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in start[:4]:
        encoding = "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    return start.decode(encoding, "replace").lstrip("\ufeff")


def _has_other_root(text: str, ending: str) -> bool:
    """Whether the document is another one, such as the error of an object store."""
    root = _root(text)
    expected = {".tmx": "tmx", ".ts": "ts", ".xml": ""}.get(ending, "xliff")
    return root is not None and expected not in ("", root.lower())


def _root(text: str) -> str | None:
    """The name of a document's first element; None if the sample ends before it.

    A scan, because an expression for this can take exponential time.
    """
    rest = text.lstrip()
    while True:
        start = next((mark for mark in _BEFORE_ROOT if rest.startswith(mark)), None)
        if start is None:
            match = _ROOT.match(rest)
            return match[1] if match else None
        end = _BEFORE_ROOT[start]
        if start == "<!DOCTYPE" and "[" in rest.partition(">")[0]:
            end = "]>"  # after the declarations in brackets
        _, mark, rest = rest.partition(end)
        if not mark:
            return None
        rest = rest.lstrip()


def _is_xml(text: str) -> bool:
    """Whether it is XML, such as the answer of an object store: `<Error><Code>AccessDenied`."""
    return text.lstrip().startswith(("<?xml", "<Error>"))


def _is_json(start: bytes) -> bool:
    """Whether the whole file is one JSON object, such as `{"error": "login required"}`."""
    if len(start) == _SAMPLE_BYTES or not start.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(start), dict)
    except (ValueError, RecursionError):
        return False
