"""Segments of XLIFF 1.2 and 2.x."""

from pathlib import Path

import pytest

from alignment.corpora.skips import Skips
from alignment.corpora.tmx import UNTRANSLATED
from alignment.corpora.xliff import (
    NO_PARTNER,
    NO_SOURCE_LANGUAGE,
    NO_TARGET_LANGUAGE,
    PARTLY_TRANSLATED,
    Reading,
)
from alignment.corpora.xliff_state import NOT_TRANSLATABLE
from alignment.corpora.xml_bitext import units

FILE_1 = '<file source-language="en" target-language="cy">'


def read(path: Path, text: str, reading: Reading | None = None) -> tuple[list[str], dict[str, int]]:
    """`source|target` of each pair, and what was skipped."""
    path.write_text(text)
    skips = Skips()
    pairs = ["|".join(text for _, text in item.texts) for item in units(path, skips, reading)]
    return pairs, dict(skips.counts)


def version_1(body: str, file: str = FILE_1) -> str:
    return f'<xliff version="1.2">{file}<body>{body}</body></file></xliff>'


def version_2(body: str, root: str = 'srcLang="en" trgLang="cy"') -> str:
    return f'<xliff version="2.0" {root}><file id="f"><unit id="u">{body}</unit></file></xliff>'


def marked(*texts: str) -> str:
    marks = [f'<mrk mtype="seg" mid="{mid}">{text}</mrk>' for mid, text in enumerate(texts)]
    return " ".join(marks)


@pytest.mark.parametrize(
    ("unit", "pairs", "skipped"),
    [
        ("<source>A <g>b</g></source><target>Un b</target>", ["A b|Un b"], {}),
        ("<source>A</source>", [], {UNTRANSLATED: 1}),
        ("<source>A</source><target> </target>", [], {UNTRANSLATED: 1}),
        (
            "<source>A</source><target/><alt-trans><target>no</target></alt-trans>",
            [],
            {UNTRANSLATED: 1},
        ),
        (
            "<source>A</source><alt-trans><source>A</source><target>no</target></alt-trans>",
            [],
            {UNTRANSLATED: 1},
        ),
        ("<source> </source><target>Un</target>", [], {NO_PARTNER: 1}),
        (
            f"<source>A B</source><seg-source>{marked('A', 'B')}</seg-source>"
            f"<target>{marked('Un', 'Dau')}</target>",
            ["A|Un", "B|Dau"],
            {},
        ),
        (
            f"<source>{marked('A', 'B')}</source><target>{marked('Un', 'Dau')}</target>",
            ["A|Un", "B|Dau"],
            {},
        ),
        (
            f"<source>A B</source><seg-source>{marked('A', 'B')}</seg-source>"
            f"<target>{marked('', 'Dau')}</target>",
            ["B|Dau"],
            {UNTRANSLATED: 1},
        ),
        (
            f"<source>A B</source><seg-source>{marked('A', 'B')}</seg-source>"
            f"<target>{marked('Un')}</target>",
            ["A|Un"],
            {UNTRANSLATED: 1},
        ),
        (
            f"<source>A</source><seg-source>{marked('A')}</seg-source>"
            f"<target>{marked('Un', 'Dau')}</target>",
            ["A|Un"],
            {NO_PARTNER: 1},
        ),
        (f"<source>A B</source><target>{marked('', 'Dau')}</target>", [], {PARTLY_TRANSLATED: 1}),
        (f"<source>A B</source><target>{marked('Un', 'Dau')}</target>", ["A B|Un Dau"], {}),
        (
            f"<source>A</source><seg-source>{marked('A')}</seg-source><target>Un</target>",
            ["A|Un"],
            {},
        ),
        (
            '<source>A B</source><seg-source><mrk mtype="seg" mid="1">A</mrk>'
            '<mrk mtype="seg" mid="1">B</mrk></seg-source>'
            '<target><mrk mtype="seg" mid="1">Un</mrk><mrk mtype="seg" mid="1">Dau</mrk></target>',
            ["A|Un"],
            {NO_PARTNER: 1},
        ),
        (
            '<source>A <mrk mtype="protected" mid="1">B</mrk></source><target>Un B</target>',
            ["A B|Un B"],
            {},
        ),
    ],
)
def test_units_of_version_1(
    tmp_path: Path, unit: str, pairs: list[str], skipped: dict[str, int]
) -> None:
    text = version_1(f"<trans-unit>{unit}</trans-unit>")
    assert read(tmp_path / "a.xlf", text) == (pairs, skipped)


def test_the_order_of_the_marks_does_not_matter(tmp_path: Path) -> None:
    first, second = marked("Un", "Dau").split(" <")
    text = version_1(
        f"<trans-unit><source>A B</source><seg-source>{marked('A', 'B')}</seg-source>"
        f"<target><{second} {first}</target></trans-unit>"
    )
    assert read(tmp_path / "a.xlf", text)[0] == ["A|Un", "B|Dau"]


@pytest.mark.parametrize(
    ("body", "pairs", "skipped"),
    [
        (
            "<segment><source>A</source><target>Un</target></segment>"
            "<ignorable><source> </source></ignorable>"
            "<segment><source>B</source></segment>",
            ["A|Un"],
            {UNTRANSLATED: 1},
        ),
        (
            "<originalData><data id='d'>&lt;b></data></originalData>"
            "<segment><source>A <pc>b</pc><ph dataRef='d'/></source><target>Un</target></segment>",
            ["A b|Un"],
            {},
        ),
        (
            "<mtc:matches xmlns:mtc='m'><mtc:match><source>A</source><target>no</target>"
            "</mtc:match></mtc:matches><segment><source>A</source></segment>",
            [],
            {UNTRANSLATED: 1},
        ),
        (
            "<segment state='initial'><source>A</source><target>A</target></segment>"
            "<segment state='reviewed'><source>B</source><target>Dau</target></segment>",
            ["B|Dau"],
            {"state initial": 1},
        ),
    ],
)
def test_units_of_version_2(
    tmp_path: Path, body: str, pairs: list[str], skipped: dict[str, int]
) -> None:
    assert read(tmp_path / "a.xlf", version_2(body)) == (pairs, skipped)


def test_the_nearest_translate_counts(tmp_path: Path) -> None:
    unit = "<trans-unit{}><source>{}</source><target>x</target></trans-unit>"
    inner = unit.format("", "a") + unit.format(' translate="yes"', "b")
    body = f'<group translate="no">{inner}</group>' + unit.format(' translate="no"', "c")
    assert read(tmp_path / "a.xlf", version_1(body)) == (["b|x"], {NOT_TRANSLATABLE: 2})


UNIT = "<trans-unit><source>A</source><target>Un</target></trans-unit>"


@pytest.mark.parametrize(
    ("text", "assumed", "languages"),
    [
        (version_1(UNIT), None, ["en", "cy"]),
        (version_1(UNIT), "fi", ["en", "cy"]),
        (version_1(UNIT, '<file source-language="en">'), "fi", ["en", "fi"]),
        (version_1(UNIT, '<file source-language="en">'), None, NO_TARGET_LANGUAGE),
        (version_1(UNIT, '<file target-language="cy">'), None, NO_SOURCE_LANGUAGE),
        (version_1(UNIT.replace("<target", '<target xml:lang="fi"')), None, ["en", "fi"]),
        (version_1(UNIT.replace("<source", '<source xml:lang="de"')), None, ["de", "cy"]),
    ],
)
def test_languages(
    tmp_path: Path, text: str, assumed: str | None, languages: list[str] | str
) -> None:
    (tmp_path / "a.xlf").write_text(text)
    skips = Skips()
    read_units = list(units(tmp_path / "a.xlf", skips, Reading("translated", assumed)))
    if isinstance(languages, str):
        assert not read_units
        assert skips.counts == {languages: 1}
    else:
        (unit,) = read_units
        assert [language for language, _ in unit.texts] == languages


def test_a_file_does_not_inherit_a_language(tmp_path: Path) -> None:
    files = [FILE_1, '<file source-language="en">', '<file target-language="fi">']
    body = "".join(f"{file}<body>{UNIT}</body></file>" for file in files)
    expected = {NO_TARGET_LANGUAGE: 1, NO_SOURCE_LANGUAGE: 1}
    assert read(tmp_path / "a.xlf", f"<xliff>{body}</xliff>") == (["A|Un"], expected)


def test_tags_that_phrase_writes_into_the_text(tmp_path: Path) -> None:
    unit = UNIT.replace("A<", "Press {b>Save&lt;b} {1}now{2>.&lt;2}<")
    assert read(tmp_path / "a.mxliff", version_1(unit))[0] == ["Press Save now.|Un"]
    assert read(tmp_path / "a.xlf", version_1(unit))[0][0].startswith("Press {b>")
