"""Messages of Qt's TS files."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from alignment.corpora.qt_ts import OBSOLETE, UNFINISHED
from alignment.corpora.skips import Skips
from alignment.corpora.tmx import UNTRANSLATED, Text
from alignment.corpora.xliff import NO_TARGET_LANGUAGE, Reading
from alignment.corpora.xml_bitext import units
from alignment.errors import Malformed

ROOT = '<!DOCTYPE TS><TS version="2.1" language="de_DE" sourcelanguage="en_US">'


def read(
    path: Path, message: str, root: str = ROOT, reading: Reading | None = None
) -> tuple[list[list[Text]], dict[str, int]]:
    path.write_text(f"{root}<context><name>Main</name><message>{message}</message></context></TS>")
    skips = Skips()
    texts = [unit.texts for unit in units(path, skips, reading)]
    return texts, dict(skips.counts)


@pytest.mark.parametrize(
    ("translation", "outcome"),
    [
        ("<translation>Datei</translation>", "Datei"),
        ("<translation type='unfinished'>Datei</translation>", UNFINISHED),
        ("<translation type='unfinished'></translation>", UNTRANSLATED),
        ("<translation type='obsolete'>Datei</translation>", OBSOLETE),
        ("<translation type='vanished'>Datei</translation>", OBSOLETE),
        ("<translation/>", UNTRANSLATED),
        ("", UNTRANSLATED),
        ("<translation>Da<byte value='x1b'/>tei</translation>", "Datei"),
        (
            "<translation><numerusform>%n Datei</numerusform><numerusform>%n Dateien"
            "</numerusform></translation>",
            "%n Dateien",
        ),
        ("<translation><numerusform>x</numerusform><numerusform/></translation>", UNTRANSLATED),
        (
            "<translation variants='yes'><lengthvariant>Datei</lengthvariant><lengthvariant>D"
            "</lengthvariant></translation>",
            "Datei",
        ),
    ],
)
def test_messages(tmp_path: Path, translation: str, outcome: str) -> None:
    texts, skipped = read(tmp_path / "a.ts", f"<source>File</source>{translation}")
    if skipped:
        assert (texts, skipped) == ([], {outcome: 1})
    else:
        assert texts == [[("en_US", "File"), ("de_DE", outcome)]]


def test_any_state(tmp_path: Path) -> None:
    message = "<source>File</source><translation type='unfinished'>Datei</translation>"
    texts, skipped = read(tmp_path / "a.ts", message, reading=Reading("any"))
    assert texts and not skipped


def test_a_file_without_languages(tmp_path: Path) -> None:
    message = "<source>File</source><translation>Datei</translation>"
    assert read(tmp_path / "a.ts", message, "<TS>") == ([], {NO_TARGET_LANGUAGE: 1})
    texts, _ = read(tmp_path / "a.ts", message, "<TS>", Reading(target_language="de"))
    assert texts == [[("en", "File"), ("de", "Datei")]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("&File", "&Datei"), ("File", "Datei")),
        (("Sa&ve", "S&peichern"), ("Save", "Speichern")),
        (("&Save", "保存(&S)"), ("Save", "保存")),
        (("Save &as ...", "Speichern &unter ..."), ("Save as ...", "Speichern unter ...")),
        (("Cut && &Paste", "Aus && &ein"), ("Cut & Paste", "Aus & ein")),
        (("R&D", "F&E"), ("R&D", "F&E")),
        (("AT&T line", "Leitung von AT&T"), ("AT&T line", "Leitung von AT&T")),
        (("A &amp; B", "A &amp; B"), ("A &amp; B", "A &amp; B")),
        (("Q & A", "F & A"), ("Q & A", "F & A")),
        (("&File", "Datei"), ("File", "Datei")),
        (("&Open\tCtrl+O", "&Öffnen\tStrg+O"), ("Open", "Öffnen")),
        (("A _b and ~c", "Ein _b und ~c"), ("A _b and ~c", "Ein _b und ~c")),
        (("a=1&b=2", "a=1&b=2"), ("a=1&b=2", "a=1&b=2")),
    ],
)
def test_access_keys(tmp_path: Path, before: tuple[str, str], after: tuple[str, str]) -> None:
    source, target = map(escape, before)
    message = f"<source>{source}</source><translation>{target}</translation>"
    texts, _ = read(tmp_path / "a.ts", message)
    assert texts == [[("en_US", after[0]), ("de_DE", after[1])]]


def test_typescript_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("export const a: Array<string> = [];\n")
    with pytest.raises(Malformed, match=r"a\.ts"):
        list(units(tmp_path / "a.ts", Skips()))
