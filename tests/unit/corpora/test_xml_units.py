"""Units of XML files: what damage costs, which encodings are read, and the attacks refused."""

from collections import Counter
from pathlib import Path

import pytest

from alignment.corpora import xml_units
from alignment.corpora.skips import Skips
from alignment.corpora.xml_units import DAMAGED, DAMAGED_OUTSIDE, read_units
from alignment.errors import Malformed, UnsafeArchive


def unit(number: int, text: str = "") -> str:
    return f'<tu id="{number}"><tuv><seg>text {number} {text}</seg></tuv></tu>\n'


def document(*units: str, header: str = '<header srclang="en"/>') -> str:
    body = "".join(units)
    return f'<?xml version="1.0"?>\n<tmx version="1.4">{header}<body>\n{body}</body></tmx>\n'


def read(path: Path, text: str | bytes) -> tuple[list[int], Counter[str]]:
    """Numbers in the texts of the units, and what was skipped."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    skips = Skips()
    numbers = []
    for item in read_units(path, skips):
        words = "".join(item.element.itertext()).split()
        numbers.append(int(words[1]))
        assert item.number == numbers[-1] + 1
    return numbers, skips.counts


@pytest.mark.parametrize(
    "text",
    [
        "\x01",
        "\x00",
        "￿",
        "&nbsp;",
        "&#1;",
        "&#xFFFF;",
        "a & b",
        "a < b",
        "<b>open",
        "closed</b>",
        "]]>",
        "<hi>" * 201 + "</hi>" * 201,
        "<hi>" * 20_000 + "</hi>" * 20_000,
    ],
)
def test_a_damaged_unit_costs_that_unit(tmp_path: Path, text: str) -> None:
    units = [unit(number, text if number in (0, 3, 4, 9) else "") for number in range(10)]
    numbers, skipped = read(tmp_path / "a.tmx", document(*units))
    assert numbers == [1, 2, 5, 6, 7, 8]
    assert skipped == {DAMAGED: 4}


@pytest.mark.parametrize("attribute", ['id="\x01"', 'id="3"3"', "id=3", 'id="<"', 'id="&x;"'])
def test_a_damaged_start_tag_costs_its_unit(tmp_path: Path, attribute: str) -> None:
    units = [unit(number).replace('id="3"', attribute) for number in range(6)]
    numbers, skipped = read(tmp_path / "a.tmx", document(*units))
    assert numbers == [0, 1, 2, 4, 5]
    assert skipped == {DAMAGED: 1}


@pytest.mark.parametrize("broken", [2, 5])
def test_a_unit_without_an_end_tag(tmp_path: Path, broken: int) -> None:
    units = [unit(number) for number in range(6)]
    units[broken] = units[broken].replace("</tu>", "")
    numbers, skipped = read(tmp_path / "a.tmx", document(*units))
    assert numbers == [number for number in range(6) if number != broken]
    assert skipped == {DAMAGED: 1}


def test_invalid_utf8_costs_its_unit(tmp_path: Path) -> None:
    text = document(*map(unit, range(6))).encode().replace(b"text 4", b"text\xe9 4")
    assert read(tmp_path / "a.tmx", text) == ([0, 1, 2, 3, 5], {DAMAGED: 1})


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_damage_at_the_border_of_what_is_read_at_once(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_units, "_CHUNK_BYTES", size)
    units = [
        unit(number, "\x01" if number % 3 == 0 else "&x;" * (number % 2)) for number in range(30)
    ]
    numbers, skipped = read(tmp_path / "a.tmx", document(*units))
    assert numbers == [number for number in range(30) if number % 6 in (2, 4)]
    assert skipped == {DAMAGED: 20}


def test_an_entity_of_an_external_dtd(tmp_path: Path) -> None:
    text = document(unit(0), unit(1, "&nbsp;"), unit(2))
    text = text.replace("<tmx", '<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx')
    assert read(tmp_path / "a.tmx", text) == ([0, 2], {DAMAGED: 1})


@pytest.mark.parametrize(
    ("header", "skipped"),
    [
        ("<header><note>a\x01b</note></header>", 1),
        ("<header><note>a&b;</note></header>", 1),
        ("<header><prop>x</header>", 1),
        ('<header o="\x01"><note>x</note></header>', 2),
    ],
)
def test_damage_outside_of_the_units(tmp_path: Path, header: str, skipped: int) -> None:
    text = document(*map(unit, range(3)), header=header)
    assert read(tmp_path / "a.tmx", text) == ([0, 1, 2], {DAMAGED_OUTSIDE: skipped})


def test_too_much_damage_outside_of_the_units(tmp_path: Path) -> None:
    header = "<note>\x01</note>" * 101
    with pytest.raises(Malformed, match=r"a\.tmx:2: not well-formed XML"):
        read(tmp_path / "a.tmx", document(unit(0), header=header))


def test_a_blank_line_before_the_declaration(tmp_path: Path) -> None:
    text = "\n" + document(unit(0), unit(1))
    assert read(tmp_path / "a.tmx", text) == ([0, 1], {DAMAGED_OUTSIDE: 1})


@pytest.mark.parametrize("damage", ["", "\x01"])
@pytest.mark.parametrize("cut", [2, 10, 20, 80])
def test_a_file_that_ends_early_is_refused(tmp_path: Path, cut: int, damage: str) -> None:
    text = document(unit(0), unit(1, damage), unit(2), unit(3)).rstrip()
    with pytest.raises(Malformed, match=r"a\.tmx:\d: not well-formed XML"):
        read(tmp_path / "a.tmx", text[:-cut])


def test_the_line_is_right_after_damage(tmp_path: Path) -> None:
    units = [unit(number, "\x01" if number % 2 else "") for number in range(2000)]
    text = document(*units).removesuffix("</body></tmx>\n")
    with pytest.raises(Malformed, match=r"a\.tmx:2003: not well-formed XML \(no element found\)"):
        read(tmp_path / "a.tmx", text)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-16", "utf-8"),
        ("iso-8859-1", "iso-8859-1"),
        ("windows-1252", "cp1252"),
    ],
)
def test_encodings(tmp_path: Path, declared: str, encoding: str) -> None:
    text = document(unit(0, "é ÿ"), unit(1))
    if declared:
        text = text.replace('"1.0"?', f'"1.0" encoding="{declared}"?')
    path = tmp_path / "a.tmx"
    assert read(path, text.encode(encoding)) == ([0, 1], {})
    first = next(iter(read_units(path, Skips())))
    assert "".join(first.element.itertext()) == "text 0 é ÿ"


def test_a_multibyte_encoding(tmp_path: Path) -> None:
    text = document(unit(0, "日本"), unit(1)).replace('"1.0"?', '"1.0" encoding="shift_jis"?')
    data = text.encode("shift_jis")
    assert read(tmp_path / "a.tmx", data) == ([0, 1], {})
    damaged = data.replace("日本".encode("shift_jis"), b"\xfd\xff")
    assert read(tmp_path / "a.tmx", damaged) == ([1], {DAMAGED: 1})


@pytest.mark.parametrize("name", ["klingon-1", "hex", "undefined"])
def test_an_unknown_encoding(tmp_path: Path, name: str) -> None:
    text = document(unit(0)).replace('"1.0"?', f'"1.0" encoding="{name}"?')
    with pytest.raises(Malformed, match=f"unknown encoding '{name}'"):
        read(tmp_path / "a.tmx", text)


@pytest.mark.parametrize("text", ["<html><p>404</p></html>", "", "not XML", "<tmx>" * 300])
def test_another_format_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Malformed, match=r"a\.tmx"):
        read(tmp_path / "a.tmx", text)


def test_a_unit_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_units, "MAX_UNIT_BYTES", 100_000)
    text = document(unit(0), unit(1, "a " * 200_000), unit(2))
    assert read(tmp_path / "a.tmx", text) == ([0, 2], {DAMAGED: 1})
    with pytest.raises(Malformed, match="a tag is longer than 100,000 bytes"):
        read(tmp_path / "a.tmx", document(unit(0), header=f'<header a="{"x" * 400_000}"/>'))


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
        '<!ENTITY % b SYSTEM "http://localhost/x.dtd"> %b;',
        '<!NOTATION n SYSTEM "n"><!ENTITY b SYSTEM "x" NDATA n>',
    ],
    ids=["bomb", "external", "parameter", "unparsed"],
)
def test_entities_are_refused(tmp_path: Path, declared: str) -> None:
    text = document(unit(0, "&b;")).replace("<tmx", f"<!DOCTYPE tmx [{declared}]><tmx")
    with pytest.raises(UnsafeArchive, match="declares entities"):
        read(tmp_path / "a.tmx", text)


def test_entities_declared_behind_the_root_are_not_known(tmp_path: Path) -> None:
    text = document(unit(0), unit(1, "&b;")).partition("?>")[2]
    text = text.replace("<tmx", '<!DOCTYPE tmx [<!ENTITY b "ha">]><tmx')
    numbers, skipped = read(tmp_path / "a.tmx", f"<tmx></tmx>{text}")
    assert numbers == [0]
    assert skipped[DAMAGED] == 1


def test_the_elements_around_a_unit(tmp_path: Path) -> None:
    (tmp_path / "a.xlf").write_text(
        '<x:xliff xmlns:x="urn:x"><x:file n="1"><x:group><x:trans-unit/></x:group>'
        '<x:trans-unit>&bad;</x:trans-unit><x:trans-unit/></x:file><x:file n="2&amp;&lt;">'
        "<x:trans-unit>\x01</x:trans-unit><x:trans-unit><y:source/></x:trans-unit></x:file></x:xliff>"
    )
    units = list(read_units(tmp_path / "a.xlf", Skips()))
    assert [item.context[1:] for item in units] == [
        (("file", {"n": "1"}), ("group", {})),
        (("file", {"n": "1"}),),
        (("file", {"n": "2&<"}),),
    ]
    assert {item.root for item in units} == {"xliff"}
    assert [item.element.tag for item in units] == ["trans-unit"] * 3
    assert units[-1].element[0].tag == "y:source"
