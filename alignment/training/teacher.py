"""The base encoder's vectors of the pivot language, which distillation compares with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.encoder.encoder import Encoder
from alignment.training.data import TripletData

SENTENCES_PER_CALL = 16_384


@dataclass(frozen=True)
class Teacher:
    """Vectors of the base encoder for the sentences in the pivot language."""

    sentences: NDArray[np.int64]
    """Numbers of the sentences, ascending (n,)."""
    vectors: NDArray[np.float16]
    """(n, dim), unit rows; a file that is mapped."""

    @classmethod
    def read(cls, file: Path, sentences: NDArray[np.int64]) -> Teacher:
        """Map what `write_vectors` wrote for these sentences."""
        if not len(sentences):  # an empty file cannot be mapped
            return cls(sentences, np.empty((0, 0), np.float16))
        return cls(sentences, np.load(file, mmap_mode="r"))

    def known(self, sentences: Sequence[int]) -> list[int]:
        """Those of the sentences that it has vectors of."""
        wanted = np.array(sentences, np.int64)
        places = np.searchsorted(self.sentences, wanted)
        inside = places < len(self.sentences)
        known = wanted[inside][self.sentences[places[inside]] == wanted[inside]]
        return [int(number) for number in known]

    def vectors_for(self, sentences: Sequence[int]) -> torch.Tensor:
        """Vectors (n, dim) of these sentences, in float32."""
        rows = np.searchsorted(self.sentences, np.array(sentences, np.int64))
        return torch.from_numpy(self.vectors[rows].astype(np.float32))


def pivot_sentences(
    data: TripletData, pivot: str, batches: Iterable[Sequence[int]]
) -> NDArray[np.int64]:
    """Numbers of the batches' sentences in the pivot language, ascending (n,)."""
    chosen: set[int] = set()
    for batch in batches:
        sentences = data.distinct(batch)
        chosen.update(number for number in sentences if data.language(number) == pivot)
    return np.array(sorted(chosen), np.int64)


def write_vectors(
    file: Path, data: TripletData, encoder: Encoder, sentences: NDArray[np.int64]
) -> None:
    """Encode sentences and write the vectors, if there are any."""
    if not len(sentences):
        return
    shape = (len(sentences), encoder.dim)
    vectors = np.lib.format.open_memmap(file, "w+", np.float16, shape)
    for start in range(0, len(sentences), SENTENCES_PER_CALL):
        part = slice(start, start + SENTENCES_PER_CALL)
        vectors[part] = encoder.encode(data.texts(sentences[part].tolist()), side="source")
    vectors.flush()
    encoder.clear_cache()
