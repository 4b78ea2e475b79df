"""Writes the training data: triplets as numbers of sentences, sentences as token ids.

The triplets table is read twice, a batch at a time: first for the numbers of its distinct texts,
then for the texts. Memory does not grow with the texts; a sentence takes 8 to 16 bytes for a while.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from alignment import tables
from alignment.arrays import save_array
from alignment.encoder.encoder import Encoder
from alignment.errors import DataError, EmptyCorpus
from alignment.files import write_json
from alignment.hashing import splitmix64, text_hashes
from alignment.training.columns import MAX_TRIPLETS, Columns, ColumnWriter, chunks
from alignment.training.distinct import ABSENT, DistinctTexts
from alignment.training.inverted import Occurrences, write_index
from alignment.training.sentences import write_sentences

META = "meta.json"
_TEXTS = ("anchor", "positive", "negative")
_VALUES = ("group", "negative_group", "weight")
_LANGUAGES = ("anchor_lang", "positive_lang", "negative_lang")


class Tokenized(NamedTuple):
    """What was written."""

    triplets: int
    sentences: int
    tokens: int


class Meta(NamedTuple):
    """What the columns do not say."""

    languages: list[str]
    """A language is its position here."""
    pools: list[tuple[str, str]]
    """Language of the anchor and of the positive; a pool is its position here."""
    triplets: int
    sentences: int

    def write(self, directory: Path) -> None:
        """Write it as JSON."""
        write_json(directory / META, self._asdict())

    @classmethod
    def read(cls, directory: Path) -> Meta:
        """Read what `write` wrote."""
        content = json.loads((directory / META).read_text(encoding="utf-8"))
        content["pools"] = [tuple(pool) for pool in content["pools"]]
        return cls(**content)


def write_tokenized(path: Path, encoder: Encoder, out: Path, *, pivot: str) -> Tokenized:
    """Write the columns that `TripletData` reads into the directory `out`.

    Args:
        path: The triplets table.
        encoder: Whose tokenizer and prompts to use. Its weights make no difference.
        out: An existing directory.
        pivot: The language whose sentences get the prompt of the sources.

    Raises:
        EmptyCorpus: if the table has no rows.
        DataError: if it has more than `MAX_TRIPLETS`.
    """
    _check_size(path)
    with tempfile.TemporaryDirectory(dir=out, prefix=".") as scratch:
        distinct = DistinctTexts(Path(scratch))
        codes = _Codes()
        _write_triplets(path, out, Path(scratch), codes, distinct)
        num_sentences = distinct.write_numbers(out / "sentences.npy")
        columns = Columns(out)
        _write_languages(out, Path(scratch), num_sentences)
        tokens = write_sentences(path, out, encoder, pivot=codes.code(pivot))
    num_triplets = len(columns["weight"])
    _write_meanings(out, columns)
    columns.release()
    write_index(out, "pools", len(codes.pools), lambda: _pool_rows(columns))
    write_index(out, "related", num_sentences, lambda: _translation_rows(columns))
    Meta(codes.languages, codes.pools, num_triplets, num_sentences).write(out)
    return Tokenized(num_triplets, num_sentences, tokens)


def _check_size(path: Path) -> None:
    rows = tables.count_rows(path)
    if not rows:
        raise EmptyCorpus(
            "there are no triplets to train on",
            where=str(path),
            hint="Add corpora, or relax the limits under `triplets`, such as triplets.max_chrf.",
        )
    if rows > MAX_TRIPLETS:
        raise DataError(
            f"{rows:,} triplets are too many to train on: at most {MAX_TRIPLETS:,}",
            where=str(path),
            hint="Set `max_pairs` of the largest corpora.",
        )


class _Codes:
    """Numbers for languages and pools, in the order in which they occur."""

    def __init__(self) -> None:
        self.languages: list[str] = []
        self.pools: list[tuple[str, str]] = []
        self._codes: dict[str, int] = {}
        self._pools: dict[tuple[str, str], int] = {}

    def code(self, language: str) -> int:
        """The number of a language."""
        if language not in self._codes:
            self._codes[language] = len(self.languages)
            self.languages.append(language)
        return self._codes[language]

    def column(self, languages: pa.Array) -> NDArray[np.int64]:
        """The number of each language (n,)."""
        encoded = languages.dictionary_encode()
        numbers = np.array([self.code(name) for name in encoded.dictionary.to_pylist()], np.int64)
        codes: NDArray[np.int64] = numbers[encoded.indices.to_numpy(zero_copy_only=False)]
        return codes

    def pool_column(self, languages: NDArray[np.int64]) -> NDArray[np.int64]:
        """The pool of each triplet (n,), from the languages of its texts (n, 3)."""
        joined = languages[:, 0] * 2**32 + languages[:, 1]
        distinct, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
        numbers = np.empty(len(distinct), np.int64)
        for place in np.argsort(first).tolist():
            numbers[place] = self._pool(*divmod(int(distinct[place]), 2**32))
        return numbers[inverse]

    def _pool(self, anchor: int, positive: int) -> int:
        pool = (self.languages[anchor], self.languages[positive])
        if pool not in self._pools:
            self._pools[pool] = len(self.pools)
            self.pools.append(pool)
        return self._pools[pool]


def _write_triplets(
    path: Path, out: Path, scratch: Path, codes: _Codes, distinct: DistinctTexts
) -> None:
    """The columns with one value per triplet, and the hashes of its texts."""
    kinds: dict[str, DTypeLike] = {
        "group": np.int64,
        "negative_group": np.int64,
        "weight": np.float32,
        "pool": np.int32,
    }
    with ExitStack() as open_files:
        writers = {
            name: open_files.enter_context(ColumnWriter(out / f"{name}.npy", kind))
            for name, kind in kinds.items()
        }
        languages = open_files.enter_context(ColumnWriter(scratch / "languages.npy", np.uint16))
        for batch in tables.batches(path, [*_TEXTS, *_LANGUAGES, *_VALUES]):
            of_texts = np.stack([codes.column(batch.column(name)) for name in _LANGUAGES], axis=1)
            writers["pool"].append(codes.pool_column(of_texts))
            languages.append(of_texts.astype(np.uint16).ravel())
            for name in _VALUES:
                writers[name].append(batch.column(name).to_numpy(zero_copy_only=False))
            _add_hashes(batch, distinct)


def _add_hashes(batch: pa.RecordBatch, distinct: DistinctTexts) -> None:
    hashes = np.empty((batch.num_rows, 3, 2), np.uint64)
    present = np.ones((batch.num_rows, 3), dtype=bool)
    for place, name in enumerate(_TEXTS):
        texts = batch.column(name).cast(pa.binary()).fill_null(b"").to_pylist()
        hashes[:, place] = text_hashes(texts)
        if name == "negative":  # an empty one is none
            present[:, place] = [bool(text) for text in texts]
    distinct.add(hashes.reshape(-1, 2), present.ravel())


def _write_languages(out: Path, scratch: Path, num_sentences: int) -> None:
    """The language of each sentence, and whether it is an anchor or a positive.

    Where triplets disagree about the language, anchors count more than positives, and positives
    more than negatives.
    """
    sentences = Columns(out)["sentences"].reshape(-1, 3)
    of_texts = Columns(scratch)["languages"].reshape(-1, 3)
    language = np.zeros(num_sentences, np.uint16)
    in_pair = np.zeros(num_sentences, dtype=bool)
    for place in (2, 1, 0):
        for part in chunks(len(sentences)):
            numbers = sentences[part, place]
            present = numbers != ABSENT
            language[numbers[present]] = of_texts[part, place][present]
            if place < 2:
                in_pair[numbers] = True
    save_array(out / "language.npy", language)
    save_array(out / "in_pair.npy", in_pair)


def _write_meanings(out: Path, columns: Columns) -> None:
    """A random number of 32 bits for each triplet, equal for those of one meaning group.

    It comes from the smallest hash of the group's texts: unlike the group's number, that seldom
    changes with the corpus.
    """
    group = columns["group"]
    dense, num_groups = _dense(group)
    sentences = columns["sentences"].reshape(-1, 3)
    hashes = columns["hash"]
    smallest = np.full(num_groups, np.iinfo(np.uint64).max)
    for part in chunks(len(group)):
        of_pair = np.minimum(hashes[sentences[part, 0]], hashes[sentences[part, 1]])
        np.minimum.at(smallest, dense(part), of_pair)
    # The minimum of several random numbers is not uniform; its hash is.
    values = (splitmix64(smallest) >> np.uint64(32)).astype(np.uint32)
    with ColumnWriter(out / "meaning.npy", np.uint32) as writer:
        for part in chunks(len(group)):
            writer.append(values[dense(part)])


def _dense(group: NDArray[np.int64]) -> tuple[Callable[[slice], NDArray[np.int64]], int]:
    """Numbers of the groups from 0 without large gaps, for a slice of the triplets; how many."""
    lowest = int(group.min())
    highest = int(group.max())
    if lowest >= 0 and highest < 4 * len(group) + 1000:
        return lambda part: group[part], highest + 1
    distinct, inverse = np.unique(group, return_inverse=True)
    return lambda part: inverse[part], len(distinct)


def _pool_rows(columns: Columns) -> Iterator[Occurrences]:
    pool = columns["pool"]
    for part in chunks(len(pool)):
        yield pool[part], np.arange(part.start, part.stop, dtype=np.int32)


def _translation_rows(columns: Columns) -> Iterator[Occurrences]:
    """Each triplet under its positive and its negative."""
    sentences = columns["sentences"].reshape(-1, 3)
    for part in chunks(len(sentences)):
        rows = np.arange(part.start, part.stop, dtype=np.int32)
        yield sentences[part, 1:].ravel(), np.repeat(rows, 2)
