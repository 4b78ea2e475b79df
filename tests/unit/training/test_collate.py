import numpy as np
import pytest

from alignment.encoder.packing import Packed
from alignment.training.collate import BatchDataset, TripletBatch
from alignment.training.data import UNUSED, TripletData
from alignment.training.teacher import Teacher
from tests.unit.training.support import TINY_SENTENCES, tiny_data


def dataset(
    *, packed: bool, chunk_tokens: int = 100, teacher: Teacher | None = None
) -> BatchDataset:
    return BatchDataset(tiny_data(), 0, chunk_tokens, packed=packed, teacher=teacher)


def encoded_rows(batch: TripletBatch) -> list[list[int]]:
    """Token ids of each row of the embedded chunks."""
    rows = []
    for chunk in batch["chunks"]:
        if isinstance(chunk, Packed):
            lengths = []
            for run in chunk.layout.runs:
                lengths += [run.length] * run.sentences
            rows += [part.tolist() for part in chunk.ids[0].split(lengths)]
        else:
            ids, mask = chunk.ids, chunk.attention_mask
            for row, kept in zip(ids, mask, strict=True):
                rows.append(row[kept.bool()].tolist())
    return rows


def spelled_out(batch: TripletBatch) -> list[list[list[int] | None]]:
    """Token ids of anchor, positive and negative of each triplet."""
    rows = encoded_rows(batch)
    spelled = []
    for triplet in batch["triplets"].tolist():
        spelled.append([None if row == UNUSED else rows[row] for row in triplet])
    return spelled


def expected(data: TripletData, indices: list[int]) -> list[list[list[int] | None]]:
    spelled: list[list[list[int] | None]] = []
    for index in indices:
        sides = data.sentences[index].tolist()
        spelled.append([None if s == UNUSED else TINY_SENTENCES[s].token_ids for s in sides])
    return spelled


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "padded"])
@pytest.mark.parametrize("chunk_tokens", [4, 100], ids=["several chunks", "one chunk"])
def test_triplets_point_at_their_sentences(packed: bool, chunk_tokens: int) -> None:
    maker = dataset(packed=packed, chunk_tokens=chunk_tokens)
    batch = maker.collate([2, 1, 0])
    assert spelled_out(batch) == expected(maker.data, [2, 1, 0])
    assert (len(batch["chunks"]) > 1) == (chunk_tokens == 4)


def test_a_shared_sentence_is_encoded_once() -> None:
    batch = dataset(packed=True).collate([0, 1, 2])
    assert len(encoded_rows(batch)) == 4


def test_groups_and_positions() -> None:
    batch = dataset(packed=False).collate([1, 2])
    assert batch["groups"].tolist() == [[11, 1011], [10, 1010]]
    assert batch["indices"].tolist() == [1, 2]


def test_the_teacher_s_vectors_belong_to_their_rows() -> None:
    teacher = Teacher(np.array([0, 2]), np.array([[1, 0], [0, 1]], np.float16))
    maker = dataset(packed=True, teacher=teacher)
    batch = maker.collate([0, 1])
    rows = encoded_rows(batch)
    taught = {
        tuple(rows[row]): vector
        for row, vector in zip(
            batch["teacher_rows"].tolist(), batch["teacher_vectors"].tolist(), strict=True
        )
    }
    cat, _, dog, _ = TINY_SENTENCES
    assert taught == {tuple(cat.token_ids): [1.0, 0.0], tuple(dog.token_ids): [0.0, 1.0]}


def test_without_a_teacher_no_row_is_taught() -> None:
    assert len(dataset(packed=True).collate([0])["teacher_rows"]) == 0
