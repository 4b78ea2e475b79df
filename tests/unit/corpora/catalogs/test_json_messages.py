"""JSON catalogs, and the glob that finds them."""

import json

import pytest

from alignment.corpora.catalogs.json_messages import MAX_DEPTH, read_json_catalog
from alignment.corpora.skips import Skips
from alignment.errors import Malformed
from alignment.types import SentencePair


def pairs(translation: object, pivot: object) -> list[SentencePair]:
    data = json.dumps(translation).encode()
    return list(read_json_catalog("cy.json", data, json.dumps(pivot).encode(), Skips()))


def test_keys_that_both_files_have() -> None:
    pivot = {"a": {"title": "Good morning", "n": 3, "list": ["One", "Two"]}, "only": "Here"}
    translation = {"extra": "Yma", "a": {"list": ["Un", "Dau"], "title": "Bore da", "n": "tri"}}
    assert pairs(translation, pivot) == [
        ("Good morning", "Bore da", "cy.json#a.title"),
        ("One", "Un", "cy.json#a.list.0"),
        ("Two", "Dau", "cy.json#a.list.1"),
    ]


def test_a_language_code_at_the_root() -> None:
    texts = {"a": {"b": "Bore da"}}
    assert pairs({"cy": texts}, {"en-GB": {"a": {"b": "Good morning"}}}) == [
        ("Good morning", "Bore da", "cy.json#a.b")
    ]
    assert pairs({"zzzzzzzzz": texts}, {"en": texts}) == []
    assert pairs({"cy": texts, "a": "Un"}, {"en": texts}) == []


def test_half_of_a_surrogate_pair_is_a_lost_character() -> None:
    assert pairs({"a": "x\ud800"}, {"a": "y"}) == [("y", "x\ufffd", "cy.json#a")]


def test_texts_below_the_depth_limit_are_ignored() -> None:
    deep: object = "text"
    for _ in range(MAX_DEPTH + 1):
        deep = {"a": deep}
    assert pairs(deep, deep) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a":\n [', r"cy\.json:2: not a JSON catalog"),
        (b"\xff", r"cy\.json: not a JSON catalog"),
        (b"[]", r"cy\.json: expected an object of texts, got list"),
        (b"[" * 100_000, "not a JSON catalog"),
    ],
    ids=["truncated", "not UTF-8", "a list", "too deep"],
)
def test_malformed(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        list(read_json_catalog("cy.json", data, b"{}", Skips()))


def texts(translation: object, pivot: object) -> list[tuple[str, str]]:
    return [pair[:2] for pair in pairs(translation, pivot)]


def test_lists_of_different_length_are_counted_and_skipped() -> None:
    skips = Skips()
    data = json.dumps({"a": {"b": ["Un", "Dau"], "c": ["X"]}, "d": "Bore da"}).encode()
    pivot = json.dumps({"a": {"b": ["One"], "c": ["Y"]}, "d": "Good morning"}).encode()
    read = list(read_json_catalog("cy.json", data, pivot, skips))
    assert [pair[:2] for pair in read] == [("Y", "X"), ("Good morning", "Bore da")]
    assert skips.counts == {"list of another length": 1}


def test_a_list_against_an_object_is_no_match() -> None:
    assert texts({"a": ["Un"], "b": {"0": "X"}}, {"a": {"0": "One"}, "b": ["Y"]}) == []


def test_a_list_of_objects_with_ids_matches_by_id() -> None:
    pivot = [{"id": "x", "translation": "One"}, {"id": "y", "translation": "Two"}]
    translation = [{"id": "y", "translation": "Dau"}]
    assert texts(translation, pivot) == [("Two", "Dau")]
    assert texts({"a": translation}, {"a": pivot}) == [("Two", "Dau")]


def test_flat_keys_match_nested_ones_only_if_that_is_unambiguous() -> None:
    assert texts({"a": {"b": "Agor"}}, {"a.b": "Open"}) == [("Open", "Agor")]
    assert texts({"a.b": "Agor"}, {"a": {"b": "Open"}}) == [("Open", "Agor")]
    assert texts({"a": {"b.c": "X"}, "a.b": {"c": "Y"}}, {"a.b.c": "Open"}) == []


def test_arb() -> None:
    pivot = {"@@locale": "en", "t": "Title", "@t": {"description": "A title", "type": "text"}}
    translation = {"@@locale": "cy", "t": "Teitl", "@t": {"description": "A title"}}
    assert texts(translation, pivot) == [("Title", "Teitl")]


@pytest.mark.parametrize("key", ["message", "defaultMessage", "string", "translation"])
def test_objects_of_a_text_and_its_description(key: str) -> None:
    pivot = {"a": {key: "Open", "description": "A button", "placeholders": {"x": {"content": "1"}}}}
    translation = {"a": {key: "Agor", "description": "A button"}}
    assert texts(translation, pivot) == [("Open", "Agor")]


def test_plural_forms_in_an_object() -> None:
    pivot = {"a": {"description": "Files", "one": "A file", "other": "Files"}}
    translation = {"a": {"one": "Ffeil", "few": "Ffeiliau", "other": "Ffeil"}}
    assert sorted(texts(translation, pivot)) == [("A file", "Ffeil"), ("Files", "Ffeil")]


def test_a_description_that_is_text_is_read() -> None:
    pivot = {"dialog": {"message": "Delete?", "description": "For ever", "title": "Sure"}}
    translation = {"dialog": {"message": "Dileu?", "description": "Am byth", "title": "Siŵr"}}
    assert len(texts(translation, pivot)) == 3


def test_mediawiki() -> None:
    pivot = {"@metadata": {"authors": ["A B"]}, "x": "{{PLURAL:$1|a page|$1 pages}} ''here''"}
    translation = {"@metadata": {"authors": ["C D"]}, "x": "{{PLURAL:$1|eur bajenn|$1 pajenn}}"}
    assert texts(translation, pivot) == [
        ("$1 pages here", "$1 pajenn"),
        ("a page here", "eur bajenn"),
    ]


def test_i18next_plural_forms_match_by_key() -> None:
    pivot = {"day_one": "{{count}} day", "day_other": "{{count}} days"}
    assert texts({"day_other": "{{count}} 日"}, pivot) == [("{{count}} days", "{{count}} 日")]


def test_an_icu_message_that_cannot_be_read_is_counted() -> None:
    skips = Skips()
    data = json.dumps({"a": "{n, plural, one {x}}", "b": "Agor"}).encode()
    pivot = json.dumps({"a": "{n, plural, one {x} other {y}}", "b": "Open"}).encode()
    read = list(read_json_catalog("cy.json", data, pivot, skips))
    assert [pair[:2] for pair in read] == [("Open", "Agor")]
    assert skips.counts == {"unreadable choice of texts": 1}


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
def test_charsets(charset: str) -> None:
    read = read_json_catalog("x", '{"a": "é"}'.encode(charset), b'{"a": "e"}', Skips())
    assert [pair[:2] for pair in read] == [("e", "é")]
