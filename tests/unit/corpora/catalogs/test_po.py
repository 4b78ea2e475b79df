"""The grammar of .po files, with GNU gettext and polib as references."""

import subprocess
from pathlib import Path
from shutil import which

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.corpora.catalogs.mo import read_mo
from alignment.corpora.catalogs.po import read_po
from alignment.corpora.skips import Skips
from alignment.errors import Malformed

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset={charset}\\n"\n\n'
UTF8 = HEADER.format(charset="UTF-8")


def entries(text: str | bytes, skips: Skips | None = None) -> list[tuple[str, str]]:
    """Messages with their first translation, without header and fuzzy ones."""
    data = text if isinstance(text, bytes) else text.encode()
    read = read_po("de.po", data, skips or Skips())
    return [(entry.msgid, entry.forms[0]) for entry in read if not entry.is_header]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"caf\303\251"', "café"),
        (r'"caf\303" "\251"', "café"),
        (r'"caf\xc3\xa9"', "café"),
        (r'"a\tb\n\"c\" \\ \a\b\f\r\v"', 'a\tb\n"c" \\ \a\b\f\r\v'),
        ('"don\\\'t"', "don't"),
        ('"one" "two"', "onetwo"),
        ('"a\x85b\u2028c\x0bd\x1ce"', "a\x85b\u2028c\x0bd\x1ce"),
    ],
    ids=["octal", "octal over two strings", "hexadecimal", "letters", "apostrophe", "two", "odd"],
)
def test_strings(written: str, text: str) -> None:
    assert entries(f'{UTF8}msgid "x"\nmsgstr {written}\n') == [("x", text)]


def test_octal_escapes_are_in_the_charset_of_the_catalog() -> None:
    data = HEADER.format(charset="ISO-8859-1") + 'msgid "x"\nmsgstr "caf\\351"\n'
    assert entries(data) == [("x", "café")]


@pytest.mark.parametrize(
    "text",
    [
        'msgid"a"\nmsgstr"b"\n',
        'msgid "a" msgstr "b"',
        '\tmsgid\t"a"\r\n  msgstr "b" # a comment\r\n',
        'msgid ""\r"a"\rmsgstr "b"\r',
        '#, c-format, no-wrap\nmsgid "a"\nmsgstr "b"\n',
        '# #, fuzzy\x85#, fuzzy\nmsgid "a"\nmsgstr "b"\n',
        '#, fuzzy\n#~ msgid "old"\n#~ msgstr "alt"\n\nmsgid "a"\nmsgstr "b"\n',
        '#| msgid "previous"\nmsgid "a"\nmsgstr "b"\n',
        'domain "other"\nmsgid "a"\nmsgstr "b"\n',
    ],
    ids=[
        "no spaces",
        "one line",
        "tabs and CRLF",
        "CR",
        "flags",
        "a flag in a comment",
        "an obsolete entry's flag",
        "previous",
        "domain",
    ],
)
def test_layouts(text: str) -> None:
    skips = Skips()
    (entry,) = (e for e in read_po("de.po", text.encode(), skips) if not e.is_header)
    assert (entry.msgid, entry.forms, entry.fuzzy) == ("a", {0: "b"}, False)
    assert not skips.counts


@pytest.mark.parametrize("flags", ["#,fuzzy", "#, fuzzy", "#, c-format,fuzzy", "#=fuzzy"])
def test_fuzzy(flags: str) -> None:
    text = f'{flags}\nmsgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstr "d"\n'
    read = list(read_po("de.po", text.encode(), Skips()))
    assert [entry.fuzzy for entry in read] == [True, False]


@pytest.mark.parametrize(
    "data",
    [
        '# charset=ISO-8859-1\n#, fuzzy\nmsgid ""\nmsgstr "Content-Type: text/plain; '
        'charset=UTF-8\\n"\n\nmsgid "x"\nmsgstr "é"\n',
        UTF8 + 'msgid "set charset=ISO-8859-1"\nmsgstr "charset=KOI8-R"\n\nmsgid "x"\nmsgstr "é"\n',
        '# Content-Type: text/plain; charset=ISO-8859-1\nmsgid "x"\nmsgstr "é"\n',
        "\ufeff" + UTF8 + 'msgid "x"\nmsgstr "é"\n',
        HEADER.format(charset="CHARSET") + 'msgid "x"\nmsgstr "é"\n',
    ],
    ids=["comment", "message", "only a comment", "byte order mark", "template"],
)
def test_only_the_header_says_the_charset(data: str) -> None:
    assert entries(data)[-1] == ("x", "é")


def test_utf_16() -> None:
    assert entries((UTF8 + 'msgid "x"\nmsgstr "é"\n').encode("utf-16")) == [("x", "é")]


def test_shift_jis_has_backslashes_in_its_letters() -> None:
    data = HEADER.format(charset="SHIFT_JIS") + 'msgid "x"\nmsgstr "表示"\n'
    assert entries(data.encode("shift_jis")) == [("x", "表示")]


GOOD = 'msgid "good"\nmsgstr "gut"\n\nmsgid "fine"\nmsgstr "fein"\n\n'


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (b'msgid "open\nmsgstr "zu"\n', 10),
        (b'msgid "a"\nmsgstr "zu\n', 11),
        (b'msgid "a"\nmsgstr "zu"\nweiter"\n', 12),
        (b'msgid "a"\nmsgstr "\xff"\n', 10),
        (b'msgid "a"\nmsgstr "\\377"\n', 10),
        (b'msgid "a"\nmsgstr "\\q"\n', 10),
        (b'msgid "a"\nmsgtsr "b"\n', 11),
        (b'msgid "a"\n', 10),
        (b'msgid "a"\nmsgstr "b"\nmsgstr "c"\n', 12),
        (b'msgid "a"\nmsgstr[0] "b"\n', 11),
        (b'msgid "a"\nmsgid_plural "as"\nmsgstr "b"\n', 12),
    ],
)
def test_a_broken_entry_costs_no_other(broken: bytes, line: int) -> None:
    skips = Skips()
    data = (UTF8 + GOOD).encode() + broken + b'\nmsgid "last"\nmsgstr "letzte"\n'
    assert entries(data, skips) == [("good", "gut"), ("fine", "fein"), ("last", "letzte")]
    assert skips.counts == {"unreadable entry": 1}
    with pytest.raises(Malformed, match=rf"^de\.po:{line - 6}: "):
        entries(UTF8.encode() + broken)


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", 'a lost quote"', "=======", "[0]"])
def test_a_line_that_belongs_to_no_entry_costs_the_one_before(line: str) -> None:
    assert entries(f'{UTF8}{GOOD}{line}\nmsgid "last"\nmsgstr "letzte"\n') == [
        ("good", "gut"),
        ("last", "letzte"),
    ]


def test_a_context_without_a_message() -> None:
    skips = Skips()
    assert len(entries(f'{UTF8}{GOOD}msgctxt "menu"\n', skips)) == 2
    assert skips.counts == {"unreadable entry": 1}


def test_an_unknown_charset_is_named() -> None:
    with pytest.raises(Malformed, match="'KLINGON-8' is not known"):
        entries(HEADER.format(charset="KLINGON-8") + GOOD)


@pytest.mark.parametrize("charset", ["utf-16", "iso2022_jp", "hz", "undefined", "rot13"])
def test_a_charset_that_cannot_be_right(charset: str) -> None:
    data = HEADER.format(charset=charset) + GOOD
    with pytest.raises(Malformed):
        entries(data.encode() + b'msgid "\x1b(Z"\nmsgstr "~\xff\x01"\n' * 9)


def test_a_file_in_another_charset_than_it_says_is_refused() -> None:
    text = "".join(f'msgid "word {n}"\nmsgstr "für {n}"\n\n' for n in range(9))
    with pytest.raises(Malformed, match="9 of 11 entries cannot be read"):
        entries((UTF8 + GOOD + text).encode("latin-1"))


def test_a_path_as_content_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "x.po").write_text(GOOD)
    with pytest.raises(Malformed):
        entries(str(tmp_path / "x.po"))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x04"), max_size=12)


@given(st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=4, unique_by=lambda pair: pair[0]))
def test_what_polib_writes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for msgid, msgstr in pairs:
        file.append(polib.POEntry(msgid=msgid, msgstr=msgstr))
    assert entries(str(file)) == pairs
    mo = read_mo("de.mo", file.to_binary(), Skips())
    texts = {entry.msgid: entry.forms[0] for entry in mo if not entry.is_header}
    assert texts == {msgid: msgstr for msgid, msgstr in pairs if msgstr}


@pytest.mark.skipif(which("msgfmt") is None, reason="needs GNU gettext")
def test_gnu_gettext_compiles_it_to_the_same_texts(tmp_path: Path) -> None:
    po = UTF8 + (
        'msgctxt "menu" msgid"a\\303\\251\x85b" msgstr "c\\x21"\n'
        '#,fuzzy\nmsgid "no"\nmsgstr "nein"\n'
        '#~ msgid "old"\n#~ msgstr "alt"\n'
        'msgid "one %d" msgid_plural "many %d"\nmsgstr [ 0 ] "eins %d"\nmsgstr[1] "viele %d"\n'
    )
    (tmp_path / "de.po").write_text(po)
    subprocess.run(["msgfmt", "de.po", "-o", "de.mo"], cwd=tmp_path, check=True)
    ours = [entry for entry in read_po("x", po.encode(), Skips()) if not entry.fuzzy]
    theirs = list(read_mo("x", (tmp_path / "de.mo").read_bytes(), Skips()))
    assert {(e.context, e.msgid, e.plural): e.forms for e in ours} == {
        (e.context, e.msgid, e.plural): e.forms for e in theirs
    }
