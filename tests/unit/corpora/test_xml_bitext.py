"""The languages that TMX, XLIFF and TS files name."""

import gzip
import time
import zipfile
from pathlib import Path

import pytest

from alignment.corpora import xml_bitext
from alignment.corpora.skips import Skips
from alignment.corpora.xml_bitext import languages_of, units
from alignment.errors import Malformed

TMX = """<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en" adminlang="fr"/><body>
<tu><tuv xml:lang="en-US"><seg>A <bpt i="1">red</bpt> house</seg></tuv>
<!-- a comment --><tuv creationid="x" xml:lang='cy'><seg>Tŷ</seg></tuv>
<tuv xml:lang="fi"
><seg>Talo</seg></tuv></tu>
<tu><tuv lang="EN-US"><seg>Good</seg></tuv><tuv><seg>no language</seg></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Milk</seg></tuv><tuv xml:lang="cy"><seg>Llaeth</seg></tuv></tu>
</body></tmx>"""
XLIFF = '<xliff version="1.2">{}</xliff>'
UNIT = "<trans-unit><source>A</source><target>B</target></trans-unit>"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_units(tmp_path: Path) -> None:
    skips = Skips()
    assert list(units(write(tmp_path / "a.tmx", TMX), skips)) == [
        ("a.tmx:1", [("en-US", "A  house"), ("cy", "Tŷ"), ("fi", "Talo")]),
        ("a.tmx:3", [("en-US", "Milk"), ("cy", "Llaeth")]),
    ]
    assert skips.counts == {"no language": 1}


@pytest.mark.parametrize(
    ("text", "languages", "unlabelled"),
    [
        (TMX, {"en-US", "EN-US", "cy", "fi"}, False),
        ('<tmx><tuv xml:lang="Chinese &amp; x"/></tmx>', {"Chinese & x"}, False),
        (
            XLIFF.format(f'<file source-language="en" target-language="cy">{UNIT}</file>'),
            {"en", "cy"},
            False,
        ),
        (XLIFF.format(f'<file source-language="en">{UNIT}</file>'), {"en"}, True),
        (XLIFF.format('<file source-language="en"><source>A</source></file>'), {"en"}, False),
        (
            XLIFF.format(
                f'<file source-language="en">{UNIT}</file>'
                f'<file source-language="en" target-language="cy">{UNIT}</file>'
            ),
            {"en", "cy"},
            False,
        ),
        (
            XLIFF.format('<file source-language="en"><target xml:lang="cy">B</target></file>'),
            {"en", "cy"},
            False,
        ),
        (f'<x:xliff srcLang="en" trgLang="cy">{UNIT}</x:xliff>', {"en", "cy"}, False),
        (f'<xliff srcLang="en">{UNIT}</xliff>', {"en"}, True),
        ('<TS version="2.1" language="de_DE"><message/></TS>', {"en", "de_DE"}, False),
        ('<TS sourcelanguage="fi"><message/></TS>', {"fi"}, True),
    ],
)
def test_languages_of(tmp_path: Path, text: str, languages: set[str], unlabelled: bool) -> None:
    listed = languages_of(write(tmp_path / "a.tmx", text))
    assert listed.all == languages
    assert listed.unlabelled == unlabelled


@pytest.mark.parametrize("size", [1, 13, 64])
def test_tags_at_the_border_of_what_is_read_at_once(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_bitext, "_CHUNK_BYTES", size)
    found = languages_of(write(tmp_path / "a.tmx", TMX))
    assert found.all == {"en-US", "EN-US", "cy", "fi"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_languages_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.tmx.gz"
    path.write_bytes(gzip.compress(TMX.encode(encoding)))
    assert languages_of(path).all == {"en-US", "EN-US", "cy", "fi"}
    assert len(list(units(path, Skips()))) == 2


def test_a_tag_that_is_one_long_word_takes_linear_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlf", f'<xliff srcLang="en" {"a" * 60_000}><target x')
    started = time.process_time()
    assert languages_of(path).all == {"en"}
    assert time.process_time() - started < 2  # quadratic: 40 s


def test_packages_of_translation_tools(tmp_path: Path) -> None:
    text = XLIFF.format(f'<file source-language="en" target-language="cy">{UNIT}</file>')
    for package, member in (("a.xlz", "content.xlf"), ("a.mqxlz", "document.mqxliff")):
        with zipfile.ZipFile(tmp_path / package, "w") as archive:
            archive.writestr(member, text)
            archive.writestr("skeleton.skl", b"\0\1")
        (unit,) = units(tmp_path / package, Skips())
        assert unit.texts == [("en", "A"), ("cy", "B")]
    with zipfile.ZipFile(tmp_path / "b.xlz", "w") as archive:
        archive.writestr("a.skl", "")
        archive.writestr("b.skl", "")
    with pytest.raises(Malformed, match=r"expected one file in the archive, got 2: a\.skl, b\.skl"):
        list(units(tmp_path / "b.xlz", Skips()))
