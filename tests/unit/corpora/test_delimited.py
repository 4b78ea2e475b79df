"""How CSV files separate their cells, and blank lines."""

from pathlib import Path

import pytest

from alignment.config import Column
from alignment.corpora.delimited import csv_rows, tsv_rows
from alignment.corpora.tabular import rows
from alignment.errors import ConfigError, Malformed

NAMES = ("source", "target")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_delimiters_line_ends_and_encodings(
    tmp_path: Path, mark: str, end: str, encoding: str
) -> None:
    lines = ["source|target", '"One; two, three||"|Üks', "", '"say ""hi"""|tere', ""]
    text = end.join(lines).replace('"|', f'"{mark}').replace("source|", f"source{mark}")
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    texts = [tuple(row.values()) for _, row in rows(tmp_path / "a.csv", NAMES)]
    assert texts == [("One; two, three||", "Üks"), ('say "hi"', "tere")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tsv_line_ends_and_encodings(tmp_path: Path, end: str, encoding: str) -> None:
    text = end.join(["source\ttarget", "", "one\tüks", " ", "two\t", ""])
    (tmp_path / "a.tsv").write_bytes(text.encode(encoding))
    numbered = [(number, *row.values()) for number, row in rows(tmp_path / "a.tsv", NAMES)]
    assert numbered == [(3, "one", "üks"), (5, "two", "")]


@pytest.mark.parametrize(
    ("text", "wanted", "cells"),
    [
        ("sep=;\nsource;target\na,b;c\n", NAMES, [["source", "target"], ["a,b", "c"]]),
        ('"sep=,"\nsource,target\na;b,c\n', NAMES, [["source", "target"], ["a;b", "c"]]),
        (
            "source;target;a note, with a comma\nx;y;z\n",
            NAMES,
            [["source", "target", "a note, with a comma"], ["x", "y", "z"]],
        ),
        ("Good, you;Gut, du\nOne;Eins\n", (1, 2), [["Good, you", "Gut, du"], ["One", "Eins"]]),
        ("Good;you,Gut\nOne,Eins\n", (1, 2), [["Good;you", "Gut"], ["One", "Eins"]]),
        ("One,Eins,x\nTwo,Zwei,y\n", (1, 2), [["One", "Eins", "x"], ["Two", "Zwei", "y"]]),
        ("id;source;target\n1;a, b;c\n", (), [["id", "source", "target"], ["1", "a, b", "c"]]),
        ('"One\n\ntwo",Eins\n', (1, 2), [["One\n\ntwo", "Eins"]]),
    ],
)
def test_how_the_delimiter_is_found(
    tmp_path: Path, text: str, wanted: tuple[Column, ...], cells: list[list[str]]
) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert [row for _, row in csv_rows(tmp_path / "a.csv", wanted)] == cells


def test_rows_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\na;b\n\nc;d\n")
    assert [number for number, _ in csv_rows(tmp_path / "a.csv")] == [2, 4]
    (tmp_path / "a.tsv").write_text("\na\tb\n\nc\td\n\n")
    assert [number for number, _ in tsv_rows(tmp_path / "a.tsv")] == [2, 4]


def test_a_large_file_is_sampled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("source;target\n" + "one, two; eins, zwei\n" * 20_000)
    assert sum(1 for _ in rows(path, NAMES)) == 20_000


@pytest.mark.parametrize(
    ("name", "text", "wanted", "message"),
    [
        ("a.csv", "a;b\n", (1, 3), "there is no column 3; the first row has 2: 'a', 'b'"),
        ("a.tsv", "source\tsource\n", ("source",), "2 columns with the name 'source'"),
        ("a.tsv", "source,target\nx,y\n", NAMES, r"no tab: a file with other .* \.csv"),
        ("a.tsv", "x\ty\n", NAMES, r"no column 'source'.*\n.*no header row, number them"),
        ("a.jsonl", '{"a": 1}\n', (1, 2), "have names, got the number 1\n.*'a'"),
        ("a.tsv", f"{'long ' * 50}\tx\n", NAMES, r"its first row is 'long .{50,60}\.\.\.', 'x'"),
    ],
)
def test_what_is_wrong_with_the_columns(
    tmp_path: Path, name: str, text: str, wanted: tuple[Column, ...], message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=message):
        list(rows(tmp_path / name, wanted))


def test_uneven_rows_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\nc\n")
    with pytest.raises(Malformed, match=r"a\.tsv:2: got 1 columns, expected 2 as in the first row"):
        list(rows(tmp_path / "a.tsv", (1, 2)))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_cut_utf16_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("source,target\n".replace(",", "\t").encode("utf-16")[:-1])
    with pytest.raises(Malformed, match="not valid utf-16"):
        list(rows(tmp_path / name, NAMES))
