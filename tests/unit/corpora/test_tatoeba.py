"""Tatoeba's exports from a loopback server in their real layout."""

import bz2
from pathlib import Path

import pytest

from alignment.config import TatoebaCorpus
from alignment.corpora.tatoeba import TatoebaSource
from alignment.downloads import Downloads
from alignment.errors import Malformed
from tests.faulty_server import FaultyServer


def packed(*lines: str) -> bytes:
    return bz2.compress("".join(f"{line}\n" for line in lines).encode())


FILES = {
    "/exports/": b'<a href="../">..</a><a href="eng/">eng/</a><a href="./cym/">cym/</a>'
    b'<a href="fin/">fin/</a>',
    "/exports/cym/cym-eng_links.tsv.bz2": packed("10\t1", "11\t2", "12\t99"),
    "/exports/cym/cym_sentences.tsv.bz2": packed(
        "10\tcym\tBore da.", "11\tcym\tNos da.", "12\tcym\tHeb."
    ),
    "/exports/eng/eng_sentences.tsv.bz2": packed("1\teng\tGood morning.", "2\teng\tGood night."),
}


def tatoeba_source(server: FaultyServer, root: Path) -> TatoebaSource:
    corpus = TatoebaCorpus(kind="tatoeba", exports=f"{server.url}/exports/")
    return TatoebaSource(corpus, Downloads(root), "en")


def test_sentences_are_joined_through_links(tmp_path: Path) -> None:
    with FaultyServer(FILES).serving() as server:
        source = tatoeba_source(server, tmp_path)
        assert source.languages() == {"cym", "fin"}
        assert list(source.pairs("cy")) == [
            ("Good morning.", "Bore da.", "cym-eng:10-1"),
            ("Good night.", "Nos da.", "cym-eng:11-2"),
        ]
        assert set(source.inputs("cy")) == {"cym-eng_links", "cym_sentences", "eng_sentences"}


@pytest.mark.parametrize("language", ["fi", "de"], ids=["no links", "no folder"])
def test_a_language_that_is_missing(tmp_path: Path, language: str) -> None:
    with FaultyServer(FILES).serving() as server:
        source = tatoeba_source(server, tmp_path)
        assert list(source.pairs(language)) == [] and source.inputs(language) == {}


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("cym-eng_links", "10\tx", r"links\.tsv:1: expected two sentence ids"),
        ("cym_sentences", "10\tcym", r"sentences\.tsv:1: expected the columns id, language"),
    ],
)
def test_malformed(tmp_path: Path, name: str, line: str, message: str) -> None:
    files = {**FILES, f"/exports/cym/{name}.tsv.bz2": packed(line)}
    with FaultyServer(files).serving() as server, pytest.raises(Malformed, match=message):
        list(tatoeba_source(server, tmp_path).pairs("cy"))
