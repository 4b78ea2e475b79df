"""A small knowledge base, and an encoder of words that needs no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alignment.search import Document, Documents, IndexModel, SearchIndex, build_index
from alignment.search.comparison import Engine

DIM = 16
MODEL = IndexModel("words v1", "words@v1", "1" * 64)
OTHER = IndexModel("letters v2", "letters@v2", "2" * 64)
SCRIPT = "<script>alert('x')</script>"
DOCUMENTS = (
    Document("reset", "How to reset a password", "Passwords", "en"),
    Document("cy-reset", "Sut mae ailosod cyfrinair", "", "cy"),
    Document("invoice", "Where to find an invoice"),
    Document("attack", f'A text with {SCRIPT} & "quotes" in it'),
    Document("ar", "كيف أعيد تعيين كلمة المرور؟ password", "", "ar"),
    Document("long", "word " * 300),
)


def words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of bags of words (n, DIM)."""
    return np.array([_sum(text.lower().split()) for text in texts], np.float32)


def letters(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of bags of letters (n, DIM)."""
    return np.array([_sum(list(text.lower())) for text in texts], np.float32)


def knowledge(documents: Sequence[Document] = DOCUMENTS, name: str = "kb.jsonl") -> Documents:
    digest = hashlib.sha256(repr(documents).encode()).hexdigest()
    return Documents(name, digest, lambda: iter(documents))


def word_index(path: Path, documents: Sequence[Document] = DOCUMENTS) -> SearchIndex:
    return build_index(path, knowledge(documents), MODEL, words)


def engines(root: Path, documents: Sequence[Document] = DOCUMENTS) -> list[Engine]:
    """Two models over the same documents."""
    old = word_index(root / "old", documents)
    new = build_index(root / "new", knowledge(documents), OTHER, letters)
    return [
        Engine(MODEL.name, "champion", old, words),
        Engine(OTHER.name, "", new, letters),
    ]


def _sum(parts: Sequence[str]) -> NDArray[np.float64]:
    total = np.full(DIM, 1e-3)
    for part in parts:
        seed = int.from_bytes(hashlib.sha256(part.encode()).digest()[:8], "big")
        total += np.random.default_rng(seed).normal(size=DIM)
    unit: NDArray[np.float64] = total / np.linalg.norm(total)
    return unit
