"""TMX and XLIFF, and the XML attacks that are refused."""

from pathlib import Path

import pytest

from alignment.corpora.xml_bitext import languages_of, units
from alignment.errors import Malformed, UnsafeArchive

BODY = """<tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en-US"><seg>A <bpt i="1">red</bpt> house</seg></tuv>
<!-- a comment --><tuv xml:lang="cy"><seg>Tŷ coch</seg></tuv>
<tuv xml:lang="fi"><seg>Punainen talo</seg></tuv></tu>
<tu><tuv lang="EN-US"><seg>Good</seg></tuv><tuv><seg>no language</seg></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Milk</seg></tuv><tuv xml:lang="cy"><seg>Llaeth</seg></tuv></tu>
</body></tmx>"""
TMX = f'<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">{BODY}'
XLIFF_1 = """<xliff version="1.2"><file source-language="en" target-language="cy"><body>
<trans-unit id="1"><source>A <g>b</g></source><target>Un b</target>
<alt-trans><target>no</target></alt-trans></trans-unit>
</body></file></xliff>"""
XLIFF_2 = """<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en"
trgLang="cy"><file id="f"><unit id="u">
<segment><source>A b</source><target>Un b</target></segment>
<segment><source>c</source></segment></unit></file></xliff>"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_tmx(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", TMX)
    assert [tuple(unit) for unit in units(path)] == [
        ("a.tmx:1", {"en-US": "A red house", "cy": "Tŷ coch", "fi": "Punainen talo"}),
        ("a.tmx:2", {"EN-US": "Good"}),
        ("a.tmx:3", {"en-US": "Milk", "cy": "Llaeth"}),
    ]
    assert languages_of(path) == {"en-US", "EN-US", "cy", "fi"}


@pytest.mark.parametrize("text", [XLIFF_1, XLIFF_2], ids=["1.2", "2.0"])
def test_xliff(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.xlf", text)
    assert [unit.texts for unit in units(path)] == [{"en": "A b", "cy": "Un b"}]


def test_not_well_formed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", TMX[:-60])
    with pytest.raises(Malformed, match=r"a\.tmx:\d+: not well-formed XML"):
        list(units(path))


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY a "ha"><!ENTITY b "&a;&a;">', '<!ENTITY b SYSTEM "file:///etc/passwd">'],
    ids=["bomb", "external"],
)
def test_entities_are_refused(tmp_path: Path, declared: str) -> None:
    text = f"<!DOCTYPE tmx [{declared}]>" + BODY.replace("Milk", "&b;")
    path = write(tmp_path / "a.tmx", text)
    with pytest.raises(UnsafeArchive, match="declares entities"):
        list(units(path))
