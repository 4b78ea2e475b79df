"""Whatever the bytes of a catalog, it is read or refused by name."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.corpora.catalog import FORMATS, Catalog, read_catalog
from alignment.corpora.catalogs import icu
from alignment.corpora.catalogs.interface_text import without_access_keys, without_context
from alignment.corpora.catalogs.variants import pair_variants
from alignment.corpora.catalogs.wiki_markup import pair_texts
from alignment.errors import Malformed

SEEDS = {
    "po": b'#, fuzzy\nmsgctxt "c"\nmsgid "a\\303\\251"\nmsgid_plural "b"\nmsgstr[0] "c"\n',
    "mo": struct.pack("<11I", 0x950412DE, 0, 1, 28, 36, 0, 0, 1, 44, 1, 45) + b"ab",
    "json": b'{"a": "b", "c": ["d"], "@metadata": {}, "e": "{n, plural, other {x}}"}',
    "arb": b'{"@@locale": "en", "a": "b", "@a": {"description": "x"}}',
    "ftl": b"a = b\n    .c = { $n ->\n        [one] x\n       *[other] y\n    }\n",
    "properties": b"a=b\\u00e9\\\n c\nd=#1 e;#1 f\n",
    "strings": b'/* a */ "b" = "c\\U00e9"; d = e;\n',
    "xml": b'<resources><string name="a">b\\u00e9</string><plurals name="c"/></resources>',
}
WORDS = st.text(st.sampled_from("ab{}[]|#',$ :=1pluraseothn\n<>/&_~()\u0085"), max_size=40)


def readable(suffix: str, data: bytes) -> list[tuple[str, str]]:
    try:
        return [pair[:2] for pair in read_catalog(Catalog("x", suffix, data, SEEDS[suffix]))]
    except Malformed as error:
        assert error.where is not None
        assert error.where.startswith("x")
        return []


@pytest.mark.parametrize("suffix", FORMATS)
@given(data=st.data())
def test_damaged_catalogs(suffix: str, data: st.DataObject) -> None:
    seed = SEEDS[suffix]
    start = data.draw(st.integers(0, len(seed)))
    length = data.draw(st.integers(0, 8))
    damage = data.draw(st.binary(max_size=8))
    for source, target in readable(suffix, seed[:start] + damage + seed[start + length :]):
        (source + target).encode()  # no lone surrogate


@given(WORDS, WORDS)
def test_any_text(source: str, target: str) -> None:
    without_access_keys(*without_context(source, target))
    assert len(list(pair_texts(source, target))) in (1, 2)
    with contextlib.suppress(icu.MessageError):
        assert list(pair_variants(icu.parse(source), icu.parse(source)))


@given(WORDS)
def test_a_text_is_paired_with_itself(text: str) -> None:
    for source, target in (without_access_keys(text, text), without_context(text, text)):
        assert source == target
    for source, target in pair_texts(text, text):
        assert source == target
