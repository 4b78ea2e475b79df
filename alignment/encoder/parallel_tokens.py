"""Token ids of many texts, by all cores.

The library `tokenizers` works on several texts at once and outside of Python's lock. What goes
through sentence-transformers instead takes several times as long, because every block is padded to
a tensor first. Both give the same token ids for nearly every encoder. Here they are compared for
some texts of every call, and where they differ the slow way is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.encoder.prompts import Side
from alignment.encoder.tokens import embedding_rows, replacement_id, token_rows

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

logger = logging.getLogger(__name__)

COMPARED = 16
"""Texts of a call that are tokenized both ways: the longest ones, and some between the others."""


class TokenColumn(NamedTuple):
    """Token ids of texts, one after the other."""

    ids: NDArray[np.int32]
    """(tokens,)"""
    lengths: NDArray[np.int64]
    """Tokens of each text (texts,)."""

    def rows(self) -> list[list[int]]:
        """The token ids of each text."""
        edges = np.cumsum(self.lengths)[:-1]
        return [row.tolist() for row in np.split(self.ids, edges)] if len(self.lengths) else []


class ParallelTokenizer:
    """Gives the token ids of `Encoder.tokenize`.

    It can be used after the encoder's vocabulary was reduced: its ids are those of the full one.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._container = encoder.container
        self._prompts = encoder.prompts
        self._num_rows = embedding_rows(encoder.container)
        self._backend = _backend(encoder)
        self._cut_at = getattr(encoder.tokenizer, "truncation_side", "right")
        self.max_tokens = encoder.max_tokens
        """Longer texts are cut, special tokens and prompt included."""

    def tokenize(self, texts: Sequence[str], *, side: Side = "source") -> TokenColumn:
        """Token ids of each text with its prompt and special tokens, cut to the length limit."""
        if not texts:
            return _column([])
        if self._backend is not None:
            column = _column(self._encoded(texts, self._prompts.of(side)))
            if self._num_rows is not None and column.ids.max(initial=0) >= self._num_rows:
                column.ids[column.ids >= self._num_rows] = replacement_id(self._container)
            if self._is_right(column, texts, side):
                return column
            logger.info(
                "this encoder's texts are tokenized by sentence-transformers, which is slow"
            )
            self._backend = None
        return _column(self._by_container(texts, side))

    def _encoded(self, texts: Sequence[str], prompt: str) -> list[list[int]]:
        backend: Any = self._backend
        # transformers sets both again when it needs them.
        backend.no_padding()
        backend.enable_truncation(self.max_tokens, direction=self._cut_at)
        inputs = [prompt + text for text in texts] if prompt else list(texts)
        # The fast one leaves out where in the text a token is; `tokenizers` has it since 0.20.
        encode = getattr(backend, "encode_batch_fast", backend.encode_batch)
        return [encoding.ids for encoding in encode(inputs)]

    def _is_right(self, column: TokenColumn, texts: Sequence[str], side: Side) -> bool:
        """Whether some of the texts have the token ids that the container gives."""
        step = max(1, 2 * len(texts) // COMPARED)
        longest = np.argsort(column.lengths)[-COMPARED // 2 :].tolist()
        chosen = [*range(0, len(texts), step), *longest]
        starts = np.cumsum(column.lengths) - column.lengths
        expected = self._by_container([texts[i] for i in chosen], side)
        for i, row in zip(chosen, expected, strict=True):
            if column.ids[starts[i] : starts[i] + column.lengths[i]].tolist() != row:
                return False
        return True

    def _by_container(self, texts: Sequence[str], side: Side) -> list[list[int]]:
        prompt = self._prompts.of(side)
        return token_rows(self._container, texts, prompt, num_rows=self._num_rows)


def _backend(encoder: Encoder) -> Any:
    """The tokenizer in Rust; None if it is written in Python, or texts are not cut."""
    backend = getattr(encoder.tokenizer, "backend_tokenizer", None)
    return backend if encoder.max_tokens and hasattr(backend, "encode_batch") else None


def _column(rows: Sequence[Sequence[int]]) -> TokenColumn:
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    ids = np.fromiter(chain.from_iterable(rows), np.int32, int(lengths.sum()))
    return TokenColumn(ids, lengths)
