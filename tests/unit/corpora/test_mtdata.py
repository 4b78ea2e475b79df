"""mtdata's index in its wire format, the bytes from loopback; the real index is built under the slow marker."""

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
from alignment.corpora.mtdata import MtdataSource
from alignment.downloads import Downloads
from alignment.errors import ConfigError, Malformed, SourceError, UnsafeArchive
from tests.faulty_server import FaultyServer

TMX = """<?xml version="1.0"?><tmx version="1.4"><body><tu><tuv xml:lang="FI"><seg>Hei</seg></tuv>
<tuv xml:lang="EN"><seg>Hello</seg></tuv></tu></body></tmx>"""
SIDES = {"part/news.en": "Hello\nGood night\n", "part/news.fi": "Hei\nHyvää yötä\n", "readme": "x"}
EXPECTED = [("Hello", "Hei"), ("Good night", "Hyvää yötä")]


def tar(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data := text.encode())
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("part/other.fi")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
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


def source(
    entry: dict[str, Any], server: FaultyServer, root: Path, monkeypatch: pytest.MonkeyPatch
) -> MtdataSource:
    """Over an index of three lines, as mtdata 0.5 writes them."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.0")
    addresses = entry.pop("url")
    url = (
        [server.url + one for one in addresses]
        if isinstance(addresses, list)
        else server.url + addresses
    )
    others = [
        {"did": "Demo-news-1-fin", "url": "x", "ext": "tsv", "filename": "x"},
        {"did": "Demo-news-10-fin-eng"},
    ]
    entries = [{"did": "Demo-news-1-fin-eng", "url": url, **entry}, *others]
    (root / "mtdata.index.0.0.jsonl").write_text("".join(json.dumps(one) + "\n" for one in entries))
    return MtdataSource(MtdataCorpus(kind="mtdata", dataset="Demo-news-1"), Downloads(root), "en")


@pytest.mark.parametrize(
    "entry",
    [
        {"url": "/table", "ext": "tsv.gz", "filename": "news.tsv.gz"},
        {
            "url": "/tar",
            "ext": "tar.gz",
            "in_ext": "txt",
            "filename": "n.tar.gz",
            "in_paths": ["*/news.fi", "*/news.en"],
        },
        {"url": ["/fi", "/en"], "ext": "txt", "filename": "news.txt"},
    ],
)
def test_every_layout_gives_the_pivot_first(
    entry: dict[str, Any], server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = source(entry, server, tmp_path, monkeypatch)
    assert found.languages() == {"fin"}
    assert [(pair.source, pair.target) for pair in found.pairs("fi")] == EXPECTED
    assert list(found.pairs("cy")) == [] and found.inputs("fi")


def test_tmx_in_a_zip(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {
        "url": "/zip",
        "ext": "zip",
        "in_ext": "tmx",
        "filename": "news.zip",
        "in_paths": ["*.tmx"],
    }
    pairs = list(source(entry, server, tmp_path, monkeypatch).pairs("fi"))
    assert [(pair.source, pair.target) for pair in pairs] == [("Hello", "Hei")]


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        (
            {"url": "/tar", "ext": "tar.gz", "in_ext": "sgm", "in_paths": ["a", "b"]},
            SourceError,
            "not supported: tar.gz, 2 of sgm",
        ),
        (
            {
                "url": "/tar",
                "ext": "hfds",
                "in_ext": "hfds",
                "in_paths": ["a"],
                "meta": {"orig_id": "o/n"},
            },
            SourceError,
            "not supported",
        ),
        (
            {
                "url": "/tar",
                "ext": "tar.gz",
                "in_ext": "txt",
                "in_paths": ["*/news.en", "*/other.fi"],
            },
            Malformed,
            "expected one text",
        ),
        (
            {"url": "/table", "ext": "tar.gz", "in_ext": "txt", "in_paths": ["a", "b"]},
            Malformed,
            "damaged",
        ),
        (
            {"url": "/bomb", "ext": "tar.gz", "in_ext": "txt", "in_paths": ["*.en", "*.fi"]},
            UnsafeArchive,
            "expands past",
        ),
    ],
)
def test_what_cannot_be_read_is_said(
    entry: dict[str, Any],
    error: type[Exception],
    message: str,
    server: FaultyServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alignment.downloads.archives.MAX_MEMBER_BYTES", 2**20)
    with pytest.raises(error, match=message):
        list(source({"filename": "file", **entry}, server, tmp_path, monkeypatch).pairs("fi"))


def test_a_data_set_that_is_not_there_or_an_index_of_something_else(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"url": "/table", "ext": "tsv.gz", "filename": "news.tsv.gz"}
    wrong = source(entry, server, tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match="no data set 'Demo-nothing-1' with en"):
        MtdataSource(
            MtdataCorpus(kind="mtdata", dataset="Demo-nothing-1"), wrong.downloads, "en"
        ).languages()
    (tmp_path / "mtdata.index.0.0.jsonl").write_text('{"did": "Demo-news-1-fin-eng", "url"\n')
    with pytest.raises(Malformed, match=r"mtdata\.index\.0\.0\.jsonl:1"):
        wrong.languages()


@pytest.mark.slow
def test_the_index_that_mtdata_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mtdata")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("mtdata_evil.py").write_text("raise SystemExit('code of the working directory ran')")
    found = MtdataSource(
        MtdataCorpus(kind="mtdata", dataset="Statmt-europarl-10"), Downloads(tmp_path), "de"
    )
    assert "fra" in found.languages()
    assert [path.name for path in tmp_path.glob("*.pkl")] == []
