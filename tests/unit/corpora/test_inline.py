"""The text of segments without native code."""

from xml.etree.ElementTree import fromstring

import pytest

from alignment.corpora.inline import text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a <bpt i='1'>&lt;b&gt;</bpt>b<ept i='1'>&lt;/b&gt;</ept>", "a b"),
        ("a <ut>{\\b </ut>b<ut>}</ut>", "a b"),
        ("a <hi type='x'>b <hi>c</hi></hi>", "a b c"),
        ("a <ph>&lt;img alt='<sub>icon</sub>'/&gt;</ph>b", "a b"),
        ("a <it pos='begin'>{\\f1 </it>b", "a b"),
        ("a <g id='1'>b <x id='2'/>c</g>", "a b c"),
        ("a <pc id='1'>b</pc> <sc/>c<ec/> <mrk id='m'>d</mrk>", "a b c d"),
        ("a <cp hex='001A'/>b<byte value='x1b'/>", "a b"),
        ("one<ph>&lt;br/&gt;</ph>two", "one two"),
        ("one<x ctype='lb'/>two", "one two"),
        ("one<ph subType='xlf:lb'/>two<ph type='fmt' subType='xlf:b'/>three", "one twothree"),
        ("one<ph>\\n</ph>two<ut>\\par </ut>three<ph>\\parrot</ph>", "one two three"),
        ("a <mrk mtype='x-sdl-deleted'>old </mrk><mrk mtype='x-sdl-added'>new</mrk>", "a new"),
        ("a <mrk mtype='x-sdl-comment'>b</mrk>", "a b"),
    ],
)
def test_text_of(markup: str, text: str) -> None:
    assert text_of(fromstring(f"<seg>{markup}</seg>")) == text
