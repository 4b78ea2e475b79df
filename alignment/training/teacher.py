"""The base encoder's vectors of the pivot language, which distillation compares with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from alignment.encoder.encoder import Encoder
from alignment.training.data import TripletData, positions


@dataclass(frozen=True)
class Teacher:
    """Vectors of the base encoder for the sentences in the pivot language."""

    row_of: dict[int, int]
    """The row in `vectors` of each sentence number."""
    vectors: torch.Tensor
    """(sentences, dim), unit rows in float16."""

    @classmethod
    def encode_pivot(cls, data: TripletData, encoder: Encoder, pivot: str) -> Teacher:
        """Encode the pivot's sentences."""
        numbers = [i for i, sentence in enumerate(data.sentences) if sentence.language == pivot]
        vectors = encoder.encode([data.sentences[i].text for i in numbers], side="source")
        return cls(positions(numbers), torch.from_numpy(vectors).half())

    def vectors_for(self, sentences: Sequence[int]) -> torch.Tensor:
        """Vectors (n, dim) of these sentences of the pivot, in float32."""
        return self.vectors[[self.row_of[sentence] for sentence in sentences]].float()
