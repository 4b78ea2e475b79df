"""OPUS from a loopback server in its real layout."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from alignment.config import OpusCorpus
from alignment.corpora.opus import OpusSource, discover
from alignment.downloads import Downloads
from alignment.errors import Malformed, SourceError
from tests.faulty_server import Fault, FaultyServer

LANGUAGE_PAIRS = (("cy", "en"), ("en", "pt_br"), ("en", "fi"))


def moses_zip(pair: str, **sides: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README", "about")
        for code, text in sides.items():
            archive.writestr(f"Demo.{pair}.{code}", text)
    return buffer.getvalue()


def opus_server(**zips: bytes) -> FaultyServer:
    """The index, with addresses on the server itself, and zips by language pair."""
    files = {f"/Demo/v1/moses/{pair.replace('__', '-')}.txt.zip": d for pair, d in zips.items()}
    server = FaultyServer(files)

    def write_index(path: str) -> Fault:
        entries = []
        for source, target in LANGUAGE_PAIRS:
            url = f"{server.url}/Demo/v1/moses/{source}-{target}.txt.zip"
            entry: dict[str, object] = {"source": source, "target": target, "url": url}
            if target != "fi":
                entry["alignment_pairs"] = 1234
            entries.append(entry)
        server.files["/opusapi/"] = json.dumps({"corpora": entries}).encode()
        return "ok"

    server.faults = write_index
    return server


def opus_source(server: FaultyServer, root: Path, name: str = "Demo") -> OpusSource:
    corpus = OpusCorpus(kind="opus", corpus=name, version="v1", api=f"{server.url}/opusapi/")
    return OpusSource(corpus, Downloads(root), "en")


def test_listing_languages_fetches_only_the_index(tmp_path: Path) -> None:
    with opus_server().serving() as server:
        assert opus_source(server, tmp_path).languages() == {"cy", "pt_br", "fi"}
        assert [request.path for request in server.requests] == ["/opusapi/"]


def test_the_pivot_comes_first(tmp_path: Path) -> None:
    welsh = moses_zip("cy-en", cy="Bore da\nNos da\n", en="Good morning\nGood night\n")
    portuguese = moses_zip("en-pt_br", en="One\n", pt_br="Um\n")
    with opus_server(cy__en=welsh, en__pt_br=portuguese).serving() as server:
        source = opus_source(server, tmp_path)
        assert list(source.pairs("cy")) == [
            ("Good morning", "Bore da", "Demo.cy-en.en:1"),
            ("Good night", "Nos da", "Demo.cy-en.en:2"),
        ]
        assert [pair[:2] for pair in source.pairs("pt-BR")] == [("One", "Um")]
        assert set(source.inputs("cy")) == {"Demo-cy.zip"}


def test_a_language_that_is_missing(tmp_path: Path) -> None:
    with opus_server().serving() as server:
        source = opus_source(server, tmp_path)
        assert list(source.pairs("de")) == [] and source.inputs("de") == {}


def test_sides_of_different_length(tmp_path: Path) -> None:
    finnish = moses_zip("en-fi", en="One\nTwo\n", fi="Yksi\n")
    with (
        opus_server(en__fi=finnish).serving() as server,
        pytest.raises(Malformed, match=r"Demo\.en-fi\.fi:2: the file ends at line 1"),
    ):
        list(opus_source(server, tmp_path).pairs("fi"))


def test_a_zip_without_the_language(tmp_path: Path) -> None:
    message = r"expected one member .*cy.*, got 0; the archive has README, Demo\.cy-en\.en"
    with (
        opus_server(cy__en=moses_zip("cy-en", en="Good morning\n")).serving() as server,
        pytest.raises(Malformed, match=message),
    ):
        list(opus_source(server, tmp_path).pairs("cy"))


def test_a_corpus_that_opus_does_not_have(tmp_path: Path) -> None:
    with (
        FaultyServer({"/opusapi/": b'{"corpora": []}'}).serving() as server,
        pytest.raises(SourceError, match="OPUS has no Nothing v1 with en"),
    ):
        opus_source(server, tmp_path, "Nothing").languages()


@pytest.mark.parametrize("answer", [b"<html>", b'{"corpora": [{"source": "cy"}]}', b"[]"])
def test_an_unexpected_answer(tmp_path: Path, answer: bytes) -> None:
    with FaultyServer({"/opusapi/": answer}).serving() as server:
        with pytest.raises(Malformed, match="unexpected answer of the OPUS API"):
            opus_source(server, tmp_path).languages()
        with pytest.raises(Malformed, match="unexpected answer of the OPUS API"):
            discover(Downloads(tmp_path), f"{server.url}/opusapi/", "en", "cy")


def test_discover_lists_the_largest_first(tmp_path: Path) -> None:
    entries = [
        {"corpus": "Small", "version": "v2", "alignment_pairs": 10},
        {"corpus": "Large", "version": "v1", "alignment_pairs": "2000"},
        {"corpus": "Empty", "version": "v1", "alignment_pairs": ""},
    ]
    index = json.dumps({"corpora": entries}).encode()
    with FaultyServer({"/opusapi/": index}).serving() as server:
        versions = discover(Downloads(tmp_path), f"{server.url}/opusapi/", "en", "pt-BR")
    assert list(versions.items()) == [
        ("Large", ("v1", 2000)),
        ("Small", ("v2", 10)),
        ("Empty", ("v1", 0)),
    ]


def test_the_index_says_how_many_pairs_there_are(tmp_path: Path) -> None:
    with opus_server().serving() as server:
        source = opus_source(server, tmp_path)
        assert source.expected_pairs("cy") == 1234
        assert source.expected_pairs("fi") is None  # this entry has no number
        assert source.expected_pairs("de") == 0
