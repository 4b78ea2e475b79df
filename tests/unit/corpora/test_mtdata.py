"""mtdata's index in its wire format, with the files on a loopback server."""

import gzip
import importlib.metadata
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from alignment.config import MtdataCorpus
from alignment.corpora.mtdata import MtdataSource, read_entries
from alignment.downloads import Downloads
from alignment.errors import ConfigError, Malformed, SourceError, UnsafeArchive
from tests.faulty_server import FaultyServer

TMX = """<?xml version="1.0"?><tmx version="1.4"><body><tu><tuv xml:lang="FI"><seg>Hei</seg></tuv>
<tuv xml:lang="EN"><seg>Hello</seg></tuv></tu></body></tmx>"""
SIDES = {"part/news.en": "Hello\nGood night\n", "part/news.fi": "Hei\nHyvää yötä\n", "readme": "x"}
EXPECTED = [("Hello", "Hei"), ("Good night", "Hyvää yötä")]
INDEX = "mtdata.index.0.0.jsonl"


def tar(files: Mapping[str, str]) -> bytes:
    """A tar archive of the files and a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("part/other.fi")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


FILES = {
    "/table": gzip.compress(
        "Hei\tHello\textra\nrow without a pair\nHyvää yötä\tGood night\n".encode()
    ),
    "/other-columns": "x\tHei\tHello\nx\tHyvää yötä\tGood night\n".encode(),
    "/tar": tar(SIDES),
    "/zip": zipped({"a/text.tmx": TMX, "a/other.txt": "x"}),
    "/en": b"Hello\nGood night\n",
    "/fi": "Hei\nHyvää yötä\n".encode(),
    "/bomb": tar({"part/news.en": "a" * 30_000_000, "part/news.fi": "x"}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyServer]:
    with FaultyServer(FILES).serving() as server:
        yield server


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an index of version 0.0, which counts as installed, is looked for."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.0")
    return tmp_path


def write_index(root: Path, url: str | list[str], **values: Any) -> None:
    """An index with one entry, and two that must be ignored."""
    entries = [
        {"did": "Demo-news-1-fin-eng", "url": url, **values},
        {"did": "Demo-news-1-fin", "url": "x", "ext": "tsv", "filename": "x"},
        {"did": "Demo-news-10-fin-eng"},
    ]
    (root / INDEX).write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def source(root: Path, dataset: str = "Demo-news-1") -> MtdataSource:
    return MtdataSource(MtdataCorpus(kind="mtdata", dataset=dataset), Downloads(root), "en")


@pytest.mark.parametrize(
    ("paths", "values"),
    [
        (["/table"], {"ext": "tsv.gz", "filename": "news.tsv.gz"}),
        (["/other-columns"], {"ext": "tsv", "filename": "news.tsv", "cols": [1, 2]}),
        (
            ["/tar"],
            {
                "ext": "tar.gz",
                "in_ext": "txt",
                "filename": "n.tar.gz",
                "in_paths": ["*/news.fi", "*/news.en"],
            },
        ),
        (["/fi", "/en"], {"ext": "txt", "filename": "news.txt"}),
    ],
    ids=["TSV", "TSV with other columns", "text in a tar", "two text files"],
)
def test_every_layout_gives_the_pivot_first(
    server: FaultyServer, root: Path, paths: list[str], values: dict[str, Any]
) -> None:
    urls = [server.url + path for path in paths]
    write_index(root, urls[0] if len(urls) == 1 else urls, **values)
    assert source(root).languages() == {"fin"}
    assert [pair[:2] for pair in source(root).pairs("fi")] == EXPECTED
    assert len(source(root).inputs("fi")) == 1


def test_a_language_that_is_missing(server: FaultyServer, root: Path) -> None:
    write_index(root, f"{server.url}/table", ext="tsv.gz", filename="news.tsv.gz")
    assert list(source(root).pairs("cy")) == [] and source(root).inputs("cy") == {}


def test_tmx_in_a_zip(server: FaultyServer, root: Path) -> None:
    write_index(
        root, f"{server.url}/zip", ext="zip", in_ext="tmx", filename="n.zip", in_paths=["*.tmx"]
    )
    assert [pair[:2] for pair in source(root).pairs("fi")] == [("Hello", "Hei")]


TAR = {"ext": "tar.gz", "in_ext": "txt"}


@pytest.mark.parametrize(
    ("path", "values", "error", "message"),
    [
        (
            "/tar",
            {"ext": "tar.gz", "in_ext": "sgm", "in_paths": ["a", "b"]},
            SourceError,
            r"not supported: tar\.gz with 2 texts of type sgm\n.*`kind: local`",
        ),
        (
            "/tar",
            {"ext": "hfds", "in_paths": ["a"], "meta": {"orig_id": "o/n", "config": "en-fi"}},
            SourceError,
            "kind: hub, dataset: o/n, configuration: en-fi, ",
        ),
        ("/en", {"ext": "txt"}, SourceError, "not supported: txt with 1 texts"),
        (
            "/tar",
            {**TAR, "in_paths": ["*/news.en", "*/other.fi"]},
            Malformed,
            "expected one member",
        ),
        ("/table", {**TAR, "in_paths": ["a", "b"]}, Malformed, "damaged"),
        ("/bomb", {**TAR, "in_paths": ["*.en", "*.fi"]}, UnsafeArchive, "expands past"),
    ],
    ids=["format", "Hub dataset", "odd number of texts", "a link", "no archive", "bomb"],
)
def test_what_cannot_be_read(
    server: FaultyServer,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    values: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.setattr("alignment.downloads.archives.MAX_MEMBER_BYTES", 2**20)
    write_index(root, server.url + path, filename="file", **values)
    with pytest.raises(error, match=message):
        list(source(root).pairs("fi"))


def test_an_unknown_data_set(root: Path) -> None:
    write_index(root, "x", ext="tsv", filename="x")
    with pytest.raises(ConfigError, match="no dataset 'Demo-nothing-1' with en"):
        source(root, "Demo-nothing-1").languages()


@pytest.mark.parametrize(
    "line",
    [
        '{"did": "Demo-news-1-fin-eng", "url"',
        '{"did": "Demo-news-1-fin-eng", "url": 3, "ext": "tsv", "filename": "x"}',
        '["did": "Demo-news-1-fin-eng"]',
    ],
)
def test_a_malformed_index(tmp_path: Path, line: str) -> None:
    (tmp_path / INDEX).write_text(line + "\n")
    with pytest.raises(Malformed, match=r"mtdata\.index\.0\.0\.jsonl:1: not an index of mtdata"):
        list(read_entries(tmp_path / INDEX, "Demo-news-1"))
