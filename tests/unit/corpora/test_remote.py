"""OPUS, Tatoeba and sacreBLEU from a loopback server, in their real layouts: only the base address differs."""

import bz2
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from alignment.config import OpusCorpus, SacrebleuCorpus, TatoebaCorpus
from alignment.corpora.opus import OpusSource
from alignment.corpora.sacrebleu import SacrebleuSource
from alignment.corpora.tatoeba import TatoebaSource
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError, Malformed, SourceError
from tests.faulty_server import FaultyServer


def moses(pair: str, **sides: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README", "about")
        for code, text in sides.items():
            archive.writestr(f"Demo.{pair}.{code}", text)
    return buffer.getvalue()


def opus(files: dict[str, bytes]) -> FaultyServer:
    server = FaultyServer(files)

    def index(path: str) -> str:
        entries = [
            {
                "corpus": "Demo",
                "version": "v1",
                "source": a,
                "target": b,
                "url": f"{server.url}/Demo/v1/moses/{a}-{b}.txt.zip",
            }
            for a, b in (("cy", "en"), ("en", "pt_br"), ("en", "fi"))
        ]
        server.files["/opusapi/"] = json.dumps({"corpora": entries}).encode()
        return "ok"

    server.faults = index
    return server


def test_opus_asks_the_index_and_reads_the_moses_zip(tmp_path: Path) -> None:
    files = {
        "/Demo/v1/moses/cy-en.txt.zip": moses(
            "cy-en", cy="Bore da\nNos da\n", en="Good morning\nGood night\n"
        ),
        "/Demo/v1/moses/en-pt_br.txt.zip": moses("en-pt_br", en="One\n", pt_br="Um\n"),
        "/Demo/v1/moses/en-fi.txt.zip": moses("en-fi", en="One\nTwo\n", fi="Yksi\n"),
    }
    with opus(files).serving() as server:
        corpus = OpusCorpus(kind="opus", corpus="Demo", version="v1", api=f"{server.url}/opusapi/")
        source = OpusSource(corpus, Downloads(tmp_path), "en")
        assert source.languages() == {"cy", "pt_br", "fi"}
        assert len(server.requests) == 1  # nothing large before it is asked for
        assert [pair[:2] for pair in source.pairs("cy")] == [
            ("Good morning", "Bore da"),
            ("Good night", "Nos da"),
        ]
        assert [pair[:2] for pair in source.pairs("pt-BR")] == [("One", "Um")]
        assert list(source.pairs("de")) == []
        with pytest.raises(Malformed, match=r"Demo\.en-fi\.fi:2: the file ends at line 1"):
            list(source.pairs("fi"))
        assert set(source.inputs("cy")) == {"Demo-cy.zip"}


def test_an_opus_zip_without_the_languages_text_says_what_it_has(tmp_path: Path) -> None:
    with opus(
        {"/Demo/v1/moses/cy-en.txt.zip": moses("cy-en", en="Good morning\n")}
    ).serving() as server:
        corpus = OpusCorpus(kind="opus", corpus="Demo", version="v1", api=f"{server.url}/opusapi/")
        with pytest.raises(
            Malformed, match=r"expected one text .*cy.*, got 0; it has README, Demo\.cy-en\.en"
        ):
            list(OpusSource(corpus, Downloads(tmp_path), "en").pairs("cy"))


def test_opus_without_such_a_corpus(tmp_path: Path) -> None:
    with FaultyServer({"/opusapi/": b'{"corpora": []}'}).serving() as server:
        corpus = OpusCorpus(
            kind="opus", corpus="Nothing", version="v9", api=f"{server.url}/opusapi/"
        )
        with pytest.raises(SourceError, match="OPUS has no Nothing v9 with en"):
            OpusSource(corpus, Downloads(tmp_path), "en").languages()


def test_tatoeba_joins_sentences_through_links(tmp_path: Path) -> None:
    def packed(*lines: str) -> bytes:
        return bz2.compress("".join(f"{line}\n" for line in lines).encode())

    files = {
        "/exports/": b'<a href="../">..</a><a href="eng/">eng/</a><a href="cym/">cym/</a><a href="fin/">fin/</a>',
        "/exports/cym/cym-eng_links.tsv.bz2": packed("10\t1", "11\t2", "12\t99"),
        "/exports/cym/cym_sentences.tsv.bz2": packed(
            "10\tcym\tBore da.", "11\tcym\tNos da.", "12\tcym\tHeb."
        ),
        "/exports/eng/eng_sentences.tsv.bz2": packed(
            "1\teng\tGood morning.", "2\teng\tGood night."
        ),
    }
    with FaultyServer(files).serving() as server:
        source = TatoebaSource(
            TatoebaCorpus(kind="tatoeba", exports=f"{server.url}/exports/"),
            Downloads(tmp_path),
            "en",
        )
        assert source.languages() == {"cym", "fin"}
        found = list(source.pairs("cy"))
        assert [pair[:2] for pair in found] == [
            ("Good morning.", "Bore da."),
            ("Good night.", "Nos da."),
        ]
        assert found[0].origin == "cym-eng:10-1"
        assert list(source.pairs("fi")) == []  # a folder, but no links to English
        assert list(source.pairs("de")) == []


def test_sacrebleu_reads_what_we_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sacrebleu.dataset.plain_text

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in (
            ("demo.en", "Good morning\nGood night\n"),
            ("demo.cy", "Bore da\nNos da\n"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    data = buffer.getvalue()
    with FaultyServer({"/demo.tgz": data}).serving() as server:
        kind = sacrebleu.dataset.plain_text.PlainTextDataset
        demo = kind(
            "demo",
            data=[f"{server.url}/demo.tgz"],
            md5=[hashlib.md5(data).hexdigest()],
            description="",
            langpairs={"en-cy": ["demo.en", "demo.cy"]},
        )
        monkeypatch.setitem(sacrebleu.DATASETS, "demo", demo)
        source = SacrebleuSource(
            SacrebleuCorpus(kind="sacrebleu", test_set="demo"), Downloads(tmp_path), "en"
        )
        assert source.languages() == {"cy"}
        assert [pair[:2] for pair in source.pairs("cy")] == [
            ("Good morning", "Bore da"),
            ("Good night", "Nos da"),
        ]
        assert list(source.pairs("fi")) == []
        unknown = SacrebleuSource(
            SacrebleuCorpus(kind="sacrebleu", test_set="wmt99"), Downloads(tmp_path), "en"
        )
        with pytest.raises(ConfigError, match="no test set 'wmt99'"):
            unknown.languages()
    assert {path.name for path in (tmp_path / "sacrebleu").iterdir()} == {"demo"}
