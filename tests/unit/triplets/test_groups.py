from pathlib import Path

import numpy as np

from alignment.triplets.groups import MeaningGroups

FINNISH = (np.array([1, 1, 4]), np.array([10, 11, 12]))
ESTONIAN = (np.array([2, 3]), np.array([20, 20]))  # one sentence for two English ones


def test_translations_of_one_sentence_are_one_meaning() -> None:
    groups = MeaningGroups.of([FINNISH, ESTONIAN])
    assert groups.find(np.array([10, 11, 2, 3, 4])).tolist() == [0, 0, 1, 1, 2]


def test_languages_join_through_the_pivot() -> None:
    spanish = (np.array([1, 2]), np.array([30, 30]))
    groups = MeaningGroups.of([FINNISH, ESTONIAN, spanish])
    assert groups.find(np.array([10, 11, 20, 30, 3])).tolist() == [0] * 5


def test_a_sentence_in_no_pair_has_its_own_meaning() -> None:
    groups = MeaningGroups.of([FINNISH, ESTONIAN])
    assert groups.find(np.array([99, 98, 99])).tolist() == [-100, -99, -100]
    assert (MeaningGroups.of([]).find(np.array([-7, 7])) < 0).all()


def test_groups_load_as_saved(tmp_path: Path) -> None:
    groups = MeaningGroups.of([FINNISH, ESTONIAN])
    groups.save(tmp_path / "groups")
    loaded = MeaningGroups.load(tmp_path / "groups")
    sentences = np.arange(-2, 25)
    assert loaded.find(sentences).tolist() == groups.find(sentences).tolist()
