import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.config import LocalCorpus
from alignment.corpora.local import LocalSource
from alignment.downloads.fetch import Downloads
from alignment.downloads.lockfile import Lockfile
from alignment.errors import ConfigError, Malformed, SourceError, Unavailable, UnsafeArchive


def source(path: Path, **settings: object) -> LocalSource:
    return LocalSource(
        LocalCorpus(kind="local", path=path, **settings), Downloads(path.parent), "en"
    )  # type: ignore[arg-type]


def pairs(path: Path, language: str, **settings: object) -> list[tuple[str, str]]:
    return [pair[:2] for pair in source(path, **settings).pairs(language)]


ROWS = [{"lang": "fin", "eng": "one", "text": "yksi"}, {"lang": "est", "eng": "one", "text": "üks"}]
COLUMNS = {"source": "eng", "target": "text", "language": "lang"}


def write(path: Path) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        text = "lang\teng\ttext\n" + "".join("\t".join(row.values()) + "\n" for row in ROWS)
        path.write_bytes(
            gzip.compress(text.encode())
            if path.suffix == ".gz"
            else b"\xef\xbb\xbf" + text.encode()
        )
    return path


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.jsonl", "a.parquet"])
def test_formats_with_a_language_column(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    assert pairs(path, "fi", columns=COLUMNS) == [("one", "yksi")]
    assert pairs(path, "et", columns=COLUMNS) == [("one", "üks")]
    assert pairs(path, "cy", columns=COLUMNS) == []
    assert source(path, columns=COLUMNS).languages() == {"fin", "est"}


def test_file_pattern_and_column_pattern(tmp_path: Path) -> None:
    (tmp_path / "en-pt_br.tsv").write_text("source\ttarget\none\tum\n")
    assert pairs(tmp_path / "en-{lang}.tsv", "pt-BR") == [("one", "um")]
    (tmp_path / "wide.tsv").write_text("en\tcy\tfi\none\tun\tyksi\n")
    assert pairs(tmp_path / "wide.tsv", "cy", columns={"source": "en", "target": "{lang}"}) == [
        ("one", "un")
    ]


def test_aligned_files(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("one\ntwo\n")
    (tmp_path / "a.fi").write_text("yksi\nkaksi\n")
    assert pairs(tmp_path / "a.en", "fi", target_path=tmp_path / "a.{lang}") == [
        ("one", "yksi"),
        ("two", "kaksi"),
    ]
    (tmp_path / "a.fi").write_text("yksi\n")
    with pytest.raises(Malformed, match=r"a\.fi:2: the file ends at line 1, a\.en has more"):
        pairs(tmp_path / "a.en", "fi", target_path=tmp_path / "a.{lang}")


def test_malformed_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("source\ttarget\none\tyksi\ntwo\tkaksi\tkolme\n")
    with pytest.raises(Malformed, match=r"a\.tsv:3: got 3 columns, expected 2"):
        pairs(path, "fi")
    path.write_bytes(b"source\ttarget\none\tyk\xff\n")
    with pytest.raises(Malformed, match=r"a\.tsv:2: not valid UTF-8"):
        pairs(path, "fi")
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"source": "one", "target": "yksi"}\n{"source": 2\n')
    with pytest.raises(Malformed, match=r"a\.jsonl:2: not valid JSON"):
        pairs(lines, "fi")
    lines.write_text('{"source": "one", "target": 3}\n')
    with pytest.raises(Malformed, match="expected text, got int"):
        pairs(lines, "fi")


def test_truncated_and_exploding_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"source\ttarget\n" + b"one\tyksi\n" * 9999)[:-20])
    with pytest.raises(Malformed, match="truncated"):
        pairs(path, "fi")
    path.write_bytes(gzip.compress(b"source\ttarget\n" + (b"a" * 99 + b"\tb\n") * 1_000_000))
    with pytest.raises(UnsafeArchive, match="expands past"):
        pairs(path, "fi")


def test_missing_column_file_and_format(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("english\ttarget\none\tyksi\n")
    with pytest.raises(ConfigError, match=r"no column 'source'; the file has 'english', 'target'"):
        pairs(path, "fi")
    with pytest.raises(SourceError, match="no such file"):
        pairs(tmp_path / "no.tsv", "fi")
    (tmp_path / "a.doc").write_text("x")
    with pytest.raises(ConfigError, match="cannot tell the format"):
        pairs(tmp_path / "a.doc", "fi")


def test_csv_with_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('source,target\n"one, ""two""","yksi,\nkaksi"\nthree,kolme\n')
    assert pairs(path, "fi") == [('one, "two"', "yksi,\nkaksi"), ("three", "kolme")]
    path.write_text('source,target\n"one')
    with pytest.raises(Malformed, match=r"a\.csv:2: not valid CSV"):
        pairs(path, "fi")


def compressed(path: Path, data: bytes) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.tsv", data)
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(data)
    else:
        path.write_bytes({".gz": gzip, ".bz2": bz2, ".xz": lzma}[path.suffix].compress(data))  # type: ignore[attr-defined]
    return path


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst", ".zip"])
def test_compressed_files_whole_and_cut_off(tmp_path: Path, ending: str) -> None:
    body = "source\ttarget\n" + "".join(
        f"number {i * 7919}\tluku {i * 104729}\n" for i in range(3000)
    )
    path = compressed(tmp_path / f"a.tsv{ending}", body.encode())
    assert len(pairs(path, "fi")) == 3000
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Malformed):
        pairs(path, "fi")


def test_a_glob_reads_all_its_files(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.tsv").write_text(f"source\ttarget\n{name}\tx{name}\n")
    assert pairs(tmp_path / "*.tsv", "fi") == [("a", "xa"), ("b", "xb")]
    with pytest.raises(SourceError, match="no file matches"):
        pairs(tmp_path / "*.csv", "fi")


TMX = """<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en-US"><seg>A <bpt i="1">red</bpt> house</seg></tuv><tuv xml:lang="cy"><seg>Tŷ coch</seg></tuv>
<tuv xml:lang="fi"><seg>Punainen talo</seg></tuv></tu>
<tu><tuv lang="EN-US"><seg>Good</seg></tuv></tu><tu><tuv xml:lang="en-US"><seg>Milk</seg></tuv><tuv xml:lang="cy"><seg>Llaeth</seg></tuv></tu>
</body></tmx>"""


def test_tmx_with_several_variants(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    path.write_text(TMX)
    assert pairs(path, "cy") == [("A red house", "Tŷ coch"), ("Milk", "Llaeth")]
    assert pairs(path, "fi") == [("A red house", "Punainen talo")]
    assert pairs(path, "de") == []
    path.write_text(TMX[:-60])
    with pytest.raises(Malformed, match="not well-formed XML"):
        pairs(path, "cy")


@pytest.mark.parametrize(
    "text",
    [
        '<xliff version="1.2"><file source-language="en" target-language="cy"><body><trans-unit id="1"><source>A <g>b</g></source>'
        "<target>Un b</target><alt-trans><target>no</target></alt-trans></trans-unit></body></file></xliff>",
        '<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="cy"><file id="f"><unit id="u">'
        "<segment><source>A b</source><target>Un b</target></segment><segment><source>c</source></segment></unit></file></xliff>",
    ],
)
def test_xliff_1_and_2(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlf"
    path.write_text(text)
    assert pairs(path, "cy") == [("A b", "Un b")]


def test_an_xml_bomb_and_an_external_entity_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    for declared in (
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
    ):
        path.write_text(
            f"<!DOCTYPE tmx [{declared}]>" + TMX[TMX.index("<tmx") :].replace("Milk", "&b;")
        )
        with pytest.raises(UnsafeArchive, match="declares entities"):
            pairs(path, "cy")


def test_an_address_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "here.tsv").write_text("source\ttarget\na\tb\n")
    corpus = LocalCorpus(kind="local", url=(tmp_path / "here.tsv").as_uri())
    lock = Lockfile(tmp_path / "alignment.lock")
    assert next(iter(LocalSource(corpus, Downloads(tmp_path / "d", lock), "en").pairs("fi")))[
        :2
    ] == ("a", "b")
    assert [entry.size for entry in lock.entries()] == [18]
    offline = Downloads(tmp_path / "d", offline=True)
    assert next(iter(LocalSource(corpus, offline, "en").pairs("fi")))[:2] == ("a", "b")
    missing = LocalCorpus(kind="local", url=(tmp_path / "gone.tsv").as_uri())
    with pytest.raises(Unavailable, match=r"gone\.tsv: cannot be read"):
        list(LocalSource(missing, Downloads(tmp_path / "d"), "en").pairs("fi"))
    with pytest.raises(Unavailable, match="not in the cache, and this run is offline"):
        list(LocalSource(missing, offline, "en").pairs("fi"))
