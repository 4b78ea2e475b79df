from pathlib import Path

import numpy as np

from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.training.data import read_triplets
from alignment.training.teacher import Teacher
from tests.unit.training.support import encoder_of, triplets_of


def test_the_teacher_knows_the_pivot_s_sentences(finished: Path) -> None:
    encoder = load_encoder(encoder_of(finished))
    data = read_triplets(triplets_of(finished), encoder, Train(), pivot="en", seed=0)
    teacher = Teacher.encode_pivot(data, encoder, "en")
    pivot = {i for i, sentence in enumerate(data.sentences) if sentence.language == "en"}
    assert set(teacher.row_of) == pivot
    some = sorted(pivot)[5:9][::-1]
    direct = encoder.encode([data.sentences[i].text for i in some])
    assert np.abs(teacher.vectors_for(some).numpy() - direct).max() < 1e-3  # float16
