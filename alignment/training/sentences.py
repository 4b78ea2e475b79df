"""Writes the columns of the distinct sentences: their texts, token ids and hashes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from alignment import tables
from alignment.arrays import save_array
from alignment.encoder.encoder import Encoder
from alignment.encoder.parallel_tokens import ParallelTokenizer, TokenColumn
from alignment.hashing import text_hashes
from alignment.training.columns import Columns, ColumnWriter, chunks

TEXTS_PER_CALL = 32_768  # of the tokenizer
_TEXTS = ("anchor", "positive", "negative")
_KINDS: dict[str, DTypeLike] = {
    "text": np.uint8,
    "text_lengths": np.uint32,
    "token_ids": np.int32,
    "token_lengths": np.uint32,
    "hash": np.uint64,
}


def write_sentences(path: Path, out: Path, encoder: Encoder, *, pivot: int) -> int:
    """Write the columns of the sentences that `out` has numbers and languages of.

    The sentences of the language `pivot` get the prompt of the sources. Returns the number of all
    tokens.
    """
    is_source = Columns(out)["language"] == pivot
    used = np.zeros(0, dtype=bool)
    with ExitStack() as open_files:
        writers = {
            name: open_files.enter_context(ColumnWriter(out / f"{name}.npy", kind))
            for name, kind in _KINDS.items()
        }
        calls = _in_calls(_new_texts(path, Columns(out)["sentences"]))
        for texts, tokens in _tokenized(calls, is_source, _SideTokenizer(encoder)):
            _append(writers, texts, tokens)
            used = _with(used, tokens.ids)
        num_tokens = len(writers["token_ids"])
    for name in ("text", "token"):
        _write_offsets(out, name)
    save_array(out / "used_tokens.npy", np.flatnonzero(used).astype(np.int32))
    return num_tokens


def texts_at(columns: Mapping[str, NDArray[Any]], numbers: Iterable[int]) -> list[str]:
    """The texts of these sentences."""
    text = columns["text"]
    offsets = columns["text_offsets"]
    return [text[offsets[i] : offsets[i + 1]].tobytes().decode() for i in numbers]


def _tokenized(
    calls: Iterable[list[str]], is_source: NDArray[np.bool_], tokenizer: _SideTokenizer
) -> Iterator[tuple[list[str], TokenColumn]]:
    """Texts and their tokens. While some are tokenized, which needs no lock, others are read."""
    waiting: deque[tuple[list[str], Future[TokenColumn]]] = deque()
    number = 0
    with ThreadPoolExecutor(1) as thread:
        for texts in calls:
            of_texts = is_source[number : number + len(texts)]
            number += len(texts)
            waiting.append((texts, thread.submit(tokenizer.tokenize, texts, of_texts)))
            if len(waiting) > 1:
                first, future = waiting.popleft()
                yield first, future.result()
        for rest, future in waiting:
            yield rest, future.result()


class _SideTokenizer:
    """Tokenizes sentences of both sides, which may have different prompts."""

    def __init__(self, encoder: Encoder) -> None:
        self._tokenizer = ParallelTokenizer(encoder)
        self._one_prompt = encoder.prompts.source == encoder.prompts.target

    def tokenize(self, texts: Sequence[str], is_source: NDArray[np.bool_]) -> TokenColumn:
        """Token ids of each text, in the order of the texts."""
        if self._one_prompt:
            return self._tokenizer.tokenize(texts)
        sources = np.flatnonzero(is_source).tolist()
        targets = np.flatnonzero(~is_source).tolist()
        columns = (
            self._tokenizer.tokenize([texts[i] for i in sources], side="source"),
            self._tokenizer.tokenize([texts[i] for i in targets], side="target"),
        )
        lengths = np.concatenate([column.lengths for column in columns])
        ids = np.concatenate([column.ids for column in columns])
        return _ordered(TokenColumn(ids, lengths), np.array(sources + targets))


def _ordered(column: TokenColumn, places: NDArray[np.int64]) -> TokenColumn:
    """The rows of a column, each at its place."""
    order = np.argsort(places)
    starts = np.cumsum(column.lengths) - column.lengths
    lengths = column.lengths[order]
    new_starts = np.cumsum(lengths) - lengths
    moved = np.repeat(starts[order] - new_starts, lengths) + np.arange(len(column.ids))
    return TokenColumn(column.ids[moved], lengths)


def _new_texts(path: Path, sentences: NDArray[np.int32]) -> Iterator[list[str]]:
    """The texts of the table at their first positions, which is the order of their numbers."""
    highest = -1
    start = 0
    for batch in tables.batches(path, list(_TEXTS)):
        numbers = sentences[3 * start : 3 * (start + batch.num_rows)]
        start += batch.num_rows
        highest_before = np.maximum.accumulate(np.concatenate([[highest], numbers]))
        highest = int(highest_before[-1])
        yield _texts_at_positions(batch, np.flatnonzero(numbers > highest_before[:-1]))


def _texts_at_positions(batch: pa.RecordBatch, positions: NDArray[np.int64]) -> list[str]:
    """The texts at positions of a batch, which count row by row: anchor, positive, negative."""
    texts: list[str] = [""] * len(positions)
    for place, name in enumerate(_TEXTS):
        chosen = np.flatnonzero(positions % 3 == place)
        values = batch.column(name).take(pa.array(positions[chosen] // 3)).to_pylist()
        for i, text in zip(chosen.tolist(), values, strict=True):
            texts[i] = text
    return texts


def _in_calls(parts: Iterable[list[str]]) -> Iterator[list[str]]:
    """The same texts, `TEXTS_PER_CALL` or a little more in each list."""
    call: list[str] = []
    for part in parts:
        call += part
        if len(call) >= TEXTS_PER_CALL:
            yield call
            call = []
    if call:
        yield call


def _append(writers: Mapping[str, ColumnWriter], texts: list[str], tokens: TokenColumn) -> None:
    encoded = [text.encode() for text in texts]
    writers["text"].append(np.frombuffer(b"".join(encoded), np.uint8))
    writers["text_lengths"].append(np.fromiter(map(len, encoded), np.uint32, len(encoded)))
    writers["hash"].append(text_hashes(encoded)[:, 1])
    writers["token_ids"].append(tokens.ids)
    writers["token_lengths"].append(tokens.lengths.astype(np.uint32))


def _with(used: NDArray[np.bool_], ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether each token is used (vocabulary,), with these tokens too."""
    missing = int(ids.max(initial=-1)) + 1 - len(used)
    if missing > 0:
        used = np.concatenate([used, np.zeros(missing, dtype=bool)])
    used[ids] = True
    return used


def _write_offsets(out: Path, name: str) -> None:
    """Turn the column `NAME_lengths` into `NAME_offsets`: where each begins, and the end."""
    path = out / f"{name}_lengths.npy"
    lengths = Columns(out)[path.stem]
    total = 0
    with ColumnWriter(out / f"{name}_offsets.npy", np.int64) as writer:
        writer.append(np.zeros(1, np.int64))
        for part in chunks(len(lengths)):
            ends = total + np.cumsum(lengths[part], dtype=np.int64)
            writer.append(ends)
            total = int(ends[-1])
    path.unlink()
