"""From the numbers of a batch's triplets to the tensors of a training step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict

import torch
from torch.utils.data import Dataset

from alignment.encoder.forward import Batch
from alignment.encoder.packing import pack, packs
from alignment.encoder.padding import PaddingSide, batches_of_similar_length, pad
from alignment.training.data import UNUSED, TripletData
from alignment.training.teacher import Teacher


class TripletBatch(TypedDict):
    """One batch. It is a dict because transformers' `Trainer` moves those to the device."""

    chunks: list[Batch]
    """Every distinct sentence of the batch once, a few in each. Their order is the vectors'."""
    triplets: torch.Tensor
    """(batch, 3): rows of anchor, positive and negative; `UNUSED` in place of the last."""
    groups: torch.Tensor
    """(batch, 2): meaning groups of the positive and of the negative."""
    indices: torch.Tensor
    """(batch,): numbers of the triplets."""
    teacher_rows: torch.Tensor
    """(taught,): rows of the sentences that the teacher has vectors for."""
    teacher_vectors: torch.Tensor
    """(taught, teacher's dim)."""


class BatchDataset(Dataset[int]):
    """Numbers of triplets. `collate` turns those of one batch into tensors."""

    def __init__(
        self,
        data: TripletData,
        pad_id: int,
        chunk_tokens: int,
        *,
        side: PaddingSide = "right",
        packed: bool,
        teacher: Teacher | None = None,
    ) -> None:
        """Describe how batches are made.

        Args:
            data: The triplets.
            pad_id: Fills chunks that are not packed.
            chunk_tokens: About the number of tokens in one forward pass.
            side: Where chunks are filled up.
            packed: Put the sentences of a chunk into one row, without padding.
            teacher: What to distill from, if anything.
        """
        self.data = data
        self.pad_id = pad_id
        self.chunk_tokens = chunk_tokens
        self.side = side
        self.packed = packed
        self.teacher = teacher

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> int:
        return index

    def collate(self, indices: Sequence[int]) -> TripletBatch:
        """The tensors of one batch. A sentence of several triplets is encoded once."""
        sentences = self.data.distinct(indices)
        chunks: list[Batch] = []
        row_of: dict[int, int] = {}
        for positions, chunk in self.chunks(self.data.token_ids(sentences, indices)):
            chunks.append(chunk)
            for position in positions:
                row_of[sentences[position]] = len(row_of)
        rows = []
        for index in indices:
            encoded = [row_of[sentence] for sentence in self.data.encoded(index)]
            rows.append(encoded if len(encoded) == 3 else [*encoded, UNUSED])
        groups = [self.data.groups(index) for index in indices]
        taught, teacher_vectors = self._teacher_vectors(sentences)
        teacher_rows = [row_of[sentence] for sentence in taught]
        return {
            "chunks": chunks,
            "triplets": torch.tensor(rows),
            "groups": torch.tensor(groups),
            "indices": torch.tensor(list(indices)),
            "teacher_rows": torch.tensor(teacher_rows, dtype=torch.long),
            "teacher_vectors": teacher_vectors,
        }

    def chunks(self, token_ids: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Batch]]:
        """Sentences of similar length together: their positions in `token_ids`, and the chunk."""
        split = packs if self.packed else batches_of_similar_length
        for positions in split([len(ids) for ids in token_ids], self.chunk_tokens):
            chosen = [token_ids[position] for position in positions]
            if self.packed:
                yield positions, pack(chosen)
            else:
                yield positions, pad(chosen, self.pad_id, self.side)

    def _teacher_vectors(self, sentences: Sequence[int]) -> tuple[list[int], torch.Tensor]:
        """The sentences that the teacher has vectors for, and these vectors."""
        if self.teacher is None:
            return [], torch.empty(0, 0)
        taught = self.teacher.known(sentences)
        return taught, self.teacher.vectors_for(taught)
