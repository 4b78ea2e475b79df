from pathlib import Path

import pytest

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.leaks import LabeledSuites, find_leaks, leaking_rows, read_suites


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> None:
    empty = dict.fromkeys(tables.PAIRS.names, "")
    rows = ({**empty, "source": source, "target": target} for source, target in pairs)
    tables.write(path, tables.PAIRS, rows)


@pytest.fixture
def suites(tmp_path: Path) -> LabeledSuites:
    write_pairs(tmp_path / "suites" / "a" / "es.parquet", [("Close the door", "Cierra la puerta")])
    write_pairs(tmp_path / "suites" / "b" / "fi.parquet", [("It rains", "Sataa vettä")])
    return read_suites([tmp_path / "suites"], None)


def test_leaks_are_counted_by_suite(tmp_path: Path, suites: LabeledSuites) -> None:
    corpus = tmp_path / "pairs.parquet"
    pairs = [
        ("CLOSE the door!", "sulje ovi"),
        ("something else", "sataa   vettä"),
        ("not in a suite", "ei missään"),
        ("close the door", "ovi kiinni"),
    ]
    write_pairs(corpus, pairs)
    leaks = find_leaks(corpus, suites, 0.0, 1)
    assert leaks.counts == {"a:es": 1, "b:fi": 1}
    assert leaks.examples == {"a:es": ["CLOSE the door!"], "b:fi": ["sataa vettä"]}
    assert len(leaks.hashes) == 2
    assert sorted(leaks.hashes) == leaks.hashes.tolist()


def test_the_held_out_share_is_no_leak(tmp_path: Path, suites: LabeledSuites) -> None:
    corpus = tmp_path / "pairs.parquet"
    write_pairs(corpus, [("Close the door", "sulje ovi")])
    assert find_leaks(corpus, suites, 1.0, 1).counts == {}


def test_rows_with_a_leak_in_any_column(suites: LabeledSuites) -> None:
    anchors = columns.from_strings(["It rains.", "a cat", "a dog"])
    answers = columns.from_strings(["no", "cierra la puerta", "no"])
    assert leaking_rows(suites, [anchors, answers]).tolist() == [True, True, False]
