import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.config import LocalCorpus
from alignment.corpora.local import LocalSource
from alignment.errors import ConfigError, Malformed, SourceError, UnsafeArchive


def source(path: Path, **settings: object) -> LocalSource:
    return LocalSource(LocalCorpus(kind="local", path=path, **settings), path.parent, "en")  # type: ignore[arg-type]


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
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else b"\xef\xbb\xbf" + text.encode())
    return path


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.jsonl", "a.parquet"])
def test_formats_with_a_language_column(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    assert pairs(path, "fi", columns=COLUMNS) == [("one", "yksi")]
    assert pairs(path, "et", columns=COLUMNS) == [("one", "üks")]
    assert pairs(path, "cy", columns=COLUMNS) == []
    assert source(path, columns=COLUMNS).offered() == {"fin", "est"}


def test_file_pattern_and_column_pattern(tmp_path: Path) -> None:
    (tmp_path / "en-pt_br.tsv").write_text("source\ttarget\none\tum\n")
    assert pairs(tmp_path / "en-{lang}.tsv", "pt-BR") == [("one", "um")]
    (tmp_path / "wide.tsv").write_text("en\tcy\tfi\none\tun\tyksi\n")
    assert pairs(tmp_path / "wide.tsv", "cy", columns={"source": "en", "target": "{lang}"}) == [("one", "un")]


def test_aligned_files(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("one\ntwo\n")
    (tmp_path / "a.fi").write_text("yksi\nkaksi\n")
    assert pairs(tmp_path / "a.en", "fi", target_path=tmp_path / "a.{lang}") == [("one", "yksi"), ("two", "kaksi")]
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
