"""Archives for tests: tar in any compression, and Debian packages."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping

import pyarrow as pa

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}
"""By the ending of the file's name."""


def tar(members: Mapping[str, bytes], compression: str = "") -> bytes:
    """A tar archive with these files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return COMPRESSIONS[compression](file.getvalue())


def deb(members: Mapping[str, bytes], compression: str = ".xz") -> bytes:
    """A Debian package with these files."""
    control = tar({"./control": b"Package: demo\n"}, ".gz")
    data = tar({f"./{name}": content for name, content in members.items()}, compression)
    package = b"!<arch>\n"
    for name, part in (
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", control),
        (f"data.tar{compression}", data),
    ):
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(part):<10}`\n"
        package += header.encode() + part + b"\n" * (len(part) % 2)
    return package
