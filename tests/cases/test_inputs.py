"""Damaged and hostile inputs: each is refused with one clear message, quickly.

Each file of `inputs` is one case; the test says what is right.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alignment.config import LocalCorpus, load_config
from alignment.corpora import open_source
from alignment.downloads import Downloads, Lockfile
from alignment.errors import ConfigError, Malformed, UnsafeArchive, WrongContent
from alignment.types import SentencePair
from tests.faulty_server import FaultyServer
from tests.support import ROOT, SMOKE

CASES = Path(__file__).parent / "inputs"
SECONDS = 5.0
"""Of a slow machine; each takes a fraction of it."""


@contextmanager
def quickly() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("anchors.yaml", "anchors.yaml:1: aliases repeat more than 10,000 values"),
        ("recursive.yaml", "recursive.yaml:1: q.0: the anchor contains itself"),
        ("badesc.yaml", "badesc.yaml:1: not valid YAML: an escape or a number is out of range"),
        ("deep.yaml", "deep.yaml:1: not valid YAML: nested deeper than 64 levels"),
        ("huge_int.yaml", "huge_int.yaml:6: seed: '9999"),
        ("merge.yaml", "merge.yaml:7: gate.steps: unknown key"),
        ("tag_int_bad.yaml", "tag_int_bad.yaml:6: seed: 'abc' cannot be read as !!int"),
        ("tag_ts_bad2.yaml", "tag_ts_bad2.yaml:6: seed: '2020-13-45' cannot be read as !!time"),
        ("zh2.yaml", "zh2.yaml:5: languages.zh-Hans: zh-Hans and zh are the same language"),
        ("zh3.yaml", "zh3.yaml:5: languages.cmn: cmn and zh are the same language"),
        ("nb_no.yaml", "nb_no.yaml:5: languages.no: no and nb are the same language"),
        ("es_ES.yaml", "es_ES.yaml:5: languages.es-ES: es-ES and es are the same language"),
        ("sr2.yaml", "sr2.yaml:5: languages.sr-Cyrl: sr-Cyrl and sr are the same language"),
        ("ctl_dup.yaml", "ctl_dup.yaml:6: control.zh-Hans: zh-Hans and zh are the same language"),
        ("enGB.yaml", "enGB.yaml:5: languages.en-GB: en-GB is English, as the pivot en is"),
    ],
)
def test_configurations(name: str, problem: str) -> None:
    with quickly(), pytest.raises(ConfigError) as caught:
        load_config(CASES / name)
    assert problem in str(caught.value)


def read_all(path: Path, **settings: Any) -> list[SentencePair]:
    corpus = LocalCorpus(kind="local", path=path, **settings)
    return list(open_source(corpus, Downloads(path.parent), "en").pairs("es"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("enc.tsv.zip", "enc.tsv.zip:a.tsv: the member is encrypted"),
        ("method.tsv.zip", "method.tsv.zip:a.tsv: the member is compressed by method 99"),
        ("plural4.po", "plural4.po:1: the plural rule divides by zero: n%0"),
        ("plural5.po", "plural5.po:1: the plural rule selects form 99, the header has 2 forms"),
        ("surr.jsonl", "surr.jsonl:1: en: half of a surrogate pair, which is not a character"),
        ("bomb.parquet", "bomb.parquet: expands past 200 times its size"),
    ],
)
def test_corpora(name: str, message: str) -> None:
    with quickly(), pytest.raises((Malformed, UnsafeArchive)) as caught:
        read_all(CASES / name, columns={"source": "en", "target": "es"})
    assert message in str(caught.value)


def test_deep_translation_memory(tmp_path: Path) -> None:
    unit = '<tu><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="es"><seg>b</seg></tuv></tu>'
    path = tmp_path / "deep.tmx"
    path.write_text(f"<tmx><body>{'<x>' * 20_000}{unit}{'</x>' * 20_000}</body></tmx>")
    with quickly(), pytest.raises(Malformed, match="nested deeper than 200 levels"):
        read_all(path)
    path.write_text(f"<tmx><body>{'<x></x>' * 100_000}{unit * 2}</body></tmx>")
    with quickly():
        assert len(read_all(path)) == 2


def test_a_page_that_an_earlier_version_locked(tmp_path: Path) -> None:
    page = b"<html>login</html>\n"
    with FaultyServer({"/ok.tsv": page, "/page": page}).serving() as server:
        url = f"{server.url}/ok.tsv"
        digest = Downloads(tmp_path).fetch(f"{server.url}/page").name
        lock = Lockfile(tmp_path / "alignment.lock")
        lock.accept(url, len(page), digest, "unknown")
        columns = {"source": "en", "target": "es"}
        corpus = LocalCorpus(kind="local", url=url, columns=columns)
        with pytest.raises(WrongContent) as caught:
            open_source(corpus, Downloads(tmp_path, lock), "en").languages()
    assert f"{url}: got an HTML page, expected a .tsv file" in str(caught.value)
    assert "`alignment lock CONFIG --update`" in str(caught.value)


def test_a_damaged_download_names_its_address(tmp_path: Path) -> None:
    with FaultyServer({"/a.tsv": b"wrong\tcolumns\n"}).serving() as server:
        url = f"{server.url}/a.tsv"
        columns = {"source": "en", "target": "es"}
        corpus = LocalCorpus(kind="local", url=url, columns=columns)
        with pytest.raises(ConfigError) as caught:
            list(open_source(corpus, Downloads(tmp_path), "en").pairs("es"))
    assert f"The file comes from {url}. " in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on address space")
def test_too_little_memory(tmp_path: Path) -> None:
    script = f'ulimit -v 600000; "{sys.executable}" -m alignment run "$0" --workspace "$1"'
    arguments = ["sh", "-c", script, str(SMOKE), str(tmp_path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "out of memory" in done.stderr
    assert "its limit is 0.6 GiB" in done.stderr
    assert "unexpected" not in done.stderr
