"""The prompts that sentence-transformers gives to queries and documents."""

from __future__ import annotations

import pytest

from alignment.encoder.search_prompts import search_prompts, use_search_prompts
from tests.unit.encoder.examples import small_encoder


@pytest.mark.parametrize(
    ("prompts", "default", "expected"),
    [
        ({"query": "q: ", "document": "d: "}, None, ("q: ", "d: ")),
        ({"query": "q: ", "passage": "p: "}, None, ("q: ", "p: ")),
        ({"corpus": "c: "}, None, ("", "c: ")),
        ({"document": "", "passage": "p: "}, None, ("", "")),
        ({"plain": "x: "}, "plain", ("x: ", "x: ")),
        ({"plain": "x: ", "query": "q: "}, "plain", ("q: ", "x: ")),
        (
            {"source": "s: ", "target": "t: ", "query": "s: ", "document": "t: "},
            "source",
            ("s: ", "t: "),
        ),
        ({}, None, ("", "")),
    ],
)
def test_as_sentence_transformers(
    prompts: dict[str, str], default: str | None, expected: tuple[str, str]
) -> None:
    encoder = small_encoder()
    container = encoder.container
    container.prompts = dict(prompts)
    container.default_prompt_name = default
    assert search_prompts(container) == expected
    texts = ["the red house is old"]
    query = container.encode_query(texts)
    document = container.encode_document(texts)
    use_search_prompts(encoder)
    assert encoder.encode(texts, side="source") == pytest.approx(query, abs=1e-5)
    assert encoder.encode(texts, side="target") == pytest.approx(document, abs=1e-5)
