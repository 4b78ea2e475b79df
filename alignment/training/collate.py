"""From the numbers of a batch's triplets to the tensors of a training step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

import torch
from torch.utils.data import Dataset

from alignment.encoder.forward import Batch
from alignment.encoder.packing import pack, packs
from alignment.encoder.padding import PaddingSide, batches_of_similar_length, pad
from alignment.training.data import UNUSED, TripletData
from alignment.training.ranks import Ranks, shares
from alignment.training.teacher import Teacher

CHUNKS_PER_RANK = 2
"""At least, if there are several processes: smaller chunks make for more even shares."""


class Shared(NamedTuple):
    """Sentences in chunks, of which this process has its share."""

    chunks: list[Batch]
    """Sentences of similar length together. Every process has as many: fillers come last."""
    order: list[int]
    """Which sentence each vector belongs to, when those of all processes are gathered."""
    sizes: list[int]
    """Sentences of each process."""


class TripletBatch(TypedDict):
    """One batch. It is a dict because transformers' `Trainer` moves those to the device."""

    chunks: list[Batch]
    """This process' share of the batch's distinct sentences, a few in each."""
    sizes: list[int]
    """Sentences of each process. One after the other, their vectors are the rows below."""
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
        ranks: Ranks | None = None,
    ) -> None:
        """Describe how batches are made.

        Args:
            data: The triplets.
            pad_id: Fills chunks that are not packed.
            chunk_tokens: About the number of tokens in one forward pass.
            side: Where chunks are filled up.
            packed: Put the sentences of a chunk into one row, without padding.
            teacher: What to distill from, if anything.
            ranks: The processes that share each batch; by default this one is alone.
        """
        self.data = data
        self.pad_id = pad_id
        self.chunk_tokens = chunk_tokens
        self.side = side
        self.packed = packed
        self.teacher = teacher
        self.ranks = ranks or Ranks()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> int:
        return index

    def collate(self, indices: Sequence[int]) -> TripletBatch:
        """The tensors of one batch. A sentence of several triplets is encoded once."""
        sentences = self.data.distinct(indices)
        shared = self.shared(self.data.token_ids(sentences, indices))
        row_of = {sentences[position]: row for row, position in enumerate(shared.order)}
        rows = []
        for index in indices:
            encoded = [row_of[sentence] for sentence in self.data.encoded(index)]
            rows.append(encoded if len(encoded) == 3 else [*encoded, UNUSED])
        groups = [self.data.groups(index) for index in indices]
        taught, teacher_vectors = self._teacher_vectors(sentences)
        teacher_rows = [row_of[sentence] for sentence in taught]
        return {
            "chunks": shared.chunks,
            "sizes": shared.sizes,
            "triplets": torch.tensor(rows),
            "groups": torch.tensor(groups),
            "indices": torch.tensor(list(indices)),
            "teacher_rows": torch.tensor(teacher_rows, dtype=torch.long),
            "teacher_vectors": teacher_vectors,
        }

    def shared(self, token_ids: Sequence[Sequence[int]]) -> Shared:
        """This process' share of the sentences, and whose vectors the processes have together."""
        lengths = [len(ids) for ids in token_ids]
        count = self.ranks.count
        limit = self.chunk_tokens
        if count > 1:
            limit = min(limit, math.ceil(sum(lengths) / (count * CHUNKS_PER_RANK)))
        split = packs if self.packed else batches_of_similar_length
        parts = list(split(lengths, limit))
        costs = [sum(lengths[position] for position in part) for part in parts]
        order: list[int] = []
        sizes: list[int] = []
        by_rank = shares(costs, count)
        for share in by_rank:
            positions = [position for number in share for position in parts[number]]
            order += positions
            sizes.append(len(positions))
        own = [parts[number] for number in by_rank[self.ranks.rank]]
        shortest = min(range(len(lengths)), key=lengths.__getitem__)
        own += [[shortest]] * (max(map(len, by_rank)) - len(own))
        chunks = [self._chunk([token_ids[position] for position in part]) for part in own]
        return Shared(chunks, order, sizes)

    def _chunk(self, rows: Sequence[Sequence[int]]) -> Batch:
        return pack(rows) if self.packed else pad(rows, self.pad_id, self.side)

    def _teacher_vectors(self, sentences: Sequence[int]) -> tuple[list[int], torch.Tensor]:
        """The sentences that the teacher has vectors for, and these vectors."""
        if self.teacher is None:
            return [], torch.empty(0, 0)
        taught = self.teacher.known(sentences)
        return taught, self.teacher.vectors_for(taught)
