"""JSON catalogs, and the glob that finds them."""

import json

import pytest

from alignment.corpora.json_catalog import MAX_DEPTH, member_pattern, read_json_catalog
from alignment.errors import Malformed
from alignment.types import SentencePair


def pairs(translation: object, pivot: object) -> list[SentencePair]:
    data = json.dumps(translation).encode()
    return list(read_json_catalog("cy.json", data, json.dumps(pivot).encode()))


def test_keys_that_both_files_have() -> None:
    pivot = {"a": {"title": "Good morning", "n": 3, "list": ["One", "Two"]}, "only": "Here"}
    translation = {"extra": "Yma", "a": {"list": ["Un", "Dau"], "title": "Bore da", "n": "tri"}}
    assert pairs(translation, pivot) == [
        ("Good morning", "Bore da", "cy.json#a.title"),
        ("One", "Un", "cy.json#a.list.0"),
        ("Two", "Dau", "cy.json#a.list.1"),
    ]


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert pairs({"a": "x\ud800"}, {"a": "y"}) == [("y", "x?", "cy.json#a")]


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
        list(read_json_catalog("cy.json", data, b"{}"))


KOLIBRI = "kolibri/locale/{lang}/LC_MESSAGES/*.json"


@pytest.mark.parametrize(
    ("pattern", "name", "language"),
    [
        (KOLIBRI, "kolibri/locale/sw_TZ/LC_MESSAGES/a.b-messages.json", "sw_TZ"),
        (KOLIBRI, "kolibri/locale/sw_TZ/LC_MESSAGES/deep/a.json", None),
        ("**/{lang}.json", "a/b/cy.json", "cy"),
        ("**/{lang}.json", "cy.json", "cy"),
        ("**/{lang}/x/{lang}.json", "a/b/cy/x/cy.json", "cy"),
        ("**/{lang}/x/{lang}.json", "a/b/cy/x/fi.json", None),
        ("a?/{lang}.json", "ab/cy.json", "cy"),
        ("a?/{lang}.json", "a//cy.json", None),
        ("{lang}.json", "cy_json", None),
    ],
)
def test_member_pattern(pattern: str, name: str, language: str | None) -> None:
    match = member_pattern(pattern).search(name)
    assert (match["lang"] if match else None) == language
