import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.downloads.content import check_content
from alignment.errors import WrongContent

PAGE = b"\xef\xbb\xbf <!-- a comment --> <html lang='en'><body>Sign in</body></html>"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.tsv", "a\tb\n")
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": ["b"]}), buffer)
    return buffer.getvalue()


def check(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    check_content(path, f"/folder/{name}", "https://host/x")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.tsv", b"en\tes\n"),
        ("a.tsv", "en\tes\n".encode("utf-16")),
        ("a.tsv", b"<html>Hello</html>\t<html>Hola</html>\n"),
        ("a.csv", b"{0} files,{0} archivos\n"),
        ("a.jsonl", b'{"en": "a"}\n{"en": "b"}\n'),
        ("a.TMX", b"\xef\xbb\xbf<?xml version='1.0'?><tmx/>"),
        ("a.xlf", "<xliff/>".encode("utf-16")),
        ("a.json", b"[1]"),
        ("a.zip", zipped()),
        ("a.whl", zipped()),
        ("a.parquet", parquet()),
        ("a.tsv.gz", gzip.compress(b"en\tes\n" * 10_000, mtime=0)),
        ("a.tsv.bz2", bz2.compress(b"en\tes\n" * 10_000)),
        ("a.tsv.xz", lzma.compress(b"en\tes\n" * 10_000)),
        ("exports/", PAGE),
        ("index.html", PAGE),
        ("v1.2", PAGE),
        ("news.es", b"Hola\n"),
    ],
)
def test_what_may_be_right(tmp_path: Path, name: str, data: bytes) -> None:
    check(tmp_path, name, data)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.tsv", b"<html>login</html>\n", "got an HTML page, expected a .tsv file"),
        ("a.tsv", PAGE, "got an HTML page, expected a .tsv file"),
        ("a.tsv", PAGE.decode().encode("utf-16"), "got an HTML page, expected a .tsv file"),
        ("a.tsv", b'{"error": "login required"}', "got a JSON answer, expected a .tsv file"),
        ("a.csv", b"<?xml version='1.0'?><Error/>", "got an XML document, expected a .csv file"),
        ("a.tsv", gzip.compress(b"a\tb", mtime=0), "got gzip data, expected a .tsv file"),
        ("a.jsonl", b"Not found", "got something else ('Not found'), expected a .jsonl file"),
        ("a.tmx", PAGE, "got an HTML page, expected a .tmx file"),
        ("a.tmx", b'{"error": 1}', "got a JSON answer, expected a .tmx file"),
        ("a.zip", PAGE, "got an HTML page, expected a .zip file"),
        ("a.zip", b"", "got an empty file, expected a .zip file"),
        ("a.po", b"", "got an empty file, expected a .po file"),
        ("a.tmx", b"", "got an empty file, expected a .tmx file"),
        ("a.jsonl", b"", "got an empty file, expected a .jsonl file"),
        (
            "a.txt.gz",
            gzip.compress(b"", mtime=0),
            "got an empty file, expected a .txt file, compressed",
        ),
        ("a.zip", zipped()[:60], "the zip archive is cut off"),
        ("a.gz", zipped(), "got a zip archive, expected a .gz file"),
        ("a.parquet", parquet()[:-9], "the Parquet file is cut off"),
        ("a.mo", b"%PDF-1.4", "got a PDF file, expected a .mo file"),
        (
            "a.tsv.gz",
            gzip.compress(PAGE, mtime=0),
            "got an HTML page, expected a .tsv file, compressed",
        ),
        ("a.tsv.bz2", bz2.compress(PAGE), "got an HTML page, expected a .tsv file, compressed"),
        ("a.tsv.xz", lzma.compress(PAGE), "got an HTML page, expected a .tsv file, compressed"),
        ("a.tsv.gz", b"\x1f\x8bgarbage", "the .gz file is damaged"),
        ("news.es", PAGE, "got an HTML page, expected a .es file"),
    ],
)
def test_what_is_not_the_file(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(WrongContent) as caught:
        check(tmp_path, name, data)
    assert str(caught.value).startswith(f"https://host/x: {message}")


@pytest.mark.parametrize("name", ["a.tmx", "a.xlf", "a.sdlxliff", "a.ts"])
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code></Error>"]
)
def test_another_document(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(WrongContent):
        check(tmp_path, name, data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.tmx", b"<?xml version='1.0'?>\n<!DOCTYPE tmx SYSTEM 'tmx14.dtd'>\n<tmx version='1.4'>"),
        ("a.tmx", b"<!-- by a tool --><!DOCTYPE tmx [<!ENTITY a 'b'>]><t:tmx xmlns:t='x'>"),
        ("a.mqxliff", b"<xliff version='1.2'>"),
        ("a.ts", b"<!DOCTYPE TS><TS version='2.1'>"),
        ("strings.xml", b"<resources/>"),
        ("a.tmx", b"<?xml version='1.0'?>" + b" " * 9000 + b"<tmx/>"),
    ],
)
def test_documents_by_their_first_element(tmp_path: Path, name: str, data: bytes) -> None:
    check(tmp_path, name, data)


@pytest.mark.parametrize("name", ["a.tsv", "a.zip", "a.parquet", "a.jsonl", "news.es"])
def test_a_pointer_in_place_of_the_file(tmp_path: Path, name: str) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    with pytest.raises(WrongContent, match="got a pointer of Git LFS in place of the file"):
        check(tmp_path, name, pointer)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "got binary data"),
        (bytes(500), "got binary data"),
        (b"<Error><Code>AccessDenied</Code></Error>", "got an XML document"),
    ],
)
def test_what_is_not_text(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(WrongContent, match=message):
        check(tmp_path, "a.tsv", data)
