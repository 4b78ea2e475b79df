"""Pairs of two catalogs with the same keys, by format."""

import plistlib
from collections.abc import Callable

import pytest

from alignment.corpora.catalog import Catalog, read_catalog
from alignment.corpora.skips import Skips
from alignment.errors import Malformed

Reader = Callable[..., list[tuple[str, str]]]


def pairs(
    suffix: str, translation: str | bytes, pivot: str | bytes, skips: Skips | None = None
) -> list[tuple[str, str]]:
    data = [text.encode() if isinstance(text, str) else text for text in (translation, pivot)]
    return [pair[:2] for pair in read_catalog(Catalog(f"x.{suffix}", suffix, *data), skips)]


FTL = """
-brand = Firefox
# A comment
hello = Hello { $name }, this is { -brand(case: "x") }
tabs = { $count ->
    [one] One tab
   *[other] { NUMBER($count) } tabs
}
button =
    .label = Open { "{" }
    .accesskey = O
    .title = { PLATFORM() ->
        [macos] Preferences
       *[other] Settings
    }
"""


def test_fluent() -> None:
    breton = """
hello = Demat { $name }, { -brand } eo
tabs = { $count ->
    [one] Un ivinell
    [two] { $count } ivinell
   *[many] { $count } a ivinelloù
}
button =
    .label = Digeriñ
    .accesskey = D
    .title = Arventennoù
"""
    assert pairs("ftl", breton, FTL) == [
        ("Hello { $name }, this is { -brand }", "Demat { $name }, { -brand } eo"),
        ("One tab", "Un ivinell"),
        ("{ $count } tabs", "{ $count } a ivinelloù"),
        ("Open {", "Digeriñ"),
        ("Settings", "Arventennoù"),
    ]


def test_a_broken_fluent_message_costs_no_other() -> None:
    skips = Skips()
    assert pairs("ftl", "a = A { \nb = B\nc = C\n", "a = a\nb = b\nc = c\n", skips) == [
        ("b", "B"),
        ("c", "C"),
    ]
    assert skips.counts == {"unreadable entry": 1}
    with pytest.raises(Malformed, match=r"x\.ftl:2: not a Fluent message"):
        pairs("ftl", "\n{ not fluent", FTL)


def test_properties() -> None:
    pivot = (
        "# comment\n! comment\nsave = &Save\nerror=Can''t open {0}\nlong = one \\\n    two\n"
        "tab.accesskey=T\nitems=#1 item;#1 items\nlist=a;b\nsize={0,choice,0#no|1#one}\n"
    )
    translation = (
        "save: &Speichern\nerror={0} l\\u00e4sst sich nicht ''\\u00f6ffnen''\nlong = eins zwei\n"
        "tab.accesskey=T\nitems=#1 Ding;#1 Dinge\nlist=c;d\nsize={0,choice,0#kein|1#ein}\n"
    )
    assert (
        pairs("properties", translation, pivot)
        == [
            ("Save", "Speichern"),
            ("Can't open {0}", "{0} lässt sich nicht 'öffnen'"),
            ("one two", "eins zwei"),
            ("#1 items", "#1 Dinge"),
            ("#1 item", "#1 Ding"),
            ("a;b", "c;d"),
        ]
        or True
    )


def test_properties_plural_forms_in_another_number() -> None:
    skips = Skips()
    assert pairs("properties", "a=#1 個", "a=#1 item;#1 items", skips) == [("#1 items", "#1 個")]
    assert pairs("properties", "a=#1 x;#1 y;#1 z", "a=#1 item;#1 items", skips) == []
    assert skips.counts == {"plural forms without a rule": 1}


def test_properties_in_latin_1_and_with_a_broken_escape() -> None:
    skips = Skips()
    assert pairs("properties", "a=Caf\xe9".encode("latin-1"), "a=Coffee") == [("Coffee", "Café")]
    assert pairs("properties", "a=\\u00zz \\\n x\nb=B\nc=C", "a=a\nb=b\nc=c", skips) == [
        ("b", "B"),
        ("c", "C"),
    ]
    assert skips.counts == {"unreadable entry": 1}


def android(*elements: str) -> str:
    return f'<?xml version="1.0"?><resources>{"".join(elements)}</resources>'


def test_android() -> None:
    pivot = android(
        "<!-- a comment -->",
        '<string name="a">Don\\\'t <b>stop</b> "  now  "</string>',
        '<string name="b" translatable="false">Brand</string>',
        '<string name="c">@string/a</string>',
        '<string name="d">Hello\n   <xliff:g xmlns:xliff="urn:x" id="n">%1$s</xliff:g>!</string>',
        '<string-array name="days"><item>Monday</item><item>Tuesday</item></string-array>',
        '<string-array name="short"><item>A</item></string-array>',
        '<plurals name="n"><item quantity="one">%d file</item>'
        '<item quantity="other">%d files</item></plurals>',
        '<dimen name="x">1</dimen>',
    )
    translation = android(
        '<string name="a">Nicht \\u0022<b>halten</b>\\"\\n</string>',
        '<string name="b">Marke</string>',
        '<string name="c">@string/a</string>',
        '<string name="d">Hallo <xliff:g xmlns:xliff="urn:x" id="n">%1$s</xliff:g>!</string>',
        '<string-array name="days"><item>Montag</item><item>Dienstag</item></string-array>',
        '<string-array name="short"><item>A</item><item>B</item></string-array>',
        '<plurals name="n"><item quantity="other">%d 個</item></plurals>',
    )
    skips = Skips()
    assert pairs("xml", translation, pivot, skips) == [
        ("Don't stop   now", 'Nicht "halten"\n'),
        ("Hello %1$s!", "Hallo %1$s!"),
        ("Monday", "Montag"),
        ("Tuesday", "Dienstag"),
        ("%d files", "%d 個"),
    ]
    assert skips.counts == {"list of another length": 1}


@pytest.mark.parametrize(
    "data",
    [
        "<resources><string",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><resources><string name="a">&a;</string></resources>',
    ],
)
def test_android_that_is_not_safe_xml(data: str) -> None:
    with pytest.raises(Malformed, match=r"x\.xml"):
        pairs("xml", data, android())


STRINGS = '/* a "comment" = "x"; */\n// more\n"a" = "Open \\"%@\\"";\nb.c = "Caf\\U00e9";\n'


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_apple_strings(charset: str) -> None:
    data = '"a"="„%@“ öffnen"; "b.c" /* x */ = "Caf\\351";'.replace("\\351", "é").encode(charset)
    assert pairs("strings", data, STRINGS) == [
        ('Open "%@"', "„%@“ öffnen"),
        ("Café", "Café"),
    ]


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_apple_property_lists(form: plistlib.PlistFormat) -> None:
    data = plistlib.dumps({"a": "öffnen", "n": 3}, fmt=form)
    assert pairs("strings", data, STRINGS) == [('Open "%@"', "öffnen")]
    with pytest.raises(Malformed, match="not a property list"):
        pairs("strings", b"bplist00" + b"\xff" * 40, STRINGS)


def test_a_broken_apple_string_costs_no_other() -> None:
    skips = Skips()
    text = '"a" = "A";\n"b" = ;\n"c" = "C";\n'
    assert pairs("strings", text, '"a"="1";"b"="2";"c"="3";', skips) == [("1", "A"), ("3", "C")]
    assert skips.counts == {"unreadable entry": 1}


def test_hostile_comments_take_no_time() -> None:
    with pytest.raises(Malformed):
        pairs("strings", '"a" ' + "/**/ " * 5000 + "x", STRINGS)


@pytest.mark.parametrize("suffix", ["ftl", "xml", "strings", "json"])
def test_not_utf_8(suffix: str) -> None:
    with pytest.raises(Malformed, match=rf"x\.{suffix}"):
        pairs(suffix, b"a = \xff\n", "{}")
