"""From the numbers of a batch's triplets to the tensors of a training step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict

import torch
from torch.utils.data import Dataset

from alignment.encoder.encoder import Pooling, batches_of_like_length, embed, pad
from alignment.encoder.packing import Packed, embed_packed, pack, packs
from alignment.training.data import UNUSED, TripletData
from alignment.training.teacher import Teacher

Chunk = Packed | tuple[torch.Tensor, torch.Tensor]
"""Sentences of one forward pass: packed into one row, or token ids and mask (sentences, length)."""


class TripletBatch(TypedDict):
    """One batch. It is a dict because transformers' `Trainer` moves those to the device."""

    chunks: list[Chunk]
    """Every distinct sentence of the batch once. `embed_chunk` of all gives the vectors' rows."""
    triplets: torch.Tensor
    """(batch, 3): rows of anchor, positive and negative; `UNUSED` in place of the last."""
    groups: torch.Tensor
    """(batch, 2): meaning groups of the positive and of the negative."""
    indices: torch.Tensor
    """(batch,): positions of the triplets in `TripletData.triplets`."""
    teacher_rows: torch.Tensor
    """(taught,): rows of the sentences that the teacher has vectors for."""
    teacher_vectors: torch.Tensor
    """(taught, teacher's dim)."""


class BatchDataset(Dataset[int]):
    """Positions of triplets. `collate` turns those of one batch into tensors."""

    def __init__(
        self,
        data: TripletData,
        pad_id: int,
        chunk_tokens: int,
        *,
        packed: bool,
        teacher: Teacher | None = None,
    ) -> None:
        self.data = data
        self.pad_id = pad_id
        self.chunk_tokens = chunk_tokens
        self.packed = packed
        self.teacher = teacher

    def __len__(self) -> int:
        return len(self.data.triplets)

    def __getitem__(self, index: int) -> int:
        return index

    def collate(self, indices: Sequence[int]) -> TripletBatch:
        """The tensors of one batch. A sentence of several triplets is encoded once."""
        sentences = list(self.data.distinct(indices))
        chunks: list[Chunk] = []
        order: list[int] = []
        for positions, chunk in self.chunks(self.data.token_ids(sentences, indices)):
            chunks.append(chunk)
            order += [sentences[position] for position in positions]
        row_of = {sentence: row for row, sentence in enumerate(order)}
        row_of[UNUSED] = UNUSED

        triplets = [self.data.triplets[i] for i in indices]
        taught, teacher_vectors = self._teacher_vectors(sentences)
        rows = [(row_of[t.anchor], row_of[t.positive], row_of[t.negative]) for t in triplets]
        return {
            "chunks": chunks,
            "triplets": torch.tensor(rows),
            "groups": torch.tensor([(t.group, t.negative_group) for t in triplets]),
            "indices": torch.tensor(list(indices)),
            "teacher_rows": torch.tensor([row_of[s] for s in taught], dtype=torch.long),
            "teacher_vectors": teacher_vectors,
        }

    def chunks(self, token_ids: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Chunk]]:
        """Sentences of similar length together: their positions in `token_ids`, and the chunk."""
        split = packs if self.packed else batches_of_like_length
        for positions in split([len(ids) for ids in token_ids], self.chunk_tokens):
            chosen = [token_ids[position] for position in positions]
            yield positions, pack(chosen) if self.packed else pad(chosen, self.pad_id)

    def _teacher_vectors(self, sentences: Sequence[int]) -> tuple[list[int], torch.Tensor]:
        """The sentences that the teacher has vectors for, and these vectors."""
        if self.teacher is None:
            return [], torch.empty(0, 0)
        taught = [sentence for sentence in sentences if sentence in self.teacher.row_of]
        return taught, self.teacher.vectors_for(taught)


def embed_chunk(model: torch.nn.Module, chunk: Chunk, pooling: Pooling) -> torch.Tensor:
    """Unit vectors (sentences, dim) of one chunk."""
    if isinstance(chunk, Packed):
        return embed_packed(model, chunk, pooling)
    token_ids, mask = chunk
    return embed(model, token_ids, mask, pooling)
