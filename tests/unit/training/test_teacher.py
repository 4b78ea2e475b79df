from pathlib import Path

import numpy as np

from alignment.encoder.directory import load_encoder
from alignment.training.data import TripletData
from alignment.training.teacher import Teacher, pivot_sentences, write_vectors
from tests.unit.training.support import encoder_of, tokens_of


def test_the_teacher_knows_the_pivot_s_sentences(finished: Path, tmp_path: Path) -> None:
    encoder = load_encoder(encoder_of(finished))
    data = TripletData.open(tokens_of(finished))
    batches = [[0, 1, 2], [7, 8], [30]]
    sentences = pivot_sentences(data, "en", batches)
    write_vectors(tmp_path / "teacher.npy", data, encoder, sentences)
    teacher = Teacher.read(tmp_path / "teacher.npy", sentences)
    encoded = data.distinct([row for batch in batches for row in batch])
    pivot = [number for number in encoded if data.language(number) == "en"]
    assert teacher.sentences.tolist() == teacher.known(encoded) == pivot
    assert teacher.known([10**6]) == []
    some = pivot[2:5][::-1]
    direct = encoder.encode(data.texts(some))
    assert np.abs(teacher.vectors_for(some).numpy() - direct).max() < 1e-3  # float16


def test_a_teacher_of_nothing(finished: Path, tmp_path: Path) -> None:
    data = TripletData.open(tokens_of(finished))
    sentences = pivot_sentences(data, "xx", [[0, 1, 2]])
    write_vectors(tmp_path / "teacher.npy", data, load_encoder(encoder_of(finished)), sentences)
    teacher = Teacher.read(tmp_path / "teacher.npy", sentences)
    assert teacher.known([0, 1]) == []
